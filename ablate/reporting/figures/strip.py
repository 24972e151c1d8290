"""Every trial as a point, one row an arm, the trials of a seed joined so that pairs show."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ablate.reporting import formatting
from ablate.reporting.figures import axis_label
from ablate.reporting.figures.palette import GREY, INK, ArmStyle
from ablate.reporting.figures.theme import bound_percent

_LABEL_WIDTH = 30
_AXIS_WIDTH = 6.4  # inches
_TITLE_WIDTH = 70
_MARGIN = 0.05
_READABLE = 0.2  # of a shared axis, that the marks of each panel must span


def size(arms: pd.DataFrame) -> tuple[float, float]:
    """Width and height in inches that fit the table of arms."""
    return 8.2, 0.95 * arms["context"].nunique() + 0.4 * len(arms) + 0.3


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

    trials: columns context, arm, seed and the metric's; a trial without a value has no point and
    breaks its seed's line (an arm without any is passed over). arms: columns context, arm, mean,
    low, high, in the order of rows; mean and interval are drawn as they stand there.
    """
    contexts = list(dict.fromkeys(arms["context"]))
    panels = figure.subplots(
        len(contexts),
        1,
        squeeze=False,
        height_ratios=[int((arms["context"] == context).sum()) + 0.6 for context in contexts],
    )
    for axes, context in zip(panels[:, 0], contexts, strict=True):
        _draw_panel(
            trials[trials["context"] == context],
            arms[arms["context"] == context],
            axes,
            styles,
            metric,
        )
        if len(contexts) > 1:
            axes.set_title(formatting.wrap(str(context), _TITLE_WIDTH))
    for axes, limits in zip(panels[:, 0], _limits(list(panels[:, 0])), strict=True):
        axes.set_xlim(limits)
        bound_percent(axes, "x", unit)
    lines = [
        formatting.with_bracket(label, unit),
        "small marks: one seed each, a seed's trials joined; large mark and bar: mean and interval",
    ]
    if len({axes.get_xlim() for axes in panels[:, 0]}) > 1:
        lines.append("each panel has a scale of its own")
    axis_label.write_below(panels[-1, 0], lines, _AXIS_WIDTH, room=2)


def _limits(panels: list[Axes]) -> list[tuple[float, float]]:
    """Of each panel's axis: one for all, unless that would squeeze the marks of any."""
    own = [axes.get_xlim() for axes in panels]
    spans = [axes.dataLim.intervalx for axes in panels if axes.dataLim.x0 <= axes.dataLim.x1]
    ends = [end for span in spans for end in span]
    low, high = min(ends, default=0.0), max(ends, default=0.0)
    narrowest = min((right - left for left, right in spans if right > left), default=high - low)
    if narrowest <= _READABLE * (high - low):
        return own
    room = _MARGIN * (high - low)
    return [(low - room, high + room)] * len(own)


def _draw_panel(
    trials: pd.DataFrame,
    arms: pd.DataFrame,
    axes: Axes,
    styles: dict[str, ArmStyle],
    metric: str,
) -> None:
    names = list(arms["arm"])
    row_of = {name: float(row) for row, name in enumerate(names)}
    present = set(trials.dropna(subset=[metric])["arm"])
    joined = [name for name in names if name in present]
    for _, of_seed in trials.groupby("seed", sort=True):
        values = of_seed.drop_duplicates("arm").set_index("arm")[metric].reindex(joined)
        axes.plot(
            values.to_numpy(dtype=float),
            [row_of[name] + 0.16 for name in joined],
            color=GREY,
            linewidth=0.8,
            alpha=0.55,
            zorder=1,
            gid="pair",
        )
    for arm in arms.to_dict("records"):
        _draw_arm(axes, arm, trials.loc[trials["arm"] == arm["arm"], metric], row_of, styles)
    axes.set_ylim(len(names) - 0.45, -0.55)
    axes.set_yticks(range(len(names)), [formatting.wrap(str(name), _LABEL_WIDTH) for name in names])
    axes.grid(visible=False, axis="y")
    axes.margins(x=_MARGIN)


def _draw_arm(
    axes: Axes,
    arm: dict[Any, Any],
    values: pd.Series,
    row_of: dict[str, float],
    styles: dict[str, ArmStyle],
) -> None:
    name = str(arm["arm"])
    style, row = styles[name], row_of[name]
    present = values.dropna()
    axes.scatter(
        present,
        [row + 0.16] * len(present),
        s=20,
        facecolors="white",
        edgecolors=style.colour,
        linewidths=1,
        marker=style.marker,
        zorder=3,
        gid="seeds",
    )
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
    if not formatting.is_missing(arm["low"]):
        bar = axes.hlines(row - 0.14, arm["low"], arm["high"], color=style.colour, linewidth=2.2)
        bar.set_gid("interval")
    axes.plot(
        [arm["mean"]],
        [row - 0.14],
        marker=style.marker,
        markersize=7,
        color=style.colour,
        markeredgecolor="white",
        linestyle="none",
        zorder=4,
        gid="mean",
    )
