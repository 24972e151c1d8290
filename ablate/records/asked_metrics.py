"""The metrics that a study asks for: to it, a trial that ends without a finite one has diverged.

Studies share trials, and ask for different metrics. So a record is the same whoever asks: what is
not finite is left out of it, and named, and each study counts it by what it asks.
"""

import math
import sys
from collections.abc import Collection, Mapping
from typing import NamedTuple

from ablate.records.greedy_path import Find, criterion
from ablate.records.schema import TrialRecord
from ablate.study.plan import Plan
from ablate.study.schema import Faster, Study

NOT_FINITE = "not_finite"
"""In a completed trial's provenance: the metrics left out."""


LARGEST = math.sqrt(sys.float_info.max)
"""Beyond it (1.3e154) a value has no finite square, and so no spread: it has exploded."""


def is_finite(value: float) -> bool:
    """Whether a value can be reckoned with: no NaN, no infinity, and not beyond LARGEST."""
    return abs(value) <= LARGEST  # NaN is not


def asked_metrics(plan: Plan) -> frozenset[str]:
    """The metrics that study and workload speak of."""
    return named_metrics(plan.study) | plan.metrics.keys()


def named_metrics(study: Study) -> frozenset[str]:
    """The metrics that a study is decided by, or shows beside published numbers."""
    needed = needed_metrics(study)
    named = [*needed.final, *needed.curves, *(number.metric for number in study.published)]
    if study.design.order == "greedy":
        named.append(criterion(study))
    return frozenset(named)


class NeededMetrics(NamedTuple):
    """What effects, claims and measured published numbers rest on: by name, the words for it."""

    final: dict[str, str]
    """Metrics of a trial's end: "the metric 'loss' of claim 2"."""
    curves: dict[str, str]
    """Courses of training, which may be given as their mean: "the curve 'loss' of claim 3"."""


def needed_metrics(study: Study) -> NeededMetrics:
    """Each metric and each curve once, in the study's order."""
    final = {study.metric: f"the study's metric '{study.metric}'"}
    curves: dict[str, str] = {}
    for position, claim in enumerate(study.claims, 1):
        if isinstance(claim, Faster):
            curves.setdefault(claim.curve, f"the curve '{claim.curve}' of claim {position}")
        elif claim.metric is not None:
            final.setdefault(claim.metric, f"the metric '{claim.metric}' of claim {position}")
    for number in study.published:
        if number.arm is not None:
            words = f"the metric '{number.metric}' published for {number.label}"
            final.setdefault(number.metric, words)
    return NeededMetrics(final, curves)


def has_curve(curve: str, given: Collection[str]) -> bool:
    """Whether it is given, as itself or as its mean over training."""
    return curve in given or f"{curve}_mean" in given


def absent_metrics(study: Study, given: Collection[str]) -> dict[str, str]:
    """The needed metrics that are not given, with the words for each."""
    final, curves = needed_metrics(study)
    absent = {name: words for name, words in final.items() if name not in given}
    return absent | {
        name: words
        for name, words in curves.items()
        if name not in final and not has_curve(name, given)
    }


def claims_without_course(
    study: Study, given: Collection[str], courses: Collection[str]
) -> dict[int, Faster]:
    """Claims, by position from 1, on a curve that is given without the course that they need: for a
    threshold the course itself, else that or its mean over training.

    given: metrics. courses: those of them that are given at several points of training.
    """
    return {
        position: claim
        for position, claim in enumerate(study.claims, 1)
        if isinstance(claim, Faster)
        and has_curve(claim.curve, given)  # else the metric itself is absent
        and claim.curve not in courses
        and not (claim.threshold is None and f"{claim.curve}_mean" in given)
    }


def not_finite(final: Mapping[str, float], asked: Collection[str] | None = None) -> list[str]:
    """The metrics that are not finite (see `is_finite`), of those asked for; None: of all."""
    return [
        name
        for name, value in final.items()
        if (asked is None or name in asked) and not is_finite(value)
    ]


def divergence(names: Collection[str]) -> str:
    """Why a trial has diverged, as its record says it."""
    return f"not finite at the end: {', '.join(names)}"


def as_asked(plan: Plan, find: Find) -> Find:
    """Records as the plan's study counts them: one that lacks a metric that is asked for because it
    was not finite has diverged; so has one that has it and exploded.
    """
    asked = asked_metrics(plan)

    def found(hash_: str) -> TrialRecord | None:
        record = find(hash_)
        return None if record is None else counted(record, asked)

    return found


def all_as_asked(
    plan: Plan, records: Mapping[str, TrialRecord], also: Collection[str] = ()
) -> dict[str, TrialRecord]:
    """The same of many records, by hash. also: metrics that are asked for beside the study's."""
    asked = asked_metrics(plan).union(also)
    return {hash_: counted(record, asked) for hash_, record in records.items()}


def counted(record: TrialRecord, asked: Collection[str]) -> TrialRecord:
    """The same of one record, and the metrics asked for."""
    lost = [name for name in record.provenance.get(NOT_FINITE, ()) if name in asked]
    lost += not_finite(record.metrics, asked)
    if record.status != "completed" or not lost:
        return record
    as_diverged = {"status": "diverged", "metrics": {}, "error": divergence(lost)}
    return record.model_copy(update=as_diverged)
