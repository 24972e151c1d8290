from typing import get_args

import pytest
import torch
from torch import nn

from ablate.image_classification.architecture.blocks import build_block
from ablate.image_classification.architecture.layers import Kind, Layer

IMAGE = (4, 7, 9)


def layer(kind: Kind) -> Layer:
    halved = {"convolution": (6, 4, 5), "max_pool": (4, 4, 5), "average_pool": (4, 4, 5)}
    if kind in halved:
        kernel, padding = (3, 1) if kind == "convolution" else (2, 0)
        return Layer("block", kind, IMAGE, halved[kind], kernel, 2, padding)
    if kind == "linear":
        return Layer("block", kind, (8,), (5,))
    if kind == "flatten":
        return Layer("block", kind, IMAGE, (4 * 7 * 9,))
    return Layer("block", kind, IMAGE, IMAGE, rate=0.5 if kind == "dropout" else None)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_of_layer_becomes_a_module_of_its_shape(kind: Kind) -> None:
    described = layer(kind)
    output = build_block(described)(torch.zeros(2, *described.input_shape))
    assert output.shape == (2, *described.output_shape)


def test_normalisation_of_vectors_is_one_dimensional() -> None:
    assert isinstance(build_block(Layer("block", "batch_norm", (8,), (8,))), nn.BatchNorm1d)
    assert isinstance(build_block(layer("batch_norm")), nn.BatchNorm2d)


def test_pooling_keeps_the_edge_of_an_odd_map() -> None:
    images = torch.zeros(1, 4, 7, 9)
    images[..., -1, -1] = 1.0
    for kind in ("max_pool", "average_pool"):
        assert build_block(layer(kind))(images)[0, 0, -1, -1] == 1.0


def test_pooling_of_an_even_map_is_plain() -> None:
    images = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(build_block(layer("max_pool"))(images), nn.MaxPool2d(2)(images))
    assert torch.equal(build_block(layer("average_pool"))(images), nn.AvgPool2d(2)(images))


def test_a_dropout_layer_without_a_rate_is_refused() -> None:
    with pytest.raises(ValueError) as caught:
        build_block(Layer("stage1.dropout", "dropout", IMAGE, IMAGE))
    assert str(caught.value) == "stage1.dropout is a dropout layer without a rate"
