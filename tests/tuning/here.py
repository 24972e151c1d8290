"""Searches without Ray, for what does not depend on it."""

from typing import Any

import pytest

from ablate.records.schema import TrialRecord
from ablate.records.store import RecordStore
from ablate.tuning import search
from ablate.tuning.course import TrialTask, course
from ablate.tuning.progress import TrialName


def search_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches run their trials in this process from now on."""
    machine = {"CPU": 1.0, "GPU": 0.0}
    monkeypatch.setattr(search, "run_tasks", run_here)
    monkeypatch.setattr(search, "offered", lambda: machine)
    monkeypatch.setattr(search, "largest_machine", lambda: machine)
    monkeypatch.setattr(search._LazyRay, "references", lambda self: {})


def run_here(tasks: Any, store: RecordStore, workload: Any, data: Any, **options: Any) -> None:
    """In place of `run_tasks`: no Ray, one trial after the other, in this process."""
    searcher, progress = options["search_alg"], options["progress"]
    while (suggested := searcher.suggest("a trial")) != "FINISHED":
        task = TrialTask.model_validate(suggested["task"])
        try:
            *_, ending = course(task, workload, data)
            record = ending.record
        except ValueError as error:
            record = TrialRecord(
                hash=task.hash, spec=task.spec, status="failed", error=f"ValueError: {error}"
            )
        store.put(record)
        progress.trial_ended(task.hash, TrialName(task.context, task.arm, task.seed), record)
