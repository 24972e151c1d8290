"""The step of a metric is found in its values, however they were computed and written."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablate.analysis.inference import exceeds, summarise, tie_floor
from ablate.analysis.resolution import step_of


@pytest.mark.parametrize("images", [200, 1000, 7000, 7600, 10_000])
@pytest.mark.parametrize("computed_in", [np.float64, np.float32])
def test_of_accuracies_it_is_that_of_one_image(images: int, computed_in: type) -> None:
    right = np.array([0.701, 0.7505, 0.722, 0.7385, 0.7115, 0.7695]) * images
    values = (np.round(right) / images).astype(computed_in) * computed_in(100)
    multiple = step_of(values.astype(np.float64)) / (100 / images)
    assert multiple >= 1 - 1e-4  # never less, by which ties would look like certainty
    assert multiple == pytest.approx(round(multiple), rel=1e-4)


@pytest.mark.parametrize("images", [150, 300, 360, 700])
@pytest.mark.parametrize("digits", [2, 3, 4, 5, 6, 8, 10, 14])
def test_it_is_that_of_one_image_however_many_digits_are_written(images: int, digits: int) -> None:
    right = np.round(np.array([0.8033, 0.8133, 0.7967]) * images)
    values = np.round(100 * np.concatenate([right, right + 1]) / images, digits)
    assert step_of(values) == pytest.approx(100 / images, rel=0.02)
    sample = summarise(values[3:] - values[:3], tie_floor(step_of(values), 1.0, -1.0))
    assert exceeds(sample, 0.0).p == pytest.approx(0.0513, abs=0.002)


@pytest.mark.parametrize(("seeds", "most"), [(3, 0.05), (5, 0.01)])
def test_values_that_fill_their_digits_are_rarely_taken_for_rounded_ones(
    seeds: int, most: float
) -> None:
    generator = np.random.default_rng(0)
    means = np.repeat([80.0, 81.0], seeds)
    steps = [step_of(np.round(means + generator.normal(0, 0.3, 2 * seeds), 2)) for _ in range(500)]
    assert np.mean(np.array(steps) > 0.05) <= most


def test_ties_tell_of_a_step_that_almost_any_values_would_fit() -> None:
    three = np.array([98.0, 98.7, 99.3])  # 147, 148 and 149 of 150
    assert step_of(three) == pytest.approx(0.1)
    assert step_of(np.repeat(three, 2)) == pytest.approx(100 / 150, rel=0.1)


def test_few_tied_accuracies_in_one_decimal_settle_no_more_than_they_may() -> None:
    """Of studies without an effect at most the error rate; read off the last digit it is twice."""
    generator, level, seeds = np.random.default_rng(0), 0.005, 3
    right = generator.binomial(150, 0.98, size=(6000, 2, seeds))
    settled = 0
    for first, second in np.round(100 * right / 150, 1):
        floor = tie_floor(step_of(np.concatenate([first, second])), 1.0, -1.0)
        settled += bool(exceeds(summarise(first - second, floor), 0.0).p <= level)
    assert settled / len(right) <= level


def test_ties_coarsen_no_step_of_values_that_are_spread() -> None:
    generator = np.random.default_rng(0)
    seeds = generator.normal(70, 1, size=(500, 1, 3))
    values = np.round(seeds + generator.normal(0, 0.3, size=(500, 2, 3)), 1)
    assert np.mean([step_of(of_study.ravel()) > 0.35 for of_study in values]) < 0.02


@given(
    st.lists(st.integers(0, 10_000), min_size=1, max_size=20),
    st.sampled_from([0.5, 0.25, 0.07, 0.009]),
)
def test_of_steps_that_digits_show_all_values_are_multiples_apart(
    counts: list[int], unit: float
) -> None:
    # Steps of 0.05 would not do: all counts may be even, and steps of the last digit written are
    # told from coarser ones, rounded, by their chance alone.
    values = np.array([round(count * unit, 3) for count in counts])
    step = step_of(values)
    if len(set(counts)) == 1:
        assert math.isnan(step)
        return
    steps = (values - values[0]) / step
    assert np.allclose(steps, np.round(steps), atol=1e-3)
    assert step >= unit * (1 - 1e-6)


def test_one_extreme_value_does_not_coarsen_the_step_of_the_others() -> None:
    values = np.array([20.31, 22.74, 27.05, 41234567.1])
    assert step_of(values) == pytest.approx(0.01, rel=1e-4)


def test_decimals_of_large_numbers_are_kept() -> None:
    assert step_of(np.array([-1234567.123, -1234566.2, -1234565.371])) == 0.001


def test_values_that_are_no_multiples_of_anything_move_in_no_step_that_counts() -> None:
    spread = 0.1
    values = np.random.default_rng(0).normal(2.0, spread, size=6)
    assert step_of(values) < spread / 1000


@pytest.mark.parametrize(
    "values", [[], [80.0], [80.0, 80.0], [0.3, 0.1 + 0.2], [81.0, 81.00001], [8.1e-7, 8.1000001e-7]]
)
def test_of_values_that_are_one_but_for_rounding_it_is_not_known(values: list[float]) -> None:
    assert math.isnan(step_of(np.array(values)))


def test_two_values_show_no_less_than_their_difference() -> None:
    assert step_of(np.array([0.123456789123456, 0.223456789123456])) == pytest.approx(0.1)


def test_evidence_in_many_decimals_is_not_taken_for_ties() -> None:
    bn, ln = np.array([70.1234, 75.5678, 80.2345]), np.array([71.0311, 76.4790, 81.1530])
    sample = summarise(ln - bn, tie_floor(step_of(np.concatenate([bn, ln])), 1.0, -1.0))
    decision = exceeds(sample, 0.5)
    assert decision.supported
    assert decision.p < 0.001


@given(
    st.lists(st.integers(0, 10_000), min_size=1, max_size=20),
    st.sampled_from([0.01, 0.1, 2.0, 0.001]),
)
def test_it_is_never_less_than_the_last_digit_tells(counts: list[int], unit: float) -> None:
    step = step_of(np.array([round(count * unit, 3) for count in counts]))
    assert math.isnan(step) if len(set(counts)) == 1 else step >= unit * (1 - 1e-6)
