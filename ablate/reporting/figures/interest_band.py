"""The band of effects too small to be of interest, along an axis of differences. The axis is there
for the effects: where they are tiny, it lies within the band, and where they are huge, the band is
a line. It is drawn, and told of, where it can be seen.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from matplotlib.axes import Axes

from ablate.reporting import formatting
from ablate.reporting.figures import readable_axis
from ablate.reporting.figures.palette import BAND

_SQUEEZED = 0.25  # of the axis: what effects would have to do with beside a wider band
_THIN = 0.004  # of the axis: about what the line at zero takes


class Band(NamedTuple):
    """The smallest effect of interest on an axis.

    look: "seen", "around" where the whole axis lies within the band, "thin" where the band is no
    wider than the line at zero, "" where the study has none. ends: of the axis; None where it holds
    all that is drawn.
    """

    reach: float
    look: Literal["seen", "around", "thin", ""]
    ends: tuple[float, float] | None


def on_axis(shown: Iterable[readable_axis.Row], smallest_effect_of_interest: float) -> Band:
    """The band on the axis of these rows. smallest_effect_of_interest: 0 where there is none."""
    shown, reach = list(shown), smallest_effect_of_interest
    ends = readable_axis.measured(shown, (0.0,))
    if not reach > 0:
        return Band(0.0, "", ends)
    every = [0.0, *(number for row in shown for number in (*row.summary, *row.values))]
    low, high = ends or (min(every), max(every))
    whole = max(high, reach) - min(low, -reach)
    if 0 < high - low < _SQUEEZED * whole:
        return Band(reach, "around", ends)
    ends = readable_axis.measured(shown, (-reach, 0.0, reach))
    return Band(reach, "seen" if 2 * reach > _THIN * whole else "thin", ends)


def draw(axes: Axes, band: Band) -> None:
    """Shade it where it is seen."""
    if band.look == "seen":
        axes.axvspan(-band.reach, band.reach, color=BAND, lw=0, zorder=0)


def note(band: Band, unit: str) -> list[str]:
    """What stands below the axis."""
    reach = formatting.with_unit(formatting.as_given(band.reach), unit)
    of_interest = f"smallest effect of interest, ±{reach}"
    texts = {
        "seen": [f"band: {of_interest}"],
        "around": [f"the axis is all within the {of_interest}"],
        "thin": [f"the {of_interest}, is no wider than the line at zero"],
        "": [],
    }
    return texts[band.look]


def caption(band: Band) -> str:
    """A sentence, after others."""
    return {
        "seen": " The grey band holds effects too small to be of interest.",
        "around": " The whole axis lies within effects too small to be of interest.",
    }.get(band.look, "")
