"""What a trial counts as: the one answer for means, effects and the steps of a path.

The points of a search are another matter, see `ablate.tuning.points`: of chance levels alone.
"""

from collections.abc import Mapping

from ablate.records.schema import TrialRecord
from ablate.study.schema import Study
from ablate.workload import MetricDescription


def counted_metrics(
    record: TrialRecord | None, study: Study, described: Mapping[str, MetricDescription]
) -> Mapping[str, float]:
    """The metrics by which a trial counts: its own if it completed, chance levels if it diverged
    and the study counts it so, else none.

    described: what workload and study say of metrics, as in a plan.
    """
    if record is None:
        return {}
    if record.status == "completed":
        return record.metrics
    if record.status == "diverged" and study.diverged == "chance":
        return chance_levels(record, described)
    return {}


def chance_levels(
    record: TrialRecord, described: Mapping[str, MetricDescription]
) -> Mapping[str, float]:
    """What metrics are worth without learning: as the record says, which knows its own data; of
    others as they are described.
    """
    declared = {
        name: metric.chance for name, metric in described.items() if metric.chance is not None
    }
    return declared | record.chance_level
