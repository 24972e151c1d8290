import pytest

from ablate.errors import AblateError
from ablate.image_classification.described_network import HEADER, described_network


def test_ends_with_the_totals() -> None:
    rows = described_network("good_model", {}, "3x32x32", 10)
    assert {len(row) for row in rows} == {len(HEADER)}
    assert rows[-1] == ("total", "", "", "271,850", "58,656,000")


def test_the_settings_own_image_size_goes_before_that_of_the_images() -> None:
    rows = described_network("good_model", {"data.image_size": 16}, "1x99x99", 10)
    assert rows[0][:3] == ("stage1.convolution1", "3x3 convolution", "32x16x16")


@pytest.mark.parametrize("preset", ["good_model", "resnet18"])
def test_the_classes_that_settings_choose_are_the_networks_outputs(preset: str) -> None:
    rows = described_network(preset, {"data.classes": [0, 1, 2]}, "3x32x32", 10)
    *_, last, _ = rows
    assert last[2] == "3"
    *_, last, _ = described_network(preset, {}, "3x32x32", 7)
    assert last[2] == "7"


@pytest.mark.parametrize("shape", ["32x32", "3x32x0", "3x32x32x1", "axbxc", ""])
def test_what_is_no_shape_of_an_image_is_refused(shape: str) -> None:
    with pytest.raises(AblateError, match="write channels x height x width, as in 3x32x32"):
        described_network("good_model", {}, shape, 10)


def test_a_network_that_cannot_be_is_refused_with_the_reason() -> None:
    with pytest.raises(AblateError, match="images of 2x2 pixels can be halved only 1 times"):
        described_network("good_model", {}, "3x2x2", 10)
