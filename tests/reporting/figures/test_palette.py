"""An arm looks the same everywhere and unlike any other."""

from itertools import combinations

from ablate.reporting.figures.palette import REFERENCE_COLOUR, arm_styles


def test_forty_arms_differ_without_their_colour() -> None:
    styles = arm_styles([f"arm_{index}" for index in range(40)])
    looks = [(style.marker, style.dashes) for style in styles.values()]
    assert all(first != second for first, second in combinations(looks, 2))


def test_the_first_ten_differ_in_colour_too() -> None:
    styles = arm_styles([f"arm_{index}" for index in range(10)])
    assert len({style.colour for style in styles.values()}) == 10


def test_a_name_keeps_its_style_in_every_context() -> None:
    once = arm_styles(["baseline", "sgd", "adam"], ["baseline"])
    twice = arm_styles(["baseline", "sgd", "adam", "baseline", "sgd", "adam"], ["baseline"])
    assert once == twice
    assert once["baseline"].colour == REFERENCE_COLOUR
    assert once["sgd"] != once["adam"]
