from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ablate.image_classification.architecture.builder import build_network
from ablate.image_classification.architecture.layers import layer_list
from ablate.image_classification.architecture.presets import PRESETS
from ablate.image_classification.architecture.spec import ArchitectureSpec
from tests.image_classification.architecture.specs import spec_of, specs


def shapes_seen(network: nn.Module, images: torch.Tensor) -> dict[str, tuple[int, ...]]:
    seen: dict[str, tuple[int, ...]] = {}

    def remember(name: str) -> None:
        def hook(module: nn.Module, inputs: object, output: torch.Tensor) -> None:
            seen[name] = tuple(output.shape[1:])

        network.get_submodule(name).register_forward_hook(hook)

    for name, module in network.named_modules():
        if not isinstance(module, nn.Sequential):
            remember(name)
    with torch.no_grad():
        network(images)
    return seen


@settings(max_examples=40)
@given(
    specs(),
    st.tuples(st.integers(1, 4), st.integers(16, 23), st.integers(16, 23)),
    st.integers(2, 12),
)
def test_shapes_parameters_and_flops_are_those_of_the_built_network(
    spec: ArchitectureSpec, input_shape: tuple[int, int, int], classes: int
) -> None:
    layers = layer_list(spec, input_shape, classes)
    network = build_network(spec, input_shape, classes)
    with FlopCounterMode(display=False) as counter:
        seen = shapes_seen(network, torch.zeros(2, *input_shape))
    assert list(seen.items()) == [(layer.name, layer.output_shape) for layer in layers]
    for layer in layers:
        own = network.get_submodule(layer.name).parameters()
        assert sum(parameter.numel() for parameter in own) == layer.parameters, layer.name
    assert counter.get_total_flops() == 2 * sum(layer.flops for layer in layers)
    assert layers[-1].output_shape == (classes,)


@settings(max_examples=30)
@given(specs(), st.tuples(st.integers(1, 4), st.integers(16, 40), st.integers(16, 40)))
def test_striding_a_convolution_keeps_the_number_of_parameters(
    spec: ArchitectureSpec, input_shape: tuple[int, int, int]
) -> None:
    def parameters(downsampling: str) -> int:
        arm = spec_of(**{**spec.model_dump(), "downsampling": downsampling})
        return sum(layer.parameters for layer in layer_list(arm, input_shape))

    assert parameters("strided_conv") == parameters("max_pool") == parameters("average_pool")


def test_flops_and_parameters_of_simple_model_by_hand() -> None:
    layers = {
        layer.name: layer
        for layer in layer_list(spec_of(**PRESETS["simple_model"]["architecture"]))
    }
    assert {name: layer.flops for name, layer in layers.items() if layer.flops} == {
        "stage1.convolution1": 2 * 5 * 5 * 3 * 32 * 32 * 32,
        "stage2.convolution1": 2 * 5 * 5 * 32 * 64 * 16 * 16,
        "stage3.convolution1": 2 * 5 * 5 * 64 * 128 * 8 * 8,
        "classifier.linear1": 2 * 2048 * 64,
        "classifier.output": 2 * 64 * 10,
    }
    assert [layer.parameters for layer in layers.values() if layer.parameters] == [
        2432,
        51264,
        204928,
        131136,
        650,
    ]


def names(**keys: Any) -> list[str]:
    small = {"filters": [4], "convolutions_per_stage": 2, "classifier_widths": [], **keys}
    return [layer.name for layer in layer_list(spec_of(**small))]


def test_strided_conv_drops_the_pool_and_strides_the_last_convolution_of_each_stage() -> None:
    spec = spec_of(convolutions_per_stage=[2, 1, 3], downsampling="strided_conv")
    layers = layer_list(spec)
    assert not [layer.name for layer in layers if layer.name.endswith("downsampling")]
    assert [(la.name, la.stride) for la in layers if la.kind == "convolution"] == [
        ("stage1.convolution1", 1),
        ("stage1.convolution2", 2),
        ("stage2.convolution1", 2),
        ("stage3.convolution1", 1),
        ("stage3.convolution2", 1),
        ("stage3.convolution3", 2),
    ]


def test_strided_conv_layer_stands_in_the_pools_place_with_its_own_activation() -> None:
    spec = spec_of(
        filters=[4], kernel_size=5, downsampling="strided_conv_layer", normalization="batch"
    )
    layers = layer_list(spec)
    assert [layer.name for layer in layers[:6]] == [
        "stage1.convolution1",
        "stage1.normalization1",
        "stage1.activation1",
        "stage1.downsampling",
        "stage1.downsampling_normalization",
        "stage1.downsampling_activation",
    ]
    downsampling = layers[3]
    assert (downsampling.kernel_size, downsampling.stride, downsampling.padding) == (3, 2, 1)
    assert (downsampling.input_shape, downsampling.output_shape) == ((4, 32, 32), (4, 16, 16))


def test_normalisation_stands_where_it_is_asked() -> None:
    before = names(normalization="batch", convolutions_per_stage=1)
    after = names(
        normalization="batch",
        normalization_position="after_activation",
        convolutions_per_stage=1,
    )
    assert before[:3] == ["stage1.convolution1", "stage1.normalization1", "stage1.activation1"]
    assert after[:3] == ["stage1.convolution1", "stage1.activation1", "stage1.normalization1"]


def test_a_dropout_of_rate_zero_is_no_layer() -> None:
    with_dropout = names(dropout_stages=0.1, dropout_output=0.1)
    assert [name for name in with_dropout if name not in names()] == [
        "stage1.dropout",
        "classifier.output_dropout",
    ]


@pytest.mark.parametrize(
    "downsampling", ["max_pool", "average_pool", "strided_conv", "strided_conv_layer"]
)
def test_every_downsampling_halves_an_odd_map_alike(downsampling: str) -> None:
    spec = spec_of(downsampling=downsampling)
    flat = {layer.name: layer for layer in layer_list(spec, (1, 28, 28))}["flatten"]
    assert flat.input_shape == (128, 4, 4)


@pytest.mark.parametrize(
    ("keys", "input_shape", "classes", "message"),
    [
        (
            {"filters": [4] * 6},
            (3, 32, 32),
            10,
            "filters has 6 entries, and each stage halves the map, but images of 32x32 pixels can "
            "be halved only 5 times: use fewer stages or larger images",
        ),
        (
            {"filters": [4] * 4, "kernel_size": 9},
            (3, 32, 32),
            10,
            "stage4.convolution1 has a 9x9 kernel on a map of 4x4, so its outer weights would only "
            "ever see padding: use a kernel of at most 7x7, fewer stages or larger images",
        ),
        (
            {},
            (32, 32),
            10,
            "the input shape is (32, 32), but must be (channels, height, width), each at least 1",
        ),
        (
            {},
            (0, 32, 32),
            10,
            "the input shape is (0, 32, 32), but must be (channels, height, width), "
            "each at least 1",
        ),
        ({}, (3, 32, 32), 1, "the number of classes is 1, but must be at least 2"),
    ],
)
def test_an_impossible_combination_is_refused_with_the_reason(
    keys: dict[str, Any], input_shape: tuple[int, ...], classes: int, message: str
) -> None:
    with pytest.raises(ValueError) as caught:
        layer_list(spec_of(**keys), input_shape, classes)
    assert str(caught.value) == message


def test_the_deepest_possible_network_is_built() -> None:
    spec = spec_of(filters=[4] * 5)
    assert build_network(spec)(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
