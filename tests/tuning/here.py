"""Searches without Ray, for what does not depend on it."""

from functools import partial
from typing import Any

import pytest

from ablate import study_run
from ablate.records.schema import TrialRecord
from ablate.records.store import RecordStore
from ablate.study.plan import Plan
from ablate.tuning import runner, search
from ablate.tuning.course import TrialTask, course
from ablate.tuning.progress import TrialName
from ablate.tuning.room import Room
from ablate.tuning.runner import RunSummary
from ablate.workload import load_workload


def search_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches run their trials in this process from now on."""
    machine = {"CPU": 1.0, "GPU": 0.0}
    monkeypatch.setattr(search, "run_tasks", run_here)
    monkeypatch.setattr(search, "machines", lambda: [machine])
    monkeypatch.setattr(search, "Room", partial(Room, look=lambda: [machine]))
    monkeypatch.setattr(search._LazyRay, "references", lambda self: {})


def run_here(tasks: Any, store: RecordStore, workload: Any, data: Any, **options: Any) -> None:
    """In place of `run_tasks`: no Ray, one trial after the other, in this process."""
    searcher, progress = options["search_alg"], options["progress"]
    while (suggested := searcher.suggest("a trial")) != "FINISHED":
        task = TrialTask.model_validate(suggested["task"])
        record = record_of(task, workload, data)
        store.put(record)
        searcher.on_trial_complete("a trial")
        progress.trial_ended(task.hash, TrialName(task.context, task.arm, task.seed), record)


def all_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs and searches train in this process from now on."""
    search_here(monkeypatch)
    monkeypatch.setattr(study_run, "run_trials", run_trials_here)


def run_trials_here(plan: Plan, store: RecordStore, **options: Any) -> RunSummary:
    """In place of `run_trials`."""
    workload = plan.workload or load_workload(plan.study.workload)
    tasks = runner.missing_tasks(plan, store)
    for task in tasks:
        store.put(record_of(task, workload, {}))
    return runner._summary(tasks, store)


def record_of(task: TrialTask, workload: Any, data: Any) -> TrialRecord:
    """What training a trial leaves behind."""
    try:
        *_, ending = course(task, workload, data)
    except ValueError as error:
        return TrialRecord(
            hash=task.hash, spec=task.spec, status="failed", error=f"ValueError: {error}"
        )
    return ending.record
