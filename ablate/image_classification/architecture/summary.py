"""A network as a table of its layers, with totals. Imports no torch, but for a backbone."""

from typing import NamedTuple

from ablate.image_classification.architecture.layers import Layer, Shape, layer_list
from ablate.image_classification.architecture.spec import ArchitectureSpec


class LayerRow(NamedTuple):
    """One line of the table; `flops`: of a forward pass of one image, counted as in `Layer`."""

    name: str
    description: str  # "3x3 convolution, stride 2"
    output_shape: Shape
    parameters: int
    flops: int


class LayerTable(NamedTuple):
    """All layers in order, and the sums over them."""

    rows: list[LayerRow]
    parameters: int
    flops: int


def layer_table(
    spec: ArchitectureSpec, input_shape: Shape = (3, 32, 32), classes: int = 10
) -> LayerTable:
    """The layers of a network with output shapes, parameters and FLOPs an image.

    input_shape: (channels, height, width). Of a backbone torch is asked, which is imported then.
    Raises ValueError as `layer_list` does.
    """
    if spec.backbone is not None:
        from ablate.image_classification.architecture.backbone_table import backbone_table

        return backbone_table(spec, input_shape, classes)
    rows = [
        LayerRow(layer.name, describe(layer), layer.output_shape, layer.parameters, layer.flops)
        for layer in layer_list(spec, input_shape, classes)
    ]
    return LayerTable(rows, sum(row.parameters for row in rows), sum(row.flops for row in rows))


def describe(layer: Layer) -> str:
    """What a layer is, in a few words: "3x3 convolution, stride 2" or "dropout 0.15"."""
    words = layer.kind.replace("_", " ")
    if layer.kernel_size is not None:
        words = f"{layer.kernel_size}x{layer.kernel_size} {words}"
    if layer.kind == "convolution" and layer.stride != 1:
        words = f"{words}, stride {layer.stride}"
    if layer.rate is not None:
        words = f"{words} {layer.rate:g}"
    return words
