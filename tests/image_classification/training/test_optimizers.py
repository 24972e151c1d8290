"""Optimizers follow the recipe."""

import torch

from ablate.image_classification.settings.keys import TrainingSettings
from ablate.image_classification.training.optimizers import OPTIMIZERS, make_optimizer


def one_parameter() -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.tensor([1.0]))


def test_every_optimizer_a_study_may_name_is_there() -> None:
    names = TrainingSettings.model_fields["optimizer"].annotation.__args__
    assert set(names) == set(OPTIMIZERS)


def test_sgd_steps_by_rate_times_gradient_with_decay() -> None:
    parameter = one_parameter()
    recipe = TrainingSettings(optimizer="sgd", learning_rate=0.1, weight_decay=0.5)
    optimizer = make_optimizer([parameter], recipe)
    parameter.grad = torch.tensor([2.0])
    optimizer.step()
    torch.testing.assert_close(parameter.detach(), torch.tensor([1 - 0.1 * (2 + 0.5)]))


def test_adam_takes_the_recipe_and_first_steps_by_its_rate() -> None:
    parameter = one_parameter()
    recipe = TrainingSettings(optimizer="adam", learning_rate=0.01, weight_decay=1e-3)
    optimizer = make_optimizer([parameter], recipe)
    group = optimizer.param_groups[0]
    assert (group["betas"], group["eps"], group["weight_decay"]) == ((0.9, 0.999), 1e-8, 1e-3)
    parameter.grad = torch.tensor([2.0])
    optimizer.step()
    torch.testing.assert_close(parameter.detach(), torch.tensor([0.99]))
