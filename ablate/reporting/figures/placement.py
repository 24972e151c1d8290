"""Figures whose parts have given places, in inches from the upper left corner."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ablate.reporting import formatting
from ablate.reporting.figures.palette import INK

WIDTH = 9.2
"""Of a figure."""
MARGIN = 0.12
HEAD = 0.6
"""Height of title and subtitle."""


def place(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a place."""
    figure.set_layout_engine("none")  # there is nothing left to lay out
    wide, high = figure.get_size_inches()
    return figure.add_axes((left / wide, 1 - (top + height) / high, width / wide, height / high))


def head(figure: Figure, title: str, subtitle: str) -> None:
    """A title of one line and a subtitle of two; longer ones end in dots."""
    _, high = figure.get_size_inches()
    for text, lines, characters, top, size, weight in (
        (title, 1, 98, 0.1, 10, "bold"),
        (subtitle, 2, 150, 0.31, 8, "normal"),
    ):
        figure.text(
            MARGIN / WIDTH,
            1 - top / high,
            formatting.wrap(formatting.shortened(text, lines * characters), characters),
            ha="left",
            va="top",
            fontsize=size,
            fontweight=weight,
            color=INK,
        )


def bare(axes: Axes) -> None:
    """Without frame, grid and ticks."""
    axes.grid(visible=False)
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
