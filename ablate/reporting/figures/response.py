"""How the metric of a search answers to one number: a curve an arm, through its points."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ablate.analysis.tables import rows_of
from ablate.reporting import formatting
from ablate.reporting.figures import arm_panels, axis_label, parameter_axis, point_marks
from ablate.reporting.figures.palette import BAND, INK, ArmStyle
from ablate.reporting.figures.theme import bound_percent
from ablate.study.search_space import Parameter

TOGETHER = 6
"""Up to so many arms of a context share one pair of axes; more get axes of their own."""
_COLUMNS = 3
_HEIGHT, _LOW_HEIGHT = 2.6, 1.6  # inches, of panels where arms are together, and apart


def size(points: pd.DataFrame) -> tuple[float, float]:
    """Width and height in inches that fit the table."""
    names = points["arm"].nunique()
    if _apart(points):
        arms = len(arm_panels.keys(points))
        return 9.6, 0.9 + 2.3 * math.ceil(arms / _COLUMNS)
    return 8.2, 0.4 + 3.4 * points["context"].nunique() + 0.24 * math.ceil((names + 3) / 3)


def draw(
    points: pd.DataFrame,
    seeds: pd.DataFrame,
    figure: Figure,
    styles: dict[str, ArmStyle],
    parameter: Parameter,
    *,
    name: str,
    label: str,
    unit: str,
    higher_is_better: bool = True,
) -> None:
    """Draw one panel a context, or for more than TOGETHER arms one an arm, with the others' curves
    in grey.

    points: columns context, arm, x (the parameter's value, a number), status, value and best; those
    completed are joined in the order of x, the others stand along the lower edge. seeds: columns
    context, arm, x, value. name: of the parameter. label: of the metric.
    """
    contexts = list(dict.fromkeys(points["context"]))
    panels = [
        (context, arms)
        for context in contexts
        for arms in (
            [[arm] for arm in _arms(points, context)]
            if _apart(points)
            else [_arms(points, context)]
        )
    ]
    columns = _COLUMNS if _apart(points) else 1
    grid = arm_panels.grid(figure, len(panels), columns, sharey=True)
    for axes, (context, arms) in zip(grid, panels, strict=True):
        of_context = points[points["context"] == context]
        for other in set(_arms(points, context)) - set(arms):
            _draw_curve(axes, of_context[of_context["arm"] == other], None)
        for arm in arms:
            _draw_seeds(axes, rows_of(seeds, (context, arm)), styles[arm])
            _draw_curve(axes, rows_of(points, (context, arm)), styles[arm])
        title = ([context] if len(contexts) > 1 else []) + (arms if _apart(points) else [])
        axes.set_title(formatting.wrap(": ".join(title), 34))
        parameter_axis.frame(axes, "x", parameter, name)
    text = axis_label.with_direction(label, unit, higher_is_better)
    for axes in grid[::columns]:
        axes.set_ylabel(axis_label.wrapped(text, _LOW_HEIGHT if _apart(points) else _HEIGHT))
    bound_percent(grid[0], "y", unit)
    point_marks.draw_below(
        [
            (
                axes,
                [(styles[arm].colour, rows_of(points, (context, arm))) for arm in arms],
            )
            for axes, (context, arms) in zip(grid, panels, strict=True)
        ]
    )
    _legend(figure, points, styles, several_seeds=len(seeds) > 0)


def _draw_seeds(axes: Axes, seeds: pd.DataFrame, style: ArmStyle) -> None:
    axes.scatter(
        seeds["x"].astype(float),
        seeds["value"],
        s=14,
        facecolors="none",
        edgecolors=style.colour,
        linewidths=0.8,
        alpha=0.8,
        zorder=2,
        gid="seeds",
    )


def _draw_curve(axes: Axes, points: pd.DataFrame, style: ArmStyle | None) -> None:
    """style: None draws it as what other curves are to be seen against."""
    completed = points[points["status"] == "completed"].assign(x=lambda t: t["x"].astype(float))
    completed = completed.dropna(subset=["x"]).sort_values("x", kind="stable")
    if style is None:
        axes.plot(completed["x"], completed["value"], color=BAND, linewidth=0.8, zorder=0)
        return
    axes.plot(
        completed["x"],
        completed["value"],
        color=style.colour,
        linestyle=style.linestyle,
        linewidth=1.5,
        marker=style.marker,
        markersize=4.5,
        markeredgecolor="white",
        markeredgewidth=0.5,
        gid="mean",
    )
    point_marks.draw_best(axes, completed, "x", "value", style.colour)


def _legend(
    figure: Figure, points: pd.DataFrame, styles: dict[str, ArmStyle], several_seeds: bool
) -> None:
    arms = list(dict.fromkeys(points["arm"]))
    handles = [
        Line2D(
            [],
            [],
            color=styles[arm].colour,
            linestyle=styles[arm].linestyle,
            marker=styles[arm].marker,
            markersize=5,
            markeredgecolor="white",
            label=formatting.wrap(arm, 38),
        )
        for arm in arms
        if len(arms) > 1 and not _apart(points)
    ]
    handles.append(point_marks.best_entry())
    if several_seeds:
        seed = Line2D([], [], color=INK, marker="o", markersize=4, markerfacecolor="none")
        seed.set(linestyle="none", label="one seed")
        handles.append(seed)
    handles += point_marks.entries(points["status"])
    if _apart(points):
        handles.append(Line2D([], [], color=BAND, linewidth=1.2, label="the other arms"))
    figure.legend(handles=handles, loc="outside lower center", ncols=min(4, len(handles)))


def _apart(points: pd.DataFrame) -> bool:
    return bool(points.groupby("context")["arm"].nunique().max() > TOGETHER)


def _arms(points: pd.DataFrame, context: str) -> list[str]:
    return list(dict.fromkeys(points.loc[points["context"] == context, "arm"]))
