"""Figures take other scripts from the machine's own fonts, where it has some."""

import warnings
from collections.abc import Iterator

import pytest

from ablate.reporting.figures import fonts


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    fonts.families.cache_clear()
    yield
    fonts.families.cache_clear()


def test_installed_fonts_of_other_scripts_follow_the_one_that_comes_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed = ["cmr10", "WenQuanYi Zen Hei", "DejaVu Sans", "Noto Sans CJK JP"]
    monkeypatch.setattr("matplotlib.font_manager.get_font_names", lambda: installed)
    assert fonts.families() == ["DejaVu Sans", "Noto Sans CJK JP", "WenQuanYi Zen Hei"]


def test_other_warnings_pass_while_unshown_characters_are_noted() -> None:
    with pytest.warns(UserWarning, match="another matter"), fonts.noting_unshown() as unshown:
        warnings.warn("Glyph 27744 (\\N{X}) missing from font(s) DejaVu Sans.", stacklevel=1)
        warnings.warn("another matter", stacklevel=1)
    assert unshown == {chr(27744)}
