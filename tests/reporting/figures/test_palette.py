"""An arm looks the same everywhere and unlike any other."""

from itertools import combinations

import numpy as np
import pytest

from ablate.reporting.figures.palette import REFERENCE_COLOUR, arm_styles, shades


def test_forty_arms_differ_without_their_colour() -> None:
    styles = arm_styles([f"arm_{index}" for index in range(40)])
    looks = [(style.marker, style.dashes) for style in styles.values()]
    assert all(first != second for first, second in combinations(looks, 2))


def test_the_first_ten_differ_in_colour_and_in_marker() -> None:
    styles = arm_styles([f"arm_{index}" for index in range(11)], ["arm_0"])
    assert len({style.colour for style in styles.values()}) == 11
    assert len({style.marker for style in styles.values()}) == 11


def test_a_solid_line_is_the_baselines_alone_and_the_first_four_others_have_their_own() -> None:
    styles = arm_styles(["baseline", *(f"arm_{index}" for index in range(40))], ["baseline"])
    baseline, *others = (style.dashes for style in styles.values())
    assert baseline == () and () not in others
    assert len(set(others[:4])) == 4


def test_a_name_keeps_its_style_in_every_context() -> None:
    once = arm_styles(["baseline", "sgd", "adam"], ["baseline"])
    twice = arm_styles(["baseline", "sgd", "adam", "baseline", "sgd", "adam"], ["baseline"])
    assert once == twice
    assert once["baseline"].colour == REFERENCE_COLOUR
    assert once["sgd"] != once["adam"]


@pytest.mark.parametrize("higher_is_better", [True, False])
def test_the_better_a_value_the_darker_its_shade(higher_is_better: bool) -> None:
    colours = shades(higher_is_better)(np.linspace(0, 1, 20))[:, :3]
    grey = colours @ [0.299, 0.587, 0.114]  # as a printer without colour shows them
    assert (np.diff(grey) * (-1 if higher_is_better else 1) > 0).all()


def test_no_arm_looks_like_the_mark_of_a_trial_that_diverged() -> None:
    styles = arm_styles([f"arm {number}" for number in range(40)])
    assert {style.marker for style in styles.values()}.isdisjoint({"x", "X"})
