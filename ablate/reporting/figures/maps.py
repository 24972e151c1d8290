"""The maps of one layer, beside the picture that they answer to."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ablate.reporting import formatting
from ablate.reporting.figures import mosaic
from ablate.reporting.figures.mosaic import Mosaic
from ablate.reporting.figures.placement import HEAD, MARGIN, WIDTH, bare, head, place

_PICTURE = 1.75  # inches
_LEFT = MARGIN + _PICTURE + 0.45
_MAPS = WIDTH - _LEFT - MARGIN
_TOP = HEAD + 0.18  # room for the numbers of columns
_NAME_CHARACTERS = 28  # that fit under the picture
_LINE = 0.15
_BAR = 0.5  # height of the colour bar with its label
_INSET = 0.2  # of the colour bar: the numbers at its ends reach beyond it


def size(maps: Mosaic, picture_name: str) -> tuple[float, float]:
    """Width and height in inches that fit."""
    left = _bar_top(picture_name) + _BAR
    return WIDTH, max(_TOP + mosaic.height(maps, _MAPS), left) + MARGIN


def draw(
    maps: Mosaic,
    picture: NDArray[np.uint8],
    figure: Figure,
    *,
    picture_name: str,
    title: str,
    subtitle: str,
    label: str,
) -> None:
    """Draw the maps on a common scale of colours, and left of them the picture.

    picture: (height, width, 3), of values 0 to 255. label: of the colour bar.
    """
    head(figure, title, subtitle)
    high, wide, _ = picture.shape
    shown = place(figure, MARGIN, _TOP, _PICTURE, _PICTURE * min(1.0, high / wide))
    shown.imshow(picture, interpolation="nearest", gid="picture")
    bare(shown)
    shown.set_xlabel(formatting.wrap(picture_name, _NAME_CHARACTERS), fontsize=8)
    scale = mosaic.scale_of(maps.maps)
    bar = MARGIN + _INSET, _bar_top(picture_name), _PICTURE - 2 * _INSET
    mosaic.draw_bar(figure, scale, *bar, label)
    mosaic.draw(figure, maps, _LEFT, _TOP, _MAPS, scale)


def _bar_top(picture_name: str) -> float:
    lines = len(formatting.wrap(picture_name, _NAME_CHARACTERS).splitlines())
    return _TOP + _PICTURE + 0.25 + _LINE * lines
