"""How the evidence on each claim grew from look to look."""

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ablate.reporting import formatting
from ablate.reporting.figures.palette import BAND, BETTER, GREY, INK, WORSE

_COLUMNS = 3
_COLOURS = {"supported": BETTER, "refuted": WORSE, "undecided": GREY}


def size(growth: pd.DataFrame) -> tuple[float, float]:
    """Width and height in inches that fit the table."""
    return 9.6, 0.3 + 2.5 * math.ceil(growth["claim"].nunique() / _COLUMNS)


def draw(growth: pd.DataFrame, figure: Figure) -> None:
    """Draw one panel a claim: its repeated interval against the number of seeds.

    growth: columns claim, says, n, estimate, low, high, threshold, wanted, unit, verdict; in order
    of n within a claim. Shaded is where the interval must come to lie wholly outside (or, for an
    equivalence, inside).
    """
    claims = list(dict.fromkeys(growth["claim"]))
    panels = figure.subplots(math.ceil(len(claims) / _COLUMNS), _COLUMNS, squeeze=False)
    for axes, claim in zip(panels.flat, claims, strict=False):
        _draw_claim(axes, growth[growth["claim"] == claim].to_dict("records"))
        # In all alike, so that one sees which claims took longest; of one look there is no other.
        axes.set_xlim(growth["n"].min() - 0.5, growth["n"].max() + 0.5)
    for axes in list(panels.flat)[len(claims) :]:
        axes.set_axis_off()


def _draw_claim(axes: Axes, looks: list[dict[Any, Any]]) -> None:
    last = looks[-1]
    colour = _COLOURS[last["verdict"]]
    n = [look["n"] for look in looks]
    axes.plot(n, [look["estimate"] for look in looks], "o-", color=colour, ms=4, gid="estimate")
    for look in looks:
        if not formatting.is_missing(look["low"]):
            bar = axes.vlines(look["n"], look["low"], look["high"], color=colour, linewidth=1.6)
            bar.set_gid("interval")
    threshold = last["threshold"] or 0.0
    if _has_band(last):
        axes.axhspan(-threshold, threshold, color=BAND, lw=0, zorder=0)
    else:
        axes.axhline(threshold, color=INK, linewidth=0.9, zorder=1)  # over the grid
    if (limits := _limits(looks)) is not None:
        axes.set_ylim(limits)
    axes.set_title(formatting.wrap(f"{last['claim']}. {last['says']}", 38), fontsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel(f"seeds ({last['verdict']})")
    axes.set_ylabel(formatting.with_bracket("estimate", last["unit"]))


def _has_band(look: dict[Any, Any]) -> bool:
    """A band without a width is drawn as a line."""
    return look["wanted"] in ("inside", "outside") and bool(look["threshold"])


def _limits(looks: list[dict[Any, Any]]) -> tuple[float, float] | None:
    """The first intervals are very wide: three times the last one's reach is shown."""
    last = looks[-1]
    if formatting.is_missing(last["low"]):
        return None
    ends = [last["threshold"] or 0.0, last["low"], last["high"]]
    values = [*ends, *(look["estimate"] for look in looks)]
    room = last["high"] - last["low"]
    return min(values) - room, max(values) + room


def caption(growth: pd.DataFrame) -> str:
    """What is drawn. growth: as of `draw`."""
    claims = [group.to_dict("records") for _, group in growth.groupby("claim", sort=False)]
    banded = [_has_band(looks[-1]) for looks in claims]
    places = [
        *([] if all(banded) else ["beyond the line"]),
        *(["inside or outside the grey band"] if any(banded) else []),
    ]
    text = (
        "Each claim's repeated confidence interval after every seed, up to the look that settled "
        f"it. A claim is settled when its interval lies wholly {', or wholly '.join(places)}."
    )
    if len(claims) > 1:
        text += (
            " All looks of a claim are drawn at the error rate that its family had left it by the "
            "last; at earlier ones, with more claims open, it may have had less."
        )
    return text + (" Wide early intervals are cut off." if any(map(_cuts, claims)) else "")


def _cuts(looks: list[dict[Any, Any]]) -> bool:
    low, high = _limits(looks) or (-math.inf, math.inf)
    return any(look["low"] < low or look["high"] > high for look in looks)
