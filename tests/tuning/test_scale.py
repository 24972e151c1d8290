"""What a trial costs beside its own work, where it has none, and what it leaves in memory."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ablate.records.schema import TrialRecord
from ablate.records.store import RecordStore
from ablate.tuning.progress import Silent, TrialName
from ablate.tuning.runner import missing_tasks, run_tasks
from ablate.workload import Resources, load_workload
from tests.tuning.studies import make_trivial_plan

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("ray"),
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="costs are read in /proc"),
]

CORE_SECONDS_A_TRIAL = 0.15
"""Of the driver and all that it started: unlike time on a clock, the same on a busy machine."""
MEGABYTES_A_THOUSAND = 200.0


class Watch(Silent):
    """Looks at the processes while they live."""

    def __init__(self) -> None:
        self.core_seconds: dict[int, float] = {}
        self.look()

    def trial_ended(self, hash_: str, trial: TrialName, record: TrialRecord) -> None:
        if trial.seed % 10 == 0:
            self.look()

    def look(self) -> None:
        self.core_seconds |= core_seconds_by_process()

    def total(self) -> float:
        self.look()
        return sum(self.core_seconds.values())


def core_seconds_by_process() -> Mapping[int, float]:
    """Of this process and all below it: time on processors so far, that of ended children too."""
    parents: dict[int, int] = {}
    seconds: dict[int, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
        seconds[int(folder.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    below = {os.getpid()}
    while more := {process for process, parent in parents.items() if parent in below} - below:
        below |= more
    return {process: seconds[process] for process in below}


def resident_megabytes() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def costs_of(trials: int, folder: Path) -> tuple[float, float]:
    """Core-seconds that so many trivial trials took, and megabytes of the driver afterwards."""
    settings = {"as_many": {f"as_images_{key}": key for key in range(34)}}
    plan = make_trivial_plan(seeds=trials // 2, settings=settings)
    store = RecordStore(folder)
    watch = Watch()
    before = watch.total()
    half = {"resources": Resources(cpus=0.5)}
    tasks = [task.model_copy(update=half) for task in missing_tasks(plan, store)]
    run_tasks(tasks, store, load_workload(plan.study.workload), {}, progress=watch, retries=0)
    assert len(store.hashes()) == trials
    return watch.total() - before, resident_megabytes()


def assert_cheap(trials: int, core_seconds: float, megabytes: float) -> None:
    found: dict[str, Any] = {
        "core-seconds a trial": core_seconds / trials,
        "megabytes a thousand": megabytes / trials * 1000,
    }
    assert found["core-seconds a trial"] < CORE_SECONDS_A_TRIAL, found
    assert found["megabytes a thousand"] < MEGABYTES_A_THOUSAND, found


def test_a_trial_more_costs_little_time_and_memory_however_many_there_are(tmp_path: Path):
    few, many = (costs_of(trials, tmp_path / str(trials)) for trials in (60, 240))
    assert_cheap(240 - 60, many[0] - few[0], many[1] - few[1])
    processes = {record.metrics["process"] for record in RecordStore(tmp_path / "240").records()}
    assert len(processes) == 2, (
        "trials shorter than the start of a worker get all there is room for"
    )


@pytest.mark.scale
def test_a_thousand_trials_cost_little_time_and_memory(tmp_path: Path):
    before = resident_megabytes()
    core_seconds, after = costs_of(1000, tmp_path)
    assert_cheap(1000, core_seconds, after - before)
