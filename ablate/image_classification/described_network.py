"""A preset's network, as the rows that `ablate model` shows."""

from collections.abc import Mapping
from typing import Any

from ablate.errors import AblateError, Problem
from ablate.image_classification.architecture.summary import layer_table
from ablate.image_classification.settings.implied import class_count, input_shape
from ablate.image_classification.settings.resolving import of_preset, parse, resolve

HEADER = ("layer", "what", "output", "parameters", "FLOPs an image")
NUMERIC = (2, 3, 4)


def described_network(
    preset: str,
    overrides: Mapping[str, Any],
    image: str | None = None,
    classes: int | None = None,
) -> list[tuple[str, ...]]:
    """Cells by HEADER: a row a layer, and one of totals.

    overrides: settings by dotted key. image: "CxHxW", as it reaches the network; None: as the
    settings have it. classes: their number; None: of those of the settings. Raises AblateError for
    settings and shapes that make no network, and for both of two ways to say one thing.
    """
    for option, given, key in (
        ("image", image, "data.image_size"),
        ("classes", classes, "data.classes"),
    ):
        if given is not None and key in overrides:
            message = f"and --set {key} say the same"
            raise AblateError(Problem(f"--{option} {given}", message, "leave one of the two out"))
    shape = None if image is None else _image_shape(image)
    settings = parse(resolve(of_preset(preset, overrides), shape), shape)
    try:
        table = layer_table(
            settings.architecture,
            shape or input_shape(settings),
            classes or class_count(settings),
        )
    except ValueError as error:
        raise AblateError(str(error)) from None
    rows: list[tuple[str, ...]] = [
        (
            row.name,
            row.description,
            "x".join(map(str, row.output_shape)),
            f"{row.parameters:,}",
            f"{row.flops:,}",
        )
        for row in table.rows
    ]
    return [*rows, ("total", "", "", f"{table.parameters:,}", f"{table.flops:,}")]


def _image_shape(text: str) -> tuple[int, ...]:
    parts = text.lower().split("x")
    if len(parts) != 3 or not all(part.isdecimal() and int(part) for part in parts):
        raise AblateError(
            Problem(
                f"--image {text}",
                "is no shape of an image",
                "write channels x height x width, as in 3x32x32",
            )
        )
    return tuple(map(int, parts))
