"""Backbones as torch modules: built, given a new last layer, and cut into frozen and trained."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ablate.image_classification.architecture.backbones import BACKBONES, frozen_blocks
from ablate.image_classification.architecture.initialization import Stream, initialize
from ablate.image_classification.architecture.spec import ArchitectureSpec
from ablate.image_classification.architecture.whole_map_convolution import (
    with_whole_map_convolutions,
)

SHOWN = 3
"""Tensors that an error lists."""


def build_backbone(
    name: str, classes: int, stream: Stream, weights: Mapping[str, Tensor] | None = None
) -> nn.Module:
    """Torchvision's network of that name, with a new last linear layer of `classes` outputs.

    Its modules and weights have torchvision's names. stream: gives each parameter that is drawn at
    random its generator, as in `initialize`; the laws are torchvision's, that of the last layer is
    PyTorch's. weights: a state to start from in place of those draws, whose last layer is not
    looked at. Raises ValueError when the state is another network's, or the torchvision installed
    has no such network.
    """
    network = _drawn_by_name(name, stream)
    output = output_layer(network)
    with torch.random.fork_rng(devices=[]):
        new = _with_outputs(network, output, classes)
    # `initialize` knows the layer alone, whose parameters are .weight and .bias to it.
    initialize(new, "framework_default", lambda use, name: stream(use, f"{output}{name}"))
    if weights is not None:
        if problem := misfit(network, weights):
            raise ValueError(f"no state of {name}: {problem}")
        network.load_state_dict(_without(output, weights), strict=False)
    return with_whole_map_convolutions(network)


def empty_backbone(name: str, classes: int) -> nn.Module:
    """The network without values: names and shapes, in no memory."""
    with torch.device("meta"):
        network = _built(name)
        _with_outputs(network, output_layer(network), classes)
    return network


def output_layer(network: nn.Module) -> str:
    """The name of the last linear layer, which gives the logits."""
    names = [name for name, module in network.named_modules() if isinstance(module, nn.Linear)]
    return str(names[-1])


def misfit(network: nn.Module, weights: Mapping[str, Any]) -> str | None:
    """What keeps these weights from being the network's, the last layer's left out of account;
    None where they fit. weights: arrays or tensors by name.
    """
    output = output_layer(network)
    expected = _without(output, network.state_dict())
    given = _without(output, weights)
    # Counts of batches seen; old files have none, and nothing is computed from them here.
    missing = [n for n in expected if n not in given and not n.endswith("num_batches_tracked")]
    unknown = [name for name in given if name not in expected]
    shapes = [
        f"{name} is {_shape(given[name])}, not {_shape(expected[name])}"
        for name in expected
        if name in given and tuple(given[name].shape) != tuple(expected[name].shape)
    ]
    found = [(missing, "lacks "), (unknown, "also holds "), (shapes, "")]
    return "; ".join(before + _first(names) for names, before in found if names) or None


def _with_outputs(network: nn.Module, output: str, classes: int) -> nn.Linear:
    """A new last layer in the place of the network's own."""
    old: Any = network.get_submodule(output)
    new = nn.Linear(old.in_features, classes)
    network.set_submodule(output, new)
    return new


class Parts(NamedTuple):
    """A network in two, which share its modules. frozen: None where everything is trained."""

    frozen: nn.Module | None
    trained: nn.Module


def split(network: nn.Module, spec: ArchitectureSpec) -> Parts:
    """The blocks that are frozen, in evaluation mode, and those that are trained on their output.

    Run after each other they compute what the network does.
    """
    frozen = () if spec.backbone is None else frozen_blocks(spec.backbone, spec.train_from)
    if spec.backbone is None or not frozen:
        return Parts(None, network)
    blocks = BACKBONES[spec.backbone].blocks
    parts = ([blocks[n] for n in frozen], [blocks[n] for n in blocks if n not in frozen])
    before, after = (nn.Sequential(*_modules(network, part)) for part in parts)
    return Parts(before.eval(), after)


def _modules(network: nn.Module, blocks: Iterable[Sequence[str]]) -> Iterator[nn.Module]:
    for path in (path for block in blocks for path in block):
        yield OPERATIONS[path](network) if path in OPERATIONS else network.get_submodule(path)


class _Patches(nn.Module):
    """A vision transformer's beginning: patches and the class token, with their positions."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        encoder: Any = network.encoder
        self.projection: Any = network.conv_proj
        self.class_token: Any = network.class_token
        self.positions: Tensor = encoder.pos_embedding

    def forward(self, images: Tensor) -> Tensor:
        patches = self.projection(images).flatten(2).transpose(1, 2)
        token = self.class_token.expand(len(images), -1, -1)
        return torch.cat([token, patches], dim=1) + self.positions


class _ClassToken(nn.Module):
    def forward(self, tokens: Tensor) -> Tensor:
        return tokens[:, 0]


OPERATIONS: dict[str, Callable[[nn.Module], nn.Module]] = {
    "@flatten": lambda network: nn.Flatten(),
    "@average": lambda network: nn.AdaptiveAvgPool2d(1),
    "@patches": _Patches,
    "@class_token": lambda network: _ClassToken(),
}
"""What torchvision's networks do outside of their modules."""


def _drawn_by_name(name: str, stream: Stream) -> nn.Module:
    """Torchvision's network, each parameter drawn from a stream of its own, by torchvision's laws.

    Parameters have no names before the network stands, so it is built twice.
    """
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        with _Draws() as noted:
            names = {id(parameter): name for name, parameter in _built(name).named_parameters()}
        drawn = [names[parameter] for parameter in noted.drawn]
        # The few values that are drawn before they are a parameter follow the global generator.
        torch.manual_seed(stream("init", "backbone").initial_seed())
        with _Draws(lambda number: stream("init", drawn[number])):
            return _built(name)


def _built(name: str) -> nn.Module:
    from torchvision.models import get_model

    try:
        network: nn.Module = get_model(name, weights=None)
    except ValueError as error:
        raise ValueError(f"the torchvision installed has no {name}: {error}") from None
    return network


class _Draws(TorchFunctionMode):
    """Notes which parameter each random draw is for, by its id; hands draw number n its generator.

    A parameter may be drawn several times, by its layer and then by its network: each time from
    the beginning of its stream, and the last draw counts.
    """

    def __init__(self, generator: Callable[[int], torch.Generator] | None = None) -> None:
        super().__init__()
        self.drawn: list[int] = []
        self._generator = generator

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in (Tensor.uniform_, Tensor.normal_) and isinstance(args[0], nn.Parameter):
            if self._generator is not None:
                kwargs["generator"] = self._generator(len(self.drawn))
            self.drawn.append(id(args[0]))
        return func(*args, **kwargs)


def _without(output: str, state: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if not name.startswith(f"{output}.")}


def _shape(value: Any) -> str:
    return "x".join(map(str, value.shape)) or "a number"


def _first(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
