"""Runs that are killed, stopped, or started twice lose nothing and do nothing twice."""

import csv
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.command import (
    ablate,
    finished,
    processes_of,
    ray_folders,
    started,
    wait_until,
)
from tests.integration.held_trials import make_held_study, release, starts

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc"),
]

DIGITS = (
    "studies/smoke.yaml", "--seeds", "0-1", "--set", "architecture.filters=[4, 4, 8]",
    "--gpus-per-trial", "0",
)  # fmt: skip
STOPPED = "Stopped. Finished trials are recorded; the same command continues."
OF_TIME = {"cost", "provenance", "core_seconds", "gpu_seconds", "seconds", "train_seconds"}
"""What two runs of the same trials may differ in."""


def records_in(folder: Path) -> dict[str, tuple[int, bytes]]:
    """When each record was written, and what it holds."""
    return {
        path.stem: (path.stat().st_mtime_ns, path.read_bytes())
        for path in (folder / "records").glob("*.json")
    }


def trials_in(folder: Path) -> dict[str, Any]:
    """Every record by hash, without what tells of time."""
    return {hash_: timeless(json.loads(text)) for hash_, (_, text) in records_in(folder).items()}


def timeless(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: timeless(item) for key, item in value.items() if key not in OF_TIME}


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of a table, every digit of them, without what tells of time."""
    with (folder / "tables" / name).open(encoding="utf-8", newline="") as file:
        return [timeless(row) for row in csv.DictReader(file)]


def assert_same_results(folder: Path, undisturbed: Path) -> None:
    """To the last bit."""
    assert trials_in(folder) == trials_in(undisturbed)
    for name in ("arms.csv", "effects.csv"):
        assert table(folder, name) == table(undisturbed, name)


def kill(process: subprocess.Popen[str]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL


def in_the_middle(folder: Path, run: Path) -> Callable[[], bool]:
    """Whether a held study has ended all it may and is within another trial."""
    return lambda: len(records_in(run)) == 2 and len(starts(folder)) > 2


def trials_under_way(session: int) -> list[str]:
    """Of the workers, which are named for what they do."""
    return [name for name in processes_of(session).values() if name.startswith("ray::Resource")]


def test_a_killed_run_leaves_no_process_and_goes_on_with_what_it_missed(tmp_path: Path):
    study, run = make_held_study(tmp_path), tmp_path / "run"
    with started("run", study, "--out", run, temporary=tmp_path) as process:
        assert wait_until(in_the_middle(tmp_path, run), 120), starts(tmp_path)
        assert trials_under_way(process.pid)
        kill(process)
        assert wait_until(lambda: not trials_under_way(process.pid), 20)
        before = records_in(run)
        assert sorted(s for s in starts(tmp_path) if s.endswith(" 0")) == ["a 0", "b 0"]

        assert list(tmp_path.glob("ablate-run-*")), "what it could not clear away"
        release(tmp_path)
        done = ablate("run", study, "--out", run, temporary=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stderr.startswith("6 trials, 2 already recorded, 4 to run\n")
        assert not list(tmp_path.glob("ablate-run-*"))
        assert not ray_folders(process.pid)
        after = records_in(run)
        assert len(after) == 6
        assert {hash_: after[hash_] for hash_ in before} == before
        assert sorted(s for s in starts(tmp_path) if s.endswith(" 0")) == ["a 0", "b 0"]

        # Two idle agents of Ray first spend a minute on telling the head that is gone.
        assert wait_until(lambda: not processes_of(process.pid), 90), processes_of(process.pid)


def test_digits_killed_in_training_end_with_the_same_bits(tmp_path: Path):
    run, undisturbed = tmp_path / "killed" / "run", tmp_path / "undisturbed" / "run"
    with started("run", *DIGITS, "--out", run, temporary=tmp_path) as process:
        assert wait_until(lambda: len(records_in(run)) >= 1, 200)
        kill(process)
    before = records_in(run)
    assert 1 <= len(before) < 4
    done = ablate("run", *DIGITS, "--out", run)
    assert done.returncode == 0, done.stderr
    missing = 4 - len(before)
    assert done.stderr.startswith(f"4 trials, {len(before)} already recorded, {missing} to run\n")
    after = records_in(run)
    assert {hash_: after[hash_] for hash_ in before} == before

    done = ablate("run", *DIGITS, "--out", undisturbed)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("4 trials, 0 already recorded, 4 to run\n")
    assert_same_results(run, undisturbed)


@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["the driver", "its whole group"])
def test_ctrl_c_stops_a_run_cleanly_and_the_same_command_continues(
    tmp_path: Path, send: Callable[[int, int], None]
):
    study, run = make_held_study(tmp_path), tmp_path / "run"
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with started("run", study, "--out", run, temporary=temporary) as process:
        assert wait_until(in_the_middle(tmp_path, run), 120), starts(tmp_path)
        (folder,) = ray_folders(process.pid)
        assert folder.is_dir()
        since = time.monotonic()
        send(process.pid, signal.SIGINT)
        done = finished(process, seconds=60)
        assert time.monotonic() - since < 15
        assert processes_of(process.pid) == {}
    assert done.returncode == 130
    assert (done.stdout, done.stderr.splitlines()[-1]) == ("", STOPPED)
    assert not folder.exists()
    assert list(temporary.iterdir()) == []
    before = records_in(run)
    assert len(before) == 2

    release(tmp_path)
    done = ablate("run", study, "--out", run)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(run / "report.html")
    after = records_in(run)
    assert len(after) == 6
    assert {hash_: after[hash_] for hash_ in before} == before


def test_a_second_process_on_a_run_is_refused_and_the_first_goes_on(tmp_path: Path):
    study, run = make_held_study(tmp_path), tmp_path / "run"
    with started("run", study, "--out", run, temporary=tmp_path) as process:
        assert wait_until(lambda: len(records_in(run)) == 2, 120)
        second = ablate("run", study, "--out", run)
        assert second.returncode == 2
        assert (second.stdout, second.stderr) == (
            "",
            f"{run}: another ablate process is writing to this run\n"
            "    wait until it ends, or give this run a folder of its own with --out\n",
        )
        release(tmp_path)
        first = finished(process)
    assert first.returncode == 0, first.stderr
    assert len(records_in(run)) == len(starts(tmp_path)) == 6
