"""Shares found by simulation, and how far chance alone may take them from what is stated.

Bounds are four standard errors wide: a share of R replications has sqrt(p (1 - p) / R).
"""

from typing import Any

import numpy as np

STATED_BY = 20_000
"""Replications behind the rates that docs/statistics.md states, at the least."""


def share(outcomes: Any) -> float:
    """The share of replications with the outcome."""
    return float(np.mean(outcomes))


def agrees(found: float, stated: float, replications: int) -> bool:
    """Whether both may be estimates of one probability; the stated one has three decimals."""
    error = np.sqrt(stated * (1 - stated) * (1 / replications + 1 / STATED_BY))
    return bool(abs(found - stated) <= 4 * error + 0.0005)


def equals(found: float, exact: float, replications: int) -> bool:
    """Whether a share may be an estimate of this probability."""
    return bool(abs(found - exact) <= 4 * np.sqrt(exact * (1 - exact) / replications))


def is_at_most(found: float, bound: float, replications: int) -> bool:
    """Whether a share may be an estimate of a probability that is at most this."""
    return bool(found <= bound + 4 * np.sqrt(bound * (1 - bound) / replications))
