"""Runs and reports as they lie in folders."""

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from ablate.errors import StudyError
from ablate.records.schema import Cost, TrialRecord
from ablate.records.store import RecordStore
from ablate.run_folder import Run, write_compact_run
from ablate.study.loading import load_study
from ablate.study.plan import Plan, PlannedTrial
from ablate.study.planning import make_plan
from ablate.study.writing import study_to_yaml
from tests.tuning.studies import make_trivial_plan

NO_RECORDS = (
    "{folder}: holds no records: neither records/ nor records.jsonl\n"
    "    name the folder of a run or of a report"
)


def completed(trial: PlannedTrial, accuracy: float = 82.5, **changes: Any) -> TrialRecord:
    fields: dict[str, Any] = {
        "hash": trial.hash,
        "spec": trial.spec,
        "status": "completed",
        "metrics": {"test_accuracy": accuracy},
        "history": {"epoch": [1.0, 2.0], "validation_loss": [0.75, None]},
        "cost": Cost(seconds=4.0, core_seconds=8.0),
        "provenance": {"python": "3.11.7"},
    }
    return TrialRecord(**(fields | changes))


def failed(trial: PlannedTrial) -> TrialRecord:
    return completed(trial, status="failed", metrics={}, error="ValueError: no luck")


def make_run(folder: Path, plan: Plan, *records: TrialRecord) -> Path:
    """A run folder as `ablate run` leaves it."""
    (folder / "records").mkdir(parents=True)
    (folder / "study.yaml").write_text(study_to_yaml(plan.study))
    for record in records:
        RecordStore(folder).put(record)
    return folder


def make_report(folder: Path, plan: Plan, *records: TrialRecord) -> Path:
    """A report folder as `ablate report --compact` leaves it."""
    write_compact_run(Run(plan, {record.hash: record for record in records}), folder)
    return folder


def looked_at_with(seeds: tuple[int, ...]) -> Plan:
    """The trivial plan of at most five seeds, with these, in their order."""
    study = make_trivial_plan(max_seeds=5).study
    return make_plan(study.model_copy(update={"seeds": seeds}))


def make_unreadable(folder: Path) -> None:
    """As a run's study is once its workload's module has another name."""
    study = folder / "study.yaml"
    study.write_text(study.read_text().replace("tests.tuning.trivial:", "no.such.module:"))
    with pytest.raises(StudyError):
        load_study(study)


def damage(folder: Path, plan: Plan) -> Path:
    """Where a run's first record is cut off."""
    broken = folder / "records" / f"{plan.trials[0].hash}.json"
    broken.write_text('{"record_version": 1, ')
    return broken


def not_a_record(path: Path) -> str:
    return (
        f"{path}: is not a trial record: Expecting property name enclosed in double quotes: "
        "line 1 column 23 (char 22)\n    remove it; its trial runs again"
    )


def output_of(program: str) -> str:
    """What a program prints, in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
