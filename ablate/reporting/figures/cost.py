"""What a metric costs: each arm's mean against the time or the computation it took."""

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, NullFormatter

from ablate.reporting import formatting
from ablate.reporting.figures import axis_label
from ablate.reporting.figures.palette import INK, ArmStyle
from ablate.reporting.figures.theme import bound_percent

AXES = {
    "core_seconds": "core-seconds a trial",
    "gpu_seconds": "GPU-seconds a trial",
    "flops": "training FLOPs a trial",
}
"""Columns that a cost can be read from -> what their axis says."""
_LABEL_WIDTH = 33
_HEIGHT = 2.6  # inches, of a panel
_SPREAD = 10.0  # ratio of costs from which a logarithmic axis reads better
_CONTEXT_FILLS = ("full", "none", "left", "right")


def columns(arms: pd.DataFrame) -> list[str]:
    """The cost columns that hold a number at all; of time, that on GPUs where they were used."""
    found = [name for name in AXES if name in arms and (arms[name].fillna(0) > 0).any()]
    return [name for name in found if name != "core_seconds" or "gpu_seconds" not in found]


def size(arms: pd.DataFrame) -> tuple[float, float]:
    """Width and height in inches that fit the table."""
    width = 9.2 if len(columns(arms)) > 1 else 6.4
    lines = sum(label.count("\n") + 1 for label in _legend_labels(arms))
    return width, 3.2 + 0.24 * math.ceil(lines / _legend_columns(width))


def draw(
    arms: pd.DataFrame, figure: Figure, styles: dict[str, ArmStyle], *, label: str, unit: str
) -> None:
    """Draw one panel a cost column.

    arms: columns context, arm, mean, low, high, core_seconds, gpu_seconds and flops (means of
    trials). Contexts are told apart by the marker's filling.
    """
    names = columns(arms)
    panels = figure.subplots(1, len(names), squeeze=False, sharey=True)[0]
    contexts = list(dict.fromkeys(arms["context"]))
    for axes, column in zip(panels, names, strict=True):
        for arm in arms.dropna(subset=["mean", column]).to_dict("records"):
            _draw_arm(axes, arm, column, styles[str(arm["arm"])], contexts)
        _scale(axes, arms[column].dropna())
        bound_percent(axes, "y", unit)
        axes.set_xlabel(AXES[column])
    panels[0].set_ylabel(axis_label.wrapped(formatting.with_bracket(label, unit), _HEIGHT))
    _legend(figure, arms, styles, contexts)


def _draw_arm(
    axes: Axes, arm: dict[Any, Any], column: str, style: ArmStyle, contexts: list[str]
) -> None:
    if not formatting.is_missing(arm["low"]):
        bar = axes.vlines(arm[column], arm["low"], arm["high"], color=style.colour, linewidth=1.3)
        bar.set_gid("interval")
    axes.plot(
        [arm[column]],
        [arm["mean"]],
        color=style.colour,
        marker=style.marker,
        markersize=7,
        markerfacecoloralt="white",
        fillstyle=_fill(contexts.index(arm["context"])),
        linestyle="none",
        gid="mean",
    )


def _scale(axes: Axes, values: pd.Series) -> None:
    positive = values[values > 0]
    if len(positive) and positive.max() / positive.min() > _SPREAD:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
    axes.margins(x=0.12, y=0.1)


def _legend(
    figure: Figure, arms: pd.DataFrame, styles: dict[str, ArmStyle], contexts: list[str]
) -> None:
    looks: list[tuple[str, str, Any]] = [
        (styles[name].colour, styles[name].marker, "full") for name in _shown(arms)
    ]
    looks += [(INK, "o", _fill(position)) for position in range(len(contexts))]
    handles = [
        Line2D(
            [],
            [],
            color=colour,
            marker=marker,
            markersize=6,
            fillstyle=fill,
            markerfacecoloralt="white",
            linestyle="none",
            label=label,
        )
        for label, (colour, marker, fill) in zip(_legend_labels(arms), looks, strict=False)
    ]
    columns = min(_legend_columns(figure.get_figwidth()), len(handles))
    figure.legend(handles=handles, loc="outside lower center", ncols=max(1, columns))


def _shown(arms: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(arms.dropna(subset=["mean"])["arm"]))


def _legend_labels(arms: pd.DataFrame) -> list[str]:
    contexts = list(dict.fromkeys(arms["context"]))
    labels = [*_shown(arms), *(f"in {context}" for context in contexts if len(contexts) > 1)]
    return [formatting.wrap(label, _LABEL_WIDTH) for label in labels]


def _legend_columns(width: float) -> int:
    return int(width // 3)


def _fill(position: int) -> Any:
    return _CONTEXT_FILLS[position % len(_CONTEXT_FILLS)]
