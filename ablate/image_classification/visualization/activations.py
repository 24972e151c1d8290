"""What the layers of a network answer to one image."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchvision.ops.misc import Permute

from ablate.image_classification.visualization.layers import FIRST, find_layer, is_convolution


class Activations(NamedTuple):
    """layer: its dotted name. maps: float32 (channels, height, width)."""

    layer: str
    maps: NDArray[np.float32]


def activations(network: nn.Module, image: Tensor, layer: str = FIRST) -> Activations:
    """The output of one layer for one image, in evaluation mode.

    image: the network's input, float32 (channels, height, width). layer: a module's dotted name, or
    "first" or "last" for that convolution. What a module's output is is the module's matter: that
    of a convolution comes before its normalisation and activation. Of a module that is passed
    several times, the last output is taken. Raises AblateError for a layer that there is none of,
    or that gives no maps.
    """
    maps = _maps(network, image)
    modules = dict(network.named_modules())
    convolutions = [name for name in maps if is_convolution(modules[name])]
    name = find_layer(layer, list(maps), convolutions, modules, "gives no maps to be drawn")
    return Activations(name, maps[name])


def strongest(maps: NDArray[np.float32], count: int) -> list[int]:
    """Channels of the maps (channels, height, width) with the largest mean absolute value, the
    largest first; all of them where there are no more than `count`.
    """
    strength = np.abs(maps).mean(axis=(1, 2))
    return [int(channel) for channel in np.argsort(-strength, kind="stable")[:count]]


@torch.no_grad()
def _maps(network: nn.Module, image: Tensor) -> dict[str, NDArray[np.float32]]:
    """The maps of every module that gives any, by name, in the order of the forward pass."""
    found: dict[str, NDArray[np.float32]] = {}
    turned = set(_with_channels_last(network))

    def note(name: str, output: object) -> None:
        if isinstance(output, Tensor) and output.dim() == 4:
            found.pop(name, None)
            if name in turned:
                output = output.movedim(-1, 1)
            # A copy: the module behind may work in place.
            found[name] = output[0].to(torch.float32, copy=True).cpu().contiguous().numpy()

    handles = [
        module.register_forward_hook(lambda module, given, output, name=name: note(name, output))
        for name, module in network.named_modules()
        if name
    ]
    was_training = network.training
    network.eval()
    try:
        network(image.unsqueeze(0))
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()
    return found


def _with_channels_last(network: nn.Module) -> Iterator[str]:
    """Modules that give (batch, height, width, channels): those of ConvNeXt's blocks that stand
    between the turning of the axes and its reverse.
    """
    for name, module in network.named_modules():
        last = False
        for child_name, child in (
            module.named_children() if isinstance(module, nn.Sequential) else ()
        ):
            if isinstance(child, Permute):
                last = list(child.dims) == [0, 2, 3, 1]
            if last:
                yield f"{name}.{child_name}"
