"""A tuned study whose search stops poor trials early, by the installed command."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.command import ablate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STUDY = """\
question: Does Adam beat SGD?
workload: tests.tuning.valley:train
baseline: {rate: 1e-2, optimizer: adam, log: LOG}
factors:
  optimizer: [adam, sgd]
seeds: 0-1
tune: {space: SPACE, trials: 8, scheduler: asha, grace_period: 1}
"""
SPACE = """\
parameters:
  rate: {type: float, range: [1e-5, 0.2], scale: log, why: the best one lies within}
"""


def points(folder: Path) -> list[dict[str, Any]]:
    arms = json.loads((folder / "search.json").read_text())
    return [point for arm in arms for point in arm["points"]]


def test_trials_are_stopped_and_a_search_made_the_same_way_before_is_taken_over(tmp_path: Path):
    log, study, space = tmp_path / "log", tmp_path / "study.yaml", tmp_path / "rates.yaml"
    space.write_text(SPACE)
    study.write_text(STUDY.replace("LOG", str(log)).replace("SPACE", str(space)))
    runs = tmp_path / "runs"
    stopping = ("--scheduler", "asha", "--grace-period", "1")
    before = ablate(
        "search", study, "--space", space, "--trials", "8", *stopping, "--out", runs / "search"
    )
    assert before.returncode == 0, before.stderr
    trained = len(log.read_text().splitlines())

    done = ablate("run", study, "--out", runs / "study")
    assert done.returncode == 0, done.stderr
    own, found = points(runs / "study"), points(runs / "search")
    assert own == found
    assert len(own) == 16 and "pruned" in {point["status"] for point in own}
    assert len(log.read_text().splitlines()) - trained <= 2 * 2 * 2, "no point was tried again"
    assert (
        "asha stopped trials that were not among the best quarter of those that came as far, after "
        "at least 1 validation point."
    ) in (runs / "study" / "report.md").read_text()

    alone = ablate("run", study, "--out", tmp_path / "elsewhere" / "study")
    assert alone.returncode == 0, alone.stderr
    own = points(tmp_path / "elsewhere" / "study")
    assert len(own) == 16 and "pruned" in {point["status"] for point in own}
