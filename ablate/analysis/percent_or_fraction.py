"""Accuracies that a study takes for percent and its trials for fractions, or the other way round:
its margins and thresholds would be off by a hundred, and its verdicts wrong.
"""

from collections.abc import Iterator, Mapping

from ablate.records.asked_metrics import named_metrics
from ablate.records.fractions import likely_fractions
from ablate.records.schema import TrialRecord
from ablate.study.percentages import is_accuracy, values_stated
from ablate.study.plan import Plan
from ablate.workload import describe_metric


def warnings_of_scale(plan: Plan, records: Mapping[str, TrialRecord]) -> Iterator[str]:
    """records: by hash. Of tables from elsewhere see `from_elsewhere`."""
    run = [record for record in records.values() if not record.is_from_elsewhere]
    yield from _recorded_as_fractions(plan, [each for record in run for each in numbers_of(record)])
    yield from _stated_as_fractions(
        plan, [each for record in records.values() for each in numbers_of(record)]
    )


def numbers_of(record: TrialRecord) -> Iterator[tuple[str, float]]:
    """All that a trial measured, each number with its metric."""
    yield from record.metrics.items()
    for metric, course in record.history.items():
        yield from ((metric, number) for number in course if number is not None)


def _recorded_as_fractions(plan: Plan, numbers: list[tuple[str, float]]) -> Iterator[str]:
    named = named_metrics(plan.study)
    for metric in filter(named.__contains__, likely_fractions(plan, numbers)):
        yield (
            f"{metric} is in percent, by what the study says of it, and all that was recorded of "
            "it is at most 1: if these are fractions, verdicts on it are wrong. Let the workload "
            "give it in percent, or write the study's numbers for it as fractions."
        )


def _stated_as_fractions(plan: Plan, numbers: list[tuple[str, float]]) -> Iterator[str]:
    """What a study that says the unit is refused for, where records alone tell it."""
    largest: dict[str, float] = {}
    for metric, number in numbers:
        largest[metric] = max(largest.get(metric, 0.0), number)
    for (kind, index, *_), metric, value in values_stated(plan.study):
        accuracy = is_accuracy(metric, describe_metric(metric, plan.metrics))
        if accuracy and 0 < value < 1 < largest.get(metric, 0.0):
            where = f"Claim {int(index) + 1}" if kind == "claims" else "A published number"
            yield (
                f"{where} speaks of {value:g} for {metric}, of which up to {largest[metric]:.4g} "
                f"is recorded: if that is a fraction, write {100 * value:g}."
            )
