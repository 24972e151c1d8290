"""A claim is given up where the seeds to come would hardly settle it, at no cost in errors."""

import numpy as np
import pytest

from ablate.analysis import inference, sequential
from ablate.analysis.futility import FROM_SEEDS, LEAST_CHANCE, chance_of_settling
from ablate.analysis.readings import Reading, Where

MOST = 20


def critical(n: int, level: float) -> float:
    return sequential.critical_value(n, MOST, level)


def reading(
    values: list[float] | np.ndarray, threshold: float = 0.0, wanted: Where = "above"
) -> Reading:
    sample = inference.summarise(values)
    decision = inference.exceeds(sample, threshold)
    return Reading(sample, decision, threshold, "points", (), wanted=wanted)


def spread(mean: float, n: int = 10, sd: float = 1.0) -> np.ndarray:
    """Seeds of exactly this mean and standard deviation."""
    values = np.linspace(-1, 1, n)
    return mean + sd * values / values.std(ddof=1)


def chance(*arguments, **options) -> float:
    found = chance_of_settling(reading(*arguments, **options), 0.05, critical, MOST)
    assert found is not None
    return found


@pytest.mark.parametrize("mean", [0.0, 0.3, 0.7, -0.7, 1.5])
def test_the_chance_is_that_of_the_last_interval_if_the_trend_goes_on(mean: float):
    """Of 100,000 futures drawn at the mean and the standard deviation seen, held against the last
    look's boundary at that standard deviation: four standard errors are .0063.
    """
    seen = spread(mean)
    futures = np.random.default_rng(3).normal(mean, 1.0, (100_000, MOST - 10))
    means = (seen.sum() + futures.sum(axis=1)) / MOST
    settled = np.abs(means) > critical(MOST, 0.05) / np.sqrt(MOST)
    assert chance(seen) == pytest.approx(settled.mean(), abs=0.0063 + 1 / 400)


def test_what_lies_far_from_the_threshold_is_worth_looking_on_for_whichever_side_it_is():
    assert chance(spread(2.0)) > 0.99
    assert chance(spread(-2.0)) > 0.99
    assert chance(spread(0.0)) < LEAST_CHANCE


def test_equivalence_is_hopeless_on_the_margin_and_not_within():
    assert chance(spread(1.0), 1.0, "inside") < LEAST_CHANCE
    assert chance(spread(0.0, sd=0.5), 1.0, "inside") > 0.9
    assert chance(spread(0.0, sd=5.0), 1.0, "inside") < LEAST_CHANCE, "the spread is too wide"


def test_one_that_only_support_could_settle_has_no_chance_below():
    below = reading(spread(-2.0))._replace(possible=("supported",))
    assert chance_of_settling(below, 0.05, critical, MOST) == 0


def test_a_largest_effect_has_the_chance_of_its_hardest_rival():
    easy, hard = (inference.summarise(spread(mean)) for mean in (3.0, 0.1))
    both = reading(spread(0.1))._replace(leads=(easy, hard))
    alone = reading(spread(0.1))
    assert chance_of_settling(both, 0.05, critical, MOST) == pytest.approx(
        chance_of_settling(alone, 0.05, critical, MOST), abs=0.02
    )


def test_a_stricter_error_rate_lowers_the_chance():
    strict = chance_of_settling(reading(spread(0.5)), 0.005, critical, MOST)
    assert strict is not None and strict < chance(spread(0.5))


def test_nothing_is_said_of_what_cannot_be_decided_or_has_all_its_seeds():
    assert chance_of_settling(reading([1.0]), 0.05, critical, MOST) is None
    assert chance_of_settling(reading(spread(0.0, n=MOST)), 0.05, critical, MOST) is None


@pytest.mark.parametrize(
    ("truth", "settled", "seeds"), [(0.0, 0.76, 10.5), (0.5, 0.044, 7.5), (1.0, 0.76, 10.5)]
)
def test_giving_up_costs_power_and_saves_seeds_as_documented(
    truth: float, settled: float, seeds: float
):
    """600 studies of one claim, threshold 0.5, standard deviation 0.6: four standard errors of a
    share are at most .07, of the mean number of seeds .75.
    """
    random, studies = np.random.default_rng(17), 600
    found = []
    for _ in range(studies):
        readings = {
            look: reading(values[:look], 0.5)
            for values in [random.normal(truth, 0.6, MOST)]
            for look in range(3, MOST + 1)
        }

        def settle(member: int, look: int, level: float, readings=readings):
            return readings[look].outcome(*readings[look].interval(level, critical))

        def give_up(member: int, look: int, level: float, readings=readings):
            if look < FROM_SEEDS:
                return None
            likely = chance_of_settling(readings[look], level, critical, MOST)
            return likely if likely is not None and likely < LEAST_CHANCE else None

        found += sequential.stops(1, range(3, MOST + 1), settle, give_up)
    assert np.mean([stop.outcome is not None for stop in found]) == pytest.approx(settled, abs=0.07)
    assert np.mean([stop.look for stop in found]) == pytest.approx(seeds, abs=0.75)
