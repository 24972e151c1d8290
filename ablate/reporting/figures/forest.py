"""Effects with their intervals, one row an effect, each seed's difference as a point."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import blended_transform_factory

from ablate.analysis.tables import rows_of
from ablate.reporting import formatting
from ablate.reporting.figures import (
    axis_label,
    interest_band,
    interval_bar,
    point_marks,
    readable_axis,
)
from ablate.reporting.figures.drawn_intervals import (
    ONE_LOOK,
    has_bounds,
    large_marks,
    with_interval,
)
from ablate.reporting.figures.palette import INK, ArmStyle

_LABEL_WIDTH = 34
_AXIS_WIDTH = 4.8  # inches: the axes are as narrow where numbers and names are long
_MARGIN = 0.06
_NUMBERS = 6  # along the axis, at most: each may be a long one
_LINE = 0.36  # rows: height of a line of a label
_SEEDS_BELOW = 0.27  # rows: seeds lie under the interval, so that neither hides the other


class Row(NamedTuple):
    """An effect, where it stands, what it is called, and the height of that."""

    y: float
    label: str
    effect: dict[Any, Any]
    height: float


def size(effects: pd.DataFrame) -> tuple[float, float]:
    """Width and height in inches that fit the table."""
    return 8.2, 1.25 + 0.42 * depth(layout(effects)[0])


def draw(
    effects: pd.DataFrame,
    differences: pd.DataFrame,
    axes: Axes,
    styles: dict[str, ArmStyle],
    *,
    label: str,
    unit: str,
    higher_is_better: bool = True,
    smallest_effect_of_interest: float = 0.0,
    kind: str = ONE_LOOK,
) -> None:
    """Draw one row an effect from the top, grouped by factor and, within it, by arm.

    effects: columns context, factor, arm, reference, n, estimate, low, high; an effect without an
    interval (one seed) is drawn without a bar, one without an estimate as "no pairs".
    differences: columns context, arm, seed, difference, and diverged where a trial of any pair has.
    label: the metric's; unit: of differences; kind: what intervals are.
    """
    rows, headings = layout(effects)
    for row in rows:
        style = styles[str(row.effect["arm"])]
        draw_seeds(axes, row.y + _SEEDS_BELOW, row.effect, differences, style)
        _draw_effect(axes, row, style)
        write_numbers(axes, row.y, row.effect, unit)
    shown = [shown_row(row.effect, differences) for row in rows]
    band = interest_band.on_axis(shown, smallest_effect_of_interest)
    frame(
        axes,
        rows,
        headings,
        f"difference {reference_text(effects)} in {label}",
        [_marks(effects, shown, kind), *said(shown, band)],
        unit=unit,
        higher_is_better=higher_is_better,
        band=band,
    )
    if band.ends is None:
        return
    for row, whole in zip(rows, shown, strict=True):
        colour = styles[str(row.effect["arm"])].colour
        readable_axis.point_beyond(axes, row.y, whole, colour, unit)
        readable_axis.mark_beyond(axes, row.y + _SEEDS_BELOW, whole, colour, unit)


def shown_row(effect: Mapping[Any, Any], differences: pd.DataFrame) -> readable_axis.Row:
    """An effect's numbers and those of its seeds. differences: see `draw`."""
    numbers = [effect[name] for name in ("estimate", "low", "high")]
    return readable_axis.row_of(numbers, _pairs(effect, differences), "difference")


def caption(
    subject: str,
    effects: pd.DataFrame,
    differences: pd.DataFrame,
    smallest_effect_of_interest: float,
    kind: str = ONE_LOOK,
) -> str:
    """What is drawn. subject: what an effect is of; the others as of `draw`, where effects may have
    a column method.
    """
    shown = [shown_row(effect, differences) for effect in effects.to_dict("records")]
    text = f"{subject}{_pairing(effects)}: mean{with_interval(effects, 'estimate', kind)}"
    if any(len(row.values) for row in shown):
        text += ", and below it one small mark a seed"
    band = interest_band.on_axis(shown, smallest_effect_of_interest)
    return f"{text}.{interest_band.caption(band)}{readable_axis.caption(shown, band.ends)}"


def _pairing(effects: pd.DataFrame) -> str:
    unpaired = [method == "welch" for method in effects.get("method", ["paired"])]
    if all(unpaired):
        return ", of which no seeds match"
    return " on the same seeds" + (", where they match" if any(unpaired) else "")


def _marks(effects: pd.DataFrame, shown: list[readable_axis.Row], kind: str) -> str:
    text = large_marks(bool(has_bounds(effects).any()), kind)
    return f"{text}; small marks: one seed each" if any(len(row.values) for row in shown) else text


def said(shown: list[readable_axis.Row], band: interest_band.Band) -> list[str]:
    """What stands below the axis of seeds that hold a diverged trial, and of what is beyond it."""
    if not any(row.diverged.any() for row in shown):
        return [] if band.ends is None else ["arrow: the interval goes on beyond the axis"]
    beyond = "" if band.ends is None else "; arrow: beyond the axis"
    return [f"×: a trial diverged, at chance level{beyond}"]


def frame(
    axes: Axes,
    rows: list[Row],
    headings: list[tuple[float, str]],
    what: str,
    marks: list[str],
    *,
    unit: str,
    higher_is_better: bool,
    band: interest_band.Band,
) -> None:
    """All but the effects: no difference and its band, names of rows and factors, and what is seen.

    what: the axis shows; marks: what the marks are; band: which also says where the axis ends.
    """
    interest_band.draw(axes, band)
    axes.axvline(0, color=INK, linewidth=1, zorder=1)
    _draw_headings(axes, headings)
    axes.set_ylim(depth(rows) - 0.4, -0.6)
    axes.set_yticks([row.y for row in rows], [row.label for row in rows])
    axes.grid(visible=False, axis="y")
    axes.margins(x=_MARGIN)
    axes.xaxis.set_major_locator(MaxNLocator(_NUMBERS, steps=[1, 2, 2.5, 5, 10]))
    if band.ends is not None:
        low, high = band.ends
        room = _MARGIN * (high - low)
        axes.set_xlim(low - room, high + room)
    side = "right" if higher_is_better else "left"
    first = f"{formatting.with_bracket(what, unit)}; {side} is better"
    lines = [first, *marks, *interest_band.note(band, unit)]
    axis_label.write_below(axes, lines, _AXIS_WIDTH, room=3)


def _draw_headings(axes: Axes, headings: list[tuple[float, str]]) -> None:
    for y, text in headings:
        axes.annotate(
            text,
            (0, y),
            xycoords=blended_transform_factory(axes.transAxes, axes.transData),
            xytext=(-6, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=9,
            fontweight="bold",
            color=INK,
            annotation_clip=False,
        )


def layout(effects: pd.DataFrame) -> tuple[list[Row], list[tuple[float, str]]]:
    """Rows from the top; a factor's name stands above its rows where there is more to group."""
    several_contexts = effects["context"].nunique() > 1
    rows: list[Row] = []
    headings: list[tuple[float, str]] = []
    y = 0.0
    for factor, group in effects.groupby("factor", sort=False, dropna=False):
        heading = formatting.wrap(
            "several factors" if pd.isna(factor) else str(factor), _LABEL_WIDTH
        )
        room = max(0.8, _LINE * (heading.count("\n") + 1))
        headings.append((y + (room - 0.8) / 2, heading))
        y += room
        arms = list(dict.fromkeys(group["arm"]))
        for effect in sorted(group.to_dict("records"), key=lambda row: arms.index(row["arm"])):
            label = formatting.wrap(str(effect["arm"]), _LABEL_WIDTH)
            if several_contexts:
                label = _join(label, f"in {effect['context']}")
            height = max(1.0, _LINE * (label.count("\n") + 1.3))
            rows.append(Row(y + (height - 1) / 2, label, effect, height))
            y += height
    return rows, headings


def depth(rows: list[Row]) -> float:
    """Height of all rows, in rows of one line."""
    return max((row.y + (row.height + 1) / 2 for row in rows), default=1.0)


def _join(label: str, more: str) -> str:
    """On one line where that is short enough, so that no word is torn."""
    if "\n" not in label and len(label) + len(more) < _LABEL_WIDTH:
        return f"{label}, {more}"
    return f"{label},\n{formatting.wrap(more, _LABEL_WIDTH)}"


def draw_seeds(
    axes: Axes,
    y: float,
    effect: Mapping[Any, Any],
    differences: pd.DataFrame,
    style: ArmStyle,
    gid: str = "seeds",
) -> None:
    """Each seed's difference, as a small hollow mark, or as a cross where a trial of it diverged.

    differences: see `draw`.
    """
    shown = shown_row(effect, differences)
    measured, diverged = shown.values[~shown.diverged], shown.values[shown.diverged]
    if len(diverged):
        axes.scatter(
            diverged,
            [y] * len(diverged),
            gid=f"diverged {gid}",
            zorder=2,
            **point_marks.look("diverged", style.colour),
        )
    axes.scatter(
        measured,
        [y] * len(measured),
        s=14,
        facecolors="none",
        edgecolors=style.colour,
        linewidths=0.9,
        marker=style.marker,
        zorder=2,
        gid=gid,
    )


def _pairs(effect: Mapping[Any, Any], differences: pd.DataFrame) -> pd.DataFrame:
    return rows_of(differences, (effect["context"], effect["arm"]))


def _draw_effect(axes: Axes, row: Row, style: ArmStyle) -> None:
    effect = row.effect
    interval_bar.draw(axes, row.y, (effect["low"], effect["high"]), style.colour)
    if not formatting.is_missing(effect["estimate"]):
        axes.plot(
            [effect["estimate"]],
            [row.y],
            marker=style.marker,
            markersize=7,
            color=style.colour,
            markeredgecolor="white",
            markeredgewidth=0.6,
            linestyle="none",
            zorder=4,
            gid="estimate",
        )


def write_numbers(axes: Axes, y: float, effect: Mapping[Any, Any], unit: str) -> None:
    """An effect's estimate, low, high and n, to the right of the axes."""
    axes.annotate(
        _numbers(effect, unit),
        (1, y),
        xycoords=blended_transform_factory(axes.transAxes, axes.transData),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
        color=INK,
        annotation_clip=False,
    )


def _numbers(effect: Mapping[Any, Any], unit: str) -> str:
    if formatting.is_missing(effect["estimate"]):
        return "no pairs"
    value = formatting.alike(effect["estimate"], effect["low"], effect["high"], unit, signed=True)
    between = formatting.interval(effect["low"], effect["high"], unit)
    count = "unpaired" if effect.get("method") == "welch" else f"n={formatting.count(effect['n'])}"
    return "  ".join([value, *([between] if between != formatting.MISSING else []), count])


def reference_text(effects: pd.DataFrame) -> str:
    """What effects are differences from."""
    references = list(dict.fromkeys(effects["reference"].astype(str)))
    return f"from {references[0]}" if len(references) == 1 else "from its reference"
