"""The layers that a specification means, with shapes and costs. Imports no torch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Literal

from ablate.image_classification.architecture.spec import ArchitectureSpec

Kind = Literal[
    "convolution",
    "linear",
    "batch_norm",
    "relu",
    "gelu",
    "max_pool",
    "average_pool",
    "dropout",
    "flatten",
]
Shape = tuple[int, ...]
"""Of one image: (channels, height, width) before the flatten layer, (features,) after it."""


@dataclass(frozen=True)
class Layer:
    """One layer of a network.

    name: "stage1.convolution1", ...: the module's path in the network. It says what the layer is
        for, never its position, so that layers which two networks share have equal names.
    input_shape, output_shape: of one image; the first entry is the number of channels (features).
    kernel_size, stride, padding: of convolutions and pools, in pixels.
    rate: of dropout, in (0, 1).
    parameters: number of trainable parameters.
    flops: of the forward pass for one image, 2 a multiply-add. By the usual convention (that of
        torch.utils.flop_counter too) only convolutions and linear layers count, without biases
        and with the padding's multiplications.
    """

    name: str
    kind: Kind
    input_shape: Shape
    output_shape: Shape
    kernel_size: int | None = None
    stride: int | None = None
    padding: int | None = None
    rate: float | None = None
    parameters: int = 0
    flops: int = 0


Step = Callable[[Shape], Layer]
"""Makes the next layer from the shape that reaches it."""


def layer_list(
    spec: ArchitectureSpec, input_shape: Shape = (3, 32, 32), classes: int = 10
) -> tuple[Layer, ...]:
    """The layers in the order in which an image passes them.

    input_shape: (channels, height, width) of an image, in pixels; classes: at least 2. Raises
    ValueError, with the reason, when the specification cannot be built for such images.
    """
    _check_input(spec, input_shape, classes)
    layers: list[Layer] = []
    shape = input_shape
    for step in _steps(spec, classes):
        layer = step(shape)
        layers.append(layer)
        shape = layer.output_shape
    return tuple(layers)


def _check_input(spec: ArchitectureSpec, input_shape: Shape, classes: int) -> None:
    if len(input_shape) != 3 or min(input_shape) < 1:
        raise ValueError(
            f"the input shape is {input_shape}, but must be (channels, height, width), "
            "each at least 1"
        )
    if classes < 2:
        raise ValueError(f"the number of classes is {classes}, but must be at least 2")
    _, height, width = input_shape
    stages = len(spec.filters)
    halvings = (min(height, width) - 1).bit_length()
    if stages > halvings:
        raise ValueError(
            f"filters has {stages} entries, and each stage halves the map, but images of "
            f"{height}x{width} pixels can be halved only {halvings} times: "
            "use fewer stages or larger images"
        )


def _steps(spec: ArchitectureSpec, classes: int) -> Iterator[Step]:
    for stage in range(len(spec.filters)):
        yield from _stage(spec, stage)
    yield partial(_same_shape, "flatten", "flatten")
    yield from _classifier(spec, classes)


def _stage(spec: ArchitectureSpec, index: int) -> Iterator[Step]:
    name, filters = f"stage{index + 1}", spec.filters[index]
    last = spec.convolutions_per_stage[index]
    for number in range(1, last + 1):
        stride = 2 if spec.downsampling == "strided_conv" and number == last else 1
        yield partial(
            _convolution,
            f"{name}.convolution{number}",
            filters=filters,
            kernel_size=spec.kernel_size,
            stride=stride,
        )
        yield from _after_convolution(
            spec, f"{name}.normalization{number}", f"{name}.activation{number}"
        )
    yield from _downsampling(spec, name, filters)
    yield from _dropout(f"{name}.dropout", spec.dropout_stages[index])


def _after_convolution(
    spec: ArchitectureSpec, normalization: str, activation: str
) -> Iterator[Step]:
    activate = partial(_same_shape, activation, spec.activation)
    if spec.normalization == "none":
        yield activate
    elif spec.normalization_position == "before_activation":
        yield partial(_batch_norm, normalization)
        yield activate
    else:
        yield activate
        yield partial(_batch_norm, normalization)


def _downsampling(spec: ArchitectureSpec, stage: str, filters: int) -> Iterator[Step]:
    name = f"{stage}.downsampling"
    if spec.downsampling == "strided_conv_layer":
        # As in All-CNN-C of the source, the layer is a convolution like the others, activation
        # included, always 3x3.
        yield partial(_convolution, name, filters=filters, kernel_size=3, stride=2)
        yield from _after_convolution(spec, f"{name}_normalization", f"{name}_activation")
    elif spec.downsampling != "strided_conv":
        yield partial(_pool, name, spec.downsampling)


def _classifier(spec: ArchitectureSpec, classes: int) -> Iterator[Step]:
    for number, width in enumerate(spec.classifier_widths, start=1):
        yield partial(_linear, f"classifier.linear{number}", width)
        if spec.classifier_normalization == "batch":
            yield partial(_batch_norm, f"classifier.normalization{number}")
        yield partial(_same_shape, f"classifier.activation{number}", spec.activation)
        yield from _dropout(f"classifier.dropout{number}", spec.dropout_classifier)
    yield partial(_linear, "classifier.output", classes)
    yield from _dropout("classifier.output_dropout", spec.dropout_output)


def _dropout(name: str, rate: float) -> Iterator[Step]:
    if rate > 0:
        yield lambda shape: Layer(name, "dropout", shape, shape, rate=rate)


def _convolution(name: str, shape: Shape, filters: int, kernel_size: int, stride: int) -> Layer:
    channels, height, width = shape
    largest = 2 * min(height, width) - 1
    if kernel_size > largest:
        raise ValueError(
            f"{name} has a {kernel_size}x{kernel_size} kernel on a map of {height}x{width}, so "
            "its outer weights would only ever see padding: use a kernel of at most "
            f"{largest}x{largest}, fewer stages or larger images"
        )
    output_shape = (filters, *_divided((height, width), stride))
    weights = channels * kernel_size**2 * filters
    return Layer(
        name,
        "convolution",
        shape,
        output_shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=kernel_size // 2,
        parameters=weights + filters,
        flops=2 * weights * prod(output_shape[1:]),
    )


def _pool(name: str, kind: Literal["max_pool", "average_pool"], shape: Shape) -> Layer:
    output_shape = (shape[0], *_divided(shape[1:], 2))
    return Layer(name, kind, shape, output_shape, kernel_size=2, stride=2, padding=0)


def _divided(map_size: Shape, stride: int) -> Shape:
    """Rounded up, as padded convolutions do. Pools do so too (blocks.py), so that every way of
    downsampling gives maps of the same size, and no edge of an odd map is lost.
    """
    return tuple(-(-side // stride) for side in map_size)


def _batch_norm(name: str, shape: Shape) -> Layer:
    return Layer(name, "batch_norm", shape, shape, parameters=2 * shape[0])


def _linear(name: str, width: int, shape: Shape) -> Layer:
    (features,) = shape
    weights = features * width
    return Layer(name, "linear", shape, (width,), parameters=weights + width, flops=2 * weights)


def _same_shape(name: str, kind: Literal["relu", "gelu", "flatten"], shape: Shape) -> Layer:
    output_shape = (prod(shape),) if kind == "flatten" else shape
    return Layer(name, kind, shape, output_shape)
