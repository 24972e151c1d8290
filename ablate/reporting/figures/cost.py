"""What a metric costs: each arm's mean against the time or the computation it took."""

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import offset_copy

from ablate.reporting import formatting
from ablate.reporting.figures import axis_label, cost_axis, interval_bar
from ablate.reporting.figures.palette import INK, NEUTRAL, ArmStyle
from ablate.reporting.figures.theme import bound_percent

AXES = {
    "core_seconds": "core-seconds a trial",
    "gpu_seconds": "GPU-seconds a trial",
    "flops": "training FLOPs a trial",
}
"""Columns that a cost can be read from -> what their axis says."""
_LABEL_WIDTH = 33
_HEIGHT = 2.6  # inches, of a panel
_NUMBERS = 9  # along a panel, at most
_CONTEXT_FILLS = ("full", "none", "left", "right", "top", "bottom")
_CONTEXT_SIZES = (7.0, 4.5)  # points: the fillings come again on smaller marks
_TIE = 0.015  # of the width of what is drawn: costs as close may hide each other
_ALIKE = 0.01  # of a cost
_MARK = 0.05  # of the height of what is drawn: what a mark takes
_APART, _WIDEST = 4.0, 150.0  # points between marks side by side, and of all together
_SIDE_BY_SIDE = (
    "(marks of nearly equal cost stand side by side;\nstrokes at the lower edge: exact costs)"
)
_PANEL = 280.0  # points: its width, at least


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
    trials). Contexts are told apart by the marker's filling. Arms of nearly equal cost that would
    hide each other stand side by side, as near as they can be told apart; strokes at the lower edge
    are then where their costs are.
    """
    names = columns(arms)
    panels = figure.subplots(1, len(names), squeeze=False, sharey=True)[0]
    contexts = _contexts(arms)
    for axes, column in zip(panels, names, strict=True):
        known = _at_one_cost(arms.dropna(subset=["mean", column]), column)
        cost_axis.frame(axes, known[column], AXES[column], _NUMBERS)
        shifts = _shifts(known, column, axes.get_xscale() == "log")
        for arm, shift in zip(known.to_dict("records"), shifts, strict=True):
            _draw_arm(axes, arm, column, styles[str(arm["arm"])], contexts, shift)
        furthest = max(map(abs, shifts), default=0.0)
        axes.margins(x=max(0.12, furthest / (_PANEL - 2 * furthest)), y=0.1)
        bound_percent(axes, "y", unit)
        if furthest:
            _mark_costs(axes, known[column])
            axes.set_xlabel(f"{axes.get_xlabel()}\n{_SIDE_BY_SIDE}")
    panels[0].set_ylabel(axis_label.wrapped(formatting.with_bracket(label, unit), _HEIGHT))
    _legend(figure, arms, styles, contexts)


def _at_one_cost(arms: pd.DataFrame, column: str) -> pd.DataFrame:
    """Arms whose costs differ by next to nothing, all at their mean: an axis over that difference
    would put equal costs at opposite ends.
    """
    costs = arms[column]
    if costs.nunique() > 1 and costs.max() <= (1 + _ALIKE) * costs.min():
        return arms.assign(**{column: costs.mean()})
    return arms


def _shifts(arms: pd.DataFrame, column: str, log: bool) -> list[float]:
    """Points by which each arm stands beside its cost, in the order of costs where they differ."""
    places = _places(arms[column], log)
    shift = pd.Series(0.0, arms.index)
    for tie in _ties(places):
        for pile in _piles(arms, tie):
            apart = min(_APART, _WIDEST / len(pile))
            shift[pile] = apart * (np.arange(len(pile)) - (len(pile) - 1) / 2)
    return shift.tolist()


def _places(costs: pd.Series, log: bool) -> pd.Series:
    """Where costs stand along the axis; of a logarithmic one, nowhere where there is none."""
    places = np.log10(costs[costs > 0]) if log else costs
    return places.reindex(costs.index, fill_value=-np.inf)


def _ties(places: pd.Series) -> list[list[Any]]:
    """Arms that stand about as far along the axis."""
    reach = _TIE * np.ptp(places[np.isfinite(places)]) if len(places) else 0.0
    ties: list[list[Any]] = []
    for index, place in places.sort_values(kind="stable").items():
        if ties and place - places[ties[-1][0]] <= reach:
            ties[-1].append(index)
        else:
            ties.append([index])
    return ties


def _piles(arms: pd.DataFrame, tie: list[Any]) -> list[list[Any]]:
    """Arms of a tie whose marks or intervals lie over each other, in the tie's order, by cost."""
    lows, highs = (arms[end].fillna(arms["mean"]) for end in ("low", "high"))
    room = _MARK * (highs.max() - lows.min())
    piles: list[list[Any]] = []
    top = -np.inf
    for index in lows[tie].sort_values(kind="stable").index:
        if piles and lows[index] <= top + room:
            piles[-1].append(index)
        else:
            piles.append([index])
        top = max(top, highs[index])
    return [[index for index in tie if index in pile] for pile in piles]


def _mark_costs(axes: Axes, costs: pd.Series) -> None:
    """A stroke at each, on the lower edge."""
    axes.plot(
        costs,
        [0.0] * len(costs),
        transform=axes.get_xaxis_transform(),
        color=INK,
        linestyle="none",
        marker="|",
        markersize=12,
        markeredgewidth=0.9,
        gid="cost",
    )


def _draw_arm(
    axes: Axes,
    arm: dict[Any, Any],
    column: str,
    style: ArmStyle,
    contexts: list[str],
    shift: float,
) -> None:
    ends = (arm["low"], arm["high"])
    lines = interval_bar.draw(axes, arm[column], ends, style.colour, width=1.3, upright=True)
    lines += axes.plot(
        [arm[column]],
        [arm["mean"]],
        color=style.colour,
        marker=style.marker,
        markerfacecoloralt="white",
        linestyle="none",
        zorder=4,
        gid="mean",
        **_look(contexts.index(arm["context"])),
    )
    for line in lines:  # only now, as the axes take their limits from lines that are not shifted
        line.set_transform(
            offset_copy(axes.transData, axes.get_figure(root=True), shift, units="points")
        )


def _legend(
    figure: Figure, arms: pd.DataFrame, styles: dict[str, ArmStyle], contexts: list[str]
) -> None:
    looks = [(styles[name], _look(0)) for name in _shown(arms)]
    looks += [(NEUTRAL, _look(position)) for position in range(len(contexts))]
    handles = [
        Line2D(
            [],
            [],
            color=style.colour,
            marker=style.marker,
            markerfacecoloralt="white",
            linestyle="none",
            label=label,
            **look,
        )
        for label, (style, look) in zip(_legend_labels(arms), looks, strict=False)
    ]
    columns = min(_legend_columns(figure.get_figwidth()), len(handles))
    figure.legend(handles=handles, loc="outside lower center", ncols=max(1, columns))


def _shown(arms: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(_drawn(arms)["arm"]))


def _contexts(arms: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(_drawn(arms)["context"]))


def _drawn(arms: pd.DataFrame) -> pd.DataFrame:
    """The arms that have a place in any panel."""
    return arms.dropna(subset=["mean"]).dropna(subset=columns(arms), how="all")


def _legend_labels(arms: pd.DataFrame) -> list[str]:
    """One an arm; where a study has several contexts, also one each that anything is drawn of."""
    contexts = _contexts(arms) if arms["context"].nunique() > 1 else []
    labels = [*_shown(arms), *(f"in {context}" for context in contexts)]
    return [formatting.wrap(label, _LABEL_WIDTH) for label in labels]


def _legend_columns(width: float) -> int:
    return int(width // 3)


def _look(position: int) -> dict[str, Any]:
    """Filling and size of the marks of a context."""
    again, fill = divmod(position, len(_CONTEXT_FILLS))
    size = _CONTEXT_SIZES[again % len(_CONTEXT_SIZES)]
    look = {"fillstyle": _CONTEXT_FILLS[fill], "markersize": size}
    if _CONTEXT_FILLS[fill] == "full":  # a white edge parts it from what it half hides
        look |= {"markeredgecolor": "white", "markeredgewidth": 0.5}
    return look
