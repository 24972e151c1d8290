"""Convolutions of maps that the kernel covers: the same values and gradients as the library's."""

import copy

import pytest
import torch
from torch import Tensor, nn

from ablate.image_classification.architecture import whole_map_convolution
from ablate.image_classification.architecture.whole_map_convolution import (
    WholeMapConvolution,
    with_whole_map_convolutions,
)

GENERATOR = torch.Generator().manual_seed(0)


def maps(height: int, width: int, channels: int = 6) -> Tensor:
    drawn = torch.randn(5, channels, height, width, generator=GENERATOR)
    return drawn.to(memory_format=torch.channels_last).requires_grad_()


def results(layer: nn.Module, images: Tensor) -> list[Tensor]:
    """Output and the gradients of images and parameters, for a loss that weighs every output."""
    output = layer(images)
    weights = torch.arange(output.numel(), dtype=output.dtype).reshape(output.shape).sin()
    gradients = torch.autograd.grad((output * weights).sum(), [images, *layer.parameters()])
    return [output, *gradients]


@pytest.mark.parametrize(
    ("kernel", "padding", "height", "width"),
    [(3, 1, 2, 2), (3, 1, 1, 1), (3, 1, 1, 2), (5, 2, 3, 2), ((1, 3), (0, 1), 1, 2)],
)
@pytest.mark.parametrize("bias", [False, True])
def test_values_and_gradients_are_those_of_the_library(
    kernel: int, padding: int, height: int, width: int, bias: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = nn.Conv2d(6, 4, kernel, padding=padding, bias=bias)
    ours = with_whole_map_convolutions(copy.deepcopy(library))
    images = maps(height, width)
    expected = results(library, images)
    monkeypatch.setattr(nn.Conv2d, "forward", None)  # it is not the library that answers
    for mine, known in zip(results(ours, images), expected, strict=True):
        torch.testing.assert_close(mine, known, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "height"),
    [
        (nn.Conv2d(6, 4, 3, padding=1), 3),
        (nn.Conv2d(6, 4, 3, padding=1, stride=2), 2),
        (nn.Conv2d(6, 4, 3, padding=2, dilation=2), 2),
        (nn.Conv2d(6, 4, 3, padding=0), 3),
        (nn.Conv2d(6, 6, 3, padding=1, groups=2), 2),
        (nn.Conv2d(6, 4, 3, padding="same"), 2),
        (nn.Conv2d(6, 4, 3, padding=1, padding_mode="circular"), 2),
    ],
)
def test_what_is_another_computation_is_left_to_the_library(
    layer: nn.Conv2d, height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_map_convolution, "_as_linear_layers", None)
    images = maps(height, height)
    expected = results(layer, images)
    ours = with_whole_map_convolutions(copy.deepcopy(layer))
    assert all(map(torch.equal, results(ours, images), expected))


def test_a_network_keeps_its_modules_and_the_names_of_its_parameters() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 2, 1))
    before = list(network.state_dict())
    same = with_whole_map_convolutions(network)
    assert same is network and list(same.state_dict()) == before
    assert [type(module) for module in same] == [
        WholeMapConvolution,
        nn.ReLU,
        WholeMapConvolution,
    ]


def test_bfloat16_autocast_casts_as_for_any_convolution() -> None:
    layer = with_whole_map_convolutions(nn.Conv2d(6, 4, 3, padding=1))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert layer(maps(2, 2)).dtype == torch.bfloat16
