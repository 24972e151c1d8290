"""What looking after every seed saves and costs: seeds, coverage and leaning after stopping.

20,000 paths of at most 20 seeds: differences of standard deviation 0.6, held against 0.5.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from ablate.analysis import inference
from ablate.analysis.sequential import critical_value
from tests.analysis import simulation

PATHS, MOST = 20_000, 20
SD, THRESHOLD = 0.6, 0.5
EFFECTS = (0.0, 0.5, 0.7, 1.0, 5.0)


class Stopped(NamedTuple):
    """Each path where its interval came to lie beyond the threshold, or at the maximum.

    plain: what a t interval at a number of seeds fixed beforehand would be there.
    """

    seeds: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    plain_low: np.ndarray
    plain_high: np.ndarray
    settled: np.ndarray


def stopped(differences: np.ndarray, threshold: float) -> Stopped:
    end = Stopped(*(np.full(PATHS, np.nan) for _ in range(6)), np.zeros(PATHS, dtype=bool))
    is_open = np.ones(PATHS, dtype=bool)
    for n in range(3, MOST + 1):
        sample = inference.summarise(differences[:, :n])
        low, high = inference.interval(
            sample, critical=lambda n, alpha: critical_value(n, MOST, alpha)
        )
        now = is_open & ((low > threshold) | (high < threshold))
        ends = now if n < MOST else is_open
        values = (np.full(PATHS, n), sample.mean, low, high, *inference.interval(sample))
        for kept, value in zip(end, values, strict=False):
            kept[ends] = value[ends]
        end.settled[now] = True
        is_open &= ~ends
    return end


def four_standard_errors(values: np.ndarray, step: float) -> float:
    """How far a mean may be from one stated, of as many paths and rounded to a step."""
    return 4 * float(values.std()) * np.sqrt(2 / PATHS) + step / 2


@pytest.fixture(scope="module")
def at_effect() -> Callable[[float], Stopped]:
    random = np.random.default_rng(3)
    found = {
        effect: stopped(random.normal(effect, SD, (PATHS, MOST)), THRESHOLD) for effect in EFFECTS
    }
    return found.__getitem__


@pytest.mark.parametrize(("effect", "seeds"), [(0.0, 13.0), (0.5, 19.5), (1.0, 13.0), (5.0, 3.3)])
def test_clear_effects_take_as_many_seeds_as_stated(at_effect, effect: float, seeds: float) -> None:
    found = at_effect(effect).seeds
    assert found.mean() == pytest.approx(seeds, abs=four_standard_errors(found, 0.1))


def test_an_effect_at_the_threshold_is_settled_as_often_as_stated(at_effect) -> None:
    assert simulation.is_at_most(simulation.share(at_effect(0.5).settled), 0.05, PATHS)


@pytest.mark.parametrize("effect", EFFECTS)
def test_after_stopping_the_repeated_interval_covers(at_effect, effect: float) -> None:
    end = at_effect(effect)
    missed = simulation.share((effect < end.low) | (end.high < effect))
    assert simulation.is_at_most(missed, 0.05, PATHS)


def test_after_stopping_a_plain_interval_covers_less_than_it_says(at_effect) -> None:
    end = at_effect(0.7)
    covered = simulation.share((end.plain_low <= 0.7) & (end.plain_high >= 0.7))
    assert simulation.agrees(covered, 0.914, PATHS)


def test_after_stopping_the_mean_leans_away_from_the_threshold(at_effect) -> None:
    lean = at_effect(1.0).mean - 1.0
    assert lean.mean() == pytest.approx(0.053, abs=four_standard_errors(lean, 0.001))


@pytest.mark.parametrize(("effect", "stated"), [(0.7, 0.25), (1.0, 0.09)])
def test_claims_that_are_settled_lean_further(at_effect, effect: float, stated: float) -> None:
    end = at_effect(effect)
    lean = end.mean[end.settled] - effect
    error = 4 * lean.std() * np.sqrt(2 / len(lean))
    assert lean.mean() == pytest.approx(stated, abs=error + 0.005)


def test_a_strongly_skewed_difference_errs_twice_as_often() -> None:
    """A gamma of shape 2, turned over: its skewness is -1.41."""
    drawn = np.random.default_rng(4).gamma(2.0, size=(PATHS, MOST))
    skewed = -(drawn - 2.0) / np.sqrt(2.0)
    errors = simulation.share(stopped(skewed, 0.0).settled)
    assert simulation.agrees(errors, 0.102, PATHS)
