"""A greedy study of a workload that trains nothing, and records of what its trials came to."""

from collections.abc import Callable
from typing import Any

from ablate.records.schema import TrialRecord
from ablate.study.arms import Arm
from ablate.study.plan import Plan, PlannedTrial
from ablate.study.planning import make_plan
from ablate.study.schema import Study
from tests.study.fake_workload import FAKE
from tests.study.made_studies import NORM, POOL, WIDTH, study

RECIPE = {"pool": POOL, "norm": NORM, "width": WIDTH}
GAIN = {"pool": 1.0, "norm": 5.0, "width": 3.0}
"""What each factor adds to validation accuracy; the test accuracy would choose the other way."""


def greedy_study(factors: dict[str, Any] = RECIPE, **keys: Any) -> Study:
    keys = {"seeds": [0, 1], **keys}
    return study(factors, design={"kind": "path", "order": "greedy"}, **keys)


def greedy_plan(factors: dict[str, Any] = RECIPE, **keys: Any) -> Plan:
    return make_plan(greedy_study(factors, **keys), FAKE)


def added(arm: Arm) -> set[str]:
    """The factors at their last level."""
    return {factor for factor, level in arm.levels.items() if level == list(RECIPE[factor])[-1]}


def gains(arm: Arm, seed: int) -> dict[str, float]:
    """Metrics of a trial in which gains add up."""
    gain = sum(GAIN[factor] for factor in added(arm))
    return {"validation_accuracy": 60.0 + gain + seed, "test_accuracy": 60.0 - gain}


class Records(dict[str, TrialRecord]):
    """By hash; `run` adds those that a plan misses."""

    def __init__(self, metrics: Callable[[Arm, int], dict[str, float]] = gains) -> None:
        super().__init__()
        self.metrics = metrics

    def add(self, plan: Plan, trial: PlannedTrial, **fields: Any) -> None:
        ended: dict[str, Any] = {"status": "completed"} | fields
        if ended["status"] == "completed":
            ended["metrics"] = self.metrics(plan.arm(trial.context, trial.arm), trial.seed)
        self[trial.hash] = TrialRecord(hash=trial.hash, spec=trial.spec, **ended)

    def run(self, plan: Plan) -> int:
        """How many were missing."""
        missing = [trial for trial in plan.unique_trials if trial.hash not in self]
        for trial in missing:
            self.add(plan, trial)
        return len(missing)
