from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from ablate.image_classification.architecture.builder import build_network
from tests.image_classification.architecture.specs import BASE, FLIPS, spec_of

StreamFixture = Callable[..., torch.Generator]
FLIPPED = [(key, value) for key, values in FLIPS.items() for value in values]


def test_modules_are_reached_by_the_names_of_their_layers() -> None:
    network = build_network(spec_of(downsampling="strided_conv_layer"))
    assert isinstance(network.get_submodule("stage1.convolution1"), nn.Conv2d)
    assert isinstance(network.stage3, nn.Sequential)
    assert network.stage3.downsampling is network.get_submodule("stage3.downsampling")
    assert isinstance(network.get_submodule("classifier.output"), nn.Linear)


def test_the_same_stream_builds_the_same_network_twice(
    stream: StreamFixture, other_stream: StreamFixture
) -> None:
    spec = spec_of(**BASE)
    first, again, other = (
        build_network(spec, stream=s).state_dict() for s in (stream, stream, other_stream)
    )
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["classifier.output.weight"], other["classifier.output.weight"])


def test_with_a_stream_the_global_generator_is_left_alone(stream: StreamFixture) -> None:
    before = torch.random.get_rng_state()
    build_network(spec_of(), stream=stream)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_without_a_stream_the_initial_values_follow_the_global_seed() -> None:
    def weight(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return build_network(spec_of()).get_parameter("classifier.output.weight")

    assert torch.equal(weight(0), weight(0))
    assert not torch.equal(weight(0), weight(1))


@pytest.mark.parametrize(("key", "value"), FLIPPED)
def test_every_flip_changes_what_is_computed(key: str, value: Any, stream: StreamFixture) -> None:
    images = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))

    def logits(settings: dict[str, Any]) -> torch.Tensor:
        network = build_network(spec_of(**settings), (3, 16, 16), stream=stream)
        torch.manual_seed(0)  # dropout
        return network(images)

    assert not torch.equal(logits(BASE), logits({**BASE, key: value}))


def test_channels_last_images_give_the_same_logits(stream: StreamFixture) -> None:
    network = build_network(spec_of(), stream=stream).eval()
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    expected = network(images)
    network = network.to(memory_format=torch.channels_last)
    found = network(images.to(memory_format=torch.channels_last))
    torch.testing.assert_close(found, expected)


def test_an_impossible_network_is_refused_before_it_is_built() -> None:
    with pytest.raises(ValueError, match=r"^filters has 3 entries, and each stage halves the map"):
        build_network(spec_of(), (3, 4, 4))
