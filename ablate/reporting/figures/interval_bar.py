"""An interval around a mean: a bar whose caps stand out behind the mark, however narrow it is."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ablate.reporting import formatting

_CAP = 12.0  # points: marks take up to 8
_CAP_WIDTH = 1.1


def draw(
    axes: Axes,
    place: float,
    ends: tuple[Any, Any],
    colour: str,
    *,
    width: float = 2.2,
    upright: bool = False,
    gid: str = "interval",
) -> list[Line2D]:
    """Draw the bar from end to end and a cap at each; nothing where an end is missing.

    place: where the bar stands on the other axis. width: of the bar, in points. upright: its ends
    are on the vertical axis. The caps have the group id "cap".
    """
    if any(formatting.is_missing(end) for end in ends):
        return []
    at = [place] * 2
    x, y = (at, ends) if upright else (ends, at)
    look: dict[str, Any] = {"color": colour, "zorder": 3}
    return [
        *axes.plot(x, y, linewidth=width, solid_capstyle="butt", gid=gid, **look),
        *axes.plot(
            x,
            y,
            linestyle="none",
            marker="_" if upright else "|",
            markersize=_CAP,
            markeredgewidth=_CAP_WIDTH,
            gid="cap",
            **look,
        ),
    ]
