"""Main effects, interactions and shares of factorial designs, on tables whose truth is known."""

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.multitest import multipletests

from ablate.analysis.factorial import (
    COLUMNS,
    arms_without_values,
    factorial_table,
    lacks_combinations,
    variance_shares,
)
from ablate.analysis.tables import trial_table
from ablate.study.arms import Arm
from ablate.study.plan import Plan
from ablate.study.schema import Design
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

ACCURACY = "test_accuracy"


def trials_of(plan: Plan, value: Callable[[Arm, int], float | str | None]) -> pd.DataFrame:
    """value: of an arm on a seed."""
    values = {arm.key: [value(arm, seed) for seed in plan.study.seeds] for arm in plan.arms}
    return trial_table(plan, records_of(plan, values))


def table_of(
    plan: Plan, value: Callable[[Arm, int], float | str | None], resolution: float = 0.0
) -> pd.DataFrame:
    steps = dict.fromkeys(plan.study.contexts, resolution)
    table = factorial_table(plan, trials_of(plan, value), ACCURACY, steps)
    return table.set_index(["effect", "change"])


def has(arm: Arm, *levels: str) -> bool:
    """Whether an arm has all these levels."""
    return set(levels) <= set(arm.levels.values())


def additive(arm: Arm, seed: int) -> float:
    """Width gains 2, norm 3, long training loses 1; a seed is a seed."""
    return 80 + seed + 2 * has(arm, "wide") + 3 * has(arm, "batch") - has(arm, "long")


def interacting(arm: Arm, seed: int) -> float:
    """Width gains 4 with norm alone."""
    return 80 + seed + 3 * has(arm, "batch") + 4 * has(arm, "wide", "batch")


# --- effects --------------------------------------------------------------------------------------


def test_an_additive_table_has_its_main_effects_and_no_interactions():
    table = table_of(plan_of(WIDTH, NORM, EPOCHS, seeds=3, design="full_factorial"), additive)
    main = table[table["kind"] == "main"]["estimate"]
    assert main.to_dict() == {
        ("width", "narrow -> wide"): pytest.approx(2.0),
        ("norm", "plain -> batch"): pytest.approx(3.0),
        ("epochs", "short -> long"): pytest.approx(-1.0),
    }
    interactions = table[table["kind"] == "interaction"]["estimate"]
    assert list(interactions.index.get_level_values("effect")) == [
        "width:norm",
        "width:epochs",
        "norm:epochs",
    ]
    assert interactions.to_numpy() == pytest.approx(np.zeros(3), abs=1e-9)
    assert set(table["n"]) == {3}
    assert set(table["aliased_with"]) == {""}


def test_an_interaction_is_half_the_difference_between_a_factors_effects():
    table = table_of(plan_of(WIDTH, NORM, EPOCHS, seeds=3, design="full_factorial"), interacting)
    estimates = table["estimate"].droplevel("change")
    assert estimates["width"] == pytest.approx(2.0)
    assert estimates["norm"] == pytest.approx(5.0)
    assert estimates["width:norm"] == pytest.approx(2.0)
    assert estimates[["epochs", "width:epochs", "norm:epochs"]].abs().max() < 1e-9


def test_the_interval_is_the_t_interval_of_the_contrast_within_seeds():
    noise = np.random.default_rng(1).normal(0, 1, (4, 4))
    plan = plan_of(WIDTH, NORM, seeds=4, design="full_factorial")
    names = [arm.name for arm in plan.arms]
    assert names == ["baseline", "batch", "wide", "wide, batch"]
    table = table_of(plan, lambda arm, seed: noise[names.index(arm.name), seed])
    base, batch, wide, both = noise
    for effect, contrast in {
        "width": (wide + both - base - batch) / 2,
        "norm": (batch + both - base - wide) / 2,
        "width:norm": (both + base - batch - wide) / 2,
    }.items():
        row = table.xs(effect, level="effect").iloc[0]
        test = stats.ttest_1samp(contrast, 0.0)
        between = test.confidence_interval(0.95)
        assert row["estimate"] == pytest.approx(contrast.mean())
        assert (row["low"], row["high"]) == pytest.approx((between.low, between.high))
        assert row["p"] == pytest.approx(test.pvalue)
    ordered = table.sort_values("p")
    expected = np.maximum.accumulate(ordered["p"] * [3, 2, 1]).clip(upper=1.0)
    assert ordered["p_holm"].to_numpy() == pytest.approx(expected.to_numpy())


def test_rounding_weighs_less_in_a_mean_of_arms():
    """Four arms with weights of one half: g/sqrt(12), less than a difference of two arms."""
    table = table_of(plan_of(WIDTH, NORM, seeds=3, design="full_factorial"), additive, 0.5)
    half = stats.t.ppf(0.975, 2) * 0.5 / np.sqrt(12) / np.sqrt(3)
    assert (table["high"] - table["estimate"]).to_numpy() == pytest.approx([half] * 3)


def test_every_level_is_held_against_the_reference_level():
    def value(arm: Arm, seed: int) -> float:
        return 80 + seed + 1.0 * has(arm, "mean") - 2.0 * has(arm, "stride") + 3 * has(arm, "batch")

    table = table_of(plan_of(POOL, NORM, seeds=2, design="full_factorial"), value)
    assert table["estimate"].to_dict() == {
        ("pool", "max -> mean"): pytest.approx(1.0),
        ("pool", "max -> stride"): pytest.approx(-2.0),
        ("norm", "plain -> batch"): pytest.approx(3.0),
        ("pool:norm", "max -> mean, plain -> batch"): pytest.approx(0.0, abs=1e-9),
        ("pool:norm", "max -> stride, plain -> batch"): pytest.approx(0.0, abs=1e-9),
    }
    shares = table["share"].droplevel("effect")
    assert shares["max -> mean"] == shares["max -> stride"]
    # Sums of squares of a seed's six arms: two of each pool, three of each norm.
    pool = 2 * np.square(np.array([0, 1, -2]) + 1 / 3).sum()
    norm = 6 * 1.5**2
    assert shares["max -> mean"] == pytest.approx(pool / (pool + norm))


def test_an_interaction_of_many_levels_has_a_row_a_level_and_its_share_on_each():
    def value(arm: Arm, seed: int) -> float:
        return 80 + seed + 4 * has(arm, "stride", "batch") + has(arm, "wide")

    plan = plan_of(WIDTH, POOL, NORM, seeds=2, design="full_factorial")
    table = table_of(plan, value).xs("pool:norm", level="effect")
    assert table["estimate"].to_dict() == {
        "max -> mean, plain -> batch": pytest.approx(0.0, abs=1e-9),
        "max -> stride, plain -> batch": pytest.approx(2.0),
    }
    assert table["level"].tolist() == ["mean", "stride"]
    assert table["other_level"].tolist() == ["batch", "batch"]
    assert table["share"].nunique() == 1 and (table["share"] > 0.1).all()


def test_a_missing_trial_takes_its_seed_from_the_effects_that_need_it():
    plan = plan_of(WIDTH, NORM, seeds=4, design="full_factorial")
    table = table_of(
        plan, lambda arm, seed: None if seed == 2 and has(arm, "wide") else additive(arm, seed)
    )
    assert set(table["n"]) == {3}
    assert table["estimate"].droplevel("change")["width"] == pytest.approx(2.0)


def test_failed_trials_are_missing():
    plan = plan_of(WIDTH, NORM, seeds=3, design="full_factorial")
    table = table_of(plan, lambda arm, seed: "failed" if seed == 2 else additive(arm, seed))
    assert set(table["n"]) == {2}


def test_a_single_seed_gives_estimates_without_intervals():
    table = table_of(plan_of(WIDTH, NORM, seeds=1, design="full_factorial"), additive)
    estimates = table["estimate"].droplevel("change")
    assert estimates.to_dict() == pytest.approx({"width": 2.0, "norm": 3.0, "width:norm": 0.0})
    assert table[["low", "high", "p", "p_holm"]].isna().all(axis=None)
    shares = table["share"].droplevel("change")
    assert shares[["width", "norm"]].to_dict() == pytest.approx({"width": 4 / 13, "norm": 9 / 13})
    assert np.isnan(shares["width:norm"])


def test_without_trials_there_are_rows_without_numbers():
    table = table_of(plan_of(WIDTH, NORM, seeds=2, design="full_factorial"), lambda *_: None)
    assert len(table) == 3
    assert set(table["n"]) == {0}
    assert table[["estimate", "low", "high", "p", "p_holm", "share"]].isna().all(axis=None)


@pytest.mark.parametrize("design", ["one_at_a_time", "leave_one_out", "add_one_in", "path"])
def test_other_designs_have_no_such_table(design):
    plan = plan_of(WIDTH, NORM, seeds=2, design=design)
    table = factorial_table(plan, trials_of(plan, additive), ACCURACY)
    assert table.empty
    assert list(table.columns) == COLUMNS


def test_a_factorial_without_factors_has_no_rows():
    plan = plan_of(seeds=2, design="full_factorial")
    table = factorial_table(plan, trials_of(plan, additive), ACCURACY)
    assert table.empty
    assert list(table.columns) == COLUMNS


def test_contexts_have_effects_of_their_own():
    contexts = {"short": {}, "fast": {"training.rate": 0.5}}
    plan = plan_of(WIDTH, NORM, seeds=2, design="full_factorial", contexts=contexts)

    def value(arm: Arm, seed: int) -> float:
        return additive(arm, seed) * (2 if arm.context == "fast" else 1)

    table = factorial_table(plan, trials_of(plan, value), ACCURACY)
    widths = table[table["effect"] == "width"].set_index("context")["estimate"]
    assert widths.to_dict() == pytest.approx({"short": 2.0, "fast": 4.0})
    assert table["p_holm"].notna().sum() == 6


# --- combinations that a full factorial lacks -----------------------------------------------------


def test_a_conditional_factor_is_averaged_only_over_arms_that_differ_in_it_alone():
    """Momentum gains 3 under sgd, which loses 5: averages of all arms would say it gains 0.5."""

    def value(arm: Arm, seed: int) -> float:
        return 80 + seed - 5 * has(arm, "sgd") + 3 * has(arm, "rolling") + 2 * has(arm, "wide")

    plan = plan_of(OPTIMIZER, MOMENTUM, WIDTH, seeds=3, design="full_factorial")
    assert len(plan.arms) == 6
    estimates = table_of(plan, value)["estimate"].droplevel("change")
    assert estimates["momentum"] == pytest.approx(3.0)
    assert estimates["optimizer"] == pytest.approx(-5.0)
    assert estimates["width"] == pytest.approx(2.0)
    assert estimates["optimizer:width"] == pytest.approx(0.0, abs=1e-9)
    assert estimates["momentum:width"] == pytest.approx(0.0, abs=1e-9)
    assert "optimizer:momentum" not in estimates.index


def test_a_forbidden_combination_does_not_bias_the_other_effects():
    plan = plan_of(
        WIDTH,
        NORM,
        EPOCHS,
        seeds=3,
        design="full_factorial",
        forbid=[{"width": "wide", "norm": "batch", "epochs": "long"}],
    )
    assert len(plan.arms) == 7
    estimates = table_of(plan, additive)["estimate"].droplevel("change")
    assert estimates[["width", "norm", "epochs"]].to_list() == pytest.approx([2.0, 3.0, -1.0])
    interactions = [name for name in estimates.index if ":" in name]
    assert estimates[interactions].abs().max() < 1e-9


def test_an_arm_that_always_fails_leaves_the_effects_to_the_other_combinations():
    plan = plan_of(WIDTH, NORM, EPOCHS, seeds=3, design="full_factorial")

    def value(arm: Arm, seed: int) -> float | str:
        return "failed" if has(arm, "wide", "batch", "long") else additive(arm, seed)

    table = table_of(plan, value)
    estimates = table["estimate"].droplevel("change")
    assert list(table["n"]) == [3] * 6
    assert estimates[["width", "norm", "epochs"]].to_list() == pytest.approx([2.0, 3.0, -1.0])
    trials = trials_of(plan, value)
    assert lacks_combinations(plan, trials, ACCURACY)
    assert [arm.name for arm in arms_without_values(plan, trials, ACCURACY)] == [
        "wide, batch, long"
    ]


def test_an_effect_that_no_two_arms_with_values_show_keeps_its_row():
    plan = plan_of(WIDTH, NORM, seeds=3, design="full_factorial")
    table = table_of(plan, lambda arm, seed: None if has(arm, "wide") else additive(arm, seed))
    estimates = table["estimate"].droplevel("change")
    assert estimates["norm"] == pytest.approx(3.0)
    assert estimates[["width", "width:norm"]].isna().all()


@pytest.mark.parametrize(
    ("factors", "changes", "lacking"),
    [
        ((WIDTH, NORM), {}, False),
        ((OPTIMIZER, MOMENTUM, WIDTH), {}, True),
        ((WIDTH, NORM), {"forbid": [{"width": "wide", "norm": "batch"}]}, True),
        ((WIDTH, NORM), {"design": "one_at_a_time"}, False),
    ],
)
def test_conditions_and_forbidden_combinations_are_lacking(factors, changes, lacking):
    plan = plan_of(*factors, seeds=2, **({"design": "full_factorial"} | changes))
    assert lacks_combinations(plan, trials_of(plan, additive), ACCURACY) is lacking
    assert lacks_combinations(plan, trials_of(plan, lambda *_: None), ACCURACY) is lacking


def test_a_combination_that_is_not_there_takes_the_share_of_no_other_effect():
    """`momentum` varies under sgd alone, so that it and the optimizer have no interaction."""
    plan = plan_of(OPTIMIZER, MOMENTUM, WIDTH, seeds=3, design="full_factorial")
    trials = trials_of(plan, noisy())
    shares = variance_shares(trials, ACCURACY, ("optimizer", "momentum", "width"))
    assert list(shares) == [
        "optimizer", "momentum", "width", "optimizer:width", "momentum:width"
    ]  # fmt: skip
    renamed = trials.rename(columns={ACCURACY: "y"})
    renamed.columns = [name.removeprefix("factor.")[:3] for name in renamed.columns]
    squares = anova_lm(
        ols("y ~ opt + mom + wid + opt:wid + mom:wid + C(see)", renamed).fit(), typ=2
    )["sum_sq"]
    total = squares.drop("C(see)").sum()
    assert shares["momentum:width"] == pytest.approx(squares["mom:wid"] / total)
    assert shares["width"] == pytest.approx(squares["wid"] / total)


def test_an_effect_of_which_no_two_arms_differ_in_it_alone_has_no_row():
    plan = plan_of(
        WIDTH,
        NORM,
        seeds=2,
        design="full_factorial",
        forbid=[{"width": "wide", "norm": "plain"}],
    )
    effects = table_of(plan, additive).index.get_level_values("effect")
    assert list(effects) == ["width", "norm"]
    narrower = plan_of(
        WIDTH,
        NORM,
        seeds=2,
        design="full_factorial",
        forbid=[{"width": "wide", "norm": "plain"}, {"width": "narrow", "norm": "batch"}],
    )
    assert [arm.name for arm in narrower.arms] == ["baseline", "wide, batch"]
    assert table_of(narrower, additive).empty


# --- fractions ------------------------------------------------------------------------------------


def fraction(resolution: int, *factors) -> Plan:
    design = Design(kind="fractional_factorial", resolution=resolution)
    return plan_of(*factors, seeds=2, design=design)


def test_a_fraction_recovers_additive_main_effects():
    plan = fraction(3, WIDTH, NORM, EPOCHS)
    assert len(plan.arms) == 4
    table = table_of(plan, additive)
    mains = table[table["kind"] == "main"]["estimate"].droplevel("change")
    assert mains.to_dict() == pytest.approx({"width": 2.0, "norm": 3.0, "epochs": -1.0})


def test_a_fraction_says_what_it_cannot_tell_apart():
    table = table_of(fraction(3, WIDTH, NORM, EPOCHS), additive)
    assert table["aliased_with"].droplevel("change").to_dict() == {
        "width": "norm:epochs",
        "norm": "width:epochs",
        "epochs": "width:norm",
        "width:norm": "epochs",
        "width:epochs": "norm",
        "norm:epochs": "width",
    }


def test_aliased_effects_have_the_same_size():
    table = table_of(fraction(3, WIDTH, NORM, EPOCHS), interacting)
    estimates = table["estimate"].droplevel("change").abs()
    for effect, alias in table["aliased_with"].droplevel("change").items():
        assert estimates[effect] == pytest.approx(estimates[alias])


def test_effects_that_a_fraction_cannot_tell_apart_are_one_comparison():
    table = table_of(fraction(3, WIDTH, NORM, EPOCHS), noisy())
    table = table.droplevel("change")
    p = table["p"]
    assert p["width:norm"] == pytest.approx(p["epochs"])
    adjusted = multipletests(p[["width", "norm", "epochs"]], method="holm")[1]
    assert table["p_holm"][["width", "norm", "epochs"]].to_list() == pytest.approx(adjusted)
    aliases = table["p_holm"][["norm:epochs", "width:epochs", "width:norm"]]
    assert aliases.to_list() == pytest.approx(adjusted)


def test_a_fraction_of_resolution_four_keeps_main_effects_clear_of_interactions():
    plan = fraction(4, WIDTH, NORM, EPOCHS, RATE)
    assert len(plan.arms) == 8
    table = table_of(plan, interacting)
    aliased = table["aliased_with"].droplevel("change")
    assert set(aliased[["width", "norm", "epochs", "rate"]]) == {""}
    assert aliased["width:norm"] == "epochs:rate"
    estimates = table["estimate"].droplevel("change")
    assert estimates[["width", "norm"]].to_list() == pytest.approx([2.0, 5.0])
    assert estimates["width:norm"] == pytest.approx(2.0)


def test_shares_of_a_fraction_that_aliases_interactions_are_those_of_main_effects():
    shares = table_of(fraction(3, WIDTH, NORM, EPOCHS), additive)["share"].droplevel("change")
    assert shares[["width", "norm", "epochs"]].to_list() == pytest.approx([4 / 14, 9 / 14, 1 / 14])
    assert shares.drop(["width", "norm", "epochs"]).isna().all()


def test_a_fraction_without_the_values_of_an_arm_knows_no_effect():
    plan = fraction(4, WIDTH, NORM, EPOCHS, RATE)
    gone = plan.arms[-1]
    table = table_of(plan, lambda arm, seed: None if arm is gone else additive(arm, seed))
    assert len(table) == 10
    assert (table["n"] == 0).all()
    assert table[["estimate", "low", "high", "p", "p_holm", "share"]].isna().all(axis=None)
    trials = trials_of(plan, lambda arm, seed: None if arm is gone else additive(arm, seed))
    assert arms_without_values(plan, trials, ACCURACY) == [gone]


def test_a_fraction_is_judged_by_the_seeds_that_all_arms_have():
    plan = fraction(4, WIDTH, NORM, EPOCHS, RATE)
    value, gone = noisy(), plan.arms[-1]
    in_part = table_of(
        plan, lambda arm, seed: None if arm is gone and seed == 1 else value(arm, seed)
    )
    first_alone = table_of(plan, lambda arm, seed: value(arm, seed) if seed == 0 else None)
    shown = ["n", "estimate", "share"]
    pd.testing.assert_frame_equal(in_part[shown], first_alone[shown])


# --- shares of the variation ----------------------------------------------------------------------


def noisy(scale: float = 1.0) -> Callable[[Arm, int], float]:
    generator = np.random.default_rng(7)
    noise: dict[tuple[str, int], float] = {}

    def value(arm: Arm, seed: int) -> float:
        drawn = noise.setdefault((arm.name, seed), generator.normal(0, scale))
        return interacting(arm, seed) + drawn

    return value


def test_shares_are_those_of_a_balanced_analysis_of_variance_by_hand():
    plan = plan_of(WIDTH, NORM, EPOCHS, seeds=4, design="full_factorial")
    trials = trials_of(plan, noisy())
    shares = variance_shares(trials, ACCURACY, ("width", "norm", "epochs"))
    within = trials[ACCURACY] - trials.groupby("seed")[ACCURACY].transform("mean")
    columns = {
        factor: np.where(trials[f"factor.{factor}"] == reference, -1.0, 1.0)
        for factor, reference in (("width", "narrow"), ("norm", "plain"), ("epochs", "short"))
    }
    columns |= {
        f"{one}:{other}": columns[one] * columns[other]
        for one, other in itertools.combinations(list(columns), 2)
    }
    # A column of signs with as many of each: its sum of squares is (column . y)^2 / N.
    by_hand = {
        effect: (column @ within) ** 2 / len(trials) / np.square(within).sum()
        for effect, column in columns.items()
    }
    assert shares == pytest.approx(by_hand)
    assert 0.5 < sum(shares.values()) < 1


@pytest.mark.parametrize("missing", [[], [3], [0, 5, 9, 10]])
def test_shares_are_those_of_type_two_sums_of_squares(missing):
    plan = plan_of(WIDTH, POOL, seeds=3, design="full_factorial")
    trials = trials_of(plan, noisy()).drop(index=missing)
    shares = variance_shares(trials, ACCURACY, ("width", "pool"))
    table = trials.rename(columns={"factor.width": "a", "factor.pool": "b", ACCURACY: "y"})
    squares = anova_lm(ols("y ~ a + b + a:b + C(seed)", table).fit(), typ=2)["sum_sq"]
    total = squares.drop("C(seed)").sum()
    assert shares == pytest.approx(
        {
            "width": squares["a"] / total,
            "pool": squares["b"] / total,
            "width:pool": squares["a:b"] / total,
        }
    )
    assert sum(shares.values()) <= 1


def test_without_noise_the_shares_are_the_whole():
    plan = plan_of(WIDTH, NORM, seeds=3, design="full_factorial")
    shares = variance_shares(trials_of(plan, additive), ACCURACY, ("width", "norm"))
    assert shares == pytest.approx({"width": 4 / 13, "norm": 9 / 13, "width:norm": 0.0})


@pytest.mark.parametrize("value", [0.0, 80.0, 0.1 + 0.2])
def test_where_nothing_varies_within_seeds_there_are_no_shares(value):
    plan = plan_of(WIDTH, NORM, seeds=3, design="full_factorial")
    for trials in (
        trials_of(plan, lambda *_: value),
        trials_of(plan, lambda _, seed: value + seed / 10),
    ):
        assert variance_shares(trials, ACCURACY, ("width", "norm")) == {}


def test_a_metric_may_have_any_name():
    plan = plan_of(WIDTH, NORM, seeds=3, design="full_factorial")
    trials = trials_of(plan, additive).assign(outcome=1.0, f0=2.0)
    assert len(variance_shares(trials, ACCURACY, ("width", "norm"))) == 3
    renamed = trials.drop(columns="outcome").rename(columns={ACCURACY: "outcome"})
    assert len(variance_shares(renamed, "outcome", ("width", "norm"))) == 3


def test_levels_may_have_any_name():
    plan = plan_of(WIDTH, NORM, seeds=3, design="full_factorial")
    trials = trials_of(plan, noisy())
    renamed = trials.replace({"narrow": "[8]", "wide": "16]:x", "plain": "", "batch": "a + b"})
    factors = ("width", "norm")
    assert variance_shares(renamed, ACCURACY, factors) == pytest.approx(
        variance_shares(trials, ACCURACY, factors)
    )


def test_a_factor_that_lost_a_level_has_no_share():
    plan = plan_of(WIDTH, NORM, seeds=3, design="full_factorial")
    value = noisy()
    trials = trials_of(plan, lambda arm, seed: None if has(arm, "wide") else value(arm, seed))
    assert list(variance_shares(trials, ACCURACY, ("width", "norm"))) == ["norm"]
