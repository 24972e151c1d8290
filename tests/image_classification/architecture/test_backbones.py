"""The table of backbones against torchvision, which planning does not ask."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import get_model_weights

from ablate.image_classification.architecture.backbone_network import empty_backbone
from ablate.image_classification.architecture.backbones import (
    BACKBONES,
    CLASSIFIER,
    frozen_blocks,
)
from ablate.image_classification.architecture.cost import ForwardFlops, forward_flops
from tests.image_classification.architecture.specs import spec_of

SMALL = ("resnet18", "mobilenet_v3_small", "efficientnet_b0", "convnext_tiny", "vit_b_32")
"""One of each family, or nearly: the others are built by the same code."""


@pytest.mark.parametrize("name", BACKBONES)
def test_the_weights_are_the_first_that_torchvision_has_for_imagenet(name: str) -> None:
    url = get_model_weights(name)["IMAGENET1K_V1"].url
    assert url.rpartition("/")[2] == BACKBONES[name].weights_file
    assert len(BACKBONES[name].weights_digest) == 8


@pytest.mark.parametrize("name", BACKBONES)
def test_channels_are_those_that_torchvision_normalises_by_for_the_weights(name: str) -> None:
    images = get_model_weights(name)["IMAGENET1K_V1"].transforms()
    assert (tuple(images.mean), tuple(images.std)) == BACKBONES[name].channels


@pytest.mark.parametrize("name", BACKBONES)
def test_every_block_has_its_flops_and_the_classifier_is_last(name: str) -> None:
    backbone = BACKBONES[name]
    assert len(backbone.blocks) == len(backbone.megaflops)
    assert len(backbone.fixed_megaflops) in (0, len(backbone.blocks))
    assert list(backbone.blocks)[-1] == CLASSIFIER


def counted(name: str, side: int) -> int:
    """FLOPs of a forward pass, by torch."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        empty_backbone(name, 7).eval()(torch.empty(1, 3, side, side, device="meta"))
    flops: int = counter.get_total_flops()
    return flops


@pytest.mark.parametrize("name", SMALL)
def test_flops_are_those_that_torch_counts(name: str) -> None:
    found = forward_flops(spec_of(backbone=name), (3, 224, 224), 7)
    assert found.whole == pytest.approx(counted(name, 224), rel=5e-3)


@pytest.mark.parametrize("name", [name for name, one in BACKBONES.items() if one.side is None])
@pytest.mark.parametrize("side", [32, 256])
def test_flops_are_those_that_torch_counts_at_other_sizes(name: str, side: int) -> None:
    found = forward_flops(spec_of(backbone=name), (3, side, side), 7)
    assert found.whole == pytest.approx(counted(name, side), rel=5e-3)


def test_flops_grow_with_the_area_but_for_the_classifier() -> None:
    spec = spec_of(backbone="resnet18", train_from="classifier")
    small, large = (forward_flops(spec, (3, side, side), 10) for side in (128, 256))
    assert large.frozen == pytest.approx(4 * small.frozen)
    assert large.trained == small.trained == 2 * 512 * 10


def test_what_is_frozen_costs_no_backward_pass() -> None:
    whole = forward_flops(spec_of(backbone="resnet18"), (3, 224, 224), 10)
    parts = forward_flops(spec_of(backbone="resnet18", train_from="layer4"), (3, 224, 224), 10)
    assert whole.frozen == 0
    assert parts.whole == pytest.approx(whole.whole)
    assert ForwardFlops(trained=10, frozen=100).of_training(6, 4) == 10 * (18 + 4) + 100 * 10
    assert ForwardFlops(trained=10, frozen=100).of_training(6, 4, once=2) == 10 * 22 + 100 * 2


def test_frozen_blocks_are_those_before_the_first_that_is_trained() -> None:
    assert frozen_blocks("resnet18", "layer2") == ("stem", "layer1")
    assert frozen_blocks("resnet18", None) == ()
    assert frozen_blocks("vit_b_16", "classifier")[-1] == "encoder_layer_11"
