"""A claim is given up where the seeds to come would hardly settle it, at no cost in errors."""

import numpy as np
import pytest

from ablate.analysis import inference, sequential
from ablate.analysis.futility import LEAST_CHANCE, chance_of_settling, too_small_a_chance
from ablate.analysis.reading import Reading, Where

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
    found = chance_of_settling(reading(*arguments, **options), critical, MOST)
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
    assert chance_of_settling(below, critical, MOST) == 0


def test_a_largest_effect_has_the_chance_of_its_hardest_rival():
    easy, hard = (inference.summarise(spread(mean)) for mean in (3.0, 0.1))
    both = reading(spread(0.1))._replace(leads=(easy, hard))
    alone = reading(spread(0.1))
    assert chance_of_settling(both, critical, MOST) == pytest.approx(
        chance_of_settling(alone, critical, MOST), abs=0.02
    )


def test_what_nothing_can_settle_has_no_chance():
    hopeless = reading(spread(2.0))._replace(possible=())
    hopeless = hopeless._replace(decision=inference.among(hopeless.decision, ()))
    assert chance_of_settling(hopeless, critical, MOST) == 0


def test_nothing_is_said_of_what_cannot_be_decided_or_has_all_its_seeds():
    assert chance_of_settling(reading([1.0]), critical, MOST) is None
    assert chance_of_settling(reading(spread(0.0, n=MOST)), critical, MOST) is None


@pytest.mark.parametrize(
    ("claims", "truth", "settled", "seeds"),
    [(1, 0.0, 0.76, 10.5), (1, 0.5, 0.044, 7.5), (1, 1.0, 0.76, 10.5), (10, 1.0, 0.61, 14.2)],
)
def test_giving_up_costs_power_and_saves_seeds_as_documented(
    claims: int, truth: float, settled: float, seeds: float
):
    """600 claims of studies of so many, threshold 0.5, standard deviation 0.6: four standard errors
    of a share are at most .08, of the mean number of seeds .85.
    """
    random, found = np.random.default_rng(17), []
    for _ in range(600 // claims):
        values = random.normal(truth, 0.6, (claims, MOST))
        found += stops_of(values)
    outcomes = [stop.outcome is not None for stop in found]
    assert np.mean(outcomes) == pytest.approx(settled, abs=0.08)
    used = [stop.given_up.look if stop.given_up else stop.look for stop in found]
    assert np.mean(used) == pytest.approx(seeds, abs=0.85)


def stops_of(values: np.ndarray) -> list[sequential.Stop]:
    """values: (claims, seeds), of claims on arms of their own. One that is given up gets none."""
    given_up: dict[int, int] = {}

    def read(member: int, look: int) -> Reading:
        return reading(values[member, : min(look, given_up.get(member, MOST))], 0.5)

    def settle(member: int, look: int, level: float):
        seen = read(member, look)
        return seen.outcome(*seen.interval(level, critical))

    def give_up(member: int, look: int):
        likely = too_small_a_chance(read(member, look), critical, MOST)
        if likely is not None:
            given_up[member] = look
        return likely

    return sequential.stops(len(values), range(3, MOST + 1), settle, give_up)


def test_too_few_seeds_are_no_reason_to_give_up():
    assert too_small_a_chance(reading(spread(0.0, n=5)), critical, MOST) is None
    assert too_small_a_chance(reading(spread(0.0, n=6)), critical, MOST) is not None
    assert too_small_a_chance(reading(spread(0.7, n=6)), critical, MOST) is None
