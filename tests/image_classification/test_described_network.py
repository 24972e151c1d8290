from typing import Any

import pytest

from ablate.errors import AblateError
from ablate.image_classification.described_network import HEADER, described_network


def test_ends_with_the_totals() -> None:
    rows = described_network("good_model", {})
    assert {len(row) for row in rows} == {len(HEADER)}
    assert rows[-1] == ("total", "", "", "271,850", "58,656,000")


def test_images_and_classes_are_the_settings_own_where_none_are_given() -> None:
    rows = described_network("good_model", {"data.image_size": 16, "data.classes": [0, 1, 2]})
    assert rows[0][:3] == ("stage1.convolution1", "3x3 convolution", "32x16x16")
    assert rows[-2][2] == "3"


@pytest.mark.parametrize(
    ("overrides", "image"),
    [
        ({"architecture.filters": [8] * 6, "architecture.convolutions_per_stage": [1] * 6,
          "architecture.dropout_stages": [0.0] * 6}, "3x64x64"),
        ({"architecture.backbone": "vit_b_16"}, "3x224x224"),
        ({}, "1x48x96"),
    ],
)  # fmt: skip
def test_a_network_need_only_fit_the_images_that_are_given(
    overrides: dict[str, Any], image: str
) -> None:
    assert described_network("good_model", overrides, image)
    if overrides:
        with pytest.raises(AblateError):
            described_network("good_model", overrides)


def test_what_is_given_goes_before_what_a_preset_says() -> None:
    own = described_network("resnet18", {})
    smaller = described_network("resnet18", {}, "3x224x224", 7)
    assert own[0][2] == "64x128x128"
    assert smaller[0][2] == "64x112x112" and smaller[-2][2] == "7"


def test_a_network_that_is_named_is_not_replaced() -> None:
    with pytest.raises(AblateError) as caught:
        described_network("simple_model", {"preset": "good_model"})
    assert str(caught.value) == (
        "--set preset=good_model: names a network, and so does simple_model\n"
        "    leave one of the two out"
    )


@pytest.mark.parametrize(
    ("overrides", "options", "told"),
    [
        ({"data.image_size": 64}, {"image": "3x16x16"},
         "--image 3x16x16: and --set data.image_size say the same"),
        ({"data.classes": [0, 1]}, {"classes": 100},
         "--classes 100: and --set data.classes say the same"),
    ],
)  # fmt: skip
def test_two_ways_to_say_one_thing_are_refused(
    overrides: dict[str, Any], options: dict[str, Any], told: str
) -> None:
    with pytest.raises(AblateError) as caught:
        described_network("good_model", overrides, **options)
    assert str(caught.value) == f"{told}\n    leave one of the two out"


@pytest.mark.parametrize("shape", ["32x32", "3x32x0", "3x32x32x1", "axbxc", ""])
def test_what_is_no_shape_of_an_image_is_refused(shape: str) -> None:
    with pytest.raises(AblateError, match="write channels x height x width, as in 3x32x32"):
        described_network("good_model", {}, shape, 10)


def test_a_network_that_cannot_be_is_refused_with_the_reason() -> None:
    with pytest.raises(AblateError, match="images of 2x2 pixels can be halved only 1 times"):
        described_network("good_model", {}, "3x2x2", 10)
