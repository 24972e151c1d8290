"""Backbones are torchvision's networks, cut where their table says."""

from collections.abc import Callable
from functools import cache

import pytest
import torch
from torch import nn
from torch.nn import functional
from torchvision.models import get_model

from ablate.image_classification.architecture.backbone_network import (
    empty_backbone,
    misfit,
    output_layer,
    split,
)
from ablate.image_classification.architecture.backbones import BACKBONES
from ablate.image_classification.architecture.builder import build_network
from tests.image_classification.architecture.conftest import seeded_stream
from tests.image_classification.architecture.specs import spec_of

StreamFixture = Callable[..., torch.Generator]
SMALL = ("resnet18", "efficientnet_b0", "mobilenet_v2", "mobilenet_v3_small", "convnext_tiny")
SIDE = {"vit_b_32": 224}
TINY = "mobilenet_v3_small"


@cache
def built(name: str) -> nn.Module:
    """One network a test session, since the larger ones take a second; left as it was found."""
    return build_network(spec_of(backbone=name), classes=4, stream=lambda *u: seeded_stream(0, *u))


def images(name: str, count: int = 2) -> torch.Tensor:
    side = SIDE.get(name, 32)
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", [*SMALL, "vit_b_32"])
def test_frozen_and_trained_part_together_compute_what_torchvision_does(name: str) -> None:
    network, given = built(name).eval(), images(name)
    blocks = list(BACKBONES[name].blocks)
    with torch.no_grad():
        expected = network(given)
        for block in (blocks[1], blocks[len(blocks) // 2], "classifier"):
            frozen, trained = split(network, spec_of(backbone=name, train_from=block))
            assert frozen is not None
            torch.testing.assert_close(trained(frozen(given)), expected, atol=1e-5, rtol=1e-4)
    assert expected.shape == (2, 4)


@pytest.mark.parametrize("name", [*SMALL, "vit_b_32"])
def test_a_step_of_the_trained_part_changes_it_and_nothing_else(name: str) -> None:
    network = built(name)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    frozen, trained = split(network, spec_of(backbone=name, train_from="classifier"))
    assert frozen is not None
    trained.train()
    with torch.no_grad():
        features = frozen(images(name))
    functional.cross_entropy(trained(features), torch.tensor([0, 1])).backward()
    torch.optim.SGD(trained.parameters(), 0.1).step()
    after = network.state_dict()
    own = {key for key in after if key.startswith(output_layer(network).split(".")[0])}
    changed = {key for key in after if not torch.equal(after[key], before[key])}
    network.load_state_dict(before)
    assert changed and changed <= own


def test_where_everything_is_trained_there_is_no_frozen_part() -> None:
    network = built(TINY)
    assert split(network, spec_of(backbone=TINY)) == (None, network)


def test_the_last_layer_is_new_and_the_same_whatever_the_network_starts_from(
    stream: StreamFixture, other_stream: StreamFixture
) -> None:
    pretrained = build_network(spec_of(backbone=TINY), classes=1000, stream=other_stream)
    random, tuned = (
        build_network(spec_of(backbone=TINY), classes=7, stream=stream, weights=weights)
        for weights in (None, pretrained.state_dict())
    )
    for parameter in ("classifier.3.weight", "classifier.3.bias"):
        assert torch.equal(random.get_parameter(parameter), tuned.get_parameter(parameter))
    assert random.get_parameter("classifier.3.weight").shape == (7, 1024)
    body = "features.0.0.weight"
    assert torch.equal(tuned.get_parameter(body), pretrained.get_parameter(body))
    assert not torch.equal(random.get_parameter(body), pretrained.get_parameter(body))


def test_parameters_of_equal_name_and_shape_start_equal_in_different_networks(
    stream: StreamFixture,
) -> None:
    small, large = (
        build_network(spec_of(backbone=f"mobilenet_v3_{size}"), classes=4, stream=stream)
        for size in ("small", "large")
    )
    name = "features.0.0.weight"
    assert torch.equal(small.get_parameter(name), large.get_parameter(name))


def test_the_same_stream_builds_the_same_network_and_leaves_the_global_generator_alone(
    stream: StreamFixture,
) -> None:
    before = torch.random.get_rng_state()
    first = build_network(spec_of(backbone=TINY), stream=stream).state_dict()
    torch.rand(3)
    again = build_network(spec_of(backbone=TINY), stream=stream).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    torch.random.set_rng_state(before)
    build_network(spec_of(backbone=TINY), stream=stream)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_initial_values_follow_torchvisions_laws() -> None:
    own, theirs = built("resnet18"), get_model("resnet18", weights=None)
    for name in ("conv1.weight", "layer3.0.conv1.weight", "layer4.1.conv2.weight"):
        spread, expected = (n.get_parameter(name).detach().std() for n in (own, theirs))
        assert float(spread) == pytest.approx(float(expected), rel=0.05), name
    assert torch.equal(own.get_parameter("layer1.0.bn1.weight"), torch.ones(64))


class TestMisfit:
    def test_weights_of_the_network_fit_whatever_their_last_layer(self) -> None:
        assert misfit(empty_backbone(TINY, 1), empty_backbone(TINY, 1000).state_dict()) is None

    def test_old_files_without_counts_of_batches_fit(self) -> None:
        state = empty_backbone(TINY, 4).state_dict()
        old = {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}
        assert len(old) < len(state)
        assert misfit(empty_backbone(TINY, 1), old) is None

    def test_the_first_tensors_that_do_not_fit_are_named(self) -> None:
        problem = misfit(empty_backbone("resnet18", 4), empty_backbone("resnet34", 4).state_dict())
        assert problem == (
            "also holds layer1.2.conv1.weight, layer1.2.bn1.weight, layer1.2.bn1.bias and 93 more"
        )
        wide = misfit(
            empty_backbone("resnet50", 4), empty_backbone("wide_resnet50_2", 4).state_dict()
        )
        assert wide is not None
        assert wide.startswith("layer1.0.conv1.weight is 128x64x1x1, not 64x64x1x1, ")

    def test_a_network_is_not_built_on_weights_of_another(self, stream: StreamFixture) -> None:
        with pytest.raises(ValueError, match=f"^no state of {TINY}: lacks features.0.0.weight"):
            build_network(spec_of(backbone=TINY), stream=stream, weights={"a": torch.ones(1)})
