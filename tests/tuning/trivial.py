"""Trials that train nothing: how one ends is in its settings."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ablate.errors import DivergedError


def train(settings: dict[str, Any], seed: int) -> Iterator[dict[str, Any]]:
    """ends: "well", "diverged", "fails", "fails_once", "dies".

    log: a file that names each start. says: what it tells before each point. weights: given at the
    end.
    """
    if "log" in settings:
        with Path(settings["log"]).open("a") as log:
            log.write(f"{settings.get('level')} {seed} {os.getpid()}\n")
    for epoch in range(1, settings.get("epochs", 2) + 1):
        time.sleep(settings.get("seconds", 0.0))
        if "says" in settings:
            yield {"doing": settings["says"]}
        yield {"epoch": epoch, "validation_accuracy": 50.0 + epoch + seed, "flops": 10.0 * epoch}
    _end(settings, seed)
    weights = {"weights": f"{settings['weights']} {seed}".encode()} if "weights" in settings else {}
    yield {
        "test_accuracy": 60.0 + seed,
        "facts": weights,
        "process": os.getpid(),
        "threads": int(os.environ.get("OMP_NUM_THREADS", 0)),
    }


def _end(settings: dict[str, Any], seed: int) -> None:
    ending = settings.get("ends", "well")
    if ending == "diverged":
        raise DivergedError("loss is nan in epoch 2", {"chance_level": {"test_accuracy": 10.0}})
    if ending == "fails":
        raise ValueError(f"no luck with seed {seed}")
    if ending == "fails_once":
        mark = Path(settings["mark"]) / str(seed)
        if not mark.exists():
            mark.touch()
            raise ValueError("once")
    if ending == "dies":
        os._exit(7)
