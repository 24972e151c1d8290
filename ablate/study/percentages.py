"""Accuracies in percent that a study states as fractions, or beyond 100: any trained network would
reach 0.9 %, and none 900.
"""

from collections.abc import Iterator, Mapping

from ablate.errors import Problem
from ablate.study.schema import Faster, Reaches, Study
from ablate.study.yaml_source import Place
from ablate.workload import MetricDescription, describe_metric, is_a_share


def impossible_percentages(
    study: Study, known: Mapping[str, MetricDescription]
) -> Iterator[tuple[Place, Problem]]:
    """Each with its place in the study's long form, which is still to be named."""
    for place, metric, value in values_stated(study):
        if not _is_accuracy_in_percent(metric, describe_metric(metric, known)):
            continue
        if 0 < value < 1:
            message = f"{value:g} is a fraction, and '{metric}' is in percent"
            yield place, Problem("", message, f"write {100 * value:g}")
        elif not 0 <= value <= 100:
            yield place, Problem("", f"'{metric}' is in percent, and never {value:g}")


def _is_accuracy_in_percent(metric: str, described: MetricDescription) -> bool:
    """Whether a metric is one of which a value below 1 is likely a fraction; errors and gaps may
    really be so small.
    """
    return described.unit == "%" and is_accuracy(metric, described)


def is_accuracy(metric: str, described: MetricDescription) -> bool:
    """By its name and which way is better."""
    return described.higher_is_better and is_a_share(metric)


def values_stated(study: Study) -> Iterator[tuple[Place, str, float]]:
    """What claims and publications say that a metric is: where, of which metric, and the value."""
    for index, claim in enumerate(study.claims):
        if isinstance(claim, Reaches):
            yield ("claims", index, "value"), study.metric_of(claim), claim.value
        elif isinstance(claim, Faster) and claim.threshold is not None:
            yield ("claims", index, "threshold"), claim.curve, claim.threshold
    for index, number in enumerate(study.published):
        yield ("published", index, "value"), number.metric, number.value
