"""Maps stand beside the picture that they answer to."""

import numpy as np
import pytest

from ablate.reporting.figures import maps, theme
from ablate.reporting.figures.mosaic import Mosaic, columns_for, joined
from tests.reporting.figures.conftest import drawn

NAME = "frog, test image 4"


@pytest.mark.parametrize(("count", "side"), [(1, 32), (32, 32), (64, 64), (512, 8)])
def test_picture_maps_and_titles_are_drawn_inside_the_figure(count: int, side: int) -> None:
    values = np.random.default_rng(0).normal(size=(count, side, side)).astype(np.float32)
    panel = Mosaic(values, columns_for(count), range(count))
    picture = (np.arange(32 * 32 * 3) % 256).astype(np.uint8).reshape(32, 32, 3)
    with theme.themed():
        figure = theme.new_figure(*maps.size(panel, NAME))
        words = {"picture_name": NAME, "title": "conv1 of it", "subtitle": "All.", "label": "value"}
        maps.draw(panel, picture, figure, **words)
        figure.draw_without_rendering()
    (shown,) = drawn(figure, "picture")
    np.testing.assert_array_equal(shown.get_array(), picture)
    first, *_ = drawn(figure, "maps")
    np.testing.assert_array_equal(first.get_array().filled(np.nan), joined(values[: panel.columns]))
    assert shown.axes.get_xlabel() == NAME
    assert [text.get_text() for text in figure.texts] == ["conv1 of it", "All."]
    assert all(0 <= edge <= 1 for axes in figure.axes for edge in axes.get_position().extents)


def test_the_numbers_below_the_colour_bar_lie_inside_the_figure() -> None:
    small = np.random.default_rng(0).normal(size=(4, 8, 8)).astype(np.float32) / 300
    panel = Mosaic(small, columns_for(4), range(4))
    with theme.themed():
        figure = theme.new_figure(*maps.size(panel, NAME))
        words = {"picture_name": NAME, "title": "it", "subtitle": "", "label": "value"}
        maps.draw(panel, np.zeros((8, 8, 3), np.uint8), figure, **words)
        figure.draw_without_rendering()
        (bar,) = [axes for axes in figure.axes if axes.get_xlabel() == "value"]
        ends = [tick.get_window_extent() for tick in bar.get_xticklabels() if tick.get_text()]
    assert ends
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in ends)
