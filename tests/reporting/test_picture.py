"""Pictures become files that do not replace each other."""

import warnings

import pytest
from matplotlib.figure import Figure

from ablate.reporting.figures import fonts
from ablate.reporting.figures.theme import themed
from ablate.reporting.picture import Picture, draw_picture, file_name, named_apart


def picture(name: str, title: str) -> Picture:
    return Picture(name, title, "", {})


def test_pictures_whose_names_are_made_of_like_words_keep_files_of_their_own() -> None:
    names = [file_name(words) for words in ("small", "Small!", "large", "small ", "small 2")]
    shown = named_apart(picture(name, str(place)) for place, name in enumerate(names))
    assert [each.name for each in shown] == ["small", "small_2", "large", "small_3", "small_2_2"]
    assert [each.title for each in shown] == ["0", "1", "2", "3", "4"]


def drawn_with(title: str) -> Picture:
    def draw(figure: Figure) -> None:
        figure.subplots().set_title(title)

    with themed():
        return draw_picture("one", "One", "What is drawn.", (3, 2), draw)


def test_a_caption_names_the_characters_that_no_font_here_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("matplotlib.font_manager.get_font_names", lambda: ["DejaVu Sans"])
    fonts.families.cache_clear()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            caption = drawn_with("pooling 池化 池").caption
    finally:
        fonts.families.cache_clear()
    told = "Boxes in it stand for 化 池, which no font of the machine that drew it shows."
    assert caption == f"What is drawn. {told}"


def test_a_caption_says_nothing_of_fonts_where_all_is_shown() -> None:
    assert drawn_with("Größe µ → Δ").caption == "What is drawn."
