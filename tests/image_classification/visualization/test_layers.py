"""A layer is found by its name, or those there are are named."""

import pytest

from ablate.errors import AblateError
from ablate.image_classification.visualization.layers import by_likeness, find_layer

KNOWN = ["stage1.convolution1", "stage1.activation1", "stage2.convolution1"]
CONVOLUTIONS = ["stage1.convolution1", "stage2.convolution1"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("stage1.activation1", "stage1.activation1"),
        ("first", "stage1.convolution1"),
        ("last", "stage2.convolution1"),
    ],
)
def test_a_layer_is_found_by_its_name_or_its_place(asked: str, found: str) -> None:
    assert find_layer(asked, KNOWN, CONVOLUTIONS) == found


def test_a_layer_that_is_called_last_is_that_layer() -> None:
    assert find_layer("last", [*KNOWN, "last"], CONVOLUTIONS) == "last"


@pytest.mark.parametrize(
    ("asked", "convolutions", "message"),
    [
        (
            "stage2.convolution",
            CONVOLUTIONS,
            "--layer stage2.convolution: no layer named 'stage2.convolution'\n"
            "    there are stage2.convolution1, stage1.convolution1, stage1.activation1",
        ),
        ("last", [], "--layer last: the network has no convolution"),
    ],
)
def test_a_layer_that_there_is_none_of_is_refused(
    asked: str, convolutions: list[str], message: str
) -> None:
    with pytest.raises(AblateError) as caught:
        find_layer(asked, KNOWN, convolutions)
    assert str(caught.value) == message


def test_of_many_layers_the_nearest_are_named() -> None:
    known = [f"block{number}" for number in range(30)]
    assert by_likeness("block7", known).startswith("block7, ")
    assert by_likeness("block7", known).endswith(" and 18 more")
