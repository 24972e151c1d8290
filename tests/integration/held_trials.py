"""Trials that wait for the test that runs them."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STUDY = """\
question: Does a run survive what happens to it?
workload: tests.integration.held_trials:train
baseline: {{folder: {folder}, level: a}}
factors:
  level: [a, b]
seeds: 0-2
retries: {retries}
"""


def train(settings: dict[str, Any], seed: int) -> Iterator[dict[str, Any]]:
    """folder: where each start adds a line to the file `starts`, and where seeds other than 0 wait
    in the middle of a step for as long as there is a file `hold`.
    """
    folder = Path(settings["folder"])
    with (folder / "starts").open("a") as log:
        log.write(f"{settings['level']} {seed}\n")
    chance = random.Random(f"{settings['level']} {seed}")
    yield {"epoch": 1, "validation_accuracy": chance.gauss(50, 1)}
    while seed > 0 and (folder / "hold").exists():
        time.sleep(0.05)
    yield {"test_accuracy": chance.gauss(60, 1)}


def make_held_study(folder: Path, retries: int = 1) -> Path:
    """A study of six such trials, of which two end while it is held, as a file in `folder`."""
    (folder / "hold").touch()
    study = folder / "held.yaml"
    study.write_text(STUDY.format(folder=folder, retries=retries))
    return study


def release(folder: Path) -> None:
    """Let the trials go on."""
    (folder / "hold").unlink()


def starts(folder: Path) -> list[str]:
    """Level and seed of every start, in order."""
    log = folder / "starts"
    return log.read_text().splitlines() if log.is_file() else []
