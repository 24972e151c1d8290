"""Arms to which seeds make no difference."""

from collections.abc import Iterator

import pandas as pd

from ablate.analysis.arm_names import told
from ablate.analysis.effects import values_of
from ablate.study.plan import Plan
from ablate.workload import describe_metric

_REPLICATES = 3
"""Two seeds may well agree."""


def warnings_of_ties(plan: Plan, trials: pd.DataFrame) -> Iterator[str]:
    """A sentence for each arm whose completed trials all have the same value."""
    label = describe_metric(plan.study.metric, plan.metrics).label
    completed = trials[trials["status"] == "completed"]
    for arm in plan.arms:
        values = values_of(completed, plan.study.metric, arm.key)
        if len(values) >= _REPLICATES and values.nunique() == 1:
            yield (
                f"Seeds make no difference to {told(plan, *arm.key)}: all {len(values)} have the "
                f"same {label}. If they repeat one trial, they are worth one seed."
            )
