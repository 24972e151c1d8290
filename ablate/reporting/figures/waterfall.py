"""A path from one arm to another, one change after the other."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from ablate.reporting import formatting
from ablate.reporting.figures import axis_label
from ablate.reporting.figures.drawn_intervals import has_bounds
from ablate.reporting.figures.label_rows import LabelRows, label_rows
from ablate.reporting.figures.palette import BETTER, GREY, INK, WORSE
from ablate.reporting.figures.theme import bound_percent

_LABEL_WIDTH = 30
_ROW = 0.5  # inches
_AXIS_WIDTH = 5.6  # inches


def size(steps: pd.DataFrame) -> tuple[float, float]:
    """Width and height in inches that fit the table."""
    return 8.2, 1.0 + _ROW * _label_rows(steps).depth


def _label_rows(steps: pd.DataFrame) -> LabelRows:
    return label_rows(steps["arm"], _LABEL_WIDTH, _ROW)


def draw(
    steps: pd.DataFrame,
    axes: Axes,
    *,
    label: str,
    unit: str,
    difference_unit: str,
    higher_is_better: bool = True,
) -> None:
    """Draw one row a step, in the table's order from the top: a bar as long as the step's effect,
    which ends at the mean after it. Where the arm before has other seeds, it begins beside that
    one's mean.

    steps: columns arm, start (the mean that the step sets out from; missing for the first), mean,
    low, high (of the arm), estimate, estimate_low, estimate_high (the step's effect).
    """
    previous: float | None = None
    for y, step in zip(_label_rows(steps).places, steps.to_dict("records"), strict=True):
        if formatting.is_missing(step["mean"]):
            _annotate(axes, y, "no result")
            continue
        start = step["start"]
        if formatting.is_missing(start):
            axes.plot([step["mean"]], [y], marker="o", color=INK, linestyle="none", gid="mean")
        else:
            _draw_step(axes, y, step, higher_is_better)
        if previous is not None and not formatting.is_missing(start):
            axes.vlines(start, previous, y, color=GREY, linewidth=0.8, zorder=0)
        if not formatting.is_missing(step["low"]):
            bar = axes.hlines(y, step["low"], step["high"], color=INK, linewidth=1.4, zorder=3)
            bar.set_gid("interval")
        _annotate(axes, y, _numbers(step, unit, difference_unit))
        previous = y
    _frame(axes, steps, label, unit, higher_is_better)


def _draw_step(axes: Axes, y: float, step: dict[Any, Any], higher_is_better: bool) -> None:
    """The bar of a step's effect; an outline where there is none, as no seed is shared."""
    is_effect = not formatting.is_missing(step["estimate"])
    change = step["estimate"] if is_effect else step["mean"] - step["start"]
    gain = (change >= 0) == higher_is_better
    axes.barh(
        y,
        change,
        left=step["mean"] - change,
        height=0.55,
        facecolor=(BETTER if gain else WORSE) if is_effect else "none",
        hatch=None if gain or not is_effect else "///",
        edgecolor="white" if is_effect else GREY,
        gid="step" if is_effect else "no effect",
    )


def _frame(axes: Axes, steps: pd.DataFrame, label: str, unit: str, higher_is_better: bool) -> None:
    rows = _label_rows(steps)
    axes.set_yticks(rows.places, rows.labels)
    axes.set_ylim(rows.depth - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.use_sticky_edges = False
    axes.margins(x=0.06)
    bound_percent(axes, "x", unit)
    side = "right" if higher_is_better else "left"
    lines = [
        f"{formatting.with_bracket(label, unit)}; {side} is better",
        "bar: the step's change (hatched: for the worse)"
        + ("; line: 95 % interval of the mean" if has_bounds(steps).any() else ""),
    ]
    axis_label.write_below(axes, lines, _AXIS_WIDTH, room=2)


def _annotate(axes: Axes, y: float, text: str) -> None:
    axes.annotate(
        text,
        (1, y),
        xycoords=axes.get_yaxis_transform(),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
        color=INK,
        annotation_clip=False,
    )


def _numbers(step: dict[Any, Any], unit: str, difference_unit: str) -> str:
    mean = formatting.with_unit(
        formatting.alike(step["mean"], step["low"], step["high"], unit), unit
    )
    if formatting.is_missing(step["estimate"]):
        return mean
    change = formatting.estimate(
        step["estimate"], step["estimate_low"], step["estimate_high"], difference_unit
    )
    return f"{mean}\n{change}"
