"""Initial weights, each parameter drawn from a generator of its own."""

from collections.abc import Callable
from math import sqrt

import torch
from torch import Tensor, nn

from ablate.image_classification.architecture.spec import Initialization

Stream = Callable[..., torch.Generator]
"""stream(*use): a fresh CPU generator for that use, e.g. ("init", "classifier.output.bias")."""


def initialize(network: nn.Module, method: Initialization, stream: Stream) -> None:
    """Draw every parameter of the network anew, in place.

    Each parameter is drawn from `stream("init", parameter name)`, so that layers which two
    networks share start equal whatever stands around them. method:

    - framework_default: PyTorch's law for convolutions and linear layers, weights and biases
      uniform in +-1/sqrt(fan_in).
    - xavier_uniform, xavier_normal: variance 2/(fan_in + fan_out), biases 0 (Glorot and Bengio
      2010).
    - kaiming: normal, variance 2/fan_in, biases 0 (He et al. 2015).

    Normalisation starts at weight 1 and bias 0. Raises TypeError for a layer with parameters that
    is none of these.
    """
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            _initialize_weights(module, method, name, stream)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.reset_parameters()
        elif any(True for _ in module.parameters(recurse=False)):
            raise TypeError(f"no initial values are known for {name}, a {type(module).__name__}")


def _initialize_weights(
    layer: nn.Conv2d | nn.Linear, method: Initialization, name: str, stream: Stream
) -> None:
    generator = stream("init", f"{name}.weight")
    if method == "framework_default":
        bound = 1 / sqrt(layer.weight[0].numel())
        nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
        if layer.bias is not None:
            nn.init.uniform_(layer.bias, -bound, bound, generator=stream("init", f"{name}.bias"))
        return
    _LAWS[method](layer.weight, generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def _kaiming(weight: Tensor, generator: torch.Generator) -> None:
    nn.init.kaiming_normal_(weight, mode="fan_in", nonlinearity="relu", generator=generator)


_LAWS: dict[str, Callable[[Tensor, torch.Generator], object]] = {
    "xavier_uniform": lambda weight, g: nn.init.xavier_uniform_(weight, generator=g),
    "xavier_normal": lambda weight, g: nn.init.xavier_normal_(weight, generator=g),
    "kaiming": _kaiming,
}
