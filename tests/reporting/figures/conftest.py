"""Axes on which the tests draw."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from ablate.reporting.figures import theme


@pytest.fixture
def figure() -> Iterator[Figure]:
    with theme.themed():
        yield theme.new_figure(8, 6)


def drawn(container: Any, gid: str) -> list[Any]:
    """Artists below a figure or axes with that group id, in the order of drawing."""
    return container.findobj(lambda artist: artist.get_gid() == gid)


def texts_beyond(figure: Figure) -> list[str]:
    """Texts of a figure, but for numbers along its axes, that its edges cut off."""
    figure.draw_without_rendering()
    numbers = [
        text
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for text in (*axis.get_majorticklabels(), *axis.get_minorticklabels())
        if not re.search("[a-z]", text.get_text())
    ]
    width, height = figure.bbox.size
    shown = [
        (artist.get_text(), artist.get_window_extent())
        for artist in figure.findobj(lambda artist: isinstance(artist, Text))
        if artist.get_visible() and artist.get_text().strip() and artist not in numbers
    ]
    return [
        text
        for text, box in shown
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]
