"""Many small maps side by side, all on one scale of colours."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PatchCollection
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from ablate.reporting.figures.palette import BAND
from ablate.reporting.figures.placement import bare, place

Maps = NDArray[np.floating[Any]]
"""Values (count, height, width), or colours in [0, 1] (count, height, width, 3)."""

_REACH = 99.5  # percentile of the absolute values at which the colours end
_GAP = 0.1  # between maps, as a share of a cell's width
_MAP_IN_GAPS = round((1 - _GAP) / _GAP)
_PIXELS = 24  # of a map's width, at least; of more, half a pixel of the gap is not to be seen
_LABEL = 0.15  # inches above a map for its own number
_ROOM_FOR_LABEL = 0.42  # inches
_ROOM_FOR_TICK = 0.2  # inches
_FONT = 6.5
_BAR_HEIGHT = 0.11


class Mosaic(NamedTuple):
    """Maps in rows of `columns`. numbers: of each map; none where its row and its column say what
    it is.
    """

    maps: Maps
    columns: int
    numbers: Sequence[int] = ()

    @property
    def rows(self) -> int:
        """Rows of maps; the last may be short."""
        return -(-len(self.maps) // self.columns)


class Scale(NamedTuple):
    """How values become colours, from `low` to `high`. clipped: whether some lie beyond."""

    colours: Colormap
    low: float
    high: float
    clipped: bool

    @property
    def norm(self) -> Normalize:
        """As matplotlib takes it."""
        return Normalize(self.low, self.high)


def columns_for(count: int) -> int:
    """As many columns as make a mosaic square, or wider: a power of two."""
    columns = 1
    while columns**2 < count:
        columns *= 2
    return columns


def scale_of(*maps: Maps) -> Scale:
    """One scale for all the maps: around zero where there are negative values, else from zero.

    It ends at the 99.5th percentile of the absolute values, so that a few large ones do not leave
    all others pale.
    """
    import seaborn  # late: it imports all of scipy.stats

    values = np.abs(np.concatenate([part.ravel() for part in maps]))
    largest = float(values.max(initial=0.0))
    reach = float(np.percentile(values, _REACH)) or largest or 1.0
    signed = any(bool((part < 0).any()) for part in maps)
    colours = seaborn.color_palette("vlag" if signed else "mako", as_cmap=True)
    return Scale(colours, -reach if signed else 0.0, reach, largest > reach)


def height(mosaic: Mosaic, width: float) -> float:
    """Height in inches of a mosaic of that width."""
    return mosaic.rows * _Cell.of(mosaic, width).height


def draw(
    figure: Figure, mosaic: Mosaic, left: float, top: float, width: float, scale: Scale | None
) -> Axes:
    """Draw a mosaic, each row as one image.

    left, top, width: in inches, from the figure's upper left corner. scale: None where the maps are
    colours.

    Maps bear their numbers where there is room; small ones that are numbered from 0 have the
    numbers of row and column, to be added up.
    """
    cell = _Cell.of(mosaic, width)
    axes = place(figure, left, top, width, height(mosaic, width))
    axes.set(xlim=(0, width), ylim=(height(mosaic, width), 0))
    colours: dict[str, Any] = {} if scale is None else {"cmap": scale.colours, "norm": scale.norm}
    for row in range(mosaic.rows):
        own = range(row * mosaic.columns, min((row + 1) * mosaic.columns, len(mosaic.maps)))
        top = row * cell.height + cell.label
        edges = (0, len(own) * cell.width, top + cell.tall, top)
        strip = joined(mosaic.maps[own.start : own.stop])
        axes.imshow(strip, extent=edges, aspect="auto", gid="maps", **colours)
        for column, position in enumerate(own if cell.label else ()):
            number, middle = str(mosaic.numbers[position]), column * cell.width + cell.side / 2
            axes.text(middle, top - 0.025, number, ha="center", va="bottom", fontsize=_FONT)
    _outline(axes, mosaic, cell)
    bare(axes)
    if not cell.label:
        _number_rows_and_columns(axes, mosaic, cell)
    return axes


def draw_bar(
    figure: Figure, scale: Scale, left: float, top: float, width: float, label: str
) -> Axes:
    """Draw the scale's colour bar, lying, with its label below; in inches as in `draw`."""
    axes = place(figure, left, top, width, _BAR_HEIGHT)
    ends = ("both" if scale.low else "max") if scale.clipped else "neither"
    bar = figure.colorbar(
        ScalarMappable(scale.norm, scale.colours), cax=axes, orientation="horizontal", extend=ends
    )
    bar.outline.set_visible(False)
    bar.set_ticks(sorted({scale.low, 0.0, scale.high}))
    bar.ax.xaxis.set_major_formatter(lambda value, _: f"{value:.2g}".replace("-", "−"))
    bar.ax.tick_params(length=2, labelsize=_FONT + 0.5)
    bar.set_label(label, fontsize=_FONT + 1)
    return axes


def joined(maps: Maps) -> Maps:
    """Maps in a row, with a gap behind each: (height, width, ...), where every pixel of a small map
    is repeated until the gap is a whole number of them, and gaps are NaN, or white among colours.

    One image for many maps is drawn many times faster than as many images.
    """
    width = maps.shape[2]
    repeats = -(-_PIXELS // width)
    while repeats > 1 and width * repeats % _MAP_IN_GAPS:
        repeats += 1
    large = maps.repeat(repeats, axis=1).repeat(repeats, axis=2)
    gap = round(large.shape[2] / _MAP_IN_GAPS)
    padding = [(0, 0), (0, 0), (0, gap)] + [(0, 0)] * (maps.ndim - 3)
    empty = np.nan if maps.ndim == 3 else 1.0
    return np.concatenate(list(np.pad(large, padding, constant_values=empty)), axis=1)


class _Cell(NamedTuple):
    """Inches of a cell, of the map in it, and of the label above that."""

    width: float
    height: float
    side: float
    tall: float
    label: float

    @classmethod
    def of(cls, mosaic: Mosaic, width: float) -> "_Cell":
        cell = width / mosaic.columns
        side = cell * (1 - _GAP)
        tall = side * mosaic.maps.shape[1] / mosaic.maps.shape[2]
        in_order = list(mosaic.numbers) == list(range(len(mosaic.numbers)))
        label = _LABEL if mosaic.numbers and (cell >= _ROOM_FOR_LABEL or not in_order) else 0.0
        return cls(cell, tall + cell * _GAP + label, side, tall, label)


def _outline(axes: Axes, mosaic: Mosaic, cell: _Cell) -> None:
    """A thin line around each map: where its values are near zero it is as white as the page."""
    places = (divmod(position, mosaic.columns) for position in range(len(mosaic.maps)))
    frames = [
        Rectangle((column * cell.width, row * cell.height + cell.label), cell.side, cell.tall)
        for row, column in places
    ]
    axes.add_collection(
        PatchCollection(frames, facecolor="none", edgecolor=BAND, linewidth=0.5), autolim=False
    )


def _number_rows_and_columns(axes: Axes, mosaic: Mosaic, cell: _Cell) -> None:
    step = 1
    while step * cell.width < _ROOM_FOR_TICK:
        step *= 2
    columns, rows = range(0, mosaic.columns, step), range(mosaic.rows)
    first = [row * mosaic.columns if mosaic.numbers else row for row in rows]
    plus = "+" if mosaic.numbers and mosaic.rows > 1 else ""
    axes.xaxis.tick_top()
    axes.set_xticks(
        [column * cell.width + cell.side / 2 for column in columns],
        [f"{plus}{column}" for column in columns],
    )
    if mosaic.rows > 1:
        axes.set_yticks([row * cell.height + cell.tall / 2 for row in rows], list(map(str, first)))
    axes.tick_params(length=0, pad=1.5, labelsize=_FONT)
