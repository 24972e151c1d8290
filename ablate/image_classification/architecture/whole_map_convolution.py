"""Convolutions of maps so small that every output sees the whole map, as products of matrices.

At the end of a network small images have become maps of 2x2 or 1x1. A 3x3 kernel with padding 1
then multiplies zeros for the most part, and the library's convolution on CPUs, made for larger
maps, takes several times as long as what is left: one linear layer for each output position, whose
weights are the window of the kernel that lies on the map.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class WholeMapConvolution(nn.Conv2d):
    """nn.Conv2d that on a CPU computes the same of such maps, up to rounding, in less time."""

    def forward(self, input: Tensor) -> Tensor:
        """input: float tensor (batch, channels, height, width)."""
        if input.device.type == "cpu" and _sees_all(self, *input.shape[2:]):
            return _as_linear_layers(self, input)
        return super().forward(input)


def with_whole_map_convolutions(network: nn.Module) -> nn.Module:
    """The network itself; its modules, parameters and their names stay what they are."""
    for module in network.modules():
        if type(module) is nn.Conv2d:
            module.__class__ = WholeMapConvolution
    return network


def _sees_all(layer: nn.Conv2d, height: int, width: int) -> bool:
    """Whether output and map are of one size, and the kernel covers the map from each position."""
    plain = layer.stride == layer.dilation == (1, 1) and layer.groups == 1
    if not plain or layer.padding_mode != "zeros" or isinstance(layer.padding, str):
        return False
    return all(
        kernel == 2 * padding + 1 and size <= padding + 1
        for kernel, padding, size in zip(
            layer.kernel_size, layer.padding, (height, width), strict=True
        )
    )


def _as_linear_layers(layer: nn.Conv2d, maps: Tensor) -> Tensor:
    """Channels last throughout, as the maps lie in memory, so that little is copied."""
    batch, _, height, width = maps.shape
    kernel = layer.weight.permute(0, 2, 3, 1)
    pixels = maps.permute(0, 2, 3, 1).flatten(1)
    top, left = (size // 2 for size in layer.kernel_size)
    windows = (
        _window(kernel, top - row, left - column, height, width)
        for row in range(height)
        for column in range(width)
    )
    outputs = [functional.linear(pixels, window.flatten(1), layer.bias) for window in windows]
    return torch.stack(outputs, 1).view(batch, height, width, -1).permute(0, 3, 1, 2)


def _window(kernel: Tensor, top: int, left: int, height: int, width: int) -> Tensor:
    return kernel[:, top : top + height, left : left + width]
