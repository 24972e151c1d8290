"""Parts of a figure stand where they are placed."""

import pytest
from matplotlib.figure import Figure

from ablate.reporting.figures.placement import head, place


def test_places_are_inches_from_the_upper_left_corner(figure: Figure) -> None:
    axes = place(figure, 2, 1, 4, 3)  # on 8 by 6 inches
    assert axes.get_position().bounds == pytest.approx((0.25, 2 / 6, 0.5, 0.5))


def test_title_and_subtitle_stay_in_their_lines(figure: Figure) -> None:
    head(figure, "word " * 60, "word " * 100)
    title, subtitle = (text.get_text() for text in figure.texts)
    assert title.endswith("…") and len(title) <= 98
    assert subtitle.endswith("…") and len(subtitle.splitlines()) == 2
