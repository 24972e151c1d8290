"""Likeness to a Sobel kernel is a cosine, and chance is what random directions give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablate.image_classification.visualization.sobel import (
    EDGES,
    Edge,
    applies_to,
    chance,
    chance_at,
    likeness,
    ranking,
    sobel,
)

SIZES = (3, 5, 7)


def filters_of(*kernels: np.ndarray, channels: int = 3) -> np.ndarray:
    return np.stack([np.stack([kernel] * channels) for kernel in kernels]).astype(np.float32)


def random_filters(count: int, size: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 3, size, size)).astype(np.float32)


def test_of_three_pixels_the_kernel_is_sobels() -> None:
    assert sobel("vertical", 3).tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert sobel("horizontal", 3).tolist() == [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]


def test_larger_ones_are_those_of_opencv() -> None:
    """getDerivKernels(1, 0, 5) and (1, 0, 7)."""
    for size, across, along in (
        (5, [-1, -2, 0, 2, 1], [1, 4, 6, 4, 1]),
        (7, [-1, -4, -5, 0, 5, 4, 1], [1, 6, 15, 20, 15, 6, 1]),
    ):
        np.testing.assert_array_equal(sobel("vertical", size), np.outer(along, across))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("edge", "other"), [EDGES, EDGES[::-1]])
def test_a_sobel_kernel_is_wholly_like_itself_and_not_at_all_like_the_other(
    size: int, edge: Edge, other: Edge
) -> None:
    scores = likeness(filters_of(sobel(edge, size), sobel(other, size)), edge)
    np.testing.assert_allclose(scores, [1, 0], atol=1e-7)


@given(scale=st.floats(0.01, 100), sign=st.sampled_from([-1, 1]), seed=st.integers(0, 99))
def test_sign_and_scale_of_a_filter_make_no_difference(scale: float, sign: int, seed: int) -> None:
    weights = random_filters(4, 5, seed)
    scores = likeness(weights, "vertical")
    assert ((scores >= 0) & (scores <= 1)).all()
    np.testing.assert_allclose(likeness(sign * scale * weights, "vertical"), scores, atol=1e-5)


def test_the_mean_over_channels_is_what_counts() -> None:
    opposed = filters_of(sobel("vertical", 3))
    opposed[0, 0] *= -2
    opposed[0, 1:] += 1.0  # as much as the first channel takes away
    expected = np.full((3, 3), 2 / 3)
    assert likeness(opposed, "vertical")[0] == pytest.approx(
        abs((expected * sobel("vertical", 3)).sum()), abs=1e-7
    )


def test_a_filter_of_zeros_is_like_nothing() -> None:
    assert likeness(np.zeros((1, 3, 3, 3), dtype=np.float32), "vertical").tolist() == [0.0]


@pytest.mark.parametrize(
    ("shape", "applies"), [((3, 3), True), ((2, 2), True), ((1, 1), False), ((3, 5), False)]
)
def test_only_square_filters_of_several_pixels_can_be_compared(
    shape: tuple[int, int], applies: bool
) -> None:
    assert applies_to(np.zeros((1, 3, *shape), dtype=np.float32)) is applies


def test_the_ranking_has_every_filter_once_an_edge_the_likest_first() -> None:
    weights = np.concatenate([random_filters(6, 3), filters_of(sobel("vertical", 3))])
    table = ranking(weights)
    assert list(table.columns) == [
        "edge", "rank", "filter", "likeness", "chance_low", "chance_median", "chance_high",
    ]  # fmt: skip
    for edge in EDGES:
        own = table[table["edge"] == edge]
        assert own["rank"].tolist() == list(range(1, 8))
        assert sorted(own["filter"]) == list(range(7))
        assert own["likeness"].is_monotonic_decreasing
        np.testing.assert_allclose(own["likeness"], likeness(weights, edge)[own["filter"]])
    assert table[table["edge"] == "vertical"]["filter"].iloc[0] == 6


@pytest.mark.parametrize("size", SIZES)
def test_chance_is_what_random_filters_reach(size: int) -> None:
    """4,000 layers of 32 random filters; three Monte-Carlo errors."""
    weights = random_filters(4000 * 32, size)
    scores = likeness(weights, "vertical").reshape(4000, 32)
    best = scores.max(axis=1)
    expected = chance(32, size)
    assert best.mean() == pytest.approx(expected.mean, abs=3 * best.std() / 4000**0.5)
    assert (best > expected.high).mean() == pytest.approx(0.05, abs=3 * (0.05 * 0.95 / 4000) ** 0.5)
    third = np.sort(scores, axis=1)[:, -3]
    median = chance_at(np.array([3]), 32, size, 0.5)[0]
    assert (third > median).mean() == pytest.approx(0.5, abs=3 * 0.5 / 4000**0.5)


def test_of_a_single_filter_the_mean_is_known() -> None:
    """E|cos| = gamma(m/2) / (sqrt(pi) gamma((m + 1)/2)), here for m = 9."""
    assert chance(1, 3).mean == pytest.approx(0.2734, abs=1e-4)
