"""Effects with shared settings beside those with each arm's own, each seed as a point."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from ablate.reporting import formatting
from ablate.reporting.figures import interest_band, interval_bar, readable_axis
from ablate.reporting.figures.drawn_intervals import ONE_LOOK, has_bounds, with_interval
from ablate.reporting.figures.forest import (
    depth,
    draw_seeds,
    frame,
    layout,
    reference_text,
    said,
    shown_row,
    write_numbers,
)
from ablate.reporting.figures.palette import ArmStyle

_PLACES = {"shared": -0.27, "tuned": 0.15}  # rows: the two stand one below the other
_SEEDS_BELOW = 0.15


def size(effects: pd.DataFrame) -> tuple[float, float]:
    """Width and height in inches that fit the table."""
    rows, headings = layout(effects)
    return 8.2, 1.4 + 0.78 * depth(rows) - 0.224 * len(headings)


def draw(
    effects: pd.DataFrame,
    differences: dict[str, pd.DataFrame],
    axes: Axes,
    styles: dict[str, ArmStyle],
    *,
    label: str,
    unit: str,
    higher_is_better: bool = True,
    smallest_effect_of_interest: float = 0.0,
) -> None:
    """Draw two intervals an effect, grouped by factor: hollow with shared settings, below it filled
    with own ones.

    effects: columns context, factor, arm, reference, and of "shared" and of "tuned" the estimate
    under that name, with _low, _high and _n. differences: by the same two names, columns context,
    arm, seed, difference, and diverged where a trial of any pair has. label: the metric's; unit: of
    differences.
    """
    rows, headings = layout(effects)
    shown = {
        (place, which): shown_row(_of_one(row.effect, which), differences[which])
        for place, row in enumerate(rows)
        for which in _PLACES
    }
    every = list(shown.values())
    band = interest_band.on_axis(every, smallest_effect_of_interest)
    for row in rows:
        style = styles[str(row.effect["arm"])]
        for which, below in _PLACES.items():
            y, effect = row.y + below, _of_one(row.effect, which)
            gid = f"{which} seeds"
            draw_seeds(axes, y + _SEEDS_BELOW, effect, differences[which], style, gid)
            _draw_effect(axes, y, effect, style, which)
            write_numbers(axes, y, effect, unit)
    frame(
        axes,
        rows,
        headings,
        f"difference {reference_text(effects)} in {label}",
        [_marks(effects), *said(every, band)],
        unit=unit,
        higher_is_better=higher_is_better,
        band=band,
    )
    if band.ends is None:
        return
    for (place, which), whole in shown.items():
        y = rows[place].y + _PLACES[which]
        colour = styles[str(rows[place].effect["arm"])].colour
        readable_axis.point_beyond(axes, y, whole, colour, unit)
        readable_axis.mark_beyond(axes, y + _SEEDS_BELOW, whole, colour, unit)


def caption(
    effects: pd.DataFrame,
    differences: dict[str, pd.DataFrame],
    smallest_effect_of_interest: float,
) -> str:
    """What is drawn. Arguments as of `draw`."""
    shown = [
        shown_row(_of_one(effect, which), differences[which])
        for effect in effects.to_dict("records")
        for which in _PLACES
    ]
    interval = with_interval(_both(effects), "estimate")
    band = interest_band.on_axis(shown, smallest_effect_of_interest)
    return (
        "Each arm's difference from its reference, once with the settings that the study gives and "
        f"once with both at settings of their own: mean{interval}, and below it one small mark a "
        "seed. An effect that stays is one of the choice; one that goes was one of the settings."
        f"{interest_band.caption(band)}{readable_axis.caption(shown, band.ends)}"
    )


def _marks(effects: pd.DataFrame) -> str:
    bar = f"; bar: {ONE_LOOK}" if has_bounds(_both(effects)).any() else ""
    return (
        "hollow: shared settings; filled: settings of each arm's own"
        f"{bar}; small marks: one seed each"
    )


def _both(effects: pd.DataFrame) -> pd.DataFrame:
    """The effects of one comparison and of the other, in the columns of `forest`."""
    rows = effects.to_dict("records")
    return pd.DataFrame([_of_one(effect, which) for which in _PLACES for effect in rows])


def _of_one(effect: dict[Any, Any], which: str) -> dict[Any, Any]:
    """The effect as one of the comparisons has it, in the columns of `forest`."""
    numbers = {part: effect[f"{which}_{part}"] for part in ("low", "high", "n")}
    return effect | numbers | {"estimate": effect[which]}


def _draw_effect(axes: Axes, y: float, effect: dict[Any, Any], style: ArmStyle, which: str) -> None:
    filled = which == "tuned"
    ends, width = (effect["low"], effect["high"]), 2.2 if filled else 1.2
    interval_bar.draw(axes, y, ends, style.colour, width=width, gid=f"{which} interval")
    if not formatting.is_missing(effect["estimate"]):
        axes.plot(
            [effect["estimate"]],
            [y],
            marker=style.marker,
            markersize=7,
            markerfacecolor=style.colour if filled else "white",
            markeredgecolor="white" if filled else style.colour,
            linestyle="none",
            zorder=4,
            gid=f"{which} estimate",
        )
