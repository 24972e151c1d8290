"""Points of a search that stand out: the best one, and those whose values cannot be compared."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from ablate.reporting.figures.palette import INK

MARKS: dict[str, tuple[str, str]] = {
    "diverged": ("x", "diverged"),
    "pruned": ("v", "pruned: stopped early"),
    "failed": ("+", "failed"),
}
"""Status -> marker, and what a legend says."""
_STAR: dict[str, Any] = {
    "marker": "*",
    "linestyle": "none",
    "markeredgecolor": INK,
    "markeredgewidth": 0.9,
}
_OFF_SCALE = "#f1f1f1"
_ROW = 0.05  # height of a row of marks, as a part of the axes


def draw_below(
    panels: Sequence[tuple[Axes, Sequence[tuple[str, pd.DataFrame]]]], across: str = "x"
) -> None:
    """Mark where points ended early along the lower edge of axes, in a grey band below all that is
    drawn there.

    panels: axes, which share a linear vertical axis and are drawn but for this, each with colours
    and the points in that colour: columns status and `across` (their place on the horizontal axis).
    Each colour with such points has a row of its own, the first at the top.
    """
    marked = [
        (axes, [(colour, kept) for colour, points in rows if len(kept := _ended(points, across))])
        for axes, rows in panels
    ]
    most = max((len(rows) for _, rows in marked), default=0)
    if not most:
        return
    room = _ROW * (most + 0.4)
    first = marked[0][0]
    low, high = first.get_ylim()
    first.set_yticks([tick for tick in first.get_yticks() if low <= tick <= high])
    first.set_ylim(low - (high - low) * room / (1 - room), high)
    for axes, rows in marked:
        axes.add_patch(
            Rectangle((0, 0), 1, room, transform=axes.transAxes, facecolor=_OFF_SCALE, zorder=0.5)
        )
        for row, (colour, points) in enumerate(reversed(rows)):
            _draw_row(axes, points[across], points["status"], _ROW * (row + 0.6), colour)


def _ended(points: pd.DataFrame, across: str) -> pd.DataFrame:
    return points[points["status"].isin(list(MARKS)) & points[across].notna()]


def _draw_row(
    axes: Axes, places: pd.Series, statuses: pd.Series, height: float, colour: str
) -> None:
    for status in MARKS:
        of_status = places[statuses == status].astype(float)
        axes.scatter(
            of_status,
            [height] * len(of_status),
            transform=axes.get_xaxis_transform(),
            gid=status,
            zorder=3,
            **look(status, colour),
        )


def look(status: str, colour: str) -> dict[str, Any]:
    """As `scatter` takes it."""
    marker, _ = MARKS[status]
    filled = marker == "v"
    return {
        "marker": marker,
        "s": 22,
        "linewidths": 1.1,
        **({"facecolors": "white", "edgecolors": colour} if filled else {"color": colour}),
    }


def entries(statuses: Iterable[str]) -> list[Line2D]:
    """What a legend says of those statuses that are marked, in one order."""
    present = set(statuses)
    return [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=marker,
            markersize=5,
            color=INK,
            markerfacecolor="white",
            label=label,
        )
        for status, (marker, label) in MARKS.items()
        if status in present
    ]


def draw_best(axes: Axes, points: pd.DataFrame, across: str, up: str, colour: Any) -> None:
    """Draw a star where the best of the points stands, if it is among them.

    points: columns best, `across` and `up`, its place.
    """
    best = points[points["best"]]
    if len(best):  # an empty line that is not clipped would confuse the layout
        axes.plot(
            best[across].astype(float),
            best[up],
            markersize=14,
            markerfacecolor=colour,
            clip_on=False,  # it may lie at the edge of its axes
            zorder=5,
            gid="best",
            **_STAR,
        )


def best_entry(label: str = "best point") -> Line2D:
    """What a legend says of the star."""
    return Line2D([], [], markersize=11, markerfacecolor="white", label=label, **_STAR)
