"""Power by formula, against simulation through the code that decides, and seeds from power."""

import itertools

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from ablate.analysis import sequential
from ablate.analysis.inference import ALPHA, equivalent, exceeds, interval, summarise
from ablate.analysis.power import (
    MOST_SEEDS,
    POWER,
    Looking,
    detectable_distance,
    power_of_all,
    power_of_difference,
    power_of_equivalence,
    provable_margin,
    seeds_for_all,
    seeds_for_difference,
    seeds_for_equivalence,
)
from tests.analysis.simulation import equals, share

REPLICATIONS = 20_000  # standard error 0.0035 near one half


def test_enough_is_four_times_in_five():
    assert POWER == 0.8


@pytest.mark.parametrize("n", [2, 3, 5, 20])
@pytest.mark.parametrize("alpha", [0.05, 0.005])
def test_power_of_a_difference_is_that_of_the_one_sided_t_test_at_half_the_rate(n, alpha):
    expected = TTestPower().power(1.2 / 0.8, n, alpha / 2, alternative="larger")
    assert power_of_difference(1.2, 0.8, n, alpha) == pytest.approx(expected)


def test_power_of_a_difference_does_not_ask_in_which_direction():
    assert power_of_difference(-1.2, 0.8, 5) == power_of_difference(1.2, 0.8, 5)


@pytest.mark.parametrize(("distance", "sd", "n"), [(1.0, 0.7, 3), (0.5, 0.7, 10), (2.0, 1.0, 5)])
def test_power_of_a_difference_is_the_share_of_intervals_beyond_the_threshold(distance, sd, n):
    values = np.random.default_rng(n).normal(0.3 + distance, sd, (REPLICATIONS, n))
    decision = exceeds(summarise(values), 0.3)
    found = share((decision.p <= ALPHA) & decision.supported)
    assert equals(found, power_of_difference(distance, sd, n), REPLICATIONS)


# As stated, but for sd 0.7 with three seeds, where 0.0247 is exact and 0.03 is stated.
@pytest.mark.parametrize(
    ("sd", "n", "stated"),
    [
        (0.4, 3, 0.11),
        (0.4, 5, 0.31),
        (0.4, 10, 0.88),
        (0.7, 3, 0.025),
        (0.7, 5, 0.04),
        (0.7, 10, 0.18),
        (0.7, 20, 0.72),
    ],
)
def test_power_of_equivalence_is_as_stated(sd, n, stated):
    assert power_of_equivalence(0.5, sd, n) == pytest.approx(stated, abs=0.005)


@pytest.mark.parametrize(
    ("mean", "sd", "n"),
    [
        *itertools.product([0.0], [0.4], [3, 5, 10]),
        *itertools.product([0.0], [0.7], [3, 5, 10, 20]),
        (0.2, 0.4, 10),
        (-0.2, 0.4, 10),
    ],
)
def test_power_of_equivalence_is_the_share_of_intervals_within_the_margin(mean, sd, n):
    values = np.random.default_rng(50 + n).normal(mean, sd, (REPLICATIONS, n))
    low, high = interval(summarise(values))
    found = share((low > -0.5) & (high < 0.5))
    assert equals(found, power_of_equivalence(0.5, sd, n, mean=mean), REPLICATIONS)
    decision = equivalent(summarise(values), 0.5)
    assert share((decision.p <= ALPHA) & decision.supported) == found


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_seeds_have_no_power(n):
    assert power_of_difference(5.0, 0.1, n) == power_of_equivalence(5.0, 0.1, n) == 0.0
    assert detectable_distance([0.1], n) is None


@pytest.mark.parametrize(("distance", "sd"), [(0.5, 0.7), (-0.5, 0.7), (1.0, 0.3), (0.1, 0.7)])
@pytest.mark.parametrize("alpha", [0.05, 0.005])
def test_seeds_for_a_difference_are_the_fewest_with_enough_power(distance, sd, alpha):
    seeds = seeds_for_difference(distance, sd, alpha)
    assert power_of_difference(distance, sd, seeds - 1, alpha) < POWER
    assert power_of_difference(distance, sd, seeds, alpha) >= POWER


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 0.7), (0.3, 0.4), (-0.3, 0.4)])
def test_seeds_for_equivalence_are_the_fewest_with_enough_power(mean, sd):
    seeds = seeds_for_equivalence(0.5, sd, mean=mean)
    assert power_of_equivalence(0.5, sd, seeds - 1, mean=mean) < POWER
    assert power_of_equivalence(0.5, sd, seeds, mean=mean) >= POWER


def test_equivalence_takes_more_seeds_the_nearer_the_mean_is_to_the_margin():
    needed = [seeds_for_equivalence(0.5, 0.4, mean=mean) for mean in (0.0, 0.2, 0.3, 0.4)]
    assert needed == sorted(needed)
    assert needed[0] == 9


def test_there_is_no_number_of_seeds_that_finds_nothing():
    assert seeds_for_difference(0.0, 0.7) is None
    assert seeds_for_difference(0.001, 0.7) is None
    assert seeds_for_equivalence(0.5, 0.7, mean=0.5) is None
    assert seeds_for_equivalence(0.0, 0.7) is None
    assert power_of_difference(0.001, 0.7, MOST_SEEDS) < POWER


def test_without_spread_nothing_is_reckoned():
    for sd in (0.0, float("nan")):
        assert seeds_for_difference(1.0, sd) is None
        assert seeds_for_equivalence(1.0, sd) is None
        assert detectable_distance([sd], 5) is None


def test_of_a_spread_without_bounds_nothing_is_reckoned():
    """As where one value has exploded, so that its square is no number."""
    assert seeds_for_difference(1.0, np.inf) is seeds_for_equivalence(1.0, np.inf) is None
    assert detectable_distance([np.inf], 3) is provable_margin(np.inf, 3) is None


def test_of_a_spread_whose_square_is_no_number_nothing_is_reckoned():
    assert detectable_distance([9e307], 2) is seeds_for_difference(9e307, 9e307) is None
    assert detectable_distance([1e154], 2) > 1e154


def test_an_effect_far_beyond_the_spread_takes_two_seeds():
    assert seeds_for_difference(20.0, 1e-6) == 2
    assert seeds_for_equivalence(0.5, 1e-6) == 2


def test_the_detectable_distance_is_found_with_just_that_power():
    for n, alpha in itertools.product((2, 3, 10, 200), (0.05, 0.005)):
        distance = detectable_distance([0.7], n, alpha)
        assert power_of_difference(distance, 0.7, n, alpha) == pytest.approx(POWER, abs=1e-3)


def test_leads_that_must_hold_together_have_the_power_that_their_misses_leave():
    one, other = power_of_difference(2.0, 0.7, 5), power_of_difference(2.0, 1.0, 5)
    assert power_of_all([(2.0, 0.7), (2.0, 1.0)], 5) == pytest.approx(one + other - 1)
    assert power_of_all([(0.1, 0.7), (0.1, 1.0)], 5) == 0.0
    assert power_of_all([(2.0, 0.7)], 5) == pytest.approx(one)


def test_seeds_for_leads_together_are_the_fewest_with_enough_power():
    leads = [(1.0, 1.2), (0.8, 1.0), (3.0, 1.0)]
    seeds = seeds_for_all(leads)
    assert power_of_all(leads, seeds) >= POWER > power_of_all(leads, seeds - 1)
    assert seeds > max(seeds_for_difference(*lead) for lead in leads)
    assert seeds_for_all([(1.0, 0.7), (1.0, 0.0)]) is None


def test_the_distance_that_is_found_in_all_leads_is_found_with_just_that_power():
    found = detectable_distance([0.5, 1.0], 6)
    assert power_of_all([(found, 0.5), (found, 1.0)], 6) == pytest.approx(POWER, abs=1e-3)
    assert detectable_distance([0.5, 0.0], 6) is None


def test_seeds_for_the_detectable_distance_are_those_at_hand():
    assert seeds_for_difference(detectable_distance([0.7], 8) * 1.001, 0.7) == 8


@pytest.mark.parametrize("mean", [0.0, 0.3, -0.3])
def test_the_provable_margin_is_shown_with_just_that_power(mean):
    for n, alpha in itertools.product((2, 3, 10, 200), (0.05, 0.005)):
        margin = provable_margin(0.7, n, alpha, mean)
        assert margin > abs(mean)
        power = power_of_equivalence(margin, 0.7, n, alpha, mean)
        assert power == pytest.approx(POWER, abs=2e-3)


def test_without_spread_or_seeds_there_is_no_provable_margin():
    assert provable_margin(0.0, 5) is provable_margin(0.7, 1) is None


def test_a_study_that_looks_repeatedly_is_reckoned_with_its_own_boundary():
    """Power at the last look alone: stopping earlier can only add to it."""
    study = Looking(lambda n, alpha: sequential.critical_value(n, 20, alpha), 20)
    seeds = seeds_for_difference(1.5, 1.0, study=study)
    assert seeds == 10
    assert power_of_difference(1.5, 1.0, seeds, study=study) >= POWER
    assert power_of_difference(1.5, 1.0, seeds - 1, study=study) < POWER
    assert seeds_for_difference(0.1, 1.0, study=study) is None, "it would take more than 20"
    assert detectable_distance([1.0], 10, study=study) > detectable_distance([1.0], 10)


def test_before_it_is_looked_at_nothing_can_be_found():
    study = Looking(lambda n, alpha: np.inf if n < 10 else 2.2, 10)
    assert detectable_distance([1.0], 5, study=study) is None
    assert seeds_for_difference(5.0, 1.0, study=study) == 10
