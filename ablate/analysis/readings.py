"""What the evidence says of each kind of claim: one sample over seeds, one decision about its mean.

Rules: docs/statistics.md.
"""

from collections.abc import Callable
from typing import Any

from ablate.analysis import inference
from ablate.analysis.evidence import Evidence
from ablate.analysis.faster import read_faster
from ablate.analysis.inference import Decision
from ablate.analysis.largest_effect import read_largest_effect
from ablate.analysis.left_out import seeds_at_chance, told_of_diverged, where_any_trained
from ablate.analysis.reading import Reading, Where, undecided
from ablate.analysis.sequential import Outcome
from ablate.analysis.stability import read_more_stable
from ablate.errors import StudyError
from ablate.study.arms import Arm
from ablate.study.claim_checks import named_twice
from ablate.study.schema import (
    Claim,
    Difference,
    Faster,
    Interaction,
    NoDifference,
    NoWorse,
    Open,
    Reaches,
)
from ablate.study.selectors import selectors


def read(evidence: Evidence, claim: Claim) -> Reading:
    """What the evidence says of a claim. Raises StudyError when it names an arm that there is not,
    but of a greedy path, whose arms may not have come up yet.
    """
    try:
        if twice := named_twice(evidence.plan, claim):
            note = f"It compares {twice.what}."
            return Reading(inference.summarise([]), undecided(), None, "", (), note)
        return _of_all_trials(evidence, claim, _READERS[claim.kind](evidence, claim))
    except StudyError as error:
        if evidence.plan.study.design.order != "greedy":
            raise
        note = f"Its arm has not come up: {error.problems[0].message}."
        return Reading(inference.summarise([]), undecided(), None, "", (), note)


def _of_all_trials(evidence: Evidence, claim: Claim, reading: Reading) -> Reading:
    """The reading with what is to be said of diverged trials that count as nothing. Where the study
    would have them count, those that trained settle nothing: an arm that collapses half the time
    would be judged by its better half.
    """
    told = told_of_diverged(evidence, claim, {arm.key for arm in reading.arms})
    counted = f"{told.counted}{_bounded(claim, reading)}" if told.counted else ""
    notes = filter(None, (reading.note, counted, told.left_out))
    reading = reading._replace(note=" ".join(notes))
    if not told.left_out or evidence.plan.study.diverged == "failure_rate":
        return reading
    return reading._replace(decision=inference.among(reading.decision, ()), possible=())


def _bounded(claim: Claim, reading: Reading) -> str:
    """What trials that count as without learning cannot bring a claim to, whatever its interval."""
    if isinstance(claim, Faster) and claim.threshold is not None:
        return ""  # its own note tells
    sentences: dict[tuple[Outcome, ...], str] = {
        ("refuted",): " What they count as supports nothing: the claim can only be refuted.",
        ("supported",): " What they count as refutes nothing: the claim can only be supported.",
        (): " What they count as settles nothing.",
    }
    return sentences.get(reading.possible, "")


def _read_difference(evidence: Evidence, claim: Difference) -> Reading:
    better, worse = (evidence.arm(claim, selector) for selector in (claim.better, claim.worse))
    metric = evidence.metric_of(claim)
    by = evidence.by(claim.by, metric)
    sample = evidence.difference(metric, better.key, worse.key).sample
    possible = where_any_trained(evidence, better, metric)
    return Reading(
        sample,
        inference.among(inference.exceeds(sample, by), possible),
        by,
        evidence.describe(metric).difference_unit,
        (better, worse),
        possible=possible,
    )


def _read_no_difference(evidence: Evidence, claim: NoDifference) -> Reading:
    first, second = (evidence.arm(claim, selector) for selector in (claim.first, claim.second))
    metric = evidence.metric_of(claim)
    margin = claim.margin or evidence.by(None, metric)
    sample = evidence.difference(metric, first.key, second.key).sample
    possible = _where_trained(evidence, first, second)
    return Reading(
        sample,
        inference.among(inference.equivalent(sample, margin), possible),
        margin,
        evidence.describe(metric).difference_unit,
        (first, second),
        "" if margin else "Without a margin, or a smallest effect of interest, nothing is equal.",
        wanted="inside",
        possible=possible,
        detects="margin",
    )


def _read_no_worse(evidence: Evidence, claim: NoWorse) -> Reading:
    """Non-inferiority: the lead lies above -margin."""
    arm, than = (evidence.arm(claim, selector) for selector in (claim.arm, claim.than))
    metric = evidence.metric_of(claim)
    margin = evidence.by(claim.margin, metric)
    sample = evidence.difference(metric, arm.key, than.key).sample
    threshold = 0.0 - margin  # -0.0 would be written with its sign
    unit = evidence.describe(metric).difference_unit
    in_favour = where_any_trained(evidence, arm, metric)
    possible = tuple(each for each in _where_trained(evidence, arm, than) if each in in_favour)
    decision = inference.among(inference.exceeds(sample, threshold), possible)
    arms = (arm, than)
    return Reading(sample, decision, threshold, unit, arms, possible=possible, detects="loss")


def _where_trained(evidence: Evidence, one: Arm, other: Arm) -> tuple[Outcome, ...]:
    """What a claim that two arms are alike can come to. On a seed on which both diverged they are,
    by what such trials count as and not by what they do, which supports nothing.
    """
    both = seeds_at_chance(evidence, one) & seeds_at_chance(evidence, other)
    return ("refuted",) if both else ("supported", "refuted")


def _read_reaches(evidence: Evidence, claim: Reaches) -> Reading:
    arm = evidence.arm(claim, claim.arm)
    metric = evidence.metric_of(claim)
    description = evidence.describe(metric)
    sample = evidence.contrast(metric, {arm.key: 1.0}).sample
    possible = where_any_trained(evidence, arm, metric)
    decision = inference.exceeds(sample, claim.value)
    wanted: Where = "above"
    if not description.higher_is_better:
        decision, wanted = Decision(decision.p, ~decision.supported), "below"
    decision = inference.among(decision, possible)
    return Reading(
        sample,
        decision,
        claim.value,
        description.unit,
        (arm,),
        wanted=wanted,
        possible=possible,
        detects="nothing",
    )


def _read_interaction(evidence: Evidence, claim: Interaction) -> Reading:
    """(change - base) in the first setting minus the same in the second, turned to the better; in
    the second minus the same in the first, where the change is claimed to be better there.
    """
    first, base, second, other = (
        evidence.arm(claim, each) for _, each in selectors(evidence.plan.study, claim)
    )
    arms = (first, base, second, other)
    if claim.better_in == "second":
        arms = (second, other, first, base)
    metric = evidence.metric_of(claim)
    by = evidence.by(claim.by, metric)
    sign = 1.0 if evidence.describe(metric).higher_is_better else -1.0
    signs = (sign, -sign, -sign, sign)
    weights = {arm.key: weight for arm, weight in zip(arms, signs, strict=True)}
    sample = evidence.contrast(metric, weights).sample
    unit = evidence.describe(metric).difference_unit
    possible = _where_settings_trained(evidence, ((first, base), (second, other)))
    wanted: Where = "outside" if claim.better_in is None else "above"
    decide = inference.differs if claim.better_in is None else inference.exceeds
    decision = inference.among(decide(sample, by), possible)
    return Reading(sample, decision, by, unit, arms, wanted=wanted, possible=possible)


def _where_settings_trained(
    evidence: Evidence, settings: tuple[tuple[Arm, Arm], tuple[Arm, Arm]]
) -> tuple[Outcome, ...]:
    """What an interaction can come to. On a seed on which both arms of a setting diverged, the
    change had no chance to have an effect there: neither that it has another one than elsewhere,
    nor that it has the same, is seen.
    """
    both = [
        seeds_at_chance(evidence, one) & seeds_at_chance(evidence, two) for one, two in settings
    ]
    return () if any(both) else ("supported", "refuted")


def _read_open(evidence: Evidence, claim: Open) -> Reading:
    metric = evidence.metric_of(claim)
    unit = evidence.describe(metric).difference_unit
    if claim.better is None or claim.worse is None:
        return Reading(inference.summarise([]), undecided(), None, unit, (), claim.why)
    better, worse = (evidence.arm(claim, selector) for selector in (claim.better, claim.worse))
    sample = evidence.difference(metric, better.key, worse.key).sample
    return Reading(sample, undecided(), None, unit, (better, worse), claim.why)


_READERS: dict[str, Callable[[Evidence, Any], Reading]] = {
    "difference": _read_difference,
    "no_difference": _read_no_difference,
    "no_worse": _read_no_worse,
    "largest_effect": read_largest_effect,
    "reaches": _read_reaches,
    "faster": read_faster,
    "more_stable": read_more_stable,
    "interaction": _read_interaction,
    "open": _read_open,
}
