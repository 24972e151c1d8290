"""Two factors that set one key in a factorial, or in a full recipe."""

from collections.abc import Callable

import pytest

from ablate.study.drawing import draw_arms
from ablate.study.schema import Study
from tests.study.fake_workload import FAKE

Load = Callable[..., Study]
Refused = Callable[..., str]

STUDY = """\
question: "?"
baseline: {training.optimizer: adam, training.rate: 5e-4}
factors:
  optimizer:
    adam: {training.optimizer: adam, training.rate: 5e-4}
    sgd: {training.optimizer: sgd, training.rate: 5e-2}
  training.rate: [5e-4, 1e-2]
design: full_factorial
"""
CURE = "\n    make one factor of the two, or vary 'rate' under one level of 'optimizer' alone, by "


def test_two_factors_of_a_factorial_that_set_one_key_are_refused(refused: Refused) -> None:
    assert refused(STUDY) == (
        "study.yaml, line 5, factors.optimizer.adam.training.rate: 'optimizer' and 'rate' both set "
        "training.rate: an arm of level 'adam' and level '0.01' can run at one alone\n"
        "study.yaml, line 7, factors.training.rate[1]: sets training.rate, as 'optimizer' does"
        f"{CURE}`when: {{optimizer: adam}}`"
    )


def test_a_level_that_leaves_the_baseline_is_held_against_others_too(refused: Refused) -> None:
    message = refused(STUDY.replace("adam, training.rate: 5e-4}\n    sgd", "adam}\n    sgd"))
    assert message.startswith(
        "study.yaml, line 6, factors.optimizer.sgd.training.rate: 'optimizer' and 'rate' both set "
        "training.rate: an arm of level 'sgd' and level '0.0005' can run at one alone\n"
        "study.yaml, line 7, factors.training.rate[0]: sets training.rate, as 'optimizer' does"
    )


def test_a_fraction_is_refused_with_what_would_take_a_condition(refused: Refused) -> None:
    assert refused(STUDY.replace("full_", "fractional_")).endswith(
        f"{CURE}`when: {{optimizer: adam}}`, in a full_factorial"
    )


def test_a_condition_lets_one_factor_refine_the_level_of_another(load: Load) -> None:
    study = load(STUDY.replace("[5e-4, 1e-2]", "{levels: [5e-4, 1e-2], when: {optimizer: adam}}"))
    rates = {arm.name: arm.settings["training.rate"] for arm in draw_arms(study, FAKE)}
    assert rates == {"baseline": 5e-4, "rate=0.01": 1e-2, "sgd": 5e-2}


def test_conditions_that_never_hold_together_keep_two_factors_apart(load: Load) -> None:
    low = "{levels: {a: {training.rate: 5e-4}, b: {training.rate: 1e-3}}, when: {optimizer: adam}}"
    high = "{levels: {c: {training.rate: 0.05}, d: {training.rate: 0.1}}, when: {optimizer: sgd}}"
    text = STUDY.replace("training.rate: [5e-4, 1e-2]", f"low: {low}\n  high: {high}")
    rates = {arm.name: arm.settings["training.rate"] for arm in draw_arms(load(text), FAKE)}
    assert rates == {"baseline": 5e-4, "b": 1e-3, "sgd": 5e-2, "sgd, d": 0.1}


RECIPE = """\
question: "?"
baseline: {}
factors:
  optimizer:
    adam: {}
    sgd: {training.optimizer: sgd, training.rate: 5e-2}
  cycle:
    without: {}
    with: {training.rate: 0.5, training.epochs: 3}
design: leave_one_out
"""


def test_two_ingredients_that_set_one_key_are_refused_where_one_is_left_out(
    refused: Refused,
) -> None:
    assert refused(RECIPE) == (
        "study.yaml, line 6, factors.optimizer.sgd.training.rate: 'optimizer' and 'cycle' both set "
        "training.rate: an arm of level 'sgd' and level 'with' can run at one alone\n"
        "study.yaml, line 9, factors.cycle.with.training.rate: sets training.rate, as 'optimizer' "
        "does\n"
        "    make one factor of the two, or let one of them alone set training.rate"
    )


def test_what_is_never_left_out_together_may_set_a_key_twice(load: Load) -> None:
    text = RECIPE.replace("adam: {}", "adam: {training.rate: 0.01}").replace(
        "without: {}", "without: {training.rate: 0.1}"
    )
    text = text.replace(", training.rate: 5e-2", "").replace(
        "with: {training.rate: 0.5, ", "with: {"
    )
    arms = draw_arms(load(text), FAKE)
    assert [arm.settings.get("training.rate") for arm in arms] == [None, 0.01, 0.1]


def test_a_condition_lets_one_ingredient_refine_another(load: Load) -> None:
    text = RECIPE.replace(
        "    without: {}\n    with: {training.rate: 0.5, training.epochs: 3}\n",
        "    levels: {without: {}, with: {training.rate: 0.5}}\n    when: {optimizer: sgd}\n",
    )
    arms = draw_arms(load(text), FAKE)
    assert [arm.settings.get("training.rate") for arm in arms] == [0.5, None, 5e-2]


@pytest.mark.parametrize("design", ["one_at_a_time", "add_one_in", "path"])
def test_other_designs_may_set_a_key_twice(load: Load, design: str) -> None:
    assert load(STUDY.replace("full_factorial", design)).design.kind == design


def test_two_factors_that_set_a_key_alike_are_no_conflict(load: Load) -> None:
    text = STUDY.replace("training.rate: 5e-2", "model.width: 4").replace(
        "training.rate: [5e-4, 1e-2]", "pool: {max: {}, mean: {model.pool: mean, model.width: 4}}"
    )
    load(text.replace("baseline: {", "baseline: {model.width: 4, "))


def test_a_preset_that_sets_a_factors_key_is_refused_until_the_baseline_sets_it(
    load: Load, refused: Refused
) -> None:
    text = """\
question: "?"
baseline: {preset: good_model}
factors:
  preset: [good_model, simple_model]
  architecture.normalization: [batch, none]
design: full_factorial
"""
    assert refused(text, workload=None) == (
        "study.yaml, line 4, factors.preset[1]: 'preset' and 'normalization' both set "
        "architecture.normalization: an arm of level 'simple_model' and level 'batch' can run at "
        "one alone\n"
        "study.yaml, line 5, factors.architecture.normalization[0]: sets "
        "architecture.normalization, as 'preset' does\n"
        "    set architecture.normalization in the baseline, so that 'preset' leaves it alone"
    )
    baseline = "{preset: good_model, architecture.normalization: batch}"
    study = load(text.replace("{preset: good_model}", baseline), workload=None)
    assert len(draw_arms(study)) == 4
