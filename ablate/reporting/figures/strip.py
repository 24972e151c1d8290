"""Every trial as a point, one row an arm, the trials of a seed joined so that pairs show."""

import itertools
from collections.abc import Iterator
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ablate.analysis.tables import rows_of
from ablate.reporting import formatting
from ablate.reporting.figures import axis_label, interval_bar, point_marks, readable_axis
from ablate.reporting.figures.drawn_intervals import (
    cut_at_percent,
    has_bounds,
    large_marks,
    with_interval,
)
from ablate.reporting.figures.label_rows import LabelRows, label_rows
from ablate.reporting.figures.palette import GREY, INK, ArmStyle
from ablate.reporting.figures.theme import bound_percent

_LABEL_WIDTH = 30
_ROW = 0.4  # inches
_AXIS_WIDTH = 6.4  # inches
_TITLE_WIDTH = 70
_MARGIN = 0.05
_ABOVE, _BELOW = 0.14, 0.16  # rows: the mean above its seeds
_READABLE = 0.2  # of a shared axis, that the marks of each panel must span


def size(arms: pd.DataFrame) -> tuple[float, float]:
    """Width and height in inches that fit the table of arms."""
    contexts = [_label_rows(own) for _, own in arms.groupby("context", sort=False)]
    return 8.2, 0.95 * len(contexts) + _ROW * sum(rows.depth for rows in contexts) + 0.3


def _label_rows(arms: pd.DataFrame) -> LabelRows:
    return label_rows(arms["arm"], _LABEL_WIDTH, _ROW)


def draw(
    trials: pd.DataFrame,
    arms: pd.DataFrame,
    figure: Figure,
    styles: dict[str, ArmStyle],
    *,
    metric: str,
    label: str,
    unit: str,
) -> None:
    """Draw one panel a context.

    trials: columns context, arm, seed, status and the metric's; a trial without a value has no
    point and breaks its seed's line (an arm without any is passed over), as does one that diverged,
    which is a cross. arms: columns context, arm, mean, low, high, in the order of rows; mean and
    interval are drawn as they stand there.
    """
    trials = _flagged(trials)
    contexts = list(dict.fromkeys(arms["context"]))
    of_contexts = [arms[arms["context"] == context] for context in contexts]
    heights = [_label_rows(own).depth + 0.6 for own in of_contexts]
    panels = figure.subplots(len(contexts), 1, squeeze=False, height_ratios=heights)
    for axes, context, own in zip(panels[:, 0], contexts, of_contexts, strict=True):
        _draw_panel(trials[trials["context"] == context], own, axes, styles, metric)
        if len(contexts) > 1:
            axes.set_title(formatting.wrap(str(context), _TITLE_WIDTH))
    rows = [_rows(trials, own, metric) for own in of_contexts]
    ends = [readable_axis.measured(of_panel) for of_panel in rows]
    is_cut = any(end is not None for end in ends)
    for axes, limits in zip(panels[:, 0], _limits(list(panels[:, 0]), ends), strict=True):
        if limits is not None:
            axes.set_xlim(limits)
        bound_percent(axes, "x", unit)
    if is_cut:
        for axes, of_panel, own in zip(panels[:, 0], rows, of_contexts, strict=True):
            _point_beyond(axes, of_panel, own, styles, unit)
    lines = [formatting.with_bracket(label, unit), *_marks(trials, arms, metric, is_cut)]
    if len({axes.get_xlim() for axes in panels[:, 0]}) > 1:
        lines.append("each panel has a scale of its own")
    axis_label.write_below(panels[-1, 0], lines, _AXIS_WIDTH, room=2)


def _marks(trials: pd.DataFrame, arms: pd.DataFrame, metric: str, is_cut: bool) -> list[str]:
    """What marks are, in lines below the axis. trials: with `diverged`."""
    joined = ", a seed's trials joined" if _joined_seeds(trials, arms, metric) else ""
    lines = [f"small marks: one seed each{joined}; {large_marks(bool(has_bounds(arms).any()))}"]
    if trials.dropna(subset=[metric])["diverged"].any():
        arrow = "; arrow: beyond the axis" if is_cut else ""
        lines.append(f"×: a trial that diverged, at chance level{arrow}")
    return lines


def caption(trials: pd.DataFrame, arms: pd.DataFrame, metric: str, unit: str) -> str:
    """What is drawn. Arguments as of `draw`."""
    trials = _flagged(trials)
    text = "Every trial" if trials[metric].notna().all() else "Every trial that has a value"
    text += f", and each arm's mean{with_interval(arms, 'mean')}."
    joined = _joined_seeds(trials, arms, metric)
    if joined == 1:
        text += " The line joins the trials of one seed."
    elif joined:
        text += (
            " Lines join the trials of one seed: where they run alongside each other, the seed "
            "moved all arms alike, and pairing removes that spread."
        )
    panels = [
        _rows(trials, arms[arms["context"] == context], metric)
        for context in arms["context"].unique()
    ]
    ends = [found for rows in panels if (found := readable_axis.measured(rows)) is not None]
    diverged = readable_axis.caption(itertools.chain(*panels), ends[0] if ends else None)
    return text + diverged + cut_at_percent([arms], unit)


def _joined_seeds(trials: pd.DataFrame, arms: pd.DataFrame, metric: str) -> int:
    """Of how many seeds a panel draws a line, at most. trials: with `diverged`."""
    counts = []
    for context, of_context in arms.groupby("context", sort=False):
        lines = _lines(trials[trials["context"] == context], list(of_context["arm"]), metric)
        there = [line.notna() for line in lines]
        counts.append(sum(bool((known & known.shift(fill_value=False)).any()) for known in there))
    return max(counts, default=0)


def _lines(trials: pd.DataFrame, names: list[str], metric: str) -> Iterator["pd.Series[float]"]:
    """What is joined of each seed, by arm, in the order of rows; missing where there is nothing.

    trials: of one context, with `diverged`.
    """
    measured = trials[~trials["diverged"]]
    present = set(measured.dropna(subset=[metric])["arm"])
    joined = [name for name in names if name in present]
    for _, of_seed in measured.groupby("seed", sort=True):
        yield of_seed.drop_duplicates("arm").set_index("arm")[metric].reindex(joined).astype(float)


def _flagged(trials: pd.DataFrame) -> pd.DataFrame:
    return trials.assign(diverged=trials["status"] == "diverged")


def _limits(
    panels: list[Axes], ends: list[tuple[float, float] | None]
) -> list[tuple[float, float] | None]:
    """Of each panel's axis: one for all, unless that would squeeze the marks of any; None where
    there is nothing to span. ends: of `readable_axis.measured`.
    """
    drawn = [(axes.dataLim.x0, axes.dataLim.x1) for axes in panels]  # reversed where nothing is
    spans = [every if end is None else end for every, end in zip(drawn, ends, strict=True)]
    own = [_with_room(left, right) if left < right else None for left, right in spans]
    spans = [(left, right) for left, right in spans if left <= right]
    numbers = [number for span in spans for number in span]
    low, high = min(numbers, default=0.0), max(numbers, default=0.0)
    narrowest = min((right - left for left, right in spans if right > left), default=high - low)
    if narrowest <= _READABLE * (high - low):
        return own
    return [_with_room(low, high)] * len(own)


def _with_room(low: float, high: float) -> tuple[float, float]:
    room = _MARGIN * (high - low)
    return low - room, high + room


def _rows(trials: pd.DataFrame, arms: pd.DataFrame, metric: str) -> list[readable_axis.Row]:
    """What the row of each arm shows."""
    return [
        readable_axis.row_of(
            [arm["mean"], arm["low"], arm["high"]],
            rows_of(trials, (arm["context"], arm["arm"])),
            metric,
        )
        for arm in arms.to_dict("records")
    ]


def _point_beyond(
    axes: Axes,
    rows: list[readable_axis.Row],
    arms: pd.DataFrame,
    styles: dict[str, ArmStyle],
    unit: str,
) -> None:
    for place, row, name in zip(_label_rows(arms).places, rows, arms["arm"], strict=True):
        colour = styles[name].colour
        readable_axis.point_beyond(axes, place - _ABOVE, row, colour, unit, name="mean")
        readable_axis.mark_beyond(axes, place + _BELOW, row, colour, unit)


def _draw_panel(
    trials: pd.DataFrame,
    arms: pd.DataFrame,
    axes: Axes,
    styles: dict[str, ArmStyle],
    metric: str,
) -> None:
    names = list(arms["arm"])
    rows = _label_rows(arms)
    row_of = dict(zip(names, rows.places, strict=True))
    for values in _lines(trials, names, metric):
        axes.plot(
            values.to_numpy(),
            [row_of[name] + _BELOW for name in values.index],
            color=GREY,
            linewidth=0.8,
            alpha=0.55,
            zorder=1,
            gid="pair",
        )
    for arm in arms.to_dict("records"):
        _draw_arm(axes, arm, trials[trials["arm"] == arm["arm"]], metric, row_of, styles)
    axes.set_ylim(rows.depth - 0.45, -0.55)
    axes.set_yticks(rows.places, rows.labels)
    axes.grid(visible=False, axis="y")
    axes.margins(x=_MARGIN)


def _draw_arm(
    axes: Axes,
    arm: dict[Any, Any],
    trials: pd.DataFrame,
    metric: str,
    row_of: dict[str, float],
    styles: dict[str, ArmStyle],
) -> None:
    name = str(arm["arm"])
    style, row = styles[name], row_of[name]
    _draw_seeds(axes, trials, metric, row + _BELOW, style)
    if formatting.is_missing(arm["mean"]):
        axes.annotate(
            "no result",
            (0.01, row),
            xycoords=axes.get_yaxis_transform(),
            va="center",
            fontsize=8.5,
            color=INK,
        )
        return
    interval_bar.draw(axes, row - _ABOVE, (arm["low"], arm["high"]), style.colour)
    axes.plot(
        [arm["mean"]],
        [row - _ABOVE],
        marker=style.marker,
        markersize=7,
        color=style.colour,
        markeredgecolor="white",
        markeredgewidth=0.6,
        linestyle="none",
        zorder=4,
        gid="mean",
    )


def _draw_seeds(axes: Axes, trials: pd.DataFrame, metric: str, y: float, style: ArmStyle) -> None:
    diverged, measured = (
        trials.loc[trials["diverged"] == which, metric].dropna() for which in (True, False)
    )
    if len(diverged):
        axes.scatter(
            diverged,
            [y] * len(diverged),
            zorder=3,
            gid="diverged",
            **point_marks.look("diverged", style.colour),
        )
    axes.scatter(
        measured,
        [y] * len(measured),
        s=20,
        facecolors="white",
        edgecolors=style.colour,
        linewidths=1,
        marker=style.marker,
        zorder=3,
        gid="seeds",
    )
