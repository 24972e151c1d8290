"""Layer descriptions as torch modules."""

from collections.abc import Callable
from typing import Any

from torch import nn

from ablate.image_classification.architecture.layers import Layer


def build_block(layer: Layer) -> nn.Module:
    """The module of one layer, with PyTorch's own initial values."""
    return _BLOCKS[layer.kind](layer)


def _convolution(layer: Layer) -> nn.Module:
    return nn.Conv2d(layer.input_shape[0], layer.output_shape[0], **_window(layer))


def _batch_norm(layer: Layer) -> nn.Module:
    norm = nn.BatchNorm1d if len(layer.input_shape) == 1 else nn.BatchNorm2d
    return norm(layer.input_shape[0])


def _window(layer: Layer) -> dict[str, Any]:
    return {
        "kernel_size": layer.kernel_size,
        "stride": layer.stride,
        "padding": layer.padding,
    }


def _linear(layer: Layer) -> nn.Module:
    return nn.Linear(layer.input_shape[0], layer.output_shape[0])


def _dropout(layer: Layer) -> nn.Module:
    if layer.rate is None:
        raise ValueError(f"{layer.name} is a dropout layer without a rate")
    return nn.Dropout(layer.rate)


# ceil_mode changes odd maps only: they are halved as strided convolutions halve them.
_BLOCKS: dict[str, Callable[[Layer], nn.Module]] = {
    "convolution": _convolution,
    "linear": _linear,
    "batch_norm": _batch_norm,
    "relu": lambda layer: nn.ReLU(),
    "gelu": lambda layer: nn.GELU(),
    "max_pool": lambda layer: nn.MaxPool2d(**_window(layer), ceil_mode=True),
    "average_pool": lambda layer: nn.AvgPool2d(**_window(layer), ceil_mode=True),
    "dropout": _dropout,
    "flatten": lambda layer: nn.Flatten(),
}
