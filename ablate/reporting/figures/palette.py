"""How an arm looks, in every figure of a report.

Colours follow seaborn's colour-blind safe ones. Where they run out, and where print is grey, marker
and line style tell arms apart: 11 markers and 4 line styles besides the solid line of baselines, so
that any forty arms differ pairwise without their colour.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from matplotlib.colors import Colormap, LinearSegmentedColormap

REFERENCE_COLOUR = "#222222"
GREY = "#8a8a8a"
BAND = "#d9d9d9"
INK = "#333333"
BETTER, WORSE = "#0173b2", "#d55e00"

_COLOURS = (
    "#0173b2",
    "#de8f05",
    "#029e73",
    "#cc78bc",
    "#ca9161",
    "#56b4e9",
    "#d55e00",
    "#882255",
    "#b5a100",
    "#5b3a8e",
)
_MARKERS = ("o", "s", "^", "D", "v", "P", "d", "<", ">", "p", "h")
_SOLID: tuple[float, ...] = ()
_DASHES: tuple[tuple[float, ...], ...] = ((5, 1.5), (1.5, 1.2), (6, 1.5, 1.5, 1.5), (2.5, 3.5))


_TO_BETTER = LinearSegmentedColormap.from_list(
    "to_better", ["#d3dde6", "#7db2d8", BETTER, "#02223a"]
)
TO_LATER = LinearSegmentedColormap.from_list("to_later", ["#f2dcb8", "#de8f05", "#5a3200"])
"""Shades of an order: the later, the darker."""


def shades(higher_is_better: bool) -> Colormap:
    """Shades of a metric, from its low values to its high ones: the better, the darker."""
    return _TO_BETTER if higher_is_better else _TO_BETTER.reversed()


class ArmStyle(NamedTuple):
    """Colour, marker and line style of one arm."""

    colour: str
    marker: str
    dashes: tuple[float, ...]

    @property
    def linestyle(self) -> Any:
        """As matplotlib takes it."""
        return (0, self.dashes or None)


NEUTRAL = ArmStyle("#6e6e6e", "d", ())
"""Of what belongs to no arm, or to several: a look that no arm has."""


def arm_styles(names: Iterable[str], references: Iterable[str] = ()) -> dict[str, ArmStyle]:
    """A style for each arm name, the same for the same name in every context.

    names: in plan order, repeats allowed; the first four others than references differ in every
    respect, the first ten in colour and marker. references: names of baselines; they are drawn in
    near-black with a solid line, and nothing else with one.
    """
    marks = set(references)
    styles: dict[str, ArmStyle] = {}
    position = 0
    for name in names:
        if name in styles:
            continue
        if name in marks:
            styles[name] = ArmStyle(REFERENCE_COLOUR, "o", _SOLID)
        else:
            styles[name] = _style(position)
            position += 1
    return styles


def _style(position: int) -> ArmStyle:
    return ArmStyle(
        _COLOURS[position % len(_COLOURS)],
        _cycle(_MARKERS, position + 1),
        _DASHES[position % len(_DASHES)],
    )


def _cycle(values: Sequence[str], position: int) -> str:
    return values[position % len(values)]
