"""The same change in each context, wherever the contexts start."""

import pytest

from ablate.analysis.contexts import CONTEXT_COLUMNS, context_difference_table, context_table
from ablate.analysis.effects import effect_table
from ablate.analysis.tables import trial_table
from ablate.study.arms import Arm
from ablate.study.plan import Plan
from tests.analysis.evidence import NORM, POOL, WIDTH, plan_of, records_of

ACCURACY = "test_accuracy"
CONTEXTS = {
    "small": {"model.width": 8, "model.pool": "max"},
    "large": {"model.width": 16, "model.pool": "stride"},
}
GAINS = {"wide": 5.0, "mean": 1.0, "stride": -2.0, "batch": 3.0}


def value(arm: Arm, seed: int) -> float:
    """Levels add up, whatever the context; a seed is a seed."""
    return 70 + seed + sum(GAINS.get(level, 0.0) for level in arm.levels.values())


def trials_of(plan: Plan):
    values = {arm.key: [value(arm, seed) for seed in plan.study.seeds] for arm in plan.arms}
    return trial_table(plan, records_of(plan, values))


def table_of(plan: Plan):
    return context_table(plan, trials_of(plan), ACCURACY)


@pytest.mark.parametrize("design", ["one_at_a_time", "full_factorial"])
def test_contexts_that_start_at_opposite_levels_show_one_effect_alike(design):
    plan = plan_of(WIDTH, POOL, seeds=3, contexts=CONTEXTS, design=design)
    effects = effect_table(plan, trials_of(plan), ACCURACY)
    if design == "one_at_a_time":  # which tell of the same two levels with opposite signs
        assert effects[effects["factor"] == "width"]["estimate"].tolist() == [5.0, -5.0]
    table = table_of(plan).set_index(["factor", "change", "context"])["estimate"]
    expected = {
        ("width", "narrow -> wide"): 5.0,
        ("pool", "max -> mean"): 1.0,
        ("pool", "max -> stride"): -2.0,
        ("pool", "mean -> stride"): -3.0,
    }
    assert table.to_dict() == pytest.approx(
        {(*change, context): gain for change, gain in expected.items() for context in CONTEXTS}
    )


def test_the_pairs_behind_a_row_have_its_mean():
    plan = plan_of(WIDTH, POOL, seeds=3, contexts=CONTEXTS)
    trials = trials_of(plan)
    pairs = context_difference_table(plan, trials, ACCURACY)
    means = pairs.groupby(["factor", "change", "context"], sort=False)["difference"].mean()
    table = context_table(plan, trials, ACCURACY).set_index(["factor", "change", "context"])
    assert means.to_dict() == pytest.approx(table["estimate"].to_dict())
    assert set(table["n"]) == {3}


def test_a_change_that_one_context_alone_has_is_left_to_the_effects():
    elsewhere = NORM.model_copy(update={"contexts": ("small",)})
    table = table_of(plan_of(WIDTH, elsewhere, seeds=3, contexts=CONTEXTS))
    assert table["factor"].tolist() == ["width", "width"]


def test_one_context_has_no_such_table():
    table = table_of(plan_of(WIDTH, POOL, seeds=3))
    assert table.empty
    assert list(table.columns) == CONTEXT_COLUMNS


def test_a_combination_without_values_is_left_out_of_the_mean_of_the_others():
    contexts = {"small": {"model.width": 8}, "large": {"model.width": 16}}
    plan = plan_of(POOL, NORM, seeds=3, contexts=contexts, design="full_factorial")
    values = {arm.key: [value(arm, seed) for seed in plan.study.seeds] for arm in plan.arms}
    whole = table_of(plan)
    values["small", "mean, batch"] = [None] * 3
    trials = trial_table(plan, records_of(plan, values))
    table = context_table(plan, trials, ACCURACY)
    assert table["n"].tolist() == [3] * len(table)
    assert table["estimate"].tolist() == pytest.approx(whole["estimate"].tolist())
    values |= {key: [None] * 3 for key in values if key[0] == "small"}
    none_there = context_table(plan, trial_table(plan, records_of(plan, values)), ACCURACY)
    assert set(none_there[none_there["context"] == "small"]["n"]) == {0}
