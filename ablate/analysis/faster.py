"""Whether one arm learns faster than another: epochs to a threshold, or the mean of a curve."""

import pandas as pd

from ablate.analysis import inference
from ablate.analysis.arm_names import quoted
from ablate.analysis.convergence import (
    at_shared_epochs,
    curve_means,
    epochs_to,
    point_spacing,
    points_in_common,
)
from ablate.analysis.effects import contrast
from ablate.analysis.evidence import Evidence
from ablate.analysis.left_out import where_any_trained
from ablate.analysis.reading import Reading
from ablate.analysis.sequential import Outcome
from ablate.analysis.tables import chance_of_diverged, counts_steps, metric_column, rows_of
from ablate.study.arms import Arm
from ablate.study.schema import Faster


def read_faster(evidence: Evidence, claim: Faster) -> Reading:
    faster, slower = (evidence.arm(claim, selector) for selector in (claim.faster, claim.slower))
    description = evidence.describe(claim.curve)
    if claim.threshold is None:
        reckoned = _mean_of_curve(evidence, claim.curve, faster, slower)
        mean = f"{claim.curve}_mean"
        sample = reckoned.difference(
            mean, faster.key, slower.key, description.higher_is_better
        ).sample
        places = "steps" if counts_steps(evidence.history, claim.curve) else "epochs"
        how = "as recorded" if reckoned is evidence else f"at the same {places} in both"
        note = f"Mean of {description.label} over training, {how}."
        if reckoned is not evidence:
            note += _few_points(evidence, claim.curve, (faster, slower), by_seed=False)
        unit = description.difference_unit
        possible = where_any_trained(reckoned, faster, mean)
        decision = inference.among(inference.exceeds(sample, claim.by), possible)
        return Reading(sample, decision, claim.by, unit, (faster, slower), note, possible=possible)
    return _read_faster_to(evidence, claim, claim.threshold, faster, slower)


def _read_faster_to(
    evidence: Evidence, claim: Faster, threshold: float, faster: Arm, slower: Arm
) -> Reading:
    """Epochs that the faster arm is ahead, by points that both have. A trial that never gets there
    takes longer than it was trained: of the slower arm, its lead is known from below alone, and so
    refutes nothing; of the faster arm, from above, and supports nothing.
    """
    description = evidence.describe(claim.curve)
    diverged = chance_of_diverged(evidence.plan, evidence.records, claim.curve)
    history = at_shared_epochs(evidence.history, claim.curve, (faster.key, slower.key))
    epochs = epochs_to(history, claim.curve, threshold, description.higher_is_better, diverged)
    spacing = point_spacing(history, epochs["epochs"])
    steps = dict.fromkeys((slower.context, faster.context), spacing)
    pairs = contrast(epochs, "epochs", {slower.key: 1.0, faster.key: -1.0}, steps)
    paired = epochs[epochs["seed"].isin(pairs.seeds)]
    late, short = (_never(paired, arm) for arm in (slower, faster))
    bounds: dict[tuple[bool, bool], tuple[tuple[Outcome, ...], str]] = {
        (False, False): (("supported", "refuted"), ""),
        (True, False): (("supported",), "so the lead is at least this"),
        (False, True): (("refuted",), "so the lead is at most this"),
        (True, True): ((), "so the lead is not known"),
    }
    possible, so = bounds[bool(late), bool(short)]
    unit = "steps" if counts_steps(evidence.history, claim.curve) else "epochs"
    never = ", ".join(filter(None, (late, short)))
    note = f"{unit.capitalize()} to {description.label} {threshold:g}."
    note += _few_points(evidence, claim.curve, (faster, slower), by_seed=True)
    return Reading(
        pairs.sample,
        inference.among(inference.exceeds(pairs.sample, claim.by), possible),
        claim.by,
        unit,
        (faster, slower),
        f"{note} Never there, and counted as trained: {never}, {so}." if never else note,
        possible=possible,
    )


def _few_points(evidence: Evidence, curve: str, arms: tuple[Arm, ...], *, by_seed: bool) -> str:
    """What is to be said where trials were validated at points of their own, for the most part."""
    if curve not in evidence.history:
        return ""
    points = points_in_common(evidence.history, curve, {arm.key for arm in arms}, by_seed)
    if not points.are_few:
        return ""
    plural = "" if points.shared == 1 else "s"
    return (
        f" The arms share {points.shared} point{plural} of training, of up to {points.own} that a "
        "trial has: what happens between is not seen."
    )


def _mean_of_curve(evidence: Evidence, curve: str, *arms: Arm) -> Evidence:
    """The evidence with the curve's mean over training in place of the metrics; where no arm has
    the curve, as it is: the mean may be a metric.
    """
    keys = {arm.key for arm in arms}
    diverged = chance_of_diverged(evidence.plan, evidence.records, curve)
    means = curve_means(evidence.history, curve, keys, diverged)
    if curve in evidence.history and len(means):
        name = f"{curve}_mean"
        trials = means.rename(columns={name: metric_column(name)})
        which = zip(trials["context"], trials["arm"], trials["seed"], strict=True)
        status = ["diverged" if trial in diverged else "completed" for trial in which]
        return evidence._replace(trials=trials.assign(status=status), records={})
    return evidence


def _never(epochs: pd.DataFrame, arm: Arm) -> str:
    """How many of an arm's trials do not get there; empty if all do."""
    own = rows_of(epochs, arm.key)
    count = int((~own["reached"].astype(bool)).sum())
    return f"{quoted(arm.name)[0]} on {count} of {len(own)} seeds" if count else ""
