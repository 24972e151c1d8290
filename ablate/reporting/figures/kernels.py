"""The kernels of one layer, channel by channel."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from ablate.reporting.figures import mosaic
from ablate.reporting.figures.mosaic import Mosaic
from ablate.reporting.figures.placement import HEAD, MARGIN, WIDTH, head

_TOP = HEAD + 0.36  # the panels' own titles and the numbers of columns lie above
_NUMBERS = 0.25  # inches left of a panel
_BETWEEN = 0.12
_LARGEST_CELL = 0.5  # inches
_BAR_WIDTH, _BAR = 2.2, 0.5


def size(panels: Mapping[str, Mosaic]) -> tuple[float, float]:
    """Width and height in inches that fit."""
    tallest = max(mosaic.height(panel, _width(panels)) for panel in panels.values())
    return WIDTH, _TOP + tallest + 0.2 + _BAR


def draw(
    panels: Mapping[str, Mosaic], figure: Figure, *, title: str, subtitle: str, label: str
) -> None:
    """Draw panels side by side, those of values on one scale of colours.

    panels: by title, all of as many columns; at least one of values. label: of the colour bar.
    """
    head(figure, title, subtitle)
    scale = mosaic.scale_of(*(panel.maps for panel in panels.values() if panel.maps.ndim == 3))
    width, left = _width(panels), MARGIN
    for name, panel in panels.items():
        left += _NUMBERS
        of_values = scale if panel.maps.ndim == 3 else None
        axes = mosaic.draw(figure, panel, left, _TOP, width, of_values)
        axes.set_title(name, fontsize=9, pad=5)
        left += width + _BETWEEN
    _, high = figure.get_size_inches()
    mosaic.draw_bar(figure, scale, MARGIN + _NUMBERS, high - _BAR, _BAR_WIDTH, label)


def _width(panels: Mapping[str, Mosaic]) -> float:
    """Of each panel."""
    free = WIDTH - 2 * MARGIN + _BETWEEN
    columns = max(panel.columns for panel in panels.values())
    return min(free / len(panels) - _NUMBERS - _BETWEEN, columns * _LARGEST_CELL)
