"""Effects with shared settings beside those with each arm's own, each seed as a point."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import blended_transform_factory

from ablate.reporting import formatting
from ablate.reporting.figures.forest import band_text, draw_headings, layout, reference_text
from ablate.reporting.figures.palette import BAND, INK, ArmStyle

_PLACES = {"shared": -0.27, "tuned": 0.15}  # rows: the two stand one below the other
_SEEDS_BELOW = 0.15


def size(effects: pd.DataFrame) -> tuple[float, float]:
    """Width and height in inches that fit the table."""
    rows, headings = layout(effects)
    return 8.2, 1.4 + 0.78 * len(rows) + 0.4 * len(headings)


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
    arm, seed, difference. label: the metric's; unit: of differences.
    """
    rows, headings = layout(effects)
    if smallest_effect_of_interest > 0:
        axes.axvspan(
            -smallest_effect_of_interest, smallest_effect_of_interest, color=BAND, lw=0, zorder=0
        )
    axes.axvline(0, color=INK, linewidth=1, zorder=1)
    for row in rows:
        for which, below in _PLACES.items():
            style = styles[str(row.effect["arm"])]
            _draw_seeds(axes, row.y + below, row.effect, differences[which], style, which)
            _draw_effect(axes, row.y + below, row.effect, style, which, unit)
    draw_headings(axes, headings)
    axes.set_ylim(max((row.y for row in rows), default=0) + 0.6, -0.6)
    axes.set_yticks([row.y for row in rows], [row.label for row in rows])
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.06)
    side = "right" if higher_is_better else "left"
    axes.set_xlabel(
        formatting.with_unit(
            f"difference {reference_text(effects)} in {label}", f"({unit})" if unit else ""
        )
        + f"; {side} is better\n"
        + "hollow: shared settings; filled: settings of each arm's own; small marks: one seed each"
        + band_text(smallest_effect_of_interest, unit)
    )


def _draw_seeds(
    axes: Axes,
    y: float,
    effect: dict[Any, Any],
    differences: pd.DataFrame,
    style: ArmStyle,
    which: str,
) -> None:
    of_arm = differences[
        (differences["context"] == effect["context"]) & (differences["arm"] == effect["arm"])
    ].dropna(subset=["difference"])
    axes.scatter(
        of_arm["difference"],
        [y + _SEEDS_BELOW] * len(of_arm),
        s=12,
        facecolors="none",
        edgecolors=style.colour,
        linewidths=0.8,
        marker=style.marker,
        zorder=2,
        gid=f"{which} seeds",
    )


def _draw_effect(
    axes: Axes, y: float, effect: dict[Any, Any], style: ArmStyle, which: str, unit: str
) -> None:
    estimate, low, high = (effect[f"{which}{part}"] for part in ("", "_low", "_high"))
    filled = which == "tuned"
    if not formatting.is_missing(low) and not formatting.is_missing(high):
        width = 2.2 if filled else 1.2
        lines = axes.hlines(y, low, high, color=style.colour, linewidth=width, zorder=3)
        lines.set_gid(f"{which} interval")
    if not formatting.is_missing(estimate):
        axes.plot(
            [estimate],
            [y],
            marker=style.marker,
            markersize=7,
            markerfacecolor=style.colour if filled else "white",
            markeredgecolor="white" if filled else style.colour,
            linestyle="none",
            zorder=4,
            gid=f"{which} estimate",
        )
    axes.annotate(
        _numbers(which, effect, unit),
        (1, y),
        xycoords=blended_transform_factory(axes.transAxes, axes.transData),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
        color=INK,
        annotation_clip=False,
    )


def _numbers(which: str, effect: dict[Any, Any], unit: str) -> str:
    if formatting.is_missing(effect[which]):
        return "no result"
    between = formatting.interval(effect[f"{which}_low"], effect[f"{which}_high"], unit)
    parts = [
        formatting.number(effect[which], unit, signed=True),
        *([between] if between != formatting.MISSING else []),
        f"n={formatting.count(effect[f'{which}_n'])}",
    ]
    return "  ".join(parts)
