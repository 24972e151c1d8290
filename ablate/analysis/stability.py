"""Whether the seeds of one arm lie closer together than those of another."""

from typing import Any

import pandas as pd

from ablate.analysis import inference
from ablate.analysis.effects import contrast, values_of
from ablate.analysis.evidence import Evidence
from ablate.analysis.left_out import seeds_at_chance
from ablate.analysis.reading import Reading, leaning_alone
from ablate.analysis.sequential import Outcome
from ablate.analysis.tables import ArmKey, metric_column, resolution_of
from ablate.study.arms import Arm
from ablate.study.schema import MoreStable

LEAST_SEEDS_FOR_STABILITY = 10


def read_more_stable(evidence: Evidence, claim: MoreStable) -> Reading:
    """Paired t of the distances from each arm's own median, over the seeds that both have, from ten
    on. Values at chance
    level lie close to each other without a trial that is stable: of the arm that is to be stable
    they support nothing, of the other they refute nothing.
    """
    stable, unstable = (evidence.arm(claim, s) for s in (claim.stable, claim.unstable))
    metric = evidence.metric_of(claim)
    values = [values_of(evidence.trials, metric, arm.key) for arm in (stable, unstable)]
    shared = values[0].index.intersection(values[1].index)  # a median of more is nearer to its arm
    distances = pd.concat(
        [
            _distances(own[shared], metric, arm.key)
            for own, arm in zip(values, (stable, unstable), strict=True)
        ]
    )
    resolution = resolution_of(metric, evidence.trials, evidence.records)
    weights = {unstable.key: 1.0, stable.key: -1.0}
    sample = contrast(distances, metric, weights, resolution).sample
    unit = evidence.describe(metric).difference_unit
    outcomes: dict[Outcome, Arm] = {"supported": stable, "refuted": unstable}
    possible = tuple(end for end, arm in outcomes.items() if not seeds_at_chance(evidence, arm))
    decision, note = inference.exceeds(sample, 0.0), ""
    if sample.n < LEAST_SEEDS_FOR_STABILITY:
        decision = leaning_alone(decision)
        note = f"Spread is judged from {LEAST_SEEDS_FOR_STABILITY} seeds on."
    else:
        decision = inference.among(decision, possible)
    return Reading(
        sample,
        decision,
        0.0,
        unit,
        (stable, unstable),
        note,
        least_seeds=LEAST_SEEDS_FOR_STABILITY,
        possible=possible,
    )


def _distances(values: "pd.Series[float]", metric: str, key: ArmKey) -> pd.DataFrame:
    """values: by seed."""
    distances: Any = inference.distances_from_median(values) if len(values) else []
    table = pd.DataFrame({"seed": values.index, metric_column(metric): distances})
    return table.assign(context=key[0], arm=key[1])
