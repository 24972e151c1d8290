"""Rows of a figure, each as high as its label needs."""

from collections.abc import Iterable
from typing import NamedTuple

from ablate.reporting import formatting

_LINE = 0.155  # inches: of a label's text
_BETWEEN = 0.06  # inches: between the labels of two rows


class LabelRows(NamedTuple):
    """Rows from the top, in units of a row with a label of one line."""

    labels: tuple[str, ...]
    places: tuple[float, ...]
    """The middle of each row; 0 for a first row of height 1."""
    depth: float
    """The height of all."""


def label_rows(names: Iterable[object], width: int, row: float) -> LabelRows:
    """width: characters to a line. row: inches of a row with a label of one line."""
    labels = tuple(formatting.wrap(str(name), width) for name in names)
    places, depth = [], 0.0
    for label in labels:
        lines = label.count("\n") + 1
        height = max(1.0, (_LINE * lines + _BETWEEN) / row)
        places.append(depth + (height - 1) / 2)
        depth += height
    return LabelRows(labels, tuple(places), depth)
