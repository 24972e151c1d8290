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
    end. running: a folder with a file for each trial that runs; together: how many are waited for
    there.
    """
    if "log" in settings:
        with Path(settings["log"]).open("a") as log:
            log.write(f"{settings.get('level')} {seed} {os.getpid()}\n")
    for epoch in range(1, settings.get("epochs", 2) + 1):
        time.sleep(settings.get("seconds", 0.0))
        if "says" in settings:
            yield {"doing": settings["says"]}
        yield {"epoch": epoch, "validation_accuracy": 50.0 + epoch + seed, "flops": 10.0 * epoch}
    at_once = _at_once(settings, seed) if "running" in settings else 1
    _end(settings, seed)
    weights = {"weights": f"{settings['weights']} {seed}".encode()} if "weights" in settings else {}
    yield {
        "test_accuracy": 60.0 + seed,
        "facts": weights,
        "process": os.getpid(),
        "threads": int(os.environ.get("OMP_NUM_THREADS", 0)),
        "at_once": at_once,
        "gpus_seen": len(gpus_seen()),
        "first_gpu": next(iter(gpus_seen()), -1),
    }


def gpus_seen() -> list[int]:
    """What CUDA would let a trial see."""
    return [int(gpu) for gpu in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if gpu]


def _at_once(settings: dict[str, Any], seed: int) -> int:
    """How many trials have been seen to run at a time, once `together` have, or after a while."""
    running, met = Path(settings["running"]), Path(settings["running"]).with_name("met")
    own = running / f"{settings.get('level')}-{seed}"
    own.touch()
    most, deadline = 0, time.monotonic() + 60
    while not met.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
        most = max(most, len(list(running.iterdir())))
        if most >= settings["together"]:
            met.touch()
    for _ in range(10):
        time.sleep(0.02)
        most = max(most, len(list(running.iterdir())))
    own.unlink()
    return most


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
