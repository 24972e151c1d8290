"""Pictures of a small network, as files with captions."""

from pathlib import Path

import pandas as pd
import pytest
from torch import nn

from ablate.errors import AblateError
from ablate.network_pictures import draw_activations, draw_filters
from ablate.reporting.figures import maps
from ablate.reporting.picture_folder import read_pictures
from ablate.visualized_network import Subject, find_subject

SMALL = {"architecture.filters": [4, 6, 6], "data.dataset": "digits"}
NETWORK = "simple_model_untrained_seed0_filters_4_6_6_dataset_digits"


@pytest.fixture(scope="module")
def subject() -> Subject:
    return find_subject("simple_model", overrides=SMALL)


def test_activations_are_a_picture_a_layer(subject: Subject, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    drawn = draw_activations(subject, folder, layers=["first", "last"], class_name="7", count=5)
    names = [
        f"activations_{NETWORK}_{layer}_convolution1_7_test_image_7{which}"
        for layer, which in (("stage1", ""), ("stage3", "_strongest_5"))
    ]
    assert drawn.paths == tuple(
        folder / f"{name}.{kind}" for name in names for kind in ("png", "svg")
    )
    first, last = read_pictures(folder)
    assert first.title == (
        "stage1.convolution1 (4×32×32) for 7, test image 7: simple_model (untrained, seed 0, "
        "filters [4, 6, 6], dataset digits)"
    )
    assert last.title == (
        "stage3.convolution1 (6×8×8) for 7, test image 7: simple_model (untrained, seed 0, "
        "filters [4, 6, 6], dataset digits)"
    )
    assert first.caption == (
        "What the layer gives for 7, test image 7, which is shown as it reaches the network, "
        "before it is normalised. All maps, numbered by channel. One scale of colours for all; it "
        "ends at the 99.5th percentile of the absolute values."
    )
    assert (
        " 5 of 6 maps, by channel: those with the largest mean absolute value, the largest first. "
    ) in last.caption


def test_an_image_of_a_class_that_the_network_does_not_have_is_told_of(tmp_path: Path) -> None:
    some = find_subject("simple_model", overrides={**SMALL, "data.classes": [3, 8]})
    draw_activations(some, tmp_path, layers=["first"], class_name="7")
    (picture,) = read_pictures(tmp_path)
    assert " The image's class, 7, is none of those that the network tells apart. " in (
        picture.caption
    )


def test_the_strongest_maps_are_drawn_beside_all_of_them(subject: Subject, tmp_path: Path) -> None:
    for count in (None, 2, 6):
        draw_activations(subject, tmp_path, layers=["last"], count=count)
    strongest, everything = (picture.name for picture in read_pictures(tmp_path)[::-1])
    assert strongest == f"{everything}_strongest_2"


def test_the_image_is_drawn_at_the_size_that_the_network_gets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    monkeypatch.setattr(maps, "draw", lambda panel, picture, *_, **__: drawn.append(picture.shape))
    larger = find_subject("simple_model", overrides=SMALL | {"data.image_size": 64})
    draw_activations(larger, tmp_path, layers=["last"])
    assert drawn == [(64, 64, 3)]


def test_filters_are_drawn_and_ranked(subject: Subject, tmp_path: Path) -> None:
    drawn = draw_filters(subject, tmp_path)
    name = f"{NETWORK}_stage1_convolution1"
    assert [path.name for path in drawn.paths] == [
        f"filters_{name}.png", f"filters_{name}.svg", f"sobel_{name}.png", f"sobel_{name}.svg",
        f"sobel_{name}.csv",
    ]  # fmt: skip
    table = pd.read_csv(drawn.paths[-1])
    assert len(table) == 2 * 4
    best = table[table["rank"] == 1].set_index("edge")
    words = " and ".join(
        f"for {edge} edges filter {best['filter'][edge]} ({best['likeness'][edge]:.2f})"
        for edge in ("horizontal", "vertical")
    )
    assert drawn.sentence == (
        f"Likest to a Sobel kernel are {words}; the best of 4 random filters of 5×5 reaches 0.29 "
        "on average, and 0.48 in one of 20 such layers."
    )
    filters, sobel = read_pictures(tmp_path)
    assert filters.title.endswith("4 filters of 3×5×5")
    assert sobel.title.endswith("likeness to Sobel kernels")


@pytest.mark.parametrize(
    ("one", "other"),
    [("a+b_seed0", "a-b_seed0"), (f"{'ä' * 250}_seed0", f"{'ä' * 250}_seed1")],
)
def test_pictures_of_arms_of_like_names_lie_side_by_side(
    subject: Subject, tmp_path: Path, one: str, other: str
) -> None:
    for _ in range(2):  # the same again replaces its own
        for arm in (one, other):
            draw_filters(subject._replace(file_name=arm), tmp_path)
    names = [picture.name for picture in read_pictures(tmp_path)]
    assert len(names) == 2 * 2  # filters and likeness of each
    assert all(name.startswith((f"filters_{one[0]}", f"sobel_{one[0]}")) for name in names)


def test_a_layer_behind_colours_is_a_matrix(subject: Subject, tmp_path: Path) -> None:
    draw_filters(subject, tmp_path, layer="last", count=2)
    filters, _ = read_pictures(tmp_path)
    assert filters.name.endswith("_stage3_convolution1_first_2")
    assert filters.caption.startswith(
        "A row a filter, a column an input channel: filters 0 to 1, channels 0 to 5. "
    )


def test_three_channels_behind_the_first_layer_are_no_colours(tmp_path: Path) -> None:
    subject = find_subject("simple_model", overrides=SMALL | {"architecture.filters": [3, 4, 4]})
    draw_filters(subject, tmp_path, layer="stage2.convolution1")
    filters, _ = read_pictures(tmp_path)
    assert filters.caption.startswith(
        "A row a filter, a column an input channel: filters 0 to 3, channels 0 to 2. "
    )


def test_filters_of_a_group_are_told_to_see_its_channels(subject: Subject, tmp_path: Path) -> None:
    grouped = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3, groups=4))
    draw_filters(subject._replace(network=grouped), tmp_path, layer="last")
    filters, _ = read_pictures(tmp_path)
    assert filters.caption.startswith(
        "A row a filter, a column an input channel: filters 0 to 7, channels 0 to 1 of its own "
        "group. "
    )


def test_filters_of_one_pixel_are_drawn_and_not_ranked(tmp_path: Path) -> None:
    subject = find_subject("simple_model", overrides=SMALL | {"architecture.kernel_size": 1})
    drawn = draw_filters(subject, tmp_path)
    assert drawn.sentence == "Filters of 1×1 have no Sobel kernel to be compared with."
    assert len(drawn.paths) == 2


def test_what_cannot_be_drawn_leaves_no_folder(subject: Subject, tmp_path: Path) -> None:
    with pytest.raises(AblateError):
        draw_activations(subject, tmp_path / "none", layers=["first", "nowhere"])
    with pytest.raises(AblateError):
        draw_filters(subject, tmp_path / "none", layer="stage1.activation1")
    assert not (tmp_path / "none").exists()
