"""Differences between arms: what is compared with what, joined on seed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import gamma

from ablate.analysis.effects import (
    arm_table,
    compared,
    contrast,
    difference_table,
    effect_table,
    values_of,
)
from ablate.analysis.tables import trial_table
from ablate.study.plan import Plan
from ablate.study.schema import Design
from ablate.workload import MetricDescription
from tests.analysis.evidence import (
    EPOCHS,
    MOMENTUM,
    NORM,
    OPTIMIZER,
    POOL,
    RATE,
    WIDTH,
    plan_of,
    records_of,
)

BASE, WIDE = ("baseline", "baseline"), ("baseline", "wide")
ACCURACY = "test_accuracy"


def trials_of(plan: Plan, values, **fields) -> pd.DataFrame:
    return trial_table(plan, records_of(plan, values, **fields))


STEPS = {"baseline": 0.5}


def effects_of(plan: Plan, values, resolution: float = 0.0, metric: str = ACCURACY) -> pd.DataFrame:
    steps = dict.fromkeys(plan.study.contexts, resolution)
    return effect_table(plan, trials_of(plan, values), metric, steps).set_index("arm")


# --- the join on seed -----------------------------------------------------------------------------


def test_arms_are_compared_on_the_seeds_that_both_have():
    plan = plan_of(WIDTH, seeds=[7, 3, 5, 9])
    trials = trials_of(plan, {"baseline": [80, 70, None, 60], "wide": [81, 73, 90, None]})
    pairs = contrast(trials, ACCURACY, {WIDE: 1.0, BASE: -1.0})
    assert pairs.seeds == (3, 7)
    assert pairs.values.tolist() == [3.0, 1.0]


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    ours=st.dictionaries(st.integers(0, 9), st.integers(0, 100), max_size=8),
    theirs=st.dictionaries(st.integers(0, 9), st.integers(0, 100), max_size=8),
    order=st.randoms(use_true_random=False),
)
def test_shuffled_rows_and_missing_and_extra_seeds_change_nothing(ours, theirs, order):
    rows = [
        {"context": context, "arm": arm, "seed": seed, ACCURACY: float(value)}
        for (context, arm), own in ((WIDE, ours), (BASE, theirs), (("other", "wide"), theirs))
        for seed, value in own.items()
    ]
    order.shuffle(rows)
    trials = pd.DataFrame(rows, columns=["context", "arm", "seed", ACCURACY])
    pairs = contrast(trials, ACCURACY, {WIDE: 1.0, BASE: -1.0})
    by_hand = {seed: float(ours[seed] - theirs[seed]) for seed in sorted(ours.keys() & theirs)}
    assert dict(zip(pairs.seeds, pairs.values, strict=True)) == by_hand


def test_a_contrast_of_several_arms_is_their_weighted_sum():
    plan = plan_of(WIDTH, NORM, seeds=2)
    trials = trials_of(plan, {"baseline": [1, 2], "wide": [10, 20], "batch": [100, 200]})
    weights = {WIDE: 2.0, BASE: -1.0, ("baseline", "batch"): 0.5}
    assert contrast(trials, ACCURACY, weights).values.tolist() == [69.0, 138.0]


def test_rounding_is_weighted_as_the_arms_are():
    plan = plan_of(WIDTH, seeds=2)
    trials = trials_of(plan, {"baseline": [80, 80], "wide": [81, 81]})
    assert contrast(trials, ACCURACY, {WIDE: 1.0, BASE: -1.0}, STEPS).floor == pytest.approx(
        0.5 / np.sqrt(6)
    )
    halves = contrast(trials, ACCURACY, {WIDE: 0.5, BASE: -0.5}, STEPS)
    assert halves.sample.sd == pytest.approx(0.25 / np.sqrt(6))


@pytest.mark.parametrize("metric", [ACCURACY, "validation_accuracy"])
def test_arms_without_values_share_no_seed(metric):
    plan = plan_of(WIDTH, seeds=2)
    trials = trials_of(plan, {"baseline": [80, 81], "wide": ["failed", None]})
    pairs = contrast(trials, metric, {WIDE: 1.0, BASE: -1.0})
    assert pairs.seeds == ()
    assert pairs.sample.n == 0


def test_failed_pruned_and_missing_trials_have_no_value():
    plan = plan_of(WIDTH, seeds=4)
    trials = trials_of(plan, {"baseline": [80, "failed", "pruned", None]})
    assert values_of(trials, ACCURACY, BASE).to_dict() == {0: 80.0}


# --- what an arm is compared with -----------------------------------------------------------------


def pairs_of(plan: Plan) -> list[tuple[str, str, str | None]]:
    return [(arm.name, partner.name, factor) for arm, partner, factor in compared(plan)]


def test_one_at_a_time_compares_with_the_baseline():
    assert pairs_of(plan_of(WIDTH, POOL)) == [
        ("wide", "baseline", "width"),
        ("mean", "baseline", "pool"),
        ("stride", "baseline", "pool"),
    ]


@pytest.mark.parametrize("factors", [(OPTIMIZER, MOMENTUM), (MOMENTUM, OPTIMIZER)])
def test_a_conditional_level_is_compared_with_what_its_condition_names(factors):
    pairs = pairs_of(plan_of(*factors))
    names = {arm for arm, _, _ in pairs}
    (conditional,) = names - {"sgd"}
    assert set(pairs) == {("sgd", "baseline", "optimizer"), (conditional, "sgd", "momentum")}
    assert "rolling" in conditional


def test_where_no_arm_differs_in_one_factor_the_baseline_is_compared_with():
    plan = plan_of(OPTIMIZER, MOMENTUM, forbid=[{"optimizer": "sgd", "momentum": "still"}])
    assert pairs_of(plan) == [("sgd, rolling", "baseline", None)]


def test_leave_one_out_compares_with_the_full_recipe():
    plan = plan_of(WIDTH, NORM, design="leave_one_out")
    assert pairs_of(plan) == [
        ("without width", "baseline", "width"),
        ("without norm", "baseline", "norm"),
    ]
    assert plan.reference("baseline").levels == {"width": "wide", "norm": "batch"}


def test_add_one_in_compares_with_the_bare_recipe_or_with_what_is_needed():
    plan = plan_of(WIDTH, OPTIMIZER, MOMENTUM, design="add_one_in")
    assert pairs_of(plan) == [
        ("with width", "baseline", "width"),
        ("with optimizer", "baseline", "optimizer"),
        ("with momentum", "with optimizer", "momentum"),
    ]


@pytest.mark.parametrize("order", [("width", "norm", "epochs"), ("epochs", "width", "norm")])
def test_a_path_compares_each_step_with_the_one_before(order):
    plan = plan_of(WIDTH, NORM, EPOCHS, design=Design(kind="path", order=order))
    names = ["baseline", *(f"+ {factor}" for factor in order)]
    assert pairs_of(plan) == list(zip(names[1:], names[:-1], order, strict=True))


def test_the_candidates_of_a_greedy_path_are_compared_with_the_last_step():
    design = Design(kind="path", order="greedy")
    plan = plan_of(WIDTH, NORM, EPOCHS, design=design, chosen=("epochs",))
    assert pairs_of(plan) == [
        ("+ epochs", "baseline", "epochs"),
        ("+ width", "+ epochs", "width"),
        ("+ norm", "+ epochs", "norm"),
    ]


def test_a_factorial_compares_with_the_baseline():
    assert pairs_of(plan_of(WIDTH, NORM, design="full_factorial")) == [
        ("batch", "baseline", "norm"),
        ("wide", "baseline", "width"),
        ("wide, batch", "baseline", None),
    ]
    fraction = plan_of(
        WIDTH, NORM, EPOCHS, design=Design(kind="fractional_factorial", resolution=3)
    )
    assert {partner for _, partner, _ in pairs_of(fraction)} == {"baseline"}
    assert [factor for _, _, factor in pairs_of(fraction)] == [None, None, None]


def test_an_interval_that_is_as_wide_as_the_metrics_step_makes_it_names_the_step():
    plan = plan_of(WIDTH, POOL, NORM, seeds=3)
    values = {
        "baseline": [80.0, 81.5, 80.5],
        "wide": [81.0, 82.5, 81.5],
        "mean": [81.0, 84.0, 82.5],
        "stride": [80.0, 81.5, 80.5],  # no effect at all looks like none to anyone
        "batch": [83.0, None, None],
    }
    effects = effect_table(plan, trials_of(plan, values), ACCURACY, STEPS).set_index("arm")
    assert effects["step"].dropna().to_dict() == {"wide": 0.5}
    half = stats.t.ppf(0.975, 2) * 0.5 / np.sqrt(6) / np.sqrt(3)
    assert effects.loc["wide", ["low", "high"]].tolist() == pytest.approx([1 - half, 1 + half])


def brought_along(*factors, **fields) -> dict[str, str]:
    plan = plan_of(*factors, seeds=1, **fields)
    table = effect_table(plan, trial_table(plan, {}), ACCURACY)
    return dict(zip(table["arm"], table["also"], strict=True))


def test_levels_of_other_factors_that_an_arm_brings_along_are_named():
    sgd = {"training.optimizer": "sgd", "training.rate": 1e-2}
    optimizer = OPTIMIZER.model_copy(update={"levels": {**OPTIMIZER.levels, "sgd": sgd}})
    assert brought_along(optimizer, RATE) == {"sgd": "rate: fast", "fast": ""}


def test_what_is_varied_under_a_level_is_no_more_than_that_level():
    assert set(brought_along(OPTIMIZER, MOMENTUM).values()) == {""}
    assert set(brought_along(WIDTH, NORM, EPOCHS, design="full_factorial").values()) == {""}


def test_in_a_factorial_a_conditional_level_is_compared_with_what_its_condition_names():
    pairs = pairs_of(plan_of(OPTIMIZER, MOMENTUM, WIDTH, design="full_factorial"))
    assert [pair for pair in pairs if pair[2] is not None] == [
        ("wide", "baseline", "width"),
        ("sgd", "baseline", "optimizer"),
        ("sgd, rolling", "sgd", "momentum"),
    ]
    assert {partner for _, partner, factor in pairs if factor is None} == {"baseline"}


def test_each_context_is_compared_within_itself():
    plan = plan_of(WIDTH, NORM, contexts={"small": {}, "long": {"training.epochs": 9}})
    places = [(arm.context, arm.name, partner.key) for arm, partner, _ in compared(plan)]
    assert places == [
        (context, name, (context, "baseline"))
        for context in ("small", "long")
        for name in ("wide", "batch")
    ]


# --- the table ------------------------------------------------------------------------------------


def test_an_effect_is_the_paired_difference_with_its_t_interval():
    plan = plan_of(WIDTH, seeds=4)
    ours, theirs = [82.0, 83.5, 81.0, 84.0], [80.0, 81.0, 80.5, 80.0]
    effect = effects_of(plan, {"wide": ours, "baseline": theirs}).loc["wide"]
    test = stats.ttest_rel(ours, theirs)
    between = test.confidence_interval(0.95)
    assert (effect["n"], effect["method"]) == (4, "paired")
    assert effect["estimate"] == pytest.approx(2.25)
    assert (effect["low"], effect["high"]) == pytest.approx((between.low, between.high))
    assert effect["p"] == effect["p_holm"] == pytest.approx(test.pvalue)
    assert effect["sd"] == pytest.approx(np.std(np.subtract(ours, theirs), ddof=1))
    assert (effect["context"], effect["factor"], effect["level"]) == ("baseline", "width", "wide")
    assert (effect["reference"], effect["metric"]) == ("baseline", ACCURACY)


def test_p_values_are_adjusted_over_the_whole_table():
    plan = plan_of(WIDTH, NORM, seeds=3, contexts={"a": {}, "b": {"training.epochs": 9}})
    generator = np.random.default_rng(1)
    values = {arm.key: list(80 + generator.normal(0, 1, 3)) for arm in plan.arms}
    effects = effect_table(plan, trials_of(plan, values), ACCURACY)
    ordered = effects.sort_values("p")
    expected = np.maximum.accumulate(ordered["p"] * [4, 3, 2, 1]).clip(upper=1.0)
    assert ordered["p_holm"].to_numpy() == pytest.approx(expected.to_numpy())


def test_hedges_g_is_the_standardised_difference_without_bias():
    plan = plan_of(WIDTH, seeds=6)
    differences = np.array([1.0, 2.0, 0.5, 1.5, 3.0, 1.0])
    g = effects_of(plan, {"baseline": [80.0] * 6, "wide": list(80 + differences)})["hedges_g"]
    freedom = 5
    exact = gamma(freedom / 2) / (np.sqrt(freedom / 2) * gamma((freedom - 1) / 2))
    biased = differences.mean() / differences.std(ddof=1)
    assert g.loc["wide"] == pytest.approx(biased * (1 - 3 / 19))
    assert g.loc["wide"] == pytest.approx(biased * exact, rel=3e-3)


def test_two_seeds_give_an_interval_and_no_hedges_g():
    effect = effects_of(plan_of(WIDTH, seeds=2), {"baseline": [80, 81], "wide": [82, 84]})
    assert np.isfinite(effect.loc["wide", "low"])
    assert np.isnan(effect.loc["wide", "hedges_g"])


def test_seeds_that_tie_keep_the_spread_of_rounding():
    plan = plan_of(WIDTH, seeds=3)
    values = {"baseline": [80.0, 81.0, 82.0], "wide": [80.5, 81.5, 82.5]}
    effect = effects_of(plan, values, resolution=0.5).loc["wide"]
    half = stats.t.ppf(0.975, 2) * 0.5 / np.sqrt(6) / np.sqrt(3)
    assert effect["sd"] == 0.0
    assert (effect["low"], effect["high"]) == pytest.approx((0.5 - half, 0.5 + half))
    assert effect["hedges_g"] == pytest.approx(np.sqrt(6) * (1 - 3 / 7))


def test_one_seed_gives_an_estimate_alone():
    effect = effects_of(plan_of(WIDTH, seeds=1), {"baseline": [80], "wide": [82]}).loc["wide"]
    assert (effect["n"], effect["estimate"]) == (1, 2.0)
    missing = ["low", "high", "sd", "p", "p_holm", "hedges_g"]
    assert effect[missing].isna().all()


def test_an_arm_without_results_has_a_row_without_numbers():
    effect = effects_of(plan_of(WIDTH, seeds=3), {"baseline": [80, 81, 82]}).loc["wide"]
    assert effect["n"] == 0
    missing = ["estimate", "low", "high", "p", "p_holm", "hedges_g", "probability_of_improvement"]
    assert effect[missing].isna().all()


@pytest.mark.parametrize(("metric", "share"), [(ACCURACY, 0.625), ("test_loss", 0.375)])
def test_the_share_of_seeds_that_improve_counts_ties_half(metric, share):
    plan = plan_of(WIDTH, seeds=4, metric=metric)
    effects = effects_of(
        plan, {"baseline": [1.0, 1.0, 1.0, 1.0], "wide": [2.0, 0.5, 1.0, 3.0]}, metric=metric
    )
    assert effects.loc["wide", "probability_of_improvement"] == share


@pytest.mark.parametrize(
    ("diverged", "estimate", "n"), [("chance", -23.0, 3), ("failure_rate", 1.0, 2)]
)
def test_a_diverged_trial_counts_at_chance_or_is_left_out(diverged, estimate, n):
    plan = plan_of(WIDTH, seeds=3, diverged=diverged)
    values = {"baseline": [80, 81, 81], "wide": [81, 82, "diverged"]}
    trials = trials_of(plan, values, chance_level={ACCURACY: 10.0})
    effect = effect_table(plan, trials, ACCURACY).iloc[0]
    assert effect["estimate"] == pytest.approx(estimate)
    assert effect["n"] == n


def test_failed_and_pruned_trials_are_missing_from_effects():
    plan = plan_of(WIDTH, seeds=4)
    values = {"baseline": [80, 81, 82, 83], "wide": [81, "failed", "pruned", 84]}
    effect = effects_of(plan, values).loc["wide"]
    assert (effect["n"], effect["estimate"]) == (2, 1.0)


# --- seeds that do not match ----------------------------------------------------------------------

UNMATCHED = {"baseline": [80, 81, 82.5, None, None], "wide": [None, None, None, 84, 86]}


def test_seeds_that_do_not_match_are_compared_by_welchs_test():
    effect = effects_of(plan_of(WIDTH, seeds=5), UNMATCHED).loc["wide"]
    test = stats.ttest_ind([84, 86], [80, 81, 82.5], equal_var=False)
    between = test.confidence_interval(0.95)
    assert (effect["method"], effect["n"]) == ("welch", 2)
    assert effect["estimate"] == pytest.approx(85 - 243.5 / 3)
    assert (effect["low"], effect["high"]) == pytest.approx((between.low, between.high))
    assert effect["p"] == pytest.approx(test.pvalue)
    assert effect[["sd", "hedges_g", "probability_of_improvement"]].isna().all()


def test_welchs_test_names_the_step_that_widened_its_interval():
    apart = {"baseline": [80.0, 80.0, None, None], "wide": [None, None, 84.0, 86.0]}
    plan = plan_of(WIDTH, seeds=4)
    steps = [
        effect_table(plan, trials_of(plan, values), ACCURACY, STEPS)["step"].item()
        for values in (apart, apart | {"baseline": [80.0, 81.0, None, None]})
    ]
    assert steps[0] == 0.5 and np.isnan(steps[1])


def test_an_arm_whose_seeds_are_equal_has_no_spread_at_all():
    """The mean of six times 2.3 is rounded, and lies beside it."""
    plan = plan_of(WIDTH, seeds=6)
    values = {"baseline": [2.3] * 6, "wide": [2.3] * 5 + [2.4]}
    of_baseline, of_wide = arm_table(plan, trials_of(plan, values), ACCURACY)["sd"]
    assert (of_baseline, of_wide) == (0.0, pytest.approx(0.1 / np.sqrt(6)))


def test_one_seed_that_matches_is_not_enough_for_pairs():
    values = {"baseline": [80, 81, None], "wide": [None, 84, 86]}
    effect = effects_of(plan_of(WIDTH, seeds=3), values).loc["wide"]
    assert effect["method"] == "welch"
    assert np.isnan(effect["probability_of_improvement"])


def test_two_seeds_that_match_are_paired():
    values = {"baseline": [80, 81, 90], "wide": [82, 84, None]}
    effect = effects_of(plan_of(WIDTH, seeds=3), values).loc["wide"]
    assert (effect["method"], effect["n"], effect["estimate"]) == ("paired", 2, 2.5)


def test_one_value_of_an_arm_is_not_enough_for_welchs_test():
    values = {"baseline": [80, 81, None], "wide": [None, None, 84]}
    effect = effects_of(plan_of(WIDTH, seeds=3), values).loc["wide"]
    assert (effect["method"], effect["n"]) == ("paired", 0)


def test_unmatched_seeds_that_tie_are_not_certain():
    values = {"baseline": [80, 80, None, None], "wide": [None, None, 80.5, 80.5]}
    effect = effects_of(plan_of(WIDTH, seeds=4), values, resolution=0.5).loc["wide"]
    test = stats.ttest_ind_from_stats(
        80.5, 0.5 / np.sqrt(12), 2, 80, 0.5 / np.sqrt(12), 2, equal_var=False
    )
    assert effect["p"] == pytest.approx(test.pvalue)
    assert effect["low"] < 0.5 < effect["high"]


def test_unmatched_seeds_that_make_no_difference_prove_nothing():
    """Nothing tells how far they would spread, as the step is not known."""
    values = {"baseline": [80, 80, None, None], "wide": [None, None, 81, 81], "batch": 4 * [80.5]}
    effects = effects_of(plan_of(WIDTH, NORM, seeds=4), values, resolution=np.nan)
    assert effects.loc["wide", "method"] == "welch"
    assert effects.loc["wide", ["low", "high", "p", "p_holm"]].isna().all()


def test_unmatched_seeds_that_are_all_equal_show_no_difference():
    values = {"baseline": [80, 80, None, None], "wide": [None, None, 80, 80]}
    effect = effects_of(plan_of(WIDTH, seeds=4), values).loc["wide"]
    assert (effect["estimate"], effect["low"], effect["high"], effect["p"]) == (0, 0, 0, 1.0)


# --- pairs and arms -------------------------------------------------------------------------------


def test_the_pairs_behind_effects_are_listed():
    plan = plan_of(WIDTH, NORM, seeds=2)
    trials = trials_of(plan, {"baseline": [80, 81], "wide": [82, 84], "batch": [None, 80]})
    table = difference_table(plan, trials, ACCURACY)
    assert table.to_dict("records") == [
        {"context": "baseline", "arm": "wide", "seed": 0, "difference": 2.0},
        {"context": "baseline", "arm": "wide", "seed": 1, "difference": 3.0},
        {"context": "baseline", "arm": "batch", "seed": 1, "difference": -1.0},
    ]


def test_the_pairs_of_effects_average_to_the_estimates():
    plan = plan_of(WIDTH, NORM, EPOCHS, seeds=4, design="path")
    generator = np.random.default_rng(2)
    values = {arm.name: list(generator.normal(80, 1, 4)) for arm in plan.arms}
    trials = trials_of(plan, values)
    means = difference_table(plan, trials, ACCURACY).groupby("arm")["difference"].mean()
    effects = effect_table(plan, trials, ACCURACY).set_index("arm")["estimate"]
    assert means.to_dict() == pytest.approx(effects.to_dict())


def test_an_arm_is_summarised_by_mean_spread_and_interval():
    plan = plan_of(WIDTH, seeds=3)
    arms = arm_table(plan, trials_of(plan, {"baseline": [80, 82, 83]}), ACCURACY)
    row = arms.iloc[0]
    between = stats.ttest_1samp([80, 82, 83], 0.0).confidence_interval(0.95)
    assert (row["context"], row["arm"], row["is_reference"]) == ("baseline", "baseline", True)
    assert (row["n"], row["mean"]) == (3, pytest.approx(245 / 3))
    assert row["sd"] == pytest.approx(np.std([80, 82, 83], ddof=1))
    assert (row["low"], row["high"]) == pytest.approx((between.low, between.high))
    assert (row["core_seconds"], row["flops"]) == (3600.0, 1e9)


def test_an_arm_tells_how_its_trials_ended():
    plan = plan_of(WIDTH, seeds=5)
    values = {"wide": [80, "diverged", "failed", "pruned", None], "baseline": [80] * 5}
    arms = arm_table(plan, trials_of(plan, values), ACCURACY).set_index("arm")
    endings = ["n", "diverged", "failed", "missing"]
    assert arms.loc["wide", endings].tolist() == [1, 1, 1, 2]
    assert arms.loc["baseline", endings].tolist() == [5, 0, 0, 0]


def test_an_arm_without_trials_has_no_numbers():
    plan = plan_of(WIDTH, seeds=2)
    row = arm_table(plan, trials_of(plan, {}), ACCURACY).iloc[1]
    assert (row["n"], row["missing"]) == (0, 2)
    assert row[["mean", "sd", "low", "high", "core_seconds", "flops"]].isna().all()


def test_an_arm_of_which_no_trial_has_trained_has_no_interval():
    metrics = {ACCURACY: MetricDescription(label="accuracy", chance=10.0)}
    plan = plan_of(WIDTH, seeds=3, metrics=metrics)
    values = {"wide": ["diverged"] * 3, "baseline": ["diverged", 80, 81]}
    arms = arm_table(plan, trials_of(plan, values), ACCURACY, STEPS).set_index("arm")
    assert arms.loc["wide", ["n", "mean"]].tolist() == [3, 10.0]
    assert arms.loc["wide", ["low", "high"]].isna().all()
    assert arms.loc["baseline", ["low", "high"]].notna().all()


def test_the_interval_of_an_arm_whose_seeds_tie_is_that_of_rounding():
    plan = plan_of(WIDTH, seeds=3)
    trials = trials_of(plan, {"baseline": [80.0] * 3})
    row = arm_table(plan, trials, ACCURACY, STEPS).iloc[0]
    half = stats.t.ppf(0.975, 2) * 0.5 / np.sqrt(12) / np.sqrt(3)
    assert row["sd"] == 0.0
    assert row["high"] - row["mean"] == pytest.approx(half)
