"""Diverged trials in a claim: those counted at chance level, and those that count as nothing, where
it would be said of the others alone.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import pandas as pd

from ablate.analysis.arm_names import quoted
from ablate.analysis.effects import none_trained
from ablate.analysis.evidence import Evidence
from ablate.analysis.sequential import Outcome
from ablate.analysis.tables import (
    ArmKey,
    chance_of_diverged,
    ended,
    metric_column,
    rows_among,
    rows_of,
)
from ablate.study.arms import Arm
from ablate.study.schema import Claim, Faster


def trials_of(trials: pd.DataFrame, arms: Collection[ArmKey]) -> pd.DataFrame:
    """The rows of these arms' trials, each trial once."""
    return rows_among(trials, arms).drop_duplicates("hash")


def seeds_at_chance(evidence: Evidence, arm: Arm) -> set[int]:
    """The seeds of an arm's trials that diverged and count at chance level, where that is known."""
    if evidence.plan.study.diverged != "chance":
        return set()
    own = trials_of(evidence.trials, {arm.key})
    return set(own[own["status"] == "diverged"]["seed"])


def where_any_trained(evidence: Evidence, arm: Arm, metric: str) -> tuple[Outcome, ...]:
    """What a claim in an arm's favour can come to. Where none of its trials trained, what they
    count as supports nothing, even where another arm is worse than that.
    """
    untrained = none_trained(rows_of(evidence.trials, arm.key), metric)
    return ("refuted",) if untrained else ("supported", "refuted")


class Diverged(NamedTuple):
    """What is to be said of diverged trials; "" where there are none."""

    counted: str
    """Of those that have a value in what the claim compares."""
    left_out: str
    """Of those that have none."""


def told_of_diverged(evidence: Evidence, claim: Claim, arms: Collection[ArmKey]) -> Diverged:
    """What is to be said beside a claim of these arms' trials."""
    own = trials_of(evidence.trials, arms)
    diverged = own[own["status"] == "diverged"]
    if diverged.empty:
        return Diverged("", "")
    known = _has_value(evidence, claim, diverged)
    counted, lost = (_of_each_arm(some, own) for some in (diverged[known], diverged[~known]))
    return Diverged(
        f"Diverged, and counted as without learning: {counted}." if counted else "",
        _left_out(evidence, claim, lost) if lost else "",
    )


def _left_out(evidence: Evidence, claim: Claim, told: str) -> str:
    if evidence.plan.study.diverged == "failure_rate":
        return f"Diverged, and left out: {told}. It is said of the others alone."
    return f"Diverged: {told}. {no_chance_level(evidence.metric_of(claim))}"


def _of_each_arm(some: pd.DataFrame, trials: pd.DataFrame) -> str:
    """As in "2 of 3 (67 %) of wide", of each arm that some of the trials are of."""
    several = trials["context"].nunique() > 1
    told = []
    for (context, arm), of_arm in some.groupby(["context", "arm"], sort=False):
        mine = ended(rows_of(trials, (str(context), str(arm))))
        (name,) = quoted(f"{context}/{arm}" if several else str(arm))
        told.append(
            f"{len(of_arm)} of {len(mine)} ({100 * len(of_arm) / len(mine):.0f} %) of {name}"
        )
    return ", ".join(told)


def no_chance_level(metric: str) -> str:
    """Why a diverged trial counts as nothing, and the two cures."""
    return (
        f"What {metric} is worth without learning is not known, and those that trained do not "
        f"speak for the others: say it, by `metrics: {{{metric}: {{label: ..., chance: ...}}}}`, "
        "or leave them out, by `diverged: failure_rate`."
    )


def _has_value(evidence: Evidence, claim: Claim, diverged: pd.DataFrame) -> "pd.Series[bool]":
    """Whether each of these trials has a value in what the claim compares."""
    if not isinstance(claim, Faster):
        return _is_known(diverged, evidence.metric_of(claim))
    if claim.threshold is None and claim.curve not in evidence.history:
        return _is_known(diverged, f"{claim.curve}_mean")
    levels = chance_of_diverged(evidence.plan, evidence.records, claim.curve)
    keys = zip(diverged["context"], diverged["arm"], diverged["seed"], strict=True)
    to_threshold = claim.threshold is not None  # which it never gets to, whatever it is worth
    known = [key in levels and (to_threshold or np.isfinite(levels[key])) for key in keys]
    return pd.Series(known, diverged.index, dtype=bool)


def _is_known(trials: pd.DataFrame, metric: str) -> "pd.Series[bool]":
    column = metric_column(metric)
    if column not in trials:
        return pd.Series(False, trials.index, dtype=bool)
    return trials[column].notna()
