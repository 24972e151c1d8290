"""The same change in each context of a study, so that what depends on the context shows."""

import itertools
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import pandas as pd

from ablate.analysis.effects import SeedContrast, contrast
from ablate.analysis.factorial import arms_without_values, other_levels
from ablate.analysis.inference import ALPHA, Critical, critical_value, interval
from ablate.analysis.tables import UNLIMITED, ArmKey, Resolution
from ablate.study.arms import Arm
from ablate.study.plan import Plan

CONTEXT_COLUMNS = ["factor", "change", "context", "n", "estimate", "low", "high"]


class Change(NamedTuple):
    """One level of a factor put in place of another, in one context."""

    factor: str
    start: str
    end: str
    context: str
    weights: dict[ArmKey, float]
    """Of the arms, for `contrast`."""

    @property
    def text(self) -> str:
        """The two levels, in the direction of the change."""
        return f"{self.start} -> {self.end}"


def context_table(
    plan: Plan,
    trials: pd.DataFrame,
    metric: str,
    resolution: Resolution = UNLIMITED,
    repeated: Critical | None = None,
) -> pd.DataFrame:
    """One row a pair of levels and context: the second level's values minus the first's, paired by
    seed, with the two in the same order in every context, wherever that context starts.

    Columns factor, change ("first -> second", in the study's order of levels), context, n
    (seeds), estimate (in the metric's unit), low, high (95 %). See `changes` for the arms.

    repeated: c_n of a study that looks after every seed.
    """
    rows = [
        _row(change, contrast(trials, metric, change.weights, resolution), repeated)
        for change in changes(plan, trials, metric)
    ]
    return pd.DataFrame(rows, columns=CONTEXT_COLUMNS)


def context_difference_table(
    plan: Plan, trials: pd.DataFrame, metric: str, resolution: Resolution = UNLIMITED
) -> pd.DataFrame:
    """The pairs behind `context_table`: columns factor, change, context, seed, difference."""
    rows = [
        (change.factor, change.text, change.context, seed, value)
        for change in changes(plan, trials, metric)
        for pairs in [contrast(trials, metric, change.weights, resolution)]
        for seed, value in zip(pairs.seeds, pairs.values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["factor", "change", "context", "seed", "difference"])


def changes(plan: Plan, trials: pd.DataFrame, metric: str) -> Iterator[Change]:
    """Every pair of a factor's levels that two contexts or more hold arms of.

    Compared are arms of one context that differ in this factor alone; where a factorial has several
    such pairs, the mean of those that have values of the metric, as for its main effects. None for
    a study of one context, and for a fraction, whose arms always differ in more than one factor.
    """
    without = [arm.key for arm in arms_without_values(plan, trials, metric)]
    found = [
        change for factor in plan.study.factors for change in _of_factor(plan, factor, without)
    ]
    for _, group in itertools.groupby(found, key=lambda change: (change.factor, change.text)):
        everywhere = list(group)
        if len(everywhere) > 1:
            yield from everywhere


def _of_factor(plan: Plan, factor: str, without: Collection[ArmKey]) -> Iterator[Change]:
    """without: arms that are passed over where others can stand for the change."""
    used = {arm.levels[factor] for arm in plan.arms if factor in arm.levels}
    written = list(plan.study.factors[factor].levels)
    # "baseline", where a context starts from none of the levels written, comes first.
    levels = [*sorted(used - set(written)), *(level for level in written if level in used)]
    for start, end in itertools.combinations(levels, 2):
        for context in plan.study.contexts:
            arms = [arm for arm in plan.arms if arm.context == context and factor in arm.levels]
            valued = [arm for arm in arms if arm.key not in without]
            weights = _weights(valued, factor, start, end) or _weights(arms, factor, start, end)
            if weights:
                yield Change(factor, start, end, context, weights)


def _weights(arms: list[Arm], factor: str, start: str, end: str) -> dict[ArmKey, float]:
    """Of the arms at the two levels that have a partner at the other with all else equal."""
    at_start, at_end = (
        {other_levels(arm, (factor,)): arm for arm in arms if arm.levels[factor] == level}
        for level in (start, end)
    )
    partners = at_start.keys() & at_end.keys()
    return {
        arms_there[others].key: sign / len(partners)
        for others in partners
        for sign, arms_there in ((1.0, at_end), (-1.0, at_start))
    }


def _row(change: Change, pairs: SeedContrast, repeated: Critical | None) -> dict[str, Any]:
    sample = pairs.sample
    low, high = interval(sample, ALPHA, repeated or critical_value)
    return {
        "factor": change.factor,
        "change": change.text,
        "context": change.context,
        "n": sample.n,
        "estimate": float(sample.mean),
        "low": float(low),
        "high": float(high),
    }
