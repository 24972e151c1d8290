"""A study on a user's cluster survives the loss of a machine."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ablate.tuning.recorder import LOST
from tests.integration.command import ablate, finished, started, wait_until
from tests.integration.held_trials import make_held_study, release, starts
from tests.integration.nodes import Nodes, nodes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    """A head with one CPU, to which each test adds a machine."""
    with nodes(dict(os.environ)) as found:
        found.add()
        yield found


def records_in(run: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in (run / "records").glob("*.json")]


def lose_one_in_the_middle(cluster: Nodes, study: Path, run: Path) -> Any:
    """The command's end, where one of two machines is lost while each has a trial."""
    folder = study.parent
    other = cluster.add()
    to_join = ("--address", cluster.address)
    with started("run", study, "--out", run, *to_join, environment=cluster.login) as process:
        assert wait_until(lambda: len(starts(folder)) == 4 and len(records_in(run)) == 2, 120)
        cluster.lose(other)
        release(folder)
        return finished(process)


def test_trials_of_a_lost_machine_run_again_on_another(cluster: Nodes, tmp_path: Path):
    study, run = make_held_study(tmp_path), tmp_path / "run"
    done = lose_one_in_the_middle(cluster, study, run)
    assert done.returncode == 0, done.stderr
    assert "raylet" not in done.stdout + done.stderr
    assert [record["status"] for record in records_in(run)] == ["completed"] * 6
    ((lost, times), *others) = Counter(starts(tmp_path)).most_common()
    assert (lost in ("a 1", "b 1"), times) == (True, 2)
    assert [times for _, times in others] == [1] * 5, "what had ended did not run twice"


def test_without_a_retry_they_are_recorded_as_failed_and_the_same_command_runs_them(
    cluster: Nodes, tmp_path: Path
):
    study, run = make_held_study(tmp_path, retries=0), tmp_path / "run"
    done = lose_one_in_the_middle(cluster, study, run)
    assert done.returncode == 1, done.stderr
    assert Counter(record["status"] for record in records_in(run)) == {"completed": 5, "failed": 1}
    (failed,) = (record for record in records_in(run) if record["status"] == "failed")
    assert failed["error"].splitlines()[-1] == LOST

    done = ablate(
        "run", study, "--out", run, "--address", cluster.address, environment=cluster.login
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("6 trials, 5 already recorded, 1 to run\n")
    assert [record["status"] for record in records_in(run)] == ["completed"] * 6
