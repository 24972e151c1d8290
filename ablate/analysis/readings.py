"""What the evidence says of each kind of claim: one sample over seeds, one decision about its mean.

Rules: docs/statistics.md.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
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
from ablate.analysis.effects import SeedContrast, compared, contrast, values_of
from ablate.analysis.inference import ALPHA, Critical, Decision, Sample
from ablate.analysis.left_out import told_of_diverged, trials_of
from ablate.analysis.sequential import GivenUp, Outcome
from ablate.analysis.tables import (
    ArmKey,
    chance_of_diverged,
    counts_steps,
    metric_column,
    resolution_of,
)
from ablate.errors import StudyError
from ablate.records.looks import up_to
from ablate.records.schema import TrialRecord
from ablate.study.arms import Arm
from ablate.study.plan import Plan, named_twice, selectors
from ablate.study.schema import (
    Claim,
    Difference,
    Faster,
    Interaction,
    LargestEffect,
    MoreStable,
    NoDifference,
    NoWorse,
    Open,
    Reaches,
)
from ablate.workload import MetricDescription, describe_metric

LEAST_SEEDS_FOR_STABILITY = 10

Where = Literal["above", "below", "outside", "inside"]


class Evidence(NamedTuple):
    """The tables that claims are held against, of one plan."""

    plan: Plan
    trials: pd.DataFrame
    history: pd.DataFrame
    records: Mapping[str, TrialRecord]

    def first_seeds(self, count: int) -> "Evidence":
        """The same of the study's first seeds alone: nothing of a later one is to be seen."""
        plan = up_to(self.plan, count)
        seeds, hashes = plan.study.seeds, {trial.hash for trial in plan.trials}
        trials, history = (
            table[table["seed"].isin(seeds)] for table in (self.trials, self.history)
        )
        records = {hash_: record for hash_, record in self.records.items() if hash_ in hashes}
        return Evidence(plan, trials, history, records)

    def metric_of(self, claim: Claim) -> str:
        return claim.metric or self.plan.study.metric

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


class Reading(NamedTuple):
    """A claim as a statement about one sample's mean, before its family is known."""

    sample: Sample
    """What is shown: the estimate comes from it, and the interval where there are no leads."""
    decision: Decision
    threshold: float | None
    unit: str
    arms: tuple[Arm, ...]
    note: str = ""
    wanted: Where = "above"
    """Where the interval must come to lie for support: beyond the threshold, or to +-threshold."""
    leads: tuple[Sample, ...] = ()
    """Of a largest effect: the lead over each rival that is known; the sample is the least of them.
    """
    lead_count: int = 0
    """Of a largest effect: how many leads there are, known or not."""
    least_seeds: int = 2
    """Fewer decide nothing."""
    possible: tuple[Outcome, ...] = ("supported", "refuted")
    """What this sample can settle: one that is known from below alone refutes nothing."""

    @property
    def is_decidable(self) -> bool:
        return bool(np.isfinite(self.decision.p))

    def interval(
        self, level: float, critical: Critical = inference.critical_value
    ) -> tuple[Any, Any]:
        """Both ends of the interval that settles the claim at this error rate."""
        if self.leads:
            return inference.least_interval(self.leads, level, critical, of=self.lead_count)
        return inference.interval(self.sample, level, critical)

    def outcome(self, low: Any, high: Any) -> Outcome | None:
        """What an interval settles; None where it leaves the claim open."""
        supported, refuted = self.settles(low, high)
        return "supported" if supported else "refuted" if refuted else None

    def settles(self, low: Any, high: Any) -> tuple[Any, Any]:
        """Of each interval whether it supports the claim, and whether it refutes it."""
        threshold = self.threshold or 0.0
        if self.wanted in ("above", "below"):
            above, below = np.greater(low, threshold), np.less(high, threshold)
            supported, refuted = (above, below) if self.wanted == "above" else (below, above)
        else:
            inside = np.greater(low, -threshold) & np.less(high, threshold)
            outside = np.greater_equal(low, threshold) | np.less_equal(high, -threshold)
            supported, refuted = (inside, outside) if self.wanted == "inside" else (outside, inside)
        return supported & ("supported" in self.possible), refuted & ("refuted" in self.possible)


class Stand(NamedTuple):
    """A claim as its family's error rate leaves it."""

    reading: Reading
    level: float = ALPHA
    """The error rate of the interval beside the verdict."""
    outcome: Outcome | None = None
    p_adjusted: float | None = None
    critical: Critical = inference.critical_value
    course: tuple[Reading, ...] = ()
    """The readings at each look, of a study that looks repeatedly."""
    given_up: GivenUp | None = None

    @property
    def is_open(self) -> bool:
        """Whether more seeds are wanted for it."""
        return self.outcome is None and self.given_up is None


def read(evidence: Evidence, claim: Claim) -> Reading:
    """What the evidence says of a claim. Raises StudyError when it names an arm that there is not,
    but of a greedy path, whose arms may not have come up yet.
    """
    try:
        if twice := named_twice(evidence.plan, claim):
            note = f"It compares {twice.what}."
            return Reading(inference.summarise([]), _open(), None, "", (), note)
        return _of_all_trials(evidence, claim, _READERS[claim.kind](evidence, claim))
    except StudyError as error:
        if evidence.plan.study.design.order != "greedy":
            raise
        note = f"Its arm has not come up: {error.problems[0].message}."
        return Reading(inference.summarise([]), _open(), None, "", (), note)


def _of_all_trials(evidence: Evidence, claim: Claim, reading: Reading) -> Reading:
    """The reading with what is to be said of diverged trials that count as nothing. Where the study
    would have them count, those that trained settle nothing: an arm that collapses half the time
    would be judged by its better half.
    """
    told = told_of_diverged(evidence, claim, {arm.key for arm in reading.arms})
    notes = filter(None, (reading.note, *told))
    reading = reading._replace(note=" ".join(notes))
    if not told.left_out or evidence.plan.study.diverged == "failure_rate":
        return reading
    return reading._replace(decision=inference.among(reading.decision, ()), possible=())


# --- one reader a kind of claim -----------------------------------------------------------------


def _read_difference(evidence: Evidence, claim: Difference) -> Reading:
    better, worse = (_arm(evidence, claim, selector) for selector in (claim.better, claim.worse))
    metric = evidence.metric_of(claim)
    by = _by(evidence, claim.by, metric)
    sample = evidence.difference(metric, better.key, worse.key).sample
    return Reading(
        sample,
        inference.exceeds(sample, by),
        by,
        evidence.describe(metric).difference_unit,
        (better, worse),
    )


def _read_no_difference(evidence: Evidence, claim: NoDifference) -> Reading:
    first, second = (_arm(evidence, claim, selector) for selector in (claim.first, claim.second))
    metric = evidence.metric_of(claim)
    margin = claim.margin or _by(evidence, None, metric)
    sample = evidence.difference(metric, first.key, second.key).sample
    return Reading(
        sample,
        inference.equivalent(sample, margin),
        margin,
        evidence.describe(metric).difference_unit,
        (first, second),
        "" if margin else "Without a margin, or a smallest effect of interest, nothing is equal.",
        wanted="inside",
    )


def _read_no_worse(evidence: Evidence, claim: NoWorse) -> Reading:
    """Non-inferiority: the lead lies above -margin."""
    arm, than = (_arm(evidence, claim, selector) for selector in (claim.arm, claim.than))
    metric = evidence.metric_of(claim)
    margin = _by(evidence, claim.margin, metric)
    sample = evidence.difference(metric, arm.key, than.key).sample
    threshold = 0.0 - margin  # -0.0 would be written with its sign
    unit = evidence.describe(metric).difference_unit
    return Reading(sample, inference.exceeds(sample, threshold), threshold, unit, (arm, than))


def _read_largest_effect(evidence: Evidence, claim: LargestEffect) -> Reading:
    """Lead of the named change over each rival, where a baseline that they share cancels, and over
    no change at all: what gains nothing does not gain most. Shown: the least.
    """
    plan, metric = evidence.plan, evidence.metric_of(claim)
    named = _arm(evidence, claim, claim.change)
    rivals = [_arm(evidence, claim, rival) for rival in claim.rivals] or _changes(plan, named)
    unit = evidence.describe(metric).difference_unit
    if not rivals:
        return Reading(inference.summarise([]), _open(), 0.0, unit, (), "There is no rival.")
    sign = 1.0 if evidence.describe(metric).higher_is_better else -1.0
    sign = sign if claim.direction == "gain" else -sign
    partners = {arm.key: partner.key for arm, partner, _ in compared(plan)}
    own = _effect(partners, named, sign)
    weights = [_added(own, _effect(partners, rival, -sign)) for rival in rivals]
    weights += filter(None, [_added(own)])  # the reference has no effect of its own
    arms = tuple(plan.arm(*key) for key in dict.fromkeys(key for each in weights for key in each))
    leads = tuple(evidence.contrast(metric, each).sample for each in weights)
    known = [place for place, lead in enumerate(leads) if lead.n >= 2]
    nearest = min(known, key=lambda place: float(leads[place].mean), default=0)
    if len(known) < len(leads) and not (known and leads[nearest].mean < 0):
        return Reading(min(leads, key=lambda lead: lead.n), _open(), 0.0, unit, arms)
    found = tuple(leads[place] for place in known)
    return Reading(
        leads[nearest],
        inference.all_exceed(found, of=len(leads)),
        0.0,
        unit,
        arms,
        _told_of_leads(claim, named, rivals, nearest, (len(known), len(leads))),
        leads=found,
        lead_count=len(leads),
        possible=("supported", "refuted") if len(known) == len(leads) else ("refuted",),
    )


def _told_of_leads(
    claim: LargestEffect, named: Arm, rivals: list[Arm], nearest: int, counts: tuple[int, int]
) -> str:
    """Which lead is shown, and whether others are not known. nearest: its place, behind all rivals
    that over no change; counts: of leads that are known, and of all.
    """
    known, every = counts
    told = f"The {claim.direction} of {named.name} itself, less than its lead over any rival."
    if nearest < len(rivals):
        rank = f"the nearest of {len(rivals)} rivals" if len(rivals) > 1 else "the only rival"
        told = f"Lead of {named.name} over {rivals[nearest].name}, {rank}."
    if known < every:
        told += f" Of {every} leads {known} are known, which can refute it alone."
    return told


def _changes(plan: Plan, named: Arm) -> list[Arm]:
    """The other arms of the context that change one factor."""
    return [
        arm
        for arm, _, factor in compared(plan)
        if arm.context == named.context and factor is not None and arm.key != named.key
    ]


def _effect(partners: Mapping[ArmKey, ArmKey], arm: Arm, sign: float) -> list[tuple[ArmKey, float]]:
    """An arm's difference from its partner, as weights of arms; of the reference they cancel."""
    return [(arm.key, sign), (partners.get(arm.key, arm.key), -sign)]


def _added(*effects: Sequence[tuple[ArmKey, float]]) -> dict[ArmKey, float]:
    """The weights of all effects together, without those that cancel."""
    weights: dict[ArmKey, float] = {}
    for key, weight in itertools.chain(*effects):
        weights[key] = weights.get(key, 0.0) + weight
    return {key: weight for key, weight in weights.items() if weight}


def _read_reaches(evidence: Evidence, claim: Reaches) -> Reading:
    arm = _arm(evidence, claim, claim.arm)
    metric = evidence.metric_of(claim)
    description = evidence.describe(metric)
    sample = evidence.contrast(metric, {arm.key: 1.0}).sample
    decision = inference.exceeds(sample, claim.value)
    if description.higher_is_better:
        return Reading(sample, decision, claim.value, description.unit, (arm,))
    decision = Decision(decision.p, ~decision.supported)
    return Reading(sample, decision, claim.value, description.unit, (arm,), wanted="below")


def _read_faster(evidence: Evidence, claim: Faster) -> Reading:
    faster, slower = (_arm(evidence, claim, selector) for selector in (claim.faster, claim.slower))
    description = evidence.describe(claim.curve)
    if claim.threshold is None:
        reckoned = _mean_of_curve(evidence, claim.curve, faster, slower)
        sample = reckoned.difference(
            f"{claim.curve}_mean", faster.key, slower.key, description.higher_is_better
        ).sample
        places = "steps" if counts_steps(evidence.history, claim.curve) else "epochs"
        how = "as recorded" if reckoned is evidence else f"at the same {places} in both"
        note = f"Mean of {description.label} over training, {how}."
        if reckoned is not evidence:
            note += _few_points(evidence, claim.curve, (faster, slower), by_seed=False)
        unit = description.difference_unit
        return Reading(
            sample, inference.exceeds(sample, claim.by), claim.by, unit, (faster, slower), note
        )
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
    pairs = contrast(epochs, "epochs", {slower.key: 1.0, faster.key: -1.0}, spacing)
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
        return evidence._replace(trials=trials, records={})
    return evidence


def _never(epochs: pd.DataFrame, arm: Arm) -> str:
    """How many of an arm's trials do not get there; empty if all do."""
    own = epochs[(epochs["context"] == arm.context) & (epochs["arm"] == arm.name)]
    count = int((~own["reached"].astype(bool)).sum())
    return f"{quoted(arm.name)[0]} on {count} of {len(own)} seeds" if count else ""


def _read_more_stable(evidence: Evidence, claim: MoreStable) -> Reading:
    """Paired t of the distances from each arm's own median, from ten seeds on. Values at chance
    level lie close to each other without a trial that is stable: of the arm that is to be stable
    they support nothing, of the other they refute nothing.
    """
    stable, unstable = (_arm(evidence, claim, s) for s in (claim.stable, claim.unstable))
    metric = evidence.metric_of(claim)
    distances = pd.concat(
        [_distances(evidence.trials, metric, arm.key) for arm in (stable, unstable)]
    )
    resolution = resolution_of(metric, evidence.trials, evidence.records)
    weights = {unstable.key: 1.0, stable.key: -1.0}
    sample = contrast(distances, metric, weights, resolution).sample
    unit = evidence.describe(metric).difference_unit
    outcomes: dict[Outcome, Arm] = {"supported": stable, "refuted": unstable}
    possible = tuple(end for end, arm in outcomes.items() if not _is_at_chance(evidence, arm))
    if sample.n < LEAST_SEEDS_FOR_STABILITY:
        decision = _open()
        note = f"Spread is judged from {LEAST_SEEDS_FOR_STABILITY} seeds on."
    else:
        decision, note = inference.among(inference.exceeds(sample, 0.0), possible), ""
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


def _is_at_chance(evidence: Evidence, arm: Arm) -> bool:
    """Whether a trial of the arm counts so."""
    diverged = trials_of(evidence.trials, {arm.key})["status"] == "diverged"
    return evidence.plan.study.diverged == "chance" and bool(diverged.any())


def _distances(trials: pd.DataFrame, metric: str, key: ArmKey) -> pd.DataFrame:
    values = values_of(trials, metric, key)
    distances: Any = inference.distances_from_median(values) if len(values) else []
    table = pd.DataFrame({"seed": values.index, metric_column(metric): distances})
    return table.assign(context=key[0], arm=key[1])


def _read_interaction(evidence: Evidence, claim: Interaction) -> Reading:
    """(change - base) in the first setting minus the same in the second, turned to the better; in
    the second minus the same in the first, where the change is claimed to be better there.
    """
    first, base, second, other = (
        _arm(evidence, claim, each) for _, each in selectors(evidence.plan.study, claim)
    )
    arms = (first, base, second, other)
    if claim.better_in == "second":
        arms = (second, other, first, base)
    metric = evidence.metric_of(claim)
    by = _by(evidence, claim.by, metric)
    sign = 1.0 if evidence.describe(metric).higher_is_better else -1.0
    signs = (sign, -sign, -sign, sign)
    weights = {arm.key: weight for arm, weight in zip(arms, signs, strict=True)}
    sample = evidence.contrast(metric, weights).sample
    unit = evidence.describe(metric).difference_unit
    if claim.better_in is None:
        return Reading(sample, inference.differs(sample, by), by, unit, arms, wanted="outside")
    return Reading(sample, inference.exceeds(sample, by), by, unit, arms)


def _read_open(evidence: Evidence, claim: Open) -> Reading:
    metric = evidence.metric_of(claim)
    unit = evidence.describe(metric).difference_unit
    if claim.better is None or claim.worse is None:
        return Reading(inference.summarise([]), _open(), None, unit, (), claim.why)
    better, worse = (_arm(evidence, claim, selector) for selector in (claim.better, claim.worse))
    sample = evidence.difference(metric, better.key, worse.key).sample
    return Reading(sample, _open(), None, unit, (better, worse), claim.why)


def _open() -> Decision:
    """Of what these seeds cannot decide."""
    return Decision(np.asarray(np.nan), np.asarray(False))


def _arm(evidence: Evidence, claim: Claim, selector: Any) -> Arm:
    return evidence.plan.select(selector, claim.context)


def _by(evidence: Evidence, by: float | None, metric: str) -> float:
    """The claim's own threshold, else the study's smallest effect of interest for its metric."""
    study = evidence.plan.study
    if by is not None:
        return by
    return study.smallest_effect_of_interest if metric == study.metric else 0.0


_READERS: dict[str, Callable[[Evidence, Any], Reading]] = {
    "difference": _read_difference,
    "no_difference": _read_no_difference,
    "no_worse": _read_no_worse,
    "largest_effect": _read_largest_effect,
    "reaches": _read_reaches,
    "faster": _read_faster,
    "more_stable": _read_more_stable,
    "interaction": _read_interaction,
    "open": _read_open,
}


def finite(value: Any) -> float | None:
    """The number, or None where there is none."""
    return None if value is None or not np.isfinite(value) else float(value)
