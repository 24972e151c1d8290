"""The weights of a convolution, as pictures of what it looks for."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import nn

from ablate.image_classification.visualization.layers import FIRST, find_layer, is_convolution

Weights = NDArray[np.float32]


class Filters(NamedTuple):
    """layer: its dotted name. weights: float32 (filters, channels, height, width). sees_colours:
    whether its channels are an image's red, green and blue. groups: of filters, each of which sees
    channels of its own.
    """

    layer: str
    weights: Weights
    sees_colours: bool = False
    groups: int = 1


def filters(network: nn.Module, layer: str = FIRST) -> Filters:
    """The weights of a convolution.

    layer: its dotted name, or "first" or "last" in the order in which the network names its
    modules. Raises AblateError, which names the convolutions, when there is none of that name.
    """
    convolutions = {
        name: module for name, module in network.named_modules() if is_convolution(module)
    }
    names = list(convolutions)
    name = find_layer(layer, names, names, dict(network.named_modules()), "is no convolution")
    convolution = convolutions[name]
    weights = convolution.weight.detach().float().cpu().contiguous().numpy()
    sees_colours = name == next(iter(convolutions)) and weights.shape[1] == 3
    return Filters(name, weights, sees_colours, convolution.groups)


def as_colours(weights: Weights, reach: float) -> NDArray[np.float32]:
    """Filters of three colour channels as colours, (filters, height, width, 3) in [0, 1].

    reach: the weight that is drawn with full intensity; a weight of 0 is mid-grey.
    """
    colours: NDArray[np.float32] = np.clip(0.5 + weights / (2 * reach), 0, 1)
    return colours.transpose(0, 2, 3, 1)
