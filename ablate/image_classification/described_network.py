"""A preset's network, as the rows that `ablate model` shows."""

from collections.abc import Mapping
from typing import Any

from ablate.errors import AblateError, Problem
from ablate.image_classification.architecture.summary import layer_table
from ablate.image_classification.settings.resolving import parse, resolve

HEADER = ("layer", "what", "output", "parameters", "FLOPs an image")
NUMERIC = (2, 3, 4)


def described_network(
    preset: str, overrides: Mapping[str, Any], image: str, classes: int
) -> list[tuple[str, ...]]:
    """Cells by HEADER: a row a layer, and one of totals.

    overrides: settings by dotted key. image: "CxHxW", brought to the settings' image size if they
    name one. classes: their number, if the settings choose none. Raises AblateError for settings
    and shapes that make no network.
    """
    settings = resolve({"preset": preset, **overrides})
    try:
        checked = parse(settings)
        shape = _image_shape(image)
        if (side := checked.data.image_size) is not None:
            shape = (shape[0], side, side)
        chosen = checked.data.classes
        count = classes if chosen is None else len(chosen)
        table = layer_table(checked.architecture, shape, count)
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
