"""Every point of a search as a line through its parameters, coloured by what it is worth."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ablate.analysis.tables import rows_of
from ablate.reporting import formatting
from ablate.reporting.figures import arm_panels, axis_label, parameter_axis
from ablate.reporting.figures.palette import GREY, INK, WORSE, shades
from ablate.study.search_space import Parameter

_SIDE_BY_SIDE = 3  # up to so many parameters, the panels of two arms fit beside each other
_LABEL_WIDTH = 14
_HEIGHT = 2.2  # inches, of a panel
_UNFINISHED: dict[str, tuple[str, Any, str]] = {
    "diverged": (WORSE, (0, (4, 2)), "diverged"),
    "pruned": (GREY, (0, (1, 1.5)), "pruned: stopped early"),
    "failed": (GREY, (0, (6, 2, 1, 2)), "failed"),
}


def size(points: pd.DataFrame, parameters: Sequence[Parameter]) -> tuple[float, float]:
    """Width and height in inches that fit the table."""
    arms = len(arm_panels.keys(points))
    return 9.6, 0.5 + 2.9 * math.ceil(arms / _columns(arms, parameters))


def draw(
    points: pd.DataFrame,
    figure: Figure,
    parameters: Sequence[Parameter],
    names: dict[str, str],
    *,
    label: str,
    unit: str,
    higher_is_better: bool = True,
) -> None:
    """Draw one panel an arm: an axis a parameter, and the metric's at the right.

    points: columns context, arm, status, value, best and position.<parameter>, from 0 to 1; where a
    position is missing, the line has a gap. Lines of diverged, pruned and failed points end before
    the metric's axis. names: what stands below each parameter's axis.
    """
    completed = points[(points["status"] == "completed") & points["value"].notna()]
    scale = _scale(completed["value"])
    colours = ScalarMappable(scale, shades(higher_is_better))
    keys = arm_panels.keys(points)
    panels = arm_panels.grid(figure, len(keys), _columns(len(keys), parameters))
    for axes, key in zip(panels, keys, strict=True):
        of_arm = rows_of(points, key)
        columns = [f"position.{item.name}" for item in parameters]
        for point in of_arm[of_arm["status"] != "completed"].to_dict("records"):
            _draw_unfinished(axes, [point[name] for name in columns], point["status"])
        finished = rows_of(completed, key)
        ranked = finished.sort_values("value", ascending=higher_is_better, kind="stable")
        for order, point in enumerate(ranked.to_dict("records")):
            heights = [*(point[name] for name in columns), scale(point["value"])]
            _draw_point(axes, heights, colours.to_rgba(point["value"]), point["best"], order)
        _draw_axes(axes, parameters, names, scale, formatting.with_bracket(label, unit))
        axes.set_title(arm_panels.title(points, key))
    bar = figure.colorbar(colours, ax=panels, fraction=0.03, pad=0.02, aspect=30)
    text = axis_label.with_direction(label, unit, higher_is_better)
    bar.set_label(axis_label.wrapped(text, _HEIGHT))
    bar.outline.set_visible(False)
    _legend(figure, points)


def _scale(values: pd.Series) -> Normalize:
    if values.empty:
        return Normalize(0, 1)
    low, high = float(values.min()), float(values.max())
    return Normalize(low, high) if high > low else Normalize(low - 0.5, high + 0.5)


def _draw_point(axes: Axes, heights: list[float], colour: Any, best: bool, order: int) -> None:
    axes.plot(
        range(len(heights)),
        heights,
        color=colour,
        linewidth=2.4 if best else 1.1,
        marker="o",  # a position between two gaps has no line
        markersize=4.5 if best else 2.6,
        zorder=3 + order / 1000,
        gid="best" if best else "point",
    )


def _draw_unfinished(axes: Axes, heights: list[float], status: str) -> None:
    colour, dashes, _ = _UNFINISHED[status]
    axes.plot(
        range(len(heights)),
        heights,
        color=colour,
        linestyle=dashes,
        linewidth=0.9,
        marker="o",
        markersize=1.8,
        alpha=0.8,
        zorder=2,
        gid=status,
    )


def _draw_axes(
    axes: Axes,
    parameters: Sequence[Parameter],
    names: dict[str, str],
    scale: Normalize,
    label: str,
) -> None:
    scales = [parameter_axis.ticks(item) for item in parameters]
    low, high = float(scale.vmin or 0), float(scale.vmax or 0)
    values = [value for value in MaxNLocator(5).tick_values(low, high) if low <= value <= high]
    scales.append([(float(scale(value)), f"{value:g}") for value in values])
    for place, marks in enumerate(scales):
        axes.axvline(place, color=INK, linewidth=0.8, zorder=1)
        side = 1 if place == len(parameters) else -1
        for height, text in marks:
            tick = [place + 0.02 * side, place]
            axes.plot(tick, [height, height], color=INK, linewidth=0.8, zorder=1)
            axes.annotate(
                text,
                (place, height),
                xytext=(5 * side, 0),
                textcoords="offset points",
                ha="left" if side > 0 else "right",
                va="center",
                fontsize=6.8,
                color=INK,
                zorder=6,
                bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "alpha": 0.75, "lw": 0},
            )
    below = [formatting.wrap(names[item.name], _LABEL_WIDTH) for item in parameters]
    axes.set_xticks(range(len(scales)), [*below, formatting.wrap(label, _LABEL_WIDTH)])
    axes.set_xlim(-0.45, len(scales) - 0.65)
    axes.set_ylim(-0.06, 1.06)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _legend(figure: Figure, points: pd.DataFrame) -> None:
    handles = [
        Line2D([], [], color=colour, linestyle=dashes, linewidth=1.2, label=label)
        for status, (colour, dashes, label) in _UNFINISHED.items()
        if (points["status"] == status).any()
    ]
    if np.any(points["best"]):
        best = Line2D([], [], color=INK, linewidth=2.4, marker="o", markersize=4.5)
        best.set_label("best point")
        handles.insert(0, best)
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


def _columns(arms: int, parameters: Sequence[Parameter]) -> int:
    return 2 if arms > 2 and len(parameters) <= _SIDE_BY_SIDE else 1
