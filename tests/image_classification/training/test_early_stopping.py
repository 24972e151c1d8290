"""The published stopping rule, and the network that is kept."""

import pytest

from ablate.image_classification.training.early_stopping import best_point, should_stop


@pytest.mark.parametrize(
    ("losses", "stops"),
    [
        ([1.0, 1.1, 1.2, 1.3], False),  # only three comparisons so far
        ([1.0, 1.1, 1.2, 1.3, 1.4], True),
        ([1.0, 1.1, 1.2, 1.1, 1.4], False),  # one fall among the last four
        ([0.5, 2.0, 1.0, 1.1, 1.2, 1.3, 1.4], True),  # against the predecessor, not the best
        ([1.0, 1.0, 1.0, 1.0, 1.0], True),  # equal is not below
    ],
)
def test_stops_when_none_of_the_last_four_fell(losses: list[float], stops: bool) -> None:
    assert should_stop(losses, patience=4) is stops


def test_without_patience_it_never_stops() -> None:
    assert not should_stop([1.0] * 100, patience=None)


@pytest.mark.parametrize(
    ("losses", "best"),
    [
        ([1.0], 0),
        ([3.0, 2.0, 1.0], 2),
        ([3.0, 1.0, 2.0, 1.0, 1.0], 1),
        ([1.0, 1.0], 0),
    ],
)
def test_the_best_point_is_the_first_of_the_least_losses(losses: list[float], best: int) -> None:
    assert best_point(losses) == best
