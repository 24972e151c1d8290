"""Metrics in percent that are given as fractions: margins and effects would be off by 100."""

from collections.abc import Iterable, Iterator

from ablate.records.asked_metrics import is_finite
from ablate.study.percentages import is_accuracy, values_stated
from ablate.study.plan import Plan
from ablate.study.schema import Faster, Study
from ablate.workload import describe_metric, is_a_share

_LARGE = 0.1
"""A difference of fractions that nobody would call the smallest of interest: ten points."""


def likely_fractions(plan: Plan, values: Iterable[tuple[str, float]]) -> list[str]:
    """The metrics in percent of which all that is given is at most 1, and not all of it 0.

    values: each with its metric, of all trials together. A metric that exceeds 1 tells that others
    are in percent, too; but that accuracies are, only another accuracy tells: beside BLEU in
    percent they are fractions as often.
    """
    largest: dict[str, float] = {}
    for metric, number in values:
        if is_finite(number):
            largest[metric] = max(largest.get(metric, 0.0), abs(number))
    in_percent = {metric: size for metric, size in largest.items() if _is_in_percent(plan, metric)}
    accuracies = accuracies_in_percent(plan, in_percent)
    above = {metric for metric, size in in_percent.items() if size > 1}
    return [
        metric
        for metric, size in in_percent.items()
        if size > 0 and not (above & accuracies if metric in accuracies else above)
    ]


def accuracies_in_percent(plan: Plan, metrics: Iterable[str]) -> set[str]:
    """Those of which a value below 1 is likely a fraction."""
    return {
        name
        for name in metrics
        if _is_in_percent(plan, name) and is_accuracy(name, describe_metric(name, plan.metrics))
    }


def _is_in_percent(plan: Plan, metric: str) -> bool:
    """By its description; without one, by what the study says of it."""
    if metric in plan.metrics:
        return plan.metrics[metric].unit == "%"
    if not is_a_share(metric):
        return False
    differences, values = _said_of(plan.study, metric)
    return any(size >= _LARGE for size in differences) or any(value > 1 for value in values)


def _said_of(study: Study, metric: str) -> tuple[list[float], list[float]]:
    """The study's numbers for differences in a metric, and for its values."""

    def margins() -> Iterator[float | None]:
        if metric == study.metric:
            yield study.smallest_effect_of_interest
        for claim in study.claims:
            if isinstance(claim, Faster):
                # With a threshold, `by` is in epochs.
                if claim.curve == metric and claim.threshold is None:
                    yield claim.by
            elif (claim.metric or study.metric) == metric:
                yield from (getattr(claim, name, None) for name in ("by", "margin"))

    values = [value for _, name, value in values_stated(study) if name == metric]
    return [size for size in margins() if size is not None], values
