"""From a specification to a network."""

from collections import OrderedDict
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ablate.image_classification.architecture.backbone_network import build_backbone
from ablate.image_classification.architecture.blocks import build_block
from ablate.image_classification.architecture.initialization import Stream, initialize
from ablate.image_classification.architecture.layers import Layer, Shape, layer_list
from ablate.image_classification.architecture.spec import ArchitectureSpec


def build_network(
    spec: ArchitectureSpec,
    input_shape: Shape = (3, 32, 32),
    classes: int = 10,
    stream: Stream | None = None,
    weights: Mapping[str, Tensor] | None = None,
) -> nn.Module:
    """The network of a specification, on the CPU, in float32 and training mode.

    Takes images of shape (batch, *input_shape) and gives logits of shape (batch, classes). Its
    modules are reached by the names of `layer_list`, e.g. `network.stage1.convolution1`; those of a
    backbone by torchvision's, e.g. `network.layer4`.

    stream: gives each initial parameter its generator (see `initialize`), and torch's global
    generator is left as it was; without it the initial values follow the global generator.
    weights: the state that a backbone's `weights` name, without its last layer; without it all
    values are initial ones, whatever the specification names. Raises ValueError when the
    specification cannot be built for such images, or the weights are another network's.
    """
    if spec.backbone is not None:
        return build_backbone(spec.backbone, classes, stream or _global_stream, weights)
    layers = layer_list(spec, input_shape, classes)
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        network = _assembled(layers)
    initialize(network, spec.initialization, stream or _global_stream)
    return network


def _assembled(layers: tuple[Layer, ...]) -> nn.Module:
    """Sequential parts run in order; a layer's name is its path through them."""
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for layer in layers:
        part, _, child = layer.name.partition(".")
        if child:
            parts.setdefault(part, nn.Sequential()).add_module(child, build_block(layer))
        else:
            parts[part] = build_block(layer)
    return nn.Sequential(parts)


def _global_stream(*use: object) -> torch.Generator:
    return torch.default_generator
