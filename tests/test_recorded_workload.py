"""A run of a user's function is read as it was recorded, whatever has become of the function."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ablate.cli import app
from ablate.combined_runs import read_runs
from ablate.errors import AblateError
from ablate.recorded_workload import (
    RecordedWorkload,
    of_other_versions,
    read_from_records_alone,
    workload_of_runs,
)
from ablate.records.store import RecordStore
from ablate.study.plan import Plan
from ablate.study.planning import make_plan
from ablate.study.schema import Study
from ablate.workload import Resources, load_workload
from tests.runs import completed, make_run

HERE = "tests.tuning.trivial:train"
GONE = "no_such_module_of_ours:train"


def plan_by(name: str, version: str | None) -> Plan:
    """version: of the function; None: as it is."""
    workload = load_workload(name) if version is None else RecordedWorkload(name, version)
    levels = {"a": {"level": "a"}, "b": {"level": "b"}}
    fields: dict[str, Any] = {
        "name": "own",
        "question": "?",
        "workload": name,
        "contexts": {"baseline": {"level": "a"}},
        "factors": {"level": {"name": "level", "levels": levels}},
        "seeds": (0, 1),
    }
    return make_plan(Study.model_validate(fields), workload)


def run_of(folder: Path, plan: Plan, ended: str = "2030-01-01") -> Path:
    records = [completed(trial, provenance={"ended": ended}) for trial in plan.trials]
    if not folder.exists():
        return make_run(folder, plan, *records)
    for record in records:
        RecordStore(folder).put(record)
    return folder


@pytest.mark.parametrize("name", [HERE, GONE])
def test_a_function_that_was_edited_or_is_gone_is_read_as_it_was(tmp_path: Path, name: str) -> None:
    run = read_runs([run_of(tmp_path / "run", plan_by(name, "before"))])
    assert len(run.records) == 4
    assert {trial.spec.workload_version for trial in run.plan.trials} == {"before"}
    (told,) = read_from_records_alone(run.plan.workload)
    assert told.startswith(f"'{name}' cannot be imported here, or was edited after these trials")


def test_trials_of_the_function_as_it_is_come_before_those_of_an_earlier_one(
    tmp_path: Path,
) -> None:
    run_of(tmp_path / "run", plan_by(HERE, "before"), ended="2031-01-01")
    folder = run_of(tmp_path / "run", plan_by(HERE, None))
    run = read_runs([folder])
    assert len(run.records) == 4
    assert "before" not in {trial.spec.workload_version for trial in run.plan.trials}
    assert list(read_from_records_alone(run.plan.workload)) == []


def test_of_several_versions_the_last_that_was_recorded_is_read(tmp_path: Path) -> None:
    for version, ended in (("b", "2030-03-01"), ("c", "2030-02-01"), ("a", "2030-01-01")):
        folder = run_of(tmp_path / "run", plan_by(GONE, version), ended)
    workload = workload_of_runs([folder])
    assert workload is not None
    assert workload.version == "b"


def test_shipped_workloads_and_folders_without_records_are_read_as_ever(tmp_path: Path) -> None:
    empty = make_run(tmp_path / "empty", plan_by(GONE, "before"))
    assert workload_of_runs([empty]) is None
    assert workload_of_runs([tmp_path]) is None


def test_trials_of_an_earlier_version_are_told_of_where_none_is_of_this_one(tmp_path: Path) -> None:
    folder, plan = run_of(tmp_path / "run", plan_by(HERE, "before")), plan_by(HERE, None)
    (told,) = of_other_versions(folder, plan)
    assert told.startswith(f"{folder} holds 4 trials of '{HERE}' as it was before it was edited")
    run_of(folder, plan)
    assert list(of_other_versions(folder, plan)) == []
    assert list(of_other_versions(tmp_path / "none", plan)) == []


def test_nothing_can_be_run_by_it() -> None:
    workload = RecordedWorkload(GONE, "before")
    with pytest.raises(AblateError, match="is read from its records alone"):
        workload.run({}, 0, Resources(), {})
    with pytest.raises(AblateError, match="is read from its records alone"):
        workload.load_data("x", None)


def test_its_report_is_drawn_again(tmp_path: Path) -> None:
    folder = run_of(tmp_path / "run", plan_by(GONE, "before"))
    result = CliRunner().invoke(app, ["report", str(folder)])
    assert result.exit_code == 0
    assert "reported as they were recorded" in " ".join(result.output.split())
    assert "missing" not in (folder / "report.md").read_text(encoding="utf-8")
