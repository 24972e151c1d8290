"""The metric of a search against each of its parameters."""

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ablate.analysis.tables import rows_of
from ablate.reporting import formatting
from ablate.reporting.figures import arm_panels, axis_label, parameter_axis, point_marks
from ablate.reporting.figures.palette import INK, TO_LATER
from ablate.reporting.figures.theme import bound_percent
from ablate.study.search_space import Parameter

_COLUMNS = 4
_HEIGHT = 1.6  # inches, of a panel


def size(points: pd.DataFrame, parameters: Sequence[Parameter]) -> tuple[float, float]:
    """Width and height in inches that fit the table."""
    rows = len(arm_panels.keys(points)) * math.ceil(len(parameters) / _COLUMNS)
    columns = min(len(parameters), _COLUMNS)
    return min(9.6, 1.6 + 2.4 * columns), 0.7 + 2.15 * rows


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
    """Draw rows of panels for each arm, one panel a parameter.

    points: columns context, arm, order, status, value, best and value.<parameter>; a point without
    a parameter is not in its panel. Those that did not complete stand along the lower edge. names:
    what stands below each panel.
    """
    keys = arm_panels.keys(points)
    columns = min(len(parameters), _COLUMNS)
    rows = math.ceil(len(parameters) / columns)
    grid = figure.subplots(len(keys) * rows, columns, squeeze=False, sharey=True)
    scale = Normalize(1, max(2, int(points["order"].max())))
    panels = []
    for position, key in enumerate(keys):
        of_arm = rows_of(points, key)
        block = list(grid[position * rows : (position + 1) * rows].flat)
        for axes, parameter in zip(block, parameters, strict=False):
            had = _with_x(of_arm, parameter)
            _draw_points(axes, had[had["status"] == "completed"], scale)
            parameter_axis.frame(axes, "x", parameter, formatting.wrap(names[parameter.name], 24))
            panels.append((axes, [(INK, had)]))
        for axes in block[len(parameters) :]:
            axes.set_axis_off()
        block[0].set_title(arm_panels.title(points, key))
    text = axis_label.with_direction(label, unit, higher_is_better)
    for axes in grid[:, 0]:
        axes.set_ylabel(axis_label.wrapped(text, _HEIGHT))
    grid[0, 0].margins(y=0.08)
    bound_percent(grid[0, 0], "y", unit)
    point_marks.draw_below(panels)
    _legend(figure, list(grid.flat), points, scale)


def _draw_points(axes: Axes, had: pd.DataFrame, scale: Normalize) -> None:
    axes.scatter(
        had["x"],
        had["value"],
        c=had["order"],
        cmap=TO_LATER,
        norm=scale,
        s=24,
        edgecolors=INK,
        linewidths=0.4,
        gid="points",
        zorder=2,
    )
    point_marks.draw_best(axes, had, "x", "value", "white")


def _with_x(points: pd.DataFrame, parameter: Parameter) -> pd.DataFrame:
    """The points that have a parameter, with `x`, where they stand on its axis."""
    column = f"value.{parameter.name}"
    had = points[points[f"position.{parameter.name}"].notna()]
    return had.assign(x=[parameter_axis.coordinate(parameter, value) for value in had[column]])


def _legend(figure: Figure, panels: list[Axes], points: pd.DataFrame, scale: Normalize) -> None:
    bar = figure.colorbar(
        ScalarMappable(scale, TO_LATER), ax=panels, fraction=0.03, pad=0.02, aspect=30
    )
    bar.set_label("order of asking")
    bar.locator = MaxNLocator(5, integer=True)
    bar.outline.set_visible(False)
    handles = [point_marks.best_entry(), *point_marks.entries(points["status"])]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
