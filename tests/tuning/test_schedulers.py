from types import SimpleNamespace
from typing import Any

import pytest

from ablate.tuning.schedulers import SCHEDULERS, make_scheduler, recall
from ablate.tuning.trainable import POINT, POINTS

METRIC = "validation_accuracy"
GOOD = [60.0, 65.0, 62.0, 70.0, 66.0]


class NewTrial:
    trial_id, status = "new", "RUNNING"


def ended(number: int, accuracy: float | None) -> Any:
    """As much of a record as a scheduler is told: three points, of which the first may be none."""
    rest = [50.0, 55.0] if accuracy is None else [accuracy + 5, accuracy + 10]
    return SimpleNamespace(hash=str(number), history={METRIC: [accuracy, *rest]})


def verdict(scheduler: Any, accuracy: float) -> str:
    """What it says of a new trial's first point."""
    trial = NewTrial()
    scheduler.on_trial_add(None, trial)
    said: str = scheduler.on_trial_result(None, trial, {POINTS: 1, f"{POINT}/{METRIC}": accuracy})
    return said


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("poor", [10.0, None])
def test_trials_of_earlier_calls_are_judged_by_and_not_judged(name: str, poor: float | None):
    records = [*map(ended, range(5), GOOD), ended(5, poor), ended(6, 64.0)]
    scheduler = make_scheduler(name, METRIC, higher_is_better=True, grace_period=1)
    for record in records:
        recall(scheduler, record, METRIC)
    assert verdict(scheduler, 20.0) == "STOP"

    scheduler = make_scheduler(name, METRIC, higher_is_better=True, grace_period=1)
    for record in records:
        recall(scheduler, record, METRIC)
    assert verdict(scheduler, 80.0) == "CONTINUE"


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_trial_without_a_point_says_nothing(name: str):
    scheduler = make_scheduler(name, METRIC, higher_is_better=True, grace_period=1)
    recall(scheduler, SimpleNamespace(hash="none", history={}), METRIC)
    assert verdict(scheduler, 20.0) == "CONTINUE"


def test_a_grace_period_may_be_longer_than_any_training():
    scheduler = make_scheduler("asha", METRIC, higher_is_better=True, grace_period=2_000_000)
    assert verdict(scheduler, 20.0) == "CONTINUE"
