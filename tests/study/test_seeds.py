from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablate.errors import StudyError
from ablate.study.seeds import parse_seeds, seeds_named, seeds_text

HOW = "\n    write them as 0-4, as 0-2,7 or as [0, 1]"


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("0-4", (0, 1, 2, 3, 4)),
        ("0-2,7", (0, 1, 2, 7)),
        (" 7 , 0-1 ", (7, 0, 1)),
        ("3", (3,)),
        (3, (3,)),
        ([0, 1], (0, 1)),
        ("5-5", (5,)),
    ],
)
def test_seeds_are_read_in_the_order_given(text: Any, seeds: tuple[int, ...]) -> None:
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there are no seeds" + HOW),
        ([], "there are no seeds" + HOW),
        ("0-x", "'0-x' is no seed and no range of seeds" + HOW),
        ("-1", "'-1' is no seed and no range of seeds" + HOW),
        ("4-0", "'4-0' runs backwards\n    write 0-4"),
        ("1,0-2", "seed 1 is given twice\n    give each seed once"),
        ([0.5], "0.5 is no seed: a seed is a whole number from 0" + HOW),
        ([True], "True is no seed: a seed is a whole number from 0" + HOW),
        ("0-9999,10000-12000", "12,001 seeds are more than 10,000"),
        (list(range(10_001)), "10,001 seeds are more than 10,000"),
        ([10**18], f"{10**18} is no seed: a seed has at most 18 digits" + HOW),
        ("0-999999999", "'0-999999999' holds more than 10,000 seeds"),
    ],
)
def test_what_is_no_seed_is_refused(text: Any, message: str) -> None:
    with pytest.raises(StudyError) as error:
        parse_seeds(text)
    assert str(error.value) == f"seeds: {message}"


@given(st.lists(st.integers(0, 10**12), min_size=1, unique=True))
def test_a_list_and_its_text_are_the_same_seeds(seeds: list[int]) -> None:
    assert parse_seeds(seeds) == parse_seeds(",".join(map(str, seeds))) == tuple(seeds)


def test_seeds_are_written_as_they_are_read() -> None:
    assert seeds_text((7, 8, 9, 0, 1, 5, 4)) == "7-9,0-1,5,4"


@given(st.lists(st.integers(0, 12), min_size=1, unique=True))
def test_seeds_that_are_written_are_the_same_when_read(seeds: list[int]) -> None:
    assert parse_seeds(seeds_text(seeds)) == tuple(seeds)


def test_seeds_are_named_each_by_its_number():
    assert seeds_named((1,)) == "seed 1"
    assert seeds_named({0: "a", 1: "b", 5: "c"}) == "seeds 0, 1, 5"
