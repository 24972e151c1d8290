"""A greedy path as far as records decide its order: the same records, the same path."""

import math
from collections.abc import Callable
from typing import NamedTuple

from ablate.records.counted_metrics import counted_metrics
from ablate.records.encoding import as_compact
from ablate.records.equal_numbers import are_equal
from ablate.records.schema import TrialRecord
from ablate.study.arms import Arm
from ablate.study.plan import Plan, PlannedTrial
from ablate.study.planning import make_plan
from ablate.study.schema import Study
from ablate.workload import choice_metric, describe_metric, with_description

Find = Callable[[str], TrialRecord | None]
"""The record of a trial by its hash: `RecordStore.get`, or `get` of a dictionary of records."""


class GreedyPath(NamedTuple):
    """The steps taken so far. Of a study without greedy order: its plan, and nothing to choose."""

    plan: Plan
    """Arms: the steps taken, then the candidates of the next; of a finished path, its steps."""
    chosen: tuple[str, ...]
    """The factors added, in order."""
    trials: tuple[PlannedTrial, ...]
    """One of each hash: those of the plan, and those of candidates that earlier steps passed over,
    which the order rests on."""

    @property
    def candidates(self) -> tuple[Arm, ...]:
        """The arms of which the next step is chosen."""
        greedy = self.plan.study.design.order == "greedy"
        return self.plan.arms[len(self.chosen) + 1 :] if greedy else ()


def follow(plan: Plan, find: Find) -> GreedyPath:
    """The path of the plan's study, as far as the records go. Runs nothing."""
    path = start(plan)
    while (longer := grown(path, find)) is not None:
        path = longer
    return path


def start(plan: Plan) -> GreedyPath:
    """The path of the plan's study before its first step."""
    if plan.study.design.order == "greedy":
        plan = make_plan(plan.study, plan.workload)
    return GreedyPath(plan, (), plan.unique_trials)


def grown(path: GreedyPath, find: Find) -> GreedyPath | None:
    """The path with its best candidate added: the one with the best mean of `criterion` over the
    seeds that it finished; of equal ones the first in the study's order. Values count as compact
    records keep them, so that these lead the same way.

    None where there is nothing to choose: no candidate, one whose trials have not all ended yet
    (failed ones have), or none that has a value.
    """
    records = {
        arm.name: [find(trial.hash) for trial in path.plan.trials if trial.arm == arm.name]
        for arm in path.candidates
    }
    if any(record is None for ended in records.values() for record in ended):
        return None
    study, sign = path.plan.study, _sign(path.plan)
    means = {}
    for name, ended in records.items():
        values = [value for record in ended if (value := _value(record, path.plan)) is not None]
        if values:
            means[name] = sign * math.fsum(values) / len(values)
    if not means:
        return None
    best = max(means.values())
    name = next(name for name, mean in means.items() if are_equal(mean, best))
    chosen = (*path.chosen, name.removeprefix("+ "))
    plan = make_plan(study, path.plan.workload, chosen)
    first = {trial.hash: trial for trial in (*plan.unique_trials, *path.trials)}
    return GreedyPath(plan, chosen, tuple(first.values()))


def criterion(study: Study) -> str:
    """The metric by which steps are chosen: `choice_metric` of the study's; others of the test set
    are refused at planning.
    """
    return choice_metric(study.metric)


def _value(record: TrialRecord | None, plan: Plan) -> float | None:
    """What a trial counts as in the criterion; None where it counts as nothing."""
    name = criterion(plan.study)
    described = with_description(name, plan.metrics)
    value = counted_metrics(record, plan.study, described).get(name)
    return as_compact(value) if value is not None and math.isfinite(value) else None


def _sign(plan: Plan) -> float:
    """1 where more of the criterion is better, else -1."""
    return 1.0 if describe_metric(criterion(plan.study), plan.metrics).higher_is_better else -1.0
