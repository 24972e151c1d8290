"""The axis that costs run along: logarithmic where they spread, which it then says."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from ablate.reporting import formatting

_SPREAD = 10.0  # ratio of costs from which a logarithmic axis reads better
_OF_A_DECADE = ((1, 2, 5), (1, 3), (1,))
_BEYOND = 1.25  # of the costs' own range: what margins make of it


def frame(axes: Axes, costs: "pd.Series[float]", what: str, most: int) -> None:
    """Give the lower axis scale, numbers and label, before anything is drawn.

    costs: those that are to be drawn. what: they are. most: numbers that a logarithmic axis has
    room for; it gets two at least.
    """
    known = costs[costs > 0]
    spread = known.max() / known.min() if len(known) else 1.0
    axes.set_xlabel(what)
    if spread > _SPREAD:
        of_each = _numbers(math.log10(spread), most)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=of_each, numticks=most))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel(f"{what} (log scale)")
    axes.xaxis.set_major_formatter(large_numbers())
    if costs.nunique() == 1:  # other numbers beside marks that are shifted would be read as theirs
        (only,) = costs.unique()
        axes.set_xticks([only], [formatting.scaled(only, "").strip()])


def large_numbers() -> EngFormatter:
    """Thousands and millions by their prefix; "300 m" of 0.3 seconds would be read as minutes."""
    formatter = EngFormatter(sep=" ")
    formatter.ENG_PREFIXES = {
        power: prefix for power, prefix in EngFormatter.ENG_PREFIXES.items() if power >= 0
    }
    return formatter


def _numbers(decades: float, most: int) -> tuple[int, ...]:
    """Which of each decade have a number."""
    room = (most - 1) / (_BEYOND * decades)
    return next((of_each for of_each in _OF_A_DECADE if len(of_each) <= room), (1,))
