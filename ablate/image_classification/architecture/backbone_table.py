"""A backbone's layers, as torchvision's network has them. Tensors are empty: only shapes pass."""

import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ablate.image_classification.architecture.backbone_network import empty_backbone, split
from ablate.image_classification.architecture.layers import Shape
from ablate.image_classification.architecture.spec import ArchitectureSpec
from ablate.image_classification.architecture.summary import LayerRow, LayerTable


def backbone_table(spec: ArchitectureSpec, input_shape: Shape, classes: int) -> LayerTable:
    """A row for each module without parts, in the order of the forward pass, and one for each
    parameter that belongs to none of them; those of frozen blocks say so.

    Raises ValueError when the images do not fit.
    """
    network = empty_backbone(str(spec.backbone), classes).eval()
    frozen = _frozen(network, spec)
    rows: dict[str, LayerRow] = {}
    counter = FlopCounterMode(display=False)
    handles = [
        module.register_forward_hook(_note(name, module, rows, frozen))
        for name, module in network.named_modules()
        if _is_layer(module)
    ]
    try:
        with counter, torch.no_grad():
            network(torch.empty(1, *input_shape, device="meta"))
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"{spec.backbone} cannot take images of {input_shape}: {error}") from None
    finally:
        for handle in handles:
            handle.remove()
    flops = {_path(name): sum(ops.values()) for name, ops in counter.get_flop_counts().items()}
    listed = [row._replace(flops=flops.get(row.name, 0)) for row in rows.values()]
    listed += _other_parameters(network, rows, frozen)
    return LayerTable(listed, sum(row.parameters for row in listed), counter.get_total_flops())


def _is_layer(module: nn.Module) -> bool:
    """Attention is one: it calls its parts as functions."""
    return isinstance(module, nn.MultiheadAttention) or not any(True for _ in module.children())


def _frozen(network: nn.Module, spec: ArchitectureSpec) -> set[int]:
    part = split(network, spec).frozen
    return set() if part is None else {id(item) for item in (*part.modules(), *part.parameters())}


def _note(name: str, module: nn.Module, rows: dict[str, LayerRow], frozen: set[int]) -> Any:
    def hook(_: nn.Module, given: Any, output: Any) -> None:
        shape = tuple((output[0] if isinstance(output, tuple) else output).shape[1:])
        count = sum(parameter.numel() for parameter in module.parameters())
        what = _described(module) + (", frozen" if count and id(module) in frozen else "")
        rows.setdefault(name, LayerRow(name, what, shape, count, 0))

    return hook


def _described(module: nn.Module) -> str:
    match module:
        case nn.Conv2d():
            sides = "x".join(map(str, module.kernel_size))
            stride = f", stride {module.stride[0]}" if module.stride[0] > 1 else ""
            groups = f", {module.groups} groups" if module.groups > 1 else ""
            return f"{sides} convolution{stride}{groups}"
        case nn.BatchNorm2d():
            return "batch norm"
        case nn.Dropout():
            return f"dropout {module.p:g}"
        case nn.MaxPool2d() | nn.AvgPool2d():
            side = module.kernel_size
            return f"{side}x{side} {'max' if isinstance(module, nn.MaxPool2d) else 'average'} pool"
    return re.sub("(?<=[a-z])(?=[A-Z])", " ", type(module).__name__).lower()


def _other_parameters(
    network: nn.Module, rows: dict[str, LayerRow], frozen: set[int]
) -> Iterator[LayerRow]:
    for name, parameter in network.named_parameters():
        if not any(name.startswith(f"{layer}.") for layer in rows):
            what = "parameter" + (", frozen" if id(parameter) in frozen else "")
            yield LayerRow(name, what, tuple(parameter.shape), parameter.numel(), 0)


def _path(counted: str) -> str:
    """The counter puts the network's class before a module's name."""
    return counted.partition(".")[2] or counted
