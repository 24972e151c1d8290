"""What claims are held against: a plan, its records, and the tables made of them."""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from ablate.analysis.effects import SeedContrast, contrast
from ablate.analysis.tables import ArmKey, resolution_of, rows_among
from ablate.records.looks import up_to
from ablate.records.schema import FIRST_SEEN_AT, TrialRecord
from ablate.study.arms import Arm
from ablate.study.plan import Plan
from ablate.study.schema import Claim, Selector
from ablate.workload import MetricDescription, describe_metric


class Evidence(NamedTuple):
    """The tables that claims are held against, of one plan."""

    plan: Plan
    trials: pd.DataFrame
    history: pd.DataFrame
    records: Mapping[str, TrialRecord]

    def first_seeds(self, count: int) -> "Evidence":
        """The same of the study's first seeds alone: nothing of a later one is to be seen, nor of
        a trial that had failed when these were looked at.
        """
        plan = up_to(self.plan, count)
        hidden = {
            hash_
            for hash_, record in self.records.items()
            if record.provenance.get(FIRST_SEEN_AT, 0) > count
        }
        seen = [trial for trial in plan.trials if trial.hash not in hidden]
        keys = {(trial.context, trial.arm, trial.seed) for trial in seen}
        trials, history = (
            rows_among(table, keys, ("context", "arm", "seed"))
            for table in (self.trials, self.history)
        )
        hashes = {trial.hash for trial in seen}
        records = {hash_: record for hash_, record in self.records.items() if hash_ in hashes}
        return Evidence(plan, trials, history, records)

    def metric_of(self, claim: Claim) -> str:
        return self.plan.study.metric_of(claim)

    def describe(self, metric: str) -> MetricDescription:
        return describe_metric(metric, self.plan.metrics)

    def difference(
        self, metric: str, better: ArmKey, worse: ArmKey, higher_is_better: bool | None = None
    ) -> SeedContrast:
        """Better minus worse, turned so that positive favours the claim."""
        if higher_is_better is None:
            higher_is_better = self.describe(metric).higher_is_better
        sign = 1.0 if higher_is_better else -1.0
        return self.contrast(metric, {better: sign, worse: -sign})

    def contrast(self, metric: str, weights: Mapping[ArmKey, float]) -> SeedContrast:
        resolution = resolution_of(metric, self.trials, self.records)
        return contrast(self.trials, metric, weights, resolution)

    def arm(self, claim: Claim, selector: Selector) -> Arm:
        """The arm that a claim names. Raises StudyError when there is none."""
        return self.plan.select(selector, claim.context)

    def by(self, by: float | None, metric: str) -> float:
        """A claim's own threshold, else the study's smallest effect of interest for its metric."""
        if by is not None:
            return by
        study = self.plan.study
        return study.smallest_effect_of_interest if metric == study.metric else 0.0
