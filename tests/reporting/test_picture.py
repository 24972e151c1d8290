"""Pictures become files that do not replace each other."""

from ablate.reporting.picture import Picture, file_name, named_apart


def picture(name: str, title: str) -> Picture:
    return Picture(name, title, "", {})


def test_pictures_whose_names_are_made_of_like_words_keep_files_of_their_own() -> None:
    names = [file_name(words) for words in ("small", "Small!", "large", "small ", "small 2")]
    shown = named_apart(picture(name, str(place)) for place, name in enumerate(names))
    assert [each.name for each in shown] == ["small", "small_2", "large", "small_3", "small_2_2"]
    assert [each.title for each in shown] == ["0", "1", "2", "3", "4"]
