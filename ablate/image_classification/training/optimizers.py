"""Optimizers by name: a new one is one function and one line."""

from collections.abc import Callable, Iterable

import torch
from torch.nn import Parameter

from ablate.image_classification.settings.keys import TrainingSettings


def make_optimizer(
    parameters: Iterable[Parameter], settings: TrainingSettings
) -> torch.optim.Optimizer:
    """The optimizer of a recipe, with PyTorch's fused kernels."""
    return OPTIMIZERS[settings.optimizer](list(parameters), settings)


def _sgd(parameters: list[Parameter], settings: TrainingSettings) -> torch.optim.Optimizer:
    return torch.optim.SGD(
        parameters,
        lr=settings.learning_rate,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
        fused=True,
    )


def _adam(parameters: list[Parameter], settings: TrainingSettings) -> torch.optim.Optimizer:
    return torch.optim.Adam(
        parameters,
        lr=settings.learning_rate,
        betas=(settings.beta1, settings.beta2),
        eps=settings.epsilon,
        weight_decay=settings.weight_decay,
        fused=True,
    )


OPTIMIZERS: dict[str, Callable[[list[Parameter], TrainingSettings], torch.optim.Optimizer]] = {
    "sgd": _sgd,
    "adam": _adam,
}
