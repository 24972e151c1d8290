"""Intervals, decisions and Holm's method; their error rates by simulation."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_paired

from ablate.analysis.inference import (
    ALPHA,
    Sample,
    all_exceed,
    among,
    critical_value,
    differs,
    distances_from_median,
    equivalent,
    exceeds,
    holm,
    holm_levels,
    interval,
    least_interval,
    summarise,
    tie_floor,
)
from tests.analysis.simulation import agrees, equals, is_at_most, share

REPLICATIONS = 20_000  # standard error 0.0015 near 5 %

RANDOM = settings(max_examples=100, deadline=None, derandomize=True)


def a_sample(seed: int, n: int, mean: float = 0.0, sd: float = 1.0) -> Sample:
    return summarise(np.random.default_rng(seed).normal(mean, sd, n))


# --- samples and intervals ------------------------------------------------------------------------


def test_a_sample_is_the_mean_with_its_standard_error():
    sample = summarise([1.0, 2.0, 4.0])
    assert sample.mean == pytest.approx(7 / 3)
    assert sample.standard_error == pytest.approx(stats.sem([1.0, 2.0, 4.0]))
    assert sample.sd == pytest.approx(np.std([1.0, 2.0, 4.0], ddof=1))
    assert sample.n == 3


def test_interval_is_that_of_the_t_test():
    values = [0.3, 1.1, -0.4, 0.8, 0.5]
    for alpha in (0.05, 0.005):
        expected = stats.ttest_1samp(values, 0.0).confidence_interval(1 - alpha)
        assert interval(summarise(values), alpha) == pytest.approx((expected.low, expected.high))


def test_interval_leaves_out_five_in_a_hundred_unless_told_otherwise():
    assert ALPHA == 0.05
    assert critical_value(3) == pytest.approx(4.302653, rel=1e-6)
    assert critical_value(10, 0.005) == pytest.approx(3.689662, rel=1e-6)


@pytest.mark.parametrize("values", [[], [1.5]])
def test_fewer_than_two_seeds_give_no_interval_and_no_decision(values):
    sample = summarise(values, floor=0.1)
    assert np.isnan(interval(sample)).all()
    for decision in (exceeds(sample, 0.0), equivalent(sample, 1.0), differs(sample, 1.0)):
        assert np.isnan(decision.p)
    assert np.isnan(all_exceed([sample, a_sample(1, 3)]).p)


def test_where_the_resolution_is_not_known_only_a_spread_that_was_seen_is_believed():
    assert np.isnan(summarise([1.5, 1.5, 1.5], floor=np.nan).standard_error)
    values = [1.5, 1.5, -60.0]
    assert summarise(values, floor=np.nan) == summarise(values)


def test_one_seed_still_has_a_mean():
    assert summarise([1.5]).mean == 1.5
    assert np.isnan(summarise([]).mean)


def test_every_study_of_a_batch_is_decided_as_it_would_be_alone():
    batch = np.random.default_rng(3).normal(0.5, 1.0, (4, 3, 6))
    for function in (exceeds, equivalent, differs):
        together = function(summarise(batch, 0.1), 0.4)
        for place in np.ndindex(4, 3):
            alone = function(summarise(batch[place], 0.1), 0.4)
            assert together.p[place] == alone.p
            assert together.supported[place] == alone.supported
    assert (holm(batch) == np.array([[holm(row) for row in study] for study in batch])).all()


# --- ties -----------------------------------------------------------------------------------------


def test_tie_floor_is_the_spread_of_rounding():
    assert tie_floor(0.5, 1.0, -1.0) == pytest.approx(0.5 / np.sqrt(6))
    assert tie_floor(0.5, 1.0) == pytest.approx(0.5 / np.sqrt(12))
    assert tie_floor(0.5, 1.0, -1.0, -1.0, 1.0) == pytest.approx(0.5 / np.sqrt(3))
    assert tie_floor(0.5, 0.5, 0.5, -0.5, -0.5) == pytest.approx(0.5 / np.sqrt(12))
    rounding = np.random.default_rng(0).uniform(-0.25, 0.25, (100_000, 2))
    assert tie_floor(0.5, 2.0, -1.0) == pytest.approx((rounding @ [2.0, -1.0]).std(), rel=0.01)


def test_seeds_that_tie_are_not_certain():
    tied = [0.5, 0.5, 0.5]
    assert exceeds(summarise(tied), 0.0).p == 0.0
    floored = summarise(tied, tie_floor(0.5, 1.0, -1.0))
    assert floored.sd == pytest.approx(0.5 / np.sqrt(6))
    assert exceeds(floored, 0.0).p == pytest.approx(2 * stats.t.sf(np.sqrt(18), 2))


def test_the_floor_leaves_a_larger_spread_alone():
    values = [0.0, 1.0, 3.0]
    assert summarise(values, floor=0.2) == summarise(values)


def test_without_any_spread_the_mean_is_taken_as_known():
    sample = summarise([0.5, 0.5])
    assert (exceeds(sample, 0.4).p, exceeds(sample, 0.4).supported) == (0.0, True)
    assert (exceeds(sample, 0.6).p, exceeds(sample, 0.6).supported) == (0.0, False)
    assert exceeds(sample, 0.5).p == 1.0


# --- decisions ------------------------------------------------------------------------------------


def test_p_of_a_difference_is_the_paired_t_test_against_the_threshold():
    better, worse = [81.2, 80.9, 82.0, 81.1], [79.8, 80.1, 79.5, 80.6]
    difference = summarise(np.subtract(better, worse))
    assert exceeds(difference, 0.0).p == pytest.approx(stats.ttest_rel(better, worse).pvalue)
    shifted = stats.ttest_1samp(np.subtract(better, worse), 0.5)
    assert exceeds(difference, 0.5).p == pytest.approx(shifted.pvalue)
    assert exceeds(difference, 0.5).supported
    assert exceeds(difference, 5.0).p == pytest.approx(
        stats.ttest_1samp(np.subtract(better, worse), 5.0).pvalue
    )
    assert not exceeds(difference, 5.0).supported


def test_p_of_equivalence_is_twice_that_of_two_one_sided_tests():
    one, other = np.array([80.1, 80.3, 79.9, 80.2]), np.array([80.0, 80.2, 80.1, 80.1])
    sample = summarise(one - other)
    expected, _, _ = ttost_paired(one, other, -0.5, 0.5)
    assert equivalent(sample, 0.5).p == pytest.approx(2 * expected)
    assert equivalent(sample, 0.5).supported


def test_equivalence_is_refuted_beyond_the_margin_on_either_side():
    sample = summarise([2.0, 2.1, 1.9])
    for outside in (sample, sample._replace(mean=-sample.mean)):
        decision = equivalent(outside, 0.5)
        assert decision.p == pytest.approx(stats.ttest_1samp([2.0, 2.1, 1.9], 0.5).pvalue)
        assert not decision.supported


def test_differing_is_the_opposite_of_equivalence():
    for seed, by in itertools.product(range(20), (0.0, 0.3, 2.0)):
        sample = a_sample(seed, 4, mean=0.5)
        assert differs(sample, by).p == equivalent(sample, by).p
        assert differs(sample, by).supported != equivalent(sample, by).supported


def test_a_lead_over_all_is_as_sure_as_the_least_sure_of_its_leads():
    leads = [a_sample(seed, 5, mean=3.0) for seed in range(3)]
    decision = all_exceed(leads)
    assert decision.supported
    assert decision.p == max(exceeds(lead, 0.0).p for lead in leads)


def test_one_rival_that_is_ahead_refutes_at_the_rate_divided_by_the_rivals():
    leads = [a_sample(1, 5, mean=3.0), a_sample(2, 5, mean=-3.0), a_sample(3, 5, mean=2.0)]
    decision = all_exceed(leads)
    assert not decision.supported
    assert decision.p == pytest.approx(3 * exceeds(leads[1], 0.0).p)


@RANDOM
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(2, 12),
    mean=st.floats(-2, 2),
    threshold=st.floats(0, 1),
    alpha=st.sampled_from([0.05, 0.01, 0.005]),
)
def test_an_interval_settles_a_claim_exactly_when_its_p_is_small(seed, n, mean, threshold, alpha):
    sample = a_sample(seed, n, mean, sd=0.5)
    low, high = interval(sample, alpha)

    above = exceeds(sample, threshold)
    assert (above.p <= alpha and above.supported) == (low > threshold)
    assert (above.p <= alpha and not above.supported) == (high < threshold)

    inside = equivalent(sample, threshold)
    assert (inside.p <= alpha and inside.supported) == (-threshold < low and high < threshold)
    assert (inside.p <= alpha and not inside.supported) == (low >= threshold or high <= -threshold)


@RANDOM
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(2, 12),
    means=st.lists(st.floats(-2, 2), min_size=1, max_size=5),
    alpha=st.sampled_from([0.05, 0.01]),
)
def test_the_interval_of_the_least_lead_settles_exactly_when_its_p_is_small(seed, n, means, alpha):
    leads = [a_sample(seed + place, n, mean, 0.5) for place, mean in enumerate(means)]
    low, high = least_interval(leads, alpha)
    decision = all_exceed(leads)
    assert (decision.p <= alpha and decision.supported) == (low > 0)
    assert (decision.p <= alpha and not decision.supported) == (high < 0)
    assert low <= min(lead.mean for lead in leads) <= high


# --- families -------------------------------------------------------------------------------------


def test_holm_adjusts_as_statsmodels_does():
    generator = np.random.default_rng(5)
    for members in (1, 2, 5, 12):
        p = (
            generator.uniform(0, 3 / members, members).clip(0, 1).round(1 + members // 4)
        )  # with ties
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_a_member_without_p_counts_and_keeps_none():
    assert holm([0.01, np.nan, 0.02]) == pytest.approx([0.03, np.nan, 0.04], nan_ok=True)
    assert holm_levels([0.01, np.nan, 0.02]) == pytest.approx([0.05 / 3, 0.05, 0.025])


def test_levels_rise_with_every_claim_that_is_settled():
    # 0.001 <= 0.05 / 4; 0.012 <= 0.05 / 3; 0.03 > 0.05 / 2
    assert holm_levels([0.03, 0.001, 0.4, 0.012]) == pytest.approx(
        [0.05 / 2, 0.05 / 4, 0.05 / 2, 0.05 / 3]
    )


def test_a_family_of_one_uses_the_whole_error_rate():
    assert holm_levels([0.2]) == pytest.approx([0.05])
    assert holm([0.2]) == pytest.approx([0.2])


def test_an_empty_family_has_no_levels():
    assert holm([]).shape == holm_levels([]).shape == (0,)


@RANDOM
@given(st.lists(st.one_of(st.floats(0, 0.1), st.just(float("nan"))), min_size=1, max_size=12))
def test_a_claim_is_settled_at_its_level_exactly_when_its_adjusted_p_is_small(p):
    adjusted, levels = holm(p), holm_levels(p)
    assert ((adjusted <= ALPHA) == (np.array(p) <= levels * (1 + 1e-12))).all()


# --- error rates and power ------------------------------------------------------------------------


@pytest.mark.parametrize("n", [3, 5, 10])
def test_interval_covers_normal_differences_exactly(n):
    values = np.random.default_rng(n).standard_normal((REPLICATIONS, n))
    low, high = interval(summarise(values))
    assert equals(share((low < 0) & (high > 0)), 0.95, REPLICATIONS)


# A gamma law of shape 2 has skewness 1.41.
@pytest.mark.parametrize(
    ("law", "mean", "n", "stated"),
    [
        ("t5", 0.0, 3, 0.958),
        ("t5", 0.0, 5, 0.959),
        ("t5", 0.0, 10, 0.955),
        ("skewed", 2.0, 3, 0.916),
        ("skewed", 2.0, 5, 0.916),
        ("skewed", 2.0, 10, 0.924),
        ("mirrored", -2.0, 5, 0.916),
    ],
)
def test_interval_covers_other_differences_as_stated(law, mean, n, stated):
    generator = np.random.default_rng(100 + n)
    shape = (REPLICATIONS, n)
    values = {
        "t5": lambda: generator.standard_t(5, shape),
        "skewed": lambda: generator.gamma(2.0, size=shape),
        "mirrored": lambda: -generator.gamma(2.0, size=shape),
    }[law]()
    low, high = interval(summarise(values))
    assert agrees(share((low < mean) & (mean < high)), stated, REPLICATIONS)


@pytest.mark.parametrize("n", [3, 5, 10])
def test_two_equally_skewed_arms_do_not_inflate_the_error(n):
    arms = np.random.default_rng(200 + n).gamma(2.0, size=(2, REPLICATIONS, n))
    wrong = exceeds(summarise(arms[0] - arms[1]), 0.0).p <= ALPHA
    assert is_at_most(share(wrong), 0.05, REPLICATIONS)


def ten_claims(generator, n: int, replications: int, effect: float = 0.0, effects: int = 0):
    """Differences (replications, 10, n) of ten arms from one baseline, in arm standard deviations;
    the first few arms have an effect.
    """
    baseline = generator.standard_normal((replications, 1, n))
    arms = generator.standard_normal((replications, 10, n))
    arms[:, :effects] += effect
    return arms - baseline


@pytest.mark.parametrize("n", [3, 4, 5, 7, 10, 20])
def test_holm_holds_the_error_of_ten_claims_that_share_a_baseline(n):
    differences = ten_claims(np.random.default_rng(300 + n), n, REPLICATIONS)
    settled = holm(exceeds(summarise(differences), 0.0).p) <= ALPHA
    assert is_at_most(share(settled.any(axis=-1)), 0.049, REPLICATIONS)


@pytest.mark.parametrize(("n", "stated"), [(3, 0.035), (5, 0.185), (10, 0.805)])
def test_power_of_ten_claims_of_which_half_have_an_effect_of_two_deviations(n, stated):
    replications = 10_000
    generator = np.random.default_rng(400 + n)
    differences = ten_claims(generator, n, replications, effect=2.0, effects=5)
    decision = exceeds(summarise(differences), 0.0)
    found = (holm(decision.p) <= ALPHA) & decision.supported
    # The five claims of a replication are at best independent: their share is counted as one.
    assert agrees(share(found[:, :5]), stated, replications)


@pytest.mark.parametrize("n", [3, 5, 10])
@pytest.mark.parametrize("rivals", [1, 2, 4, 9])
def test_the_largest_effect_is_wrongly_supported_as_rarely_as_stated(n, rivals):
    """The hardest case: one rival gains just as much, and all others far less."""
    generator = np.random.default_rng(500 + 10 * n + rivals)
    arms = generator.standard_normal((rivals + 1, REPLICATIONS, n))
    arms[2:] -= 100.0
    decision = all_exceed([summarise(arms[0] - rival) for rival in arms[1:]])
    wrong = (decision.p <= ALPHA) & decision.supported
    assert is_at_most(share(wrong), 0.025, REPLICATIONS)


@pytest.mark.parametrize("n", [3, 5, 10])
@pytest.mark.parametrize("rivals", [1, 2, 4, 9])
def test_the_largest_effect_is_wrongly_refuted_at_most_at_half_the_error_rate(n, rivals):
    """The hardest case: all are alike."""
    generator = np.random.default_rng(600 + 10 * n + rivals)
    arms = generator.standard_normal((rivals + 1, REPLICATIONS, n))
    decision = all_exceed([summarise(arms[0] - rival) for rival in arms[1:]])
    assert is_at_most(share((decision.p <= ALPHA) & ~decision.supported), 0.025, REPLICATIONS)


@pytest.mark.parametrize("n", [3, 5, 10])
def test_the_interval_of_the_least_lead_covers_it(n):
    arms = np.random.default_rng(700 + n).standard_normal((4, REPLICATIONS, n))
    low, high = least_interval([summarise(arms[0] - rival) for rival in arms[1:]])
    missed = (low > 0) | (high < 0)
    assert is_at_most(share(missed), 0.05, REPLICATIONS)


@pytest.mark.parametrize("n", [3, 5, 10])
def test_equivalence_is_wrongly_shown_or_refuted_at_most_at_the_error_rate(n):
    """The true difference is the margin itself."""
    values = np.random.default_rng(800 + n).normal(0.5, 0.2, (REPLICATIONS, n))
    decision = equivalent(summarise(values), 0.5)
    settled = decision.p <= ALPHA
    assert is_at_most(share(settled & decision.supported), 0.025, REPLICATIONS)
    assert is_at_most(share(settled & ~decision.supported), 0.025, REPLICATIONS)


@pytest.mark.parametrize("law", ["normal", "t5", "skewed", "exponential"])
@pytest.mark.parametrize("n", [10, 11, 20])
def test_stability_is_wrongly_judged_as_rarely_as_stated(law, n):
    generator = np.random.default_rng(900 + n)
    shape = (2, REPLICATIONS, n)
    arms = {
        "normal": lambda: generator.standard_normal(shape),
        "t5": lambda: generator.standard_t(5, shape),
        "skewed": lambda: generator.gamma(2.0, size=shape),
        "exponential": lambda: generator.exponential(size=shape),
    }[law]()
    distances = distances_from_median(arms)
    wrong = exceeds(summarise(distances[0] - distances[1]), 0.0).p <= ALPHA
    assert is_at_most(share(wrong), 0.047, REPLICATIONS)


def test_the_floor_keeps_coarse_accuracies_from_settling_claims_by_ties():
    """200 test images, three seeds, arms of standard deviation 0.25 points that differ in nothing;
    where the mean lies between two steps is a matter of chance.
    """
    step, alpha, replications = 0.5, 0.005, 100_000
    generator = np.random.default_rng(1000)
    mean = generator.uniform(0, step, (replications, 1))
    arms = mean + generator.normal(0, 0.25, (2, replications, 3))
    first, second = np.round(arms / step) * step
    naive = exceeds(summarise(first - second), 0.0).p <= alpha
    floored = exceeds(summarise(first - second, tie_floor(step, 1.0, -1.0)), 0.0).p <= alpha
    assert share(naive) > 0.02
    assert is_at_most(share(floored), 0.0034, replications)


def test_distances_are_from_the_median_of_the_arm():
    assert distances_from_median([[1.0, 5.0, 2.0], [0.0, 4.0, 8.0]]).tolist() == [
        [1.0, 3.0, 0.0],
        [4.0, 0.0, 4.0],
    ]


def test_what_is_bounded_from_one_side_settles_one_way_alone():
    decision = exceeds(summarise([[3.0, 3.1, 2.9], [-3.0, -3.1, -2.9]]), 0.0)
    assert list(among(decision, ("supported", "refuted")).p) == list(decision.p)
    assert list(among(decision, ("supported",)).p) == [decision.p[0], 1.0]
    assert list(among(decision, ("refuted",)).p) == [1.0, decision.p[1]]
    assert np.isnan(among(decision, ()).p).all()


def test_the_best_of_six_steps_without_effect_looks_better_more_often_than_one():
    """As a greedy path shows its first step."""
    generator = np.random.default_rng(900)
    baseline = generator.standard_normal((REPLICATIONS, 5))
    steps = generator.standard_normal((6, REPLICATIONS, 5))
    chosen = steps[steps.mean(axis=-1).argmax(axis=0), np.arange(REPLICATIONS)]
    above, any_one = (
        share(interval(summarise(step - baseline))[0] > 0) for step in (chosen, steps[0])
    )
    assert agrees(above, 0.082, REPLICATIONS)
    assert equals(any_one, 0.025, REPLICATIONS)


def test_seeds_added_to_what_stayed_undecided_are_a_second_look():
    differences = np.random.default_rng(11).standard_normal((REPLICATIONS, 16))
    looks = [summarise(differences[:, :n]) for n in (5, 16)]
    settled = [exceeds(sample, 0.0).p <= ALPHA for sample in looks]
    assert agrees(share(settled[1]), 0.05, REPLICATIONS)
    assert agrees(share(settled[0] | settled[1]), 0.092, REPLICATIONS)


def test_stopping_at_the_first_look_that_settles_errs_more_often_than_one_look():
    differences = np.random.default_rng(12).standard_normal((REPLICATIONS, 5))
    settled = [exceeds(summarise(differences[:, :n]), 0.0).p <= ALPHA for n in (2, 3, 4, 5)]
    assert agrees(share(settled[-1]), 0.05, REPLICATIONS)
    assert agrees(share(np.any(settled, axis=0)), 0.133, REPLICATIONS)
