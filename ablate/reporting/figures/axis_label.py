"""What stands along an axis: in lines that fit, for which the figure grows where they are many."""

from typing import cast

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ablate.reporting import formatting

_CHARACTERS = 14
"""Of a label that fit an inch."""
_LINE = 0.155  # inches


def wrapped(text: str, inches: float) -> str:
    """The text in lines that fit a length, broken after a semicolon first."""
    width = max(1, int(_CHARACTERS * inches))
    parts = [text] if len(text) <= width else text.replace("; ", ";\n").splitlines()
    return "\n".join(formatting.wrap(part, width) for part in parts)


def write_below(axes: Axes, lines: list[str], inches: float, room: int) -> None:
    """Write lines along the lower axis, each wrapped. room: lines that the figure has height for;
    it grows by those that are more.
    """
    text = "\n".join(wrapped(line, inches) for line in lines)
    figure = cast(Figure, axes.figure)
    width, height = figure.get_size_inches()
    more = max(0, text.count("\n") + 1 - room)
    figure.set_size_inches(width, height + more * _LINE)
    axes.set_xlabel(text)


def with_direction(label: str, unit: str, higher_is_better: bool) -> str:
    """A metric, its unit, and which way along a vertical axis is better."""
    side = "higher" if higher_is_better else "lower"
    return f"{formatting.with_bracket(label, unit)}; {side} is better"
