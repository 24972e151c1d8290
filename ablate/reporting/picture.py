"""A figure as files, and what a report says of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from ablate.reporting.figures import theme


@dataclass(frozen=True)
class Picture:
    """A drawn figure. name: of its files; files: contents by kind, "png" and "svg"."""

    name: str
    title: str
    caption: str
    files: dict[str, bytes]


def has_numbers(table: pd.DataFrame, column: str) -> bool:
    """Whether there is anything to draw in a column."""
    return column in table and bool(table[column].notna().any())


def draw_picture(
    name: str,
    title: str,
    caption: str,
    size: tuple[float, float],
    draw: Callable[[Figure], None],
    few_colours: bool = False,
) -> Picture:
    """A picture of what `draw` draws on an empty figure. Call it inside `themed`.

    size: inches. few_colours: of `theme.render`.
    """
    figure = theme.new_figure(*size)
    draw(figure)
    files = theme.render(figure, few_colours)
    figure.clear()
    return Picture(name, title, caption, files)


def file_name(text: str) -> str:
    """The text in letters that any file's name may have."""
    return re.sub(r"\W+", "_", text.lower()).strip("_") or "all"
