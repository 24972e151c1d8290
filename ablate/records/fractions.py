"""Metrics in percent that are given as fractions: margins and effects would be off by 100."""

import math
from collections.abc import Iterable

from ablate.study.plan import Plan


def likely_fractions(plan: Plan, values: Iterable[tuple[str, float]]) -> list[str]:
    """The metrics in percent of which all that is given is at most 1, and not all of it 0.

    values: each with its metric, of all trials together. None where a metric in percent exceeds 1,
    which tells that the others are in percent, too.
    """
    largest: dict[str, float] = {}
    for metric, number in values:
        described = plan.metrics.get(metric)
        if described is not None and described.unit == "%" and math.isfinite(number):
            largest[metric] = max(largest.get(metric, 0.0), abs(number))
    if any(size > 1 for size in largest.values()):
        return []
    return [metric for metric, size in largest.items() if size > 0]
