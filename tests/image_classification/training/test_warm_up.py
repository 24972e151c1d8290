"""A process warms up on a copy, and leaves no trace."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ablate.image_classification.settings.keys import TrainingSettings
from ablate.image_classification.training.loop import Splits
from ablate.image_classification.training.precision import choose_precision
from ablate.image_classification.training.warm_up import _random_streams_kept, warm_up

CPU = torch.device("cpu")


class Numbers:
    """Random inputs of one class, which note which batches were asked for."""

    def __init__(self, count: int, scale: float = 1.0) -> None:
        self.labels = torch.zeros(count, dtype=torch.int64)
        self.values = 2**24 // 8  # eight a batch in evaluation
        self.sizes: list[int] = []
        self._inputs = torch.full((count, 3), scale)

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        self.sizes.append(len(indices))
        return self._inputs[indices], self.labels[indices]


def warmed(
    network: nn.Module, numbers: Numbers, train: int = 10, validation: int = 12, **recipe: Any
) -> None:
    indices = torch.arange(train + validation)
    splits = Splits(numbers, Numbers(1), indices[:train], indices[train:], torch.arange(1))
    settings = TrainingSettings(**({"batch_size": 4} | recipe))
    warm_up(network, splits, settings, choose_precision("float32", CPU))


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_network_stays_as_it_was(optimizer: str):
    own = network()
    before = {name: value.clone() for name, value in own.state_dict().items()}
    warmed(own, Numbers(22), optimizer=optimizer)
    after = own.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(parameter.grad is None for parameter in own.parameters())
    assert own.training


def test_streams_of_randomness_are_where_they_were():
    own = network()
    before = torch.get_rng_state()
    warmed(own, Numbers(22))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_gpus_own_stream_is_where_it_was(monkeypatch: pytest.MonkeyPatch):
    states = iter(("before", "after"))
    kept: list[Any] = []
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: next(states))
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state, device: kept.append(state))
    with _random_streams_kept(torch.device("cuda")):
        torch.rand(1)
    assert kept == ["before"]


def test_it_takes_one_step_and_one_batch_of_scoring():
    numbers = Numbers(22)
    warmed(network(), numbers)
    assert numbers.sizes == [4, 8]


def test_what_is_to_be_compiled_meets_every_size_of_batch():
    numbers = Numbers(22)
    warmed(network(), numbers, compile=True)
    assert numbers.sizes == [4, 2, 8, 4]


def test_a_last_batch_of_one_image_is_left_out_as_in_training():
    numbers = Numbers(22)
    warmed(network(), numbers, train=9, validation=13, compile=True)
    assert numbers.sizes == [4, 8, 5]


def test_a_smaller_last_batch_is_left_out_where_training_leaves_it_out():
    numbers = Numbers(22)
    warmed(network(), numbers, compile=True, drop_last_batch=True)
    assert numbers.sizes == [4, 8, 4]


def test_a_loss_that_is_not_finite_is_a_matter_of_the_training():
    numbers = Numbers(22, scale=float("inf"))
    warmed(network(), numbers)
    assert numbers.sizes == [4]
