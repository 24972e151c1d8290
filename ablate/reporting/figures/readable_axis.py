"""An axis that ends where measurements do: chance levels of diverged trials may lie so far off that
no interval could be told from its mark, and an interval of two seeds may be so wide that no other
could. What is beyond is told at the edge.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ablate.reporting import formatting
from ablate.reporting.figures import point_marks
from ablate.reporting.figures.palette import INK

_SQUEEZED = 0.25  # of the axis: what measurements would have to do with
_EDGE = 0.012  # of the axes: where marks at the edge stand
_SMALL = 7.5


class Row(NamedTuple):
    """What a row of a figure shows.

    summary: a mean and the ends of its interval, missing where there are none. values: of each
    seed, finite. diverged: whether the seed counts at chance level, one a value.
    """

    summary: Sequence[float]
    values: "pd.Series[float]"
    diverged: "pd.Series[bool]"


def row_of(summary: Sequence[Any], seeds: pd.DataFrame, column: str) -> Row:
    """seeds: the column of values, and `diverged` where any may have; those without a value are
    left out.
    """
    known = seeds.dropna(subset=[column])
    diverged = known["diverged"] if "diverged" in known else pd.Series(False, known.index)
    shown = [float(number) for number in summary if not formatting.is_missing(number)]
    return Row(shown, known[column].astype(float), diverged.astype(bool))


def measured(rows: Iterable[Row], also: Sequence[float] = ()) -> tuple[float, float] | None:
    """The ends of what was measured, where an axis of everything would squeeze it: rows without
    diverged seeds, and the other seeds of those with; of the widest intervals, fewer than half,
    the means alone where they would squeeze all others. None where an axis may show everything.

    also: further numbers that the axis shows.
    """
    rows = list(rows)
    every, plain = list(also), list(also)
    intervals: list[Sequence[float]] = []
    for row in rows:
        every += [*row.summary, *row.values]
        plain += row.values[~row.diverged].tolist()
        if not row.diverged.any():
            plain += row.summary[:1]
            intervals += [row.summary[1:]] if len(row.summary) > 1 else []
    plain += _without_the_widest(plain, intervals)
    saves_any = any(len(row.values) and not row.diverged.any() for row in rows)
    if not saves_any or np.ptp(plain) >= _SQUEEZED * np.ptp(every):
        return None
    return min(plain), max(plain)


def _without_the_widest(marks: Sequence[float], intervals: list[Sequence[float]]) -> list[float]:
    """The ends of the intervals but for the widest, as few as it takes, that would leave no room
    for the others and the marks.
    """
    widest_first = sorted(intervals, key=np.ptp, reverse=True)
    every = [*itertools.chain(*intervals)]
    for left_out in range(1, (len(intervals) + 1) // 2):
        others = [*itertools.chain(*widest_first[left_out:])]
        if np.ptp([*marks, *others]) < _SQUEEZED * np.ptp([*marks, *every]):
            return others
    return every


def caption(rows: Iterable[Row], ends: tuple[float, float] | None) -> str:
    """What is to be said of diverged trials, and of what is beyond the axis, if there are any,
    after other sentences. ends: of `measured`.
    """
    if not any(row.diverged.any() for row in rows):
        arrow = " An arrow stands where an interval goes on beyond the axis."
        return "" if ends is None else arrow
    text = " A × is a seed with a trial that diverged: it counts at chance level, also in the mean."
    if ends is not None:
        text += (
            " The axis ends where measurements do; an arrow, or a number beside a ×, tells what "
            "lies beyond it."
        )
    return text


def point_beyond(axes: Axes, y: float, row: Row, colour: str, unit: str, name: str = "") -> None:
    """An arrow at each edge that the summary goes beyond. name: of its first number, which is then
    written beside the arrow.
    """
    for edge, inwards, beyond in _beyond(axes, row.summary):
        arrow = axes.annotate(
            "",
            (edge, y),
            xycoords=axes.get_yaxis_transform(),
            xytext=(20 * inwards, 0),
            textcoords="offset points",
            arrowprops={
                "arrowstyle": "-|>",
                "color": colour,
                "lw": 1.6,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )
        arrow.set_gid("beyond")
        if name and row.summary[0] in beyond:
            text = f"{name} {formatting.number(row.summary[0], unit)}"
            _write(axes, edge, y, 24 * inwards, text)


def mark_beyond(axes: Axes, y: float, row: Row, colour: str, unit: str) -> None:
    """A mark at each edge that diverged seeds lie beyond, with their number and values."""
    for edge, inwards, beyond in _beyond(axes, row.values[row.diverged]):
        axes.scatter(
            [edge + inwards * _EDGE],
            [y],
            transform=axes.get_yaxis_transform(),
            gid="diverged beyond",
            zorder=4,
            **point_marks.look("diverged", colour),
        )
        ends = dict.fromkeys(formatting.number(end, unit) for end in (min(beyond), max(beyond)))
        count = "" if len(beyond) == 1 else f"{len(beyond)} at "
        _write(axes, edge, y, 13 * inwards, count + " to ".join(ends))


def _beyond(axes: Axes, values: Iterable[float]) -> Iterator[tuple[int, int, list[float]]]:
    """Each edge of the axis that values lie beyond: its place, the way inwards, those values."""
    low, high = axes.get_xlim()
    values = list(values)
    for edge, inwards, beyond in (
        (0, 1, [value for value in values if value < low]),
        (1, -1, [value for value in values if value > high]),
    ):
        if beyond:
            yield edge, inwards, beyond


def _write(axes: Axes, edge: int, y: float, inwards: float, text: str) -> None:
    axes.annotate(
        text,
        (edge, y),
        xycoords=axes.get_yaxis_transform(),
        xytext=(inwards, 0),
        textcoords="offset points",
        ha="left" if inwards > 0 else "right",
        va="center",
        fontsize=_SMALL,
        color=INK,
        zorder=2.5,  # below what was measured there
        bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "lw": 0},
    )
