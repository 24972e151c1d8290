"""A search for a good metric at little cost: its points, and the front that none of them beats."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ablate.analysis.tables import rows_of
from ablate.reporting.figures import arm_panels, axis_label, cost_axis, point_marks
from ablate.reporting.figures.palette import GREY, INK, ArmStyle
from ablate.reporting.figures.theme import bound_percent

_COLUMNS = 3
_HEIGHT = 2.4  # inches, of a panel
_NUMBERS = 6  # along a panel, at most


def size(points: pd.DataFrame) -> tuple[float, float]:
    """Width and height in inches that fit the table."""
    arms = len(arm_panels.keys(points))
    columns = min(_COLUMNS, arms)
    return min(9.6, 2.8 + 3.4 * columns), 0.6 + 3.1 * math.ceil(arms / columns)


def draw(
    points: pd.DataFrame,
    figure: Figure,
    styles: dict[str, ArmStyle],
    *,
    label: str,
    unit: str,
    higher_is_better: bool = True,
) -> None:
    """Draw one panel an arm.

    points: columns context, arm, status, value, flops, front (whether none of the arm's points
    beats it in both) and best. The line along the front goes where no point of less cost is better.
    Points of unknown cost are left out.
    """
    keys = arm_panels.keys(points)
    panels = arm_panels.grid(figure, len(keys), _COLUMNS, sharey=True, sharex=True)
    costs = points["flops"].dropna()
    for axes, key in zip(panels, keys, strict=True):
        _draw_arm(axes, rows_of(points, key), styles[key[1]])
        cost_axis.frame(axes, costs, "training FLOPs a trial", _NUMBERS)
        axes.margins(x=0.08, y=0.08)
        axes.set_title(arm_panels.title(points, key, width=28))
        axes.tick_params(labelbottom=True)
    text = axis_label.with_direction(label, unit, higher_is_better)
    for axes in panels[::_COLUMNS]:
        axes.set_ylabel(axis_label.wrapped(text, _HEIGHT))
    bound_percent(panels[0], "y", unit)
    point_marks.draw_below(
        [(axes, [(INK, rows_of(points, key))]) for axes, key in zip(panels, keys, strict=True)],
        across="flops",
    )
    _legend(figure, points)


def _draw_arm(axes: Axes, points: pd.DataFrame, style: ArmStyle) -> None:
    completed = points[points["status"] == "completed"].dropna(subset=["value", "flops"])
    beaten = completed[~completed["front"]]
    axes.scatter(
        beaten["flops"],
        beaten["value"],
        s=22,
        facecolors="white",
        edgecolors=GREY,
        linewidths=0.9,
        zorder=2,
        gid="beaten",
    )
    front = completed[completed["front"]].sort_values("flops", kind="stable")
    axes.plot(
        front["flops"],
        front["value"],
        drawstyle="steps-post",
        color=style.colour,
        linewidth=1.4,
        marker=style.marker,
        markersize=6.5,
        markeredgecolor="white",
        zorder=3,
        gid="front",
    )
    point_marks.draw_best(axes, completed, "flops", "value", style.colour)


def _legend(figure: Figure, points: pd.DataFrame) -> None:
    front = Line2D([], [], color=INK, marker="o", markersize=6, markeredgecolor="white")
    front.set_label("front: no point is better and cheaper")
    beaten = Line2D([], [], color=GREY, marker="o", markersize=5, markerfacecolor="white")
    beaten.set_linestyle("none")
    beaten.set_label("other points")
    handles = [
        front,
        beaten,
        point_marks.best_entry("best value"),
        *point_marks.entries(points["status"]),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(3, len(handles)))
