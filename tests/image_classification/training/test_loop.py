"""Training, step by step, on inputs made up for it."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ablate.errors import DivergedError
from ablate.image_classification.architecture.cost import ForwardFlops
from ablate.image_classification.settings.keys import TrainingSettings
from ablate.image_classification.training import loop
from ablate.image_classification.training.evaluation import Score, evaluate
from ablate.image_classification.training.loop import Splits, train
from ablate.image_classification.training.precision import choose_precision

PRECISION = choose_precision("float32", torch.device("cpu"))


class Points:
    """Points of a plane in two classes; notes which were asked for."""

    values = 2

    def __init__(self, count: int) -> None:
        self.inputs = torch.randn(count, 2, generator=torch.Generator().manual_seed(0))
        self.labels = (self.inputs[:, 0] > 0).long()
        self.asked: list[list[int]] = []

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        self.asked.append(indices.tolist())
        return self.inputs[indices], self.labels[indices]


def splits_of(points: Points, train: int) -> Splits:
    indices = torch.arange(len(points.labels))
    return Splits(points, Points(4), indices[:train], indices[train:], torch.arange(4))


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Linear(2, 2)


def trained(
    splits: Splits, own: nn.Module | None = None, seed: int = 0, **recipe: Any
) -> list[dict[str, float]]:
    settings = TrainingSettings(**({"batch_size": 4, "epochs": 1} | recipe))
    flops = ForwardFlops(1.0)
    return list(train(own or network(), splits, settings, PRECISION, seed, flops))


@pytest.fixture
def told_losses(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes validation find these losses in turn, and notes the weights they are of."""

    def tell(*losses: float) -> list[Tensor]:
        remaining, weights = list(losses), []

        def told(own: nn.Module, *arguments: Any) -> Score:
            weights.append(own.weight.detach().clone())
            return Score(remaining.pop(0), 0.0)

        monkeypatch.setattr(loop, "evaluate", told)
        return weights

    return tell


class TestEarlyStopping:
    @pytest.mark.parametrize(
        ("losses", "patience", "kept"),
        [
            ((3.0, 1.0, 2.0, 4.0, 0.0), 2, 1),
            ((3.0, 1.0, 1.0, 1.0, 0.0), 2, 1),  # the first of equals, as the metrics have it
            ((2.0, 1.0, 3.0, 0.5, 0.7), 3, 3),
            ((1.0, 2.0, 0.0), 1, 0),
        ],
    )
    def test_the_network_ends_as_it_was_at_its_best_validation(
        self, told_losses: Any, losses: tuple[float, ...], patience: int, kept: int
    ) -> None:
        weights = told_losses(*losses)
        own = network()
        trained(splits_of(Points(12), 8), own, epochs=5, early_stopping_patience=patience)
        assert [i for i, seen in enumerate(weights) if torch.equal(seen, own.weight)] == [kept]

    def test_it_stops_in_the_midst_of_an_epoch(self, told_losses: Any) -> None:
        told_losses(1.0, 2.0, 3.0)
        recipe = {"epochs": 4, "validations_per_epoch": 2, "early_stopping_patience": 2}
        points = trained(splits_of(Points(12), 8), **recipe)
        assert [point["epoch"] for point in points] == [0.5, 1.0, 1.5]

    def test_without_it_the_network_ends_as_it_was_last(self, told_losses: Any) -> None:
        weights = told_losses(1.0, 2.0, 3.0)
        own = network()
        trained(splits_of(Points(12), 8), own, epochs=3)
        assert torch.equal(own.weight, weights[-1])
        assert not torch.equal(own.weight, weights[0])


class TestPortions:
    @pytest.mark.parametrize(
        ("images", "validations", "seen"),
        [
            (40, 1, [40]),
            (40, 5, [8, 16, 24, 32, 40]),
            (40, 4, [8, 20, 32, 40]),  # of ten batches 2, 3, 3 and 2
            (38, 2, [20, 38]),
            (37, 2, [16, 36]),  # a last batch of one is left out
        ],
    )
    def test_validations_are_spread_evenly_over_the_batches(
        self, images: int, validations: int, seen: list[int]
    ) -> None:
        points = trained(splits_of(Points(images + 3), images), validations_per_epoch=validations)
        assert [point["images"] for point in points] == seen
        assert [point["epoch"] for point in points] == [
            (i + 1) / validations for i in range(validations)
        ]

    def test_every_image_comes_once_an_epoch_in_an_order_of_seed_and_epoch(self) -> None:
        def orders(seed: int) -> list[list[int]]:
            points = Points(22)
            trained(splits_of(points, 20), seed=seed, epochs=2)
            steps = [asked for asked in points.asked if set(asked) != {20, 21}]
            assert [len(step) for step in steps] == [4] * 10
            halves = steps[:5], steps[5:]
            return [[image for step in half for image in step] for half in halves]

        first, second = orders(0)
        assert Counter(first) == Counter(second) == Counter(range(20))
        assert first != second
        assert orders(0) == [first, second]
        assert orders(1)[0] != first

    @pytest.mark.parametrize(
        ("images", "sizes", "sizes_without_the_last"),
        [
            (8, [4, 4], [4, 4]),
            (9, [4, 4], [4, 4]),  # a last batch of one image is no step
            (10, [4, 4, 2], [4, 4]),
            (12, [4, 4, 4], [4, 4, 4]),
        ],
    )
    def test_a_last_batch_that_is_smaller_may_be_left_out(
        self, images: int, sizes: list[int], sizes_without_the_last: list[int]
    ) -> None:
        def of_steps(**recipe: Any) -> list[list[int]]:
            points = Points(images + 3)
            trained(splits_of(points, images), epochs=2, **recipe)
            return [asked for asked in points.asked if min(asked) < images]

        every = of_steps()
        assert [len(step) for step in every] == sizes * 2
        kept = of_steps(drop_last_batch=True)
        assert [len(step) for step in kept] == sizes_without_the_last * 2
        per_epoch = len(sizes)
        first = len(sizes_without_the_last)
        assert kept[:first] == every[:first], "the same images in the same order"
        assert kept[first:] == every[per_epoch : per_epoch + first]

    @pytest.mark.parametrize("drop", [False, True])
    def test_a_schedule_spans_the_steps_that_are_taken(
        self, drop: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        planned: list[int] = []
        made = loop.make_schedule

        def noted(optimizer: Any, settings: TrainingSettings, steps: int) -> Any:
            planned.append(steps)
            return made(optimizer, settings, steps)

        monkeypatch.setattr(loop, "make_schedule", noted)
        for images in (8, 9, 10):
            trained(splits_of(Points(images + 3), images), epochs=3, drop_last_batch=drop)
        assert planned == [6, 6, 6 if drop else 9]


def test_seconds_leave_out_scoring_the_test_set_and_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0

    class Slow(Points):
        """Takes a second a batch."""

        def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
            nonlocal now
            now += 1
            return super().batch(indices)

    monkeypatch.setattr("time.perf_counter", lambda: now)
    splits = replace(splits_of(Slow(12), 8), test_images=Slow(4))
    settings = TrainingSettings(batch_size=4, epochs=3)
    seconds = []
    for point in train(network(), splits, settings, PRECISION, 0, ForwardFlops(1.0), True):
        seconds.append(point["seconds"])
        now += 100
    assert seconds == [3.0, 6.0, 9.0], "two batches of training and one of validation each"


def test_running_averages_are_over_images_not_over_batches() -> None:
    points = Points(8)
    splits = splits_of(points, 6)
    own = network()
    (point,) = trained(splits, own, learning_rate=1e-12)  # so that every batch sees one network
    score = evaluate(own, points, splits.train, PRECISION)
    assert point["train_loss"] == pytest.approx(score.loss, rel=1e-5)
    assert point["train_accuracy"] == pytest.approx(score.accuracy)


class TestDivergence:
    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    def test_a_training_loss_that_is_not_finite_ends_the_training(self, value: float) -> None:
        points = Points(12)
        points.inputs[3] = value
        with pytest.raises(DivergedError, match=r"^the training loss is (nan|inf)$"):
            trained(splits_of(points, 8))

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    def test_so_does_a_validation_loss(self, told_losses: Any, value: float) -> None:
        told_losses(1.0, value)
        with pytest.raises(DivergedError, match=f"^the validation loss is {value}$"):
            trained(splits_of(Points(12), 8), epochs=2)

    def test_a_long_epoch_is_not_trained_to_its_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loop, "FINITE_CHECK_EVERY", 3)
        points = Points(82)
        points.inputs[:] = float("nan")
        with pytest.raises(DivergedError):
            trained(splits_of(points, 80))
        assert len(points.asked) == 3
