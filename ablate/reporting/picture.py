"""A figure as files, and what a report says of it."""

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import pandas as pd
from matplotlib.figure import Figure

from ablate.reporting.figures import theme
from ablate.reporting.figures.fonts import noting_unshown


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
    with noting_unshown() as unshown:
        draw(figure)
        files = theme.render(figure, few_colours)
    figure.clear()
    return Picture(name, title, caption + _told_of_boxes(unshown), files)


def _told_of_boxes(unshown: set[str]) -> str:
    if not unshown:
        return ""
    return (
        f" Boxes in it stand for {' '.join(sorted(unshown))}, which no font of the machine that "
        "drew it shows."
    )


def named_apart(pictures: Iterable[Picture]) -> tuple[Picture, ...]:
    """The pictures, each with a name of its own: of two whose names are made of like words, such as
    "small" and "Small!", one file would replace the other.
    """
    named: dict[str, Picture] = {}
    for picture in pictures:
        places = itertools.chain([""], (f"_{place}" for place in itertools.count(2)))
        name = next(free for end in places if (free := picture.name + end) not in named)
        named[name] = replace(picture, name=name)
    return tuple(named.values())


def file_name(text: str) -> str:
    """The text in letters that any file's name may have."""
    return re.sub(r"\W+", "_", text.lower()).strip("_") or "all"
