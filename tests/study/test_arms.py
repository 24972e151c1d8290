from typing import Any

import pytest

from ablate.study.arms import levels_in_force
from ablate.study.drawing import draw_arms
from ablate.study.schema import Study
from tests.study.fake_workload import FAKE
from tests.study.made_studies import MOMENTUM, OPTIMIZER, study

RATE = {"slow": {"training.rate": 0.001}, "fast": {"training.rate": 0.05}}


def in_force(of: Study) -> dict[str, dict[str, str]]:
    reference, *others = draw_arms(of, FAKE)
    return {arm.name: levels_in_force(of, arm, reference) for arm in others}


def test_a_level_that_sets_what_another_factor_is_about_brings_its_level_along():
    assert in_force(study({"optimizer": OPTIMIZER, "rate": RATE})) == {
        "sgd": {"optimizer": "sgd", "rate": "fast"},
        "fast": {"optimizer": "adam", "rate": "fast"},  # not all that sgd sets
    }


def test_one_that_sets_it_to_what_no_level_says_leaves_the_name():
    other = {"adam": {}, "sgd": {"training.optimizer": "sgd", "training.rate": 0.1}}
    assert in_force(study({"optimizer": other, "rate": RATE}))["sgd"]["rate"] == "slow"


def test_what_a_level_brings_along_needs_the_condition_of_its_factor():
    conditional = {"levels": MOMENTUM["levels"], "when": {"optimizer": "sgd"}}
    factors = {
        "optimizer": {"adam": {}, "sgd": {"training.optimizer": "sgd", "training.momentum": 0.9}},
        "momentum": conditional,
        "pool": {"max": {}, "mean": {"model.pool": "mean", "training.momentum": 0.9}},
    }
    of = study(factors)
    assert in_force(of)["mean"]["momentum"] == draw_arms(of, FAKE)[0].levels["momentum"]


@pytest.mark.parametrize(
    ("baseline", "shown"),
    [
        ({}, {"optimizer": "adam"}),  # nothing says what momentum would be
        ({"training.momentum": 0.0}, {"optimizer": "adam", "momentum": "0"}),
    ],
)
def test_where_its_condition_fails_a_factor_has_the_level_that_the_settings_hold_or_none(
    baseline: dict[str, float], shown: dict[str, str]
) -> None:
    of = study(
        {"optimizer": OPTIMIZER, "momentum": MOMENTUM},
        design="leave_one_out",
        contexts={"baseline": baseline},
    )
    assert in_force(of)["without optimizer"] == shown


@pytest.mark.parametrize(("own", "other"), [(1, 1.0), (1.0, 1), (1, True), (0, False)])
def test_a_level_that_a_trials_hash_tells_from_the_baseline_is_an_arm(own: Any, other: Any):
    """A function may take 1 for one feature, and 1.0 for all of them."""
    width = {"own": {"model.width": own}, "other": {"model.width": other}}
    of = study({"width": width}, contexts={"baseline": {"model.width": own}})
    arms = draw_arms(of, FAKE)
    assert [arm.levels["width"] for arm in arms] == ["own", "other"]


def test_a_level_in_force_is_found_however_its_number_is_written():
    recipe = {"old": {}, "new": {"training.optimizer": "sgd", "training.momentum": 0}}
    momentum = {"some": {"training.momentum": 0.9}, "none": {"training.momentum": 0.0}}
    of = study(
        {"recipe": recipe, "momentum": momentum},
        contexts={"baseline": {"training.optimizer": "sgd", "training.momentum": 0.9}},
    )
    assert in_force(of)["new"] == {"recipe": "new", "momentum": "none"}
