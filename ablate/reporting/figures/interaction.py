"""A heat map: one effect for every pair, each with its number."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm

from ablate.reporting import formatting
from ablate.reporting.figures import axis_label
from ablate.reporting.figures.palette import BETTER, INK, WORSE

_LABEL_WIDTH, _COLUMN_WIDTH = 22, 20
_MOST_SPREAD, _ROUND_OFF = 20, 1e-9
_AROUND_ZERO = LinearSegmentedColormap.from_list("effects", [WORSE, "#f7f7f7", BETTER])


def size(cells: pd.DataFrame) -> tuple[float, float]:
    """Width and height in inches that fit the table."""
    row_lines, column_lines = (
        max(formatting.wrap(str(name), width).count("\n") + 1 for name in cells[side].unique())
        for side, width in (("row", _LABEL_WIDTH), ("column", _COLUMN_WIDTH))
    )
    height = max(0.48, 0.15 * row_lines + 0.08) * cells["row"].nunique()
    below = 0.15 * column_lines
    return 3.2 + 1.35 * cells["column"].nunique(), 1.0 + below + max(height, 0.9)


def draw(
    cells: pd.DataFrame,
    axes: Axes,
    *,
    label: str,
    unit: str,
    higher_is_better: bool = True,
) -> None:
    """Draw the cells with their numbers; a pair without a value stays blank with a dash.

    cells: columns row, column, value and, where there are any, low and high; in order of first
    appearance. The values are effects, coloured by sign.
    """
    rows = list(dict.fromkeys(cells["row"]))
    columns = list(dict.fromkeys(cells["column"]))
    grid = np.full((len(rows), len(columns)), np.nan)
    for cell in cells.to_dict("records"):
        grid[rows.index(cell["row"]), columns.index(cell["column"])] = cell["value"]
    colours = _AROUND_ZERO if higher_is_better else _AROUND_ZERO.reversed()
    reach = _reach(grid)
    norm = TwoSlopeNorm(0, -reach, reach)
    image = axes.pcolormesh(grid, cmap=colours, edgecolors="white", linewidth=2, norm=norm)
    for cell in cells.to_dict("records"):
        _write(axes, cell, rows, columns, image, unit)
    axes.set_xticks(
        np.arange(len(columns)) + 0.5,
        [formatting.wrap(str(name), _COLUMN_WIDTH) for name in columns],
    )
    axes.set_yticks(
        np.arange(len(rows)) + 0.5, [formatting.wrap(str(name), _LABEL_WIDTH) for name in rows]
    )
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    bar = axes.figure.colorbar(
        image, ax=axes, fraction=0.05, pad=0.03, extend=_pointed(grid, reach)
    )
    text = axis_label.with_direction(label, unit, higher_is_better)
    axes.set_title(axis_label.wrapped(text, size(cells)[0] - 2), fontweight="normal")
    bar.outline.set_visible(False)


def _reach(grid: np.ndarray) -> float:
    """Where the scale of colours ends: at the largest effect, unless that, as of an arm that
    diverged, is so large that half of the others would be as pale as none.
    """
    sizes = np.abs(grid[np.isfinite(grid)])
    sizes = sizes[sizes > _ROUND_OFF * sizes.max(initial=0.0)]
    if not sizes.size:
        return 1.0
    return float(min(sizes.max(), _MOST_SPREAD * np.quantile(sizes, 0.5, method="lower")))


def _pointed(grid: np.ndarray, reach: float) -> str:
    """The ends of the scale beyond which there are values."""
    beyond = (bool((grid < -reach).any()), bool((grid > reach).any()))
    return {(True, True): "both", (True, False): "min", (False, True): "max"}.get(beyond, "neither")


def _write(
    axes: Axes,
    cell: dict[Any, Any],
    rows: list[str],
    columns: list[str],
    image: Any,
    unit: str,
) -> None:
    low, high = cell.get("low"), cell.get("high")
    text = formatting.alike(cell["value"], low, high, unit, signed=True)
    between = formatting.interval(low, high, unit)
    if between != formatting.MISSING:
        text += f"\n{between}"
    colour = INK
    if not formatting.is_missing(cell["value"]):
        red, green, blue, _ = image.cmap(image.norm(cell["value"]))
        colour = "white" if 0.3 * red + 0.59 * green + 0.11 * blue < 0.5 else INK
    axes.text(
        columns.index(cell["column"]) + 0.5,
        rows.index(cell["row"]) + 0.5,
        text,
        ha="center",
        va="center",
        fontsize=7.5,
        color=colour,
    )
