"""What a network receives of images, and its score on them, by hand."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ablate.image_classification.data.image_data import ImageData
from ablate.image_classification.image_sets import image_sets
from ablate.image_classification.settings.resolving import parse
from ablate.image_classification.training import evaluation
from ablate.image_classification.training.evaluation import (
    ImageSet,
    evaluate,
    evaluation_batch,
    resized,
)
from ablate.image_classification.training.precision import choose_precision
from ablate.image_classification.workload import WORKLOAD

CPU = torch.device("cpu")
PRECISION = choose_precision("float32", CPU)


def data_set() -> ImageData:
    """A few images in the form of the digits, but in all colours."""
    random = np.random.default_rng(0)
    train, test = (random.integers(0, 256, (n, 3, 32, 32), dtype=np.uint8) for n in (20, 5))
    labels = np.arange(20) % 10
    mean, std = (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)
    return ImageData(train, labels, test, labels[:5], mean, std)


def received(settings: dict[str, Any], indices: list[int], which: str = "images") -> Tensor:
    checked = parse(WORKLOAD.resolve({"data.dataset": "digits", **settings}))
    splits = image_sets(checked, data_set(), 0, CPU)
    inputs, _ = getattr(splits, which).batch(torch.tensor(indices))
    return inputs


def normalised(
    images: NDArray[np.uint8], mean: tuple[float, ...], std: tuple[float, ...]
) -> NDArray[np.float64]:
    planes = [
        (images[:, channel] / 255 - mean[channel]) / std[channel] for channel in range(len(mean))
    ]
    return np.stack(planes, axis=1)


def by_triangles(own: int, side: int) -> NDArray[np.float64]:
    """(side, own): what each pixel gives to a new one. Bilinear interpolation weighs by a triangle
    as wide as two pixels, of the new grid where that is the coarser: smoothing.
    """
    step = own / side
    centres = (np.arange(side)[:, None] + 0.5) * step
    distance = np.abs(np.arange(own)[None] + 0.5 - centres)
    weights = np.maximum(0, 1 - distance / max(step, 1))
    return weights / weights.sum(axis=1, keepdims=True)


def brought_to(images: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    weights = by_triangles(images.shape[-1], side)
    return np.einsum("ih,jw,nchw->ncij", weights, weights, images)


IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HALVES = (0.5,) * 3, (0.5,) * 3
OWN = data_set().mean, data_set().std
PRETRAINED = {"architecture.weights": "imagenet"}


class TestWhatANetworkReceives:
    @pytest.mark.parametrize(
        ("settings", "constants"),
        [
            ({}, OWN),
            ({"data.normalization": "dataset"}, OWN),
            ({"data.normalization": "imagenet"}, IMAGENET),
            (PRETRAINED | {"architecture.backbone": "resnet18"}, IMAGENET),
            (PRETRAINED | {"architecture.backbone": "efficientnet_v2_l"}, HALVES),
        ],
    )
    def test_images_less_the_mean_in_units_of_the_deviation(
        self, settings: dict[str, Any], constants: tuple[Any, Any]
    ) -> None:
        data, indices = data_set(), [3, 0, 19]
        expected = normalised(data.train_images[indices], *constants)
        found = received(settings, indices)
        assert found.dtype == torch.float32
        np.testing.assert_allclose(found.numpy(), expected, atol=2e-6)
        tested = received(settings, [4, 1], "test_images")
        expected = normalised(data.test_images[[4, 1]], *constants)
        np.testing.assert_allclose(tested.numpy(), expected, atol=2e-6)

    @pytest.mark.parametrize("side", [16, 20, 31, 33, 40, 64, 100])
    @pytest.mark.parametrize(
        ("normalization", "constants"), [("dataset", OWN), ("imagenet", IMAGENET)]
    )
    def test_brought_to_another_size_by_bilinear_interpolation(
        self, side: int, normalization: str, constants: tuple[Any, Any]
    ) -> None:
        settings = {"data.normalization": normalization, "data.image_size": side}
        found = received(settings, [7, 2])
        expected = brought_to(normalised(data_set().train_images[[7, 2]], *constants), side)
        assert found.shape == (2, 3, side, side)
        np.testing.assert_allclose(found.numpy(), expected, atol=2e-5)

    def test_their_own_size_changes_no_bit(self) -> None:
        assert torch.equal(received({"data.image_size": 32}, [1, 2]), received({}, [1, 2]))

    def test_labels_are_those_of_the_images_asked_for(self) -> None:
        checked = parse(WORKLOAD.resolve({"data.dataset": "digits"}))
        splits = image_sets(checked, data_set(), 0, CPU)
        assert splits.images.batch(torch.tensor([13, 0, 9]))[1].tolist() == [3, 0, 9]

    def test_where_a_part_is_frozen_its_output(self) -> None:
        images = torch.full((2, 1, 2, 2), 255, dtype=torch.uint8)
        mean, scale = torch.zeros(1, 1, 1, 1), torch.full((1, 1, 1, 1), 1 / 255)
        own = ImageSet(images, torch.zeros(2).long(), mean, scale, None, lambda made: made.sum(3))
        assert own.batch(torch.tensor([1]))[0].tolist() == [[[2.0, 2.0]]]


def test_what_is_made_smaller_is_smoothed_first() -> None:
    stripes = torch.zeros(1, 1, 32, 32)
    stripes[..., ::4] = 1.0
    # Without smoothing every new pixel would be of two old ones, and none of one in four.
    assert resized(stripes, 8)[..., 2:-2].std() < 1e-6
    assert float(resized(stripes, 8)[..., 4, 4]) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("device", "side", "values", "batch"),
    [
        ("cpu", None, 3 * 32 * 32, 64),
        ("meta", None, 3 * 32 * 32, 500),
        ("cpu", 256, 3 * 256 * 256, 64),
        ("meta", 256, 3 * 256 * 256, 85),
        ("cpu", 10_000, 3 * 10_000**2, 1),
    ],
)
def test_a_batch_is_as_large_as_suits_the_device_and_as_its_values_allow(
    device: str, side: int | None, values: int, batch: int
) -> None:
    images = torch.zeros(1, 3, 32, 32, dtype=torch.uint8, device=device)
    one = torch.ones(1, 3, 1, 1, device=device)
    own = ImageSet(images, torch.zeros(1, device=device).long(), one, one, side)
    assert own.values == values
    assert evaluation_batch(own) == batch


class Logits:
    """Inputs that are logits already, of three classes."""

    values = 3

    def __init__(self) -> None:
        self.inputs = torch.tensor([[0.0, 0, 0], [2, 0, 0], [0, 1, 0], [0, 0, 5], [3, 3, 0]])
        self.labels = torch.tensor([1, 0, 1, 0, 2])
        self.sizes: list[int] = []

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        self.sizes.append(len(indices))
        return self.inputs[indices], self.labels[indices]


class TestScore:
    def test_loss_is_the_mean_cross_entropy_and_accuracy_a_share_in_percent(self) -> None:
        score = evaluate(nn.Identity(), Logits(), torch.tensor([0, 1, 2, 3]), PRECISION)
        e = math.e
        losses = [
            math.log(3),
            math.log((e**2 + 2) / e**2),
            math.log((e + 2) / e),
            math.log(e**5 + 2),
        ]
        assert score.loss == pytest.approx(sum(losses) / 4, rel=1e-6)
        assert score.accuracy == 50.0

    def test_batches_of_unequal_size_make_no_difference(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = evaluate(nn.Identity(), Logits(), torch.arange(5), PRECISION)
        monkeypatch.setattr(evaluation, "CPU_BATCH", 2)
        logits = Logits()
        in_parts = evaluate(nn.Identity(), logits, torch.arange(5), PRECISION)
        assert logits.sizes == [2, 2, 1]
        assert in_parts == pytest.approx(whole, rel=1e-6)

    @pytest.mark.parametrize("training", [True, False])
    def test_dropout_is_off_and_the_mode_left_as_it_was(self, training: bool) -> None:
        network = nn.Sequential(nn.Identity(), nn.Dropout(0.9)).train(training)
        score = evaluate(network, Logits(), torch.arange(5), PRECISION)
        assert score == evaluate(nn.Identity(), Logits(), torch.arange(5), PRECISION)
        assert all(module.training is training for module in network.modules())

    def test_it_leaves_no_gradients(self) -> None:
        network = nn.Linear(3, 3)
        evaluate(network, Logits(), torch.arange(5), PRECISION)
        assert network.weight.grad is None
