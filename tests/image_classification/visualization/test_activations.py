"""Activations are what the layers of a network give."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torchvision.models import convnext_tiny, resnet18

from ablate.errors import AblateError
from ablate.image_classification.architecture.builder import build_network
from ablate.image_classification.architecture.spec import ArchitectureSpec
from ablate.image_classification.visualization.activations import activations, strongest

SPEC = ArchitectureSpec(filters=(4, 6), normalization="batch", dropout_stages=0.5)


@pytest.fixture(scope="module")
def image() -> torch.Tensor:
    return torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return build_network(SPEC, (3, 16, 16))


def test_of_the_first_convolution_they_are_its_output(
    network: nn.Module, image: torch.Tensor
) -> None:
    found = activations(network, image)
    layer = network.get_submodule("stage1.convolution1")
    expected = functional.conv2d(image[None], layer.weight, layer.bias, padding=1)[0]
    assert found.layer == "stage1.convolution1"
    np.testing.assert_allclose(found.maps, expected.detach().numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "name", "shape"),
    [
        ("last", "stage2.convolution1", (6, 8, 8)),
        ("stage2.downsampling", "stage2.downsampling", (6, 4, 4)),
        ("stage1", "stage1", (4, 8, 8)),
    ],
)
def test_layers_are_named_as_modules_or_by_their_place(
    network: nn.Module, image: torch.Tensor, layer: str, name: str, shape: tuple[int, ...]
) -> None:
    found = activations(network, image, layer)
    assert (found.layer, found.maps.shape) == (name, shape)


def test_the_network_is_looked_at_as_it_answers_and_left_as_it_was(image: torch.Tensor) -> None:
    network = build_network(SPEC, (3, 16, 16)).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    first, second = (activations(network, image, "stage2").maps for _ in range(2))
    np.testing.assert_array_equal(first, second)  # dropout is off
    assert network.training
    assert not network.stage1.convolution1._forward_hooks
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_what_gives_no_maps_is_no_layer_to_draw(network: nn.Module, image: torch.Tensor) -> None:
    with pytest.raises(AblateError) as caught:
        activations(network, image, "classifier.output")
    message = str(caught.value).splitlines()[0]
    assert message == "--layer classifier.output: 'classifier.output' gives no maps to be drawn"
    assert "classifier" not in str(caught.value).splitlines()[1]


def test_a_module_behind_that_works_in_place_changes_nothing() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(inplace=True), nn.Flatten())
    found = activations(network, torch.randn(1, 9, 9), "0")
    assert (found.maps < 0).any()


def test_it_works_for_residual_networks(image: torch.Tensor) -> None:
    network = resnet18(weights=None)
    large = torch.rand(3, 64, 64)
    assert activations(network, large).maps.shape == (64, 32, 32)
    last = activations(network, large, "last")
    assert (last.layer, last.maps.shape) == ("layer4.1.conv2", (512, 2, 2))
    # passed twice in a block: the second output counts, which is the block's
    relu, block = (activations(network, large, name).maps for name in ("layer1.0.relu", "layer1.0"))
    np.testing.assert_array_equal(relu, block)


def test_maps_of_convnext_have_their_channels_first_inside_of_its_blocks_too() -> None:
    network = convnext_tiny(weights=None)
    image = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0))
    block = "features.1.0.block"
    shapes = {part: activations(network, image, f"{block}.{part}").maps.shape for part in range(7)}
    wide = dict.fromkeys([3, 4], (384, 16, 16))
    assert shapes == dict.fromkeys(range(7), (96, 16, 16)) | wide
    first, turned = (activations(network, image, f"{block}.{part}").maps for part in (0, 1))
    np.testing.assert_array_equal(first, turned)


def test_the_strongest_maps_have_the_largest_mean_absolute_value() -> None:
    maps = np.zeros((4, 2, 2), dtype=np.float32)
    maps[0, 0, 0], maps[2], maps[3] = 9, -3, 1
    assert strongest(maps, 2) == [2, 0]
    assert strongest(maps, 9) == [2, 0, 3, 1]
