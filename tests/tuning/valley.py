"""A workload whose best settings are known: accuracy falls off with the distance from them."""

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ablate.errors import DivergedError

BEST_RATE = 1e-2
DIVERGES_ABOVE = 0.3


def train(settings: dict[str, Any], seed: int) -> Iterator[dict[str, Any]]:
    """rate, momentum, optimizer, width; log: a file that names each start; hold: a file, as long
    as which is there, trials but the first two wait; chance: whether a diverged trial knows it;
    minor: another final metric, as text; flops: the same, as a number.
    """
    rate = settings.get("rate", BEST_RATE)
    if "log" in settings:
        with Path(settings["log"]).open("a") as log:
            log.write(f"{rate:g} {seed}\n")
    if "hold" in settings and len(Path(settings["log"]).read_text().splitlines()) > 2:
        while Path(settings["hold"]).exists():
            time.sleep(0.05)
    if settings.get("fails"):
        raise ValueError("no luck")
    final = accuracy(settings) + seed % 10
    for epoch in range(1, settings.get("epochs", 4) + 1):
        if rate > DIVERGES_ABOVE:
            known = {"chance_level": {"validation_accuracy": 10.0}}
            raise DivergedError("loss is nan", known if settings.get("chance", True) else {})
        yield {
            "epoch": epoch,
            "validation_accuracy": final * (1 - 0.5**epoch),
            "flops": float(epoch * settings.get("width", 8) ** 2),
        }
    minor = {"minor": float(settings["minor"])} if "minor" in settings else {}
    minor |= {"flops": settings["flops"]} if "flops" in settings else {}
    yield {"validation_accuracy": final, "test_accuracy": 100 - final, **minor}


def accuracy(settings: dict[str, Any]) -> float:
    """In percent, of seed 0: 80 at the best rate and momentum 0.5, 5 less for adam; a wider
    network is better.
    """
    off = abs(math.log10(settings.get("rate", BEST_RATE) / BEST_RATE))
    off += abs(settings.get("momentum", 0.5) - 0.5)
    adam = settings.get("optimizer", "sgd") == "adam"
    return 80 - 10 * off - 5 * adam + math.log2(settings.get("width", 8) / 8)


def train_loss(settings: dict[str, Any], seed: int) -> Iterator[dict[str, Any]]:
    """The same hill, upside down."""
    loss = 100 - accuracy(settings)
    yield {"epoch": 1, "validation_loss": loss}
    yield {"validation_loss": loss}


def train_cliff(settings: dict[str, Any], seed: int) -> Iterator[dict[str, Any]]:
    """The higher the rate the better, up to where all is lost; nothing tells what that is worth."""
    rate = settings["rate"]
    if rate > DIVERGES_ABOVE:
        raise DivergedError("loss is nan", {})
    yield {"validation_loss": -math.log10(rate), "test_loss": -math.log10(rate)}


def train_residual(settings: dict[str, Any], seed: int) -> Iterator[dict[str, Any]]:
    """The same by another name, whose words do not say which way it is better."""
    residual = 100 - accuracy(settings)
    if settings.get("rate", BEST_RATE) > DIVERGES_ABOVE:
        raise DivergedError("loss is nan", {})
    yield {"epoch": 1, "validation_residual": residual}
    yield {"validation_residual": residual, "test_residual": residual}
