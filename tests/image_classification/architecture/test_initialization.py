from collections.abc import Callable
from math import sqrt
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ablate.image_classification.architecture.builder import build_network
from ablate.image_classification.architecture.initialization import initialize
from tests.image_classification.architecture.specs import spec_of

StreamFixture = Callable[..., torch.Generator]

CONVOLUTION_FANS = (16 * 25, 32 * 25)
LINEAR_FANS = (400, 300)


def network_of(method: str, stream: StreamFixture) -> nn.Sequential:
    network = nn.Sequential()
    network.add_module("convolution", nn.Conv2d(16, 32, 5))
    network.add_module("norm", nn.BatchNorm2d(32))
    network.add_module("linear", nn.Linear(400, 300))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(7.0)
    initialize(network, method, stream)  # type: ignore[arg-type]
    return network


def weights(network: nn.Module) -> list[tuple[Tensor, tuple[int, int]]]:
    return [
        (network.get_parameter("convolution.weight").detach(), CONVOLUTION_FANS),
        (network.get_parameter("linear.weight").detach(), LINEAR_FANS),
    ]


def assert_uniform(values: Tensor, bound: float) -> None:
    assert values.abs().max() <= bound
    assert values.abs().max() > 0.99 * bound
    assert values.std().item() == pytest.approx(bound / sqrt(3), rel=0.02)


def assert_normal(values: Tensor, deviation: float) -> None:
    assert values.std().item() == pytest.approx(deviation, rel=0.02)
    assert values.abs().max() > 3.5 * deviation  # no uniform law of that deviation reaches it
    assert (values.abs() < deviation).float().mean().item() == pytest.approx(0.6827, abs=0.015)


def test_framework_default_is_uniform_by_fan_in_for_weights_and_biases(
    stream: StreamFixture,
) -> None:
    network = network_of("framework_default", stream)
    for values, (fan_in, _) in weights(network):
        assert_uniform(values, 1 / sqrt(fan_in))
    bias = network.get_parameter("linear.bias")
    assert bias.abs().max() <= 1 / sqrt(400)
    assert bias.std().item() == pytest.approx(1 / sqrt(400) / sqrt(3), rel=0.15)


def test_framework_default_has_the_bounds_of_pytorchs_own_values() -> None:
    torch.manual_seed(0)
    for fresh, fan_in in ((nn.Conv2d(16, 32, 5), 400), (nn.Linear(400, 300), 400)):
        assert_uniform(fresh.weight.detach(), 1 / sqrt(fan_in))
        assert fresh.bias is not None
        assert fresh.bias.abs().max() <= 1 / sqrt(fan_in)


def test_xavier_uniform_follows_its_law(stream: StreamFixture) -> None:
    for values, fans in weights(network_of("xavier_uniform", stream)):
        assert_uniform(values, sqrt(6 / sum(fans)))


def test_xavier_normal_follows_its_law(stream: StreamFixture) -> None:
    for values, fans in weights(network_of("xavier_normal", stream)):
        assert_normal(values, sqrt(2 / sum(fans)))


def test_kaiming_follows_its_law(stream: StreamFixture) -> None:
    for values, (fan_in, _) in weights(network_of("kaiming", stream)):
        assert_normal(values, sqrt(2 / fan_in))


@pytest.mark.parametrize("method", ["xavier_uniform", "xavier_normal", "kaiming"])
def test_named_laws_start_with_zero_biases(method: str, stream: StreamFixture) -> None:
    network = network_of(method, stream)
    assert not network.get_parameter("convolution.bias").any()
    assert not network.get_parameter("linear.bias").any()


@pytest.mark.parametrize(
    "method", ["framework_default", "xavier_uniform", "xavier_normal", "kaiming"]
)
def test_normalisation_starts_as_the_identity(method: str, stream: StreamFixture) -> None:
    network = network_of(method, stream)
    assert (network.get_parameter("norm.weight") == 1).all()
    assert (network.get_parameter("norm.bias") == 0).all()


def test_each_parameter_asks_for_its_own_stream(stream: StreamFixture) -> None:
    asked: list[tuple[str, ...]] = []

    def listening(*use: str) -> torch.Generator:
        asked.append(use)
        return stream(*use)

    network_of("framework_default", listening)
    assert asked == [
        ("init", "convolution.weight"),
        ("init", "convolution.bias"),
        ("init", "linear.weight"),
        ("init", "linear.bias"),
    ]


def test_an_unknown_layer_is_refused(stream: StreamFixture) -> None:
    network = nn.Sequential()
    network.add_module("odd", nn.PReLU())
    with pytest.raises(TypeError) as caught:
        initialize(network, "kaiming", stream)
    assert str(caught.value) == "no initial values are known for odd, a PReLU"


@pytest.mark.parametrize(
    "other",
    [
        {"downsampling": "strided_conv"},
        {"downsampling": "strided_conv_layer"},
        {"normalization": "batch"},
        {"dropout_stages": 0.3, "dropout_classifier": 0.5},
        {"activation": "gelu"},
        {"convolutions_per_stage": 2},
    ],
)
def test_layers_that_two_arms_share_start_equal(
    other: dict[str, Any], stream: StreamFixture
) -> None:
    small = {"filters": [4, 6], "classifier_widths": [5]}
    first = build_network(spec_of(**small), stream=stream).state_dict()
    second = build_network(spec_of(**{**small, **other}), stream=stream).state_dict()
    shared = [name for name in first if name in second and first[name].shape == second[name].shape]
    assert {name.rpartition(".")[0] for name in shared} >= {
        "stage1.convolution1",
        "classifier.linear1",
        "classifier.output",
    }
    for name in shared:
        assert torch.equal(first[name], second[name]), name
