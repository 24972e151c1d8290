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
    for place, metric, value in _stated(study):
        described = describe_metric(metric, known)
        if described.unit != "%" or not described.higher_is_better or not is_a_share(metric):
            continue
        if 0 < value < 1:
            message = f"{value:g} is a fraction, and '{metric}' is in percent"
            yield place, Problem("", message, f"write {100 * value:g}")
        elif not 0 <= value <= 100:
            yield place, Problem("", f"'{metric}' is in percent, and never {value:g}")


def _stated(study: Study) -> Iterator[tuple[Place, str, float]]:
    for index, claim in enumerate(study.claims):
        if isinstance(claim, Reaches):
            yield ("claims", index, "value"), study.metric_of(claim), claim.value
        elif isinstance(claim, Faster) and claim.threshold is not None:
            yield ("claims", index, "threshold"), claim.curve, claim.threshold
    for index, number in enumerate(study.published):
        yield ("published", index, "value"), number.metric, number.value
