"""A workload whose two arms have their best rates far apart: which wins depends on the rate."""

import math
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BEST = {"adam": (1e-3, 80.0), "sgd": (1e-1, 85.0)}
"""Best rate, and accuracy there, by optimizer."""
LOG, HOLD, BREAK = "TWO_VALLEYS_LOG", "TWO_VALLEYS_HOLD", "TWO_VALLEYS_BREAK"
"""Environment variables, which change no result: a file that names each start, how many starts may
end, while later ones wait, and the rate above which trials fail for now."""


def train(settings: dict[str, Any], seed: int) -> Iterator[dict[str, Any]]:
    """optimizer, rate; broken: fails."""
    optimizer, rate = settings["optimizer"], settings["rate"]
    if LOG in os.environ:
        log = Path(os.environ[LOG])
        with log.open("a") as file:
            file.write(f"{optimizer} {rate:g} {seed}\n")
        while len(log.read_text().splitlines()) > int(os.environ.get(HOLD, "1000")):
            time.sleep(0.02)
    if settings.get("broken") or rate > float(os.environ.get(BREAK, "inf")):
        raise ValueError("no luck")
    best, accuracy = BEST[optimizer]
    value = accuracy - 5 * abs(math.log10(rate / best))
    value += random.Random(f"{optimizer} {rate} {seed}").gauss(0, 0.2)
    yield {"epoch": 1, "validation_accuracy": value}
    yield {"validation_accuracy": value, "test_accuracy": value - 1}
