"""Which images are held out, whatever the labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ablate.image_classification.data.split import split_indices

LABELS = st.lists(st.integers(0, 5), min_size=1, max_size=80).map(
    lambda labels: np.array(labels, dtype=np.int64)
)
FRACTIONS = st.floats(0.001, 0.999)
SEEDS = st.integers(0, 2**40)


@given(LABELS, FRACTIONS, SEEDS, st.booleans())
def test_the_parts_are_disjoint_and_together_all(
    labels: NDArray[np.int64], fraction: float, seed: int, stratified: bool
) -> None:
    train, validation = split_indices(labels, fraction, seed, stratified)
    assert sorted([*train, *validation]) == list(range(len(labels)))
    assert (train.dtype, validation.dtype) == (np.int64, np.int64)


@given(LABELS, FRACTIONS, SEEDS)
def test_the_share_is_that_of_all_images(
    labels: NDArray[np.int64], fraction: float, seed: int
) -> None:
    _, validation = split_indices(labels, fraction, seed)
    assert abs(len(validation) - fraction * len(labels)) <= 0.5 + 1e-9


@given(LABELS, FRACTIONS, SEEDS)
def test_stratified_it_is_that_of_every_class(
    labels: NDArray[np.int64], fraction: float, seed: int
) -> None:
    _, validation = split_indices(labels, fraction, seed, stratified=True)
    for label in np.unique(labels):
        held_out = (labels[validation] == label).sum()
        assert abs(held_out - fraction * (labels == label).sum()) <= 0.5 + 1e-9


@given(LABELS, FRACTIONS, SEEDS, st.booleans())
def test_a_seed_draws_the_same_every_time(
    labels: NDArray[np.int64], fraction: float, seed: int, stratified: bool
) -> None:
    first, again = (split_indices(labels, fraction, seed, stratified) for _ in range(2))
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))


@pytest.mark.parametrize("stratified", [False, True])
def test_seeds_draw_otherwise_and_every_image_is_held_out_by_some(stratified: bool) -> None:
    labels = np.repeat(np.arange(4), 25)
    drawn = [split_indices(labels, 0.2, seed, stratified)[1].tolist() for seed in range(200)]
    assert len({tuple(validation) for validation in drawn}) == 200
    counts = np.bincount(np.concatenate(drawn), minlength=100)
    # 200 draws at one in five: 40, give or take 5.7
    assert counts.min() > 15 and counts.max() < 65
