"""Pictures that are written can be read again, and others' files are but data."""

import json
from pathlib import Path

import pytest

from ablate.errors import RecordError
from ablate.reporting.picture import Picture
from ablate.reporting.picture_folder import carry_pictures, read_pictures, write_pictures


def picture(name: str = "filters", title: str = "Filters") -> Picture:
    return Picture(name, title, "All of them.", {"png": b"png", "svg": b"<svg/>"})


def test_what_is_written_is_read_again_by_name(tmp_path: Path) -> None:
    both = picture("maps"), picture("filters")
    assert write_pictures(both, tmp_path) == tuple(
        tmp_path / name for name in ("maps.png", "maps.svg", "filters.png", "filters.svg")
    )
    assert read_pictures(tmp_path) == both[::-1]


def test_a_picture_of_the_same_name_is_replaced(tmp_path: Path) -> None:
    write_pictures([picture()], tmp_path)
    write_pictures([picture(title="Others")], tmp_path)
    assert read_pictures(tmp_path) == (picture(title="Others"),)


def test_no_folder_holds_no_pictures(tmp_path: Path) -> None:
    assert read_pictures(tmp_path / "none") == ()


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_caption_whose_picture_is_gone_is_passed_over(tmp_path: Path, kind: str) -> None:
    write_pictures([picture(), picture("maps")], tmp_path)
    (tmp_path / f"maps.{kind}").unlink()
    assert read_pictures(tmp_path) == (picture(),)


@pytest.mark.parametrize("text", ["{", "[]", '{"title": "a"}', '{"title": "a", "caption": 3}'])
def test_what_is_no_caption_is_named(tmp_path: Path, text: str) -> None:
    write_pictures([picture()], tmp_path)
    (tmp_path / "filters.json").write_text(text)
    with pytest.raises(RecordError) as caught:
        read_pictures(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/filters.json: is no title and caption of a picture\n"
        "    remove it, or draw the picture again"
    )


def test_pictures_are_carried_along_with_their_tables(tmp_path: Path) -> None:
    source, target = tmp_path / "run" / "visualization", tmp_path / "report" / "visualization"
    source.mkdir(parents=True)
    write_pictures([picture()], source)
    (source / "sobel.csv").write_text("edge\n")
    carry_pictures(source, target)
    assert read_pictures(target) == (picture(),)
    assert (target / "sobel.csv").read_text() == "edge\n"
    carry_pictures(source, source)
    carry_pictures(tmp_path / "none", tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    assert json.loads((source / "filters.json").read_text())["title"] == "Filters"
