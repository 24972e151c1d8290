"""Seeds that agree too closely to be replicates, or to tell how far they spread."""

from collections.abc import Iterator

import pandas as pd

from ablate.analysis.effects import values_of
from ablate.analysis.inference import tie_floor
from ablate.study.plan import Plan
from ablate.workload import describe_metric

_REPLICATES = 3
"""Two seeds may well agree."""


def warnings_of_ties(
    plan: Plan, trials: pd.DataFrame, effects: pd.DataFrame, resolution: float
) -> Iterator[str]:
    """What is to be said of arms whose seeds make no difference, and of effects whose intervals are
    as wide as rounding alone makes them.

    effects: as from `effect_table`; resolution: step in which the study's metric changes.
    """
    several = len(plan.study.contexts) > 1
    metric = describe_metric(plan.study.metric, plan.metrics)
    completed = trials[trials["status"] == "completed"]
    for arm in plan.arms:
        values = values_of(completed, plan.study.metric, arm.key)
        if len(values) >= _REPLICATES and values.nunique() == 1:
            name = f"'{arm.name}'" + (f" of '{arm.context}'" if several else "")
            yield (
                f"Seeds make no difference to {name}: all {len(values)} have the same "
                f"{metric.label}. If they repeat one trial, they are worth one seed."
            )
    floor = tie_floor(resolution, 1.0, -1.0)
    floored = effects[(effects["method"] == "paired") & (effects["sd"] < floor)]
    floored = floored[floored["estimate"] != 0]  # no effect at all looks like none to anyone
    if not floored.empty:
        arms = "; ".join(
            f"'{effect['arm']}'" + (f" of '{effect['context']}'" if several else "")
            for effect in floored.to_dict("records")
        )
        unit = f" {metric.difference_unit}" if metric.difference_unit else ""
        yield (
            f"Seeds agree on these effects more closely than steps of {resolution:.4g}{unit} can "
            f"tell, so that intervals are as wide as such steps make them: {arms}."
        )
