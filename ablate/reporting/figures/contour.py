"""The metric of a search over two of its parameters, as a surface through the points."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from matplotlib.tri import Triangulation

from ablate.analysis.tables import ArmKey, rows_of
from ablate.reporting import formatting
from ablate.reporting.figures import arm_panels, axis_label, parameter_axis, point_marks
from ablate.reporting.figures.palette import INK, shades
from ablate.study.search_space import Parameter

_COLUMNS = 3
_LEVELS = 10
_MARGIN = 0.04
_HEIGHT = 2.4  # inches, of a panel


def size(pairs: Mapping[ArmKey, tuple[Parameter, Parameter]]) -> tuple[float, float]:
    """Width and height in inches that fit the panels."""
    columns = min(_COLUMNS, len(pairs))
    return min(9.6, 1.6 + 3.6 * columns), 0.5 + 3.1 * math.ceil(len(pairs) / columns)


def draw(
    points: pd.DataFrame,
    figure: Figure,
    pairs: Mapping[ArmKey, tuple[Parameter, Parameter]],
    names: dict[str, str],
    *,
    label: str,
    unit: str,
    higher_is_better: bool = True,
) -> None:
    """Draw one panel an arm that has a pair: its first parameter across, its second upwards.

    points: columns context, arm, status, value, best and position.<parameter>, from 0 to 1. The
    surface is linear between the completed points that have both parameters (which must not lie on
    a line) and ends where they end; the others are marked where they were tried.
    """
    completed = points[points["status"] == "completed"]
    values = [_both(rows_of(completed, key), pair)["value"] for key, pair in pairs.items()]
    every = pd.concat(values)
    levels = np.asarray(MaxNLocator(_LEVELS).tick_values(every.min(), every.max()))
    colours = ScalarMappable(Normalize(levels[0], levels[-1]), shades(higher_is_better))
    panels = arm_panels.grid(figure, len(pairs), _COLUMNS)
    for axes, (key, pair) in zip(panels, pairs.items(), strict=True):
        both = _both(rows_of(points, key), pair)
        _draw_surface(axes, both[both["status"] == "completed"], levels, colours)
        for status in point_marks.MARKS:
            unfinished = both[both["status"] == status]
            marks = axes.scatter(
                unfinished["x"], unfinished["y"], gid=status, **point_marks.look(status, INK)
            )
            marks.set_path_effects([withStroke(linewidth=2.6, foreground="white")])  # on dark too
        _frame(axes, pair, names)
        axes.set_title(arm_panels.title(points, key, width=28))
    bar = figure.colorbar(colours, ax=panels, fraction=0.04, pad=0.02, aspect=25)
    text = axis_label.with_direction(label, unit, higher_is_better)
    bar.set_label(axis_label.wrapped(text, _HEIGHT))
    bar.outline.set_visible(False)
    handles = [point_marks.best_entry(), *point_marks.entries(points["status"])]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


def _both(points: pd.DataFrame, pair: tuple[Parameter, Parameter]) -> pd.DataFrame:
    """The points that have both parameters, at x and y."""
    at = points.assign(x=points[f"position.{pair[0].name}"], y=points[f"position.{pair[1].name}"])
    return at.dropna(subset=["x", "y"])


def _draw_surface(
    axes: Axes, points: pd.DataFrame, levels: np.ndarray, colours: ScalarMappable
) -> None:
    surface = Triangulation(points["x"].to_numpy(), points["y"].to_numpy())
    filled = axes.tricontourf(
        surface, points["value"].to_numpy(), levels=levels, cmap=colours.cmap, norm=colours.norm
    )
    filled.set_gid("surface")
    axes.scatter(
        points["x"],
        points["y"],
        s=20,
        c=colours.to_rgba(points["value"].to_numpy()),
        edgecolors="white",
        linewidths=0.9,
        zorder=3,
        gid="points",
    )
    point_marks.draw_best(axes, points, "x", "y", "white")


def _frame(axes: Axes, pair: tuple[Parameter, Parameter], names: dict[str, str]) -> None:
    for side, parameter in zip("xy", pair, strict=True):
        marks = parameter_axis.ticks(parameter)
        getattr(axes, f"set_{side}ticks")(
            [position for position, _ in marks], [text for _, text in marks]
        )
        getattr(axes, f"set_{side}lim")(-_MARGIN, 1 + _MARGIN)
        getattr(axes, f"set_{side}label")(formatting.wrap(names[parameter.name], 30))
    axes.set_axisbelow(True)
