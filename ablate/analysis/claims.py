"""From claims to verdicts: supported, refuted or undecided, with the evidence.

Each kind of claim becomes one sample over seeds and one decision about its mean; a family of claims
shares its error rate by Holm's method, and one interval says it all. Rules: docs/statistics.md.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from ablate.analysis import inference, power, sequential
from ablate.analysis.convergence import curve_means, epochs_to, point_spacing
from ablate.analysis.effects import SeedContrast, compared, contrast, values_of
from ablate.analysis.inference import ALPHA, Critical, Decision, Sample
from ablate.analysis.sequential import Outcome
from ablate.analysis.tables import ArmKey, resolution_of
from ablate.errors import StudyError
from ablate.records.looks import FIRST_LOOK
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
    Open,
    Reaches,
)
from ablate.workload import MetricDescription, describe_metric

LEAST_SEEDS_FOR_STABILITY = 10


GROWTH_COLUMNS = [
    "claim", "says", "n", "estimate", "low", "high", "threshold", "wanted", "unit", "verdict",
]  # fmt: skip


class Verdict(BaseModel):
    """What the evidence says of a claim. Numbers that there are none of are None."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    says: str
    kind: str
    published: str | None
    context: str | None
    metric: str
    unit: str
    family: str
    verdict: Literal["supported", "refuted", "undecided", "open"]
    estimate: float | None = None
    """In favour of the claim where it is positive: better minus worse, whichever way is better."""
    low: float | None = None
    high: float | None = None
    """The interval that decides, at the level that the claim's family leaves it."""
    confidence: float | None = None
    """Level of that interval: 0.95 where the family has one claim."""
    threshold: float | None = None
    """What the interval is held against: smallest effect of interest, margin or value."""
    n: int = 0
    """Seeds that all arms concerned share."""
    p: float | None = None
    p_adjusted: float | None = None
    """Smallest error rate at which the interval would settle the claim; Holm over the family. None
    where the claim is looked at repeatedly: the interval says it.
    """
    seeds_needed: int | None = None
    """For 80 % power at the observed spread (and effect); of an undecided claim."""
    detectable_effect: float | None = None
    """What this many seeds find with 80 % power; of an undecided claim."""
    core_hours: float | None = None
    """What the trials behind it cost."""
    arms: tuple[str, ...] = ()
    note: str = ""


class Evidence(NamedTuple):
    """The tables that claims are held against, of one plan."""

    plan: Plan
    trials: pd.DataFrame
    history: pd.DataFrame
    records: Mapping[str, TrialRecord]

    def first_seeds(self, count: int) -> "Evidence":
        """The same of the study's first seeds alone."""
        seeds = self.plan.study.seeds[:count]
        trials, history = (
            table[table["seed"].isin(seeds)] for table in (self.trials, self.history)
        )
        return self._replace(trials=trials, history=history)

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
    wanted: Literal["above", "below", "outside", "inside"] = "above"
    """Where the interval must come to lie for support: beyond the threshold, or to +-threshold."""
    leads: tuple[Sample, ...] = ()
    """Of a largest effect: the lead over each rival; the sample is the least of them."""
    least_seeds: int = 2
    """Fewer decide nothing."""

    @property
    def is_decidable(self) -> bool:
        return bool(np.isfinite(self.decision.p))

    def interval(
        self, level: float, critical: Critical = inference.critical_value
    ) -> tuple[Any, Any]:
        """Both ends of the interval that settles the claim at this error rate."""
        if self.leads:
            return inference.least_interval(self.leads, level, critical)
        return inference.interval(self.sample, level, critical)

    def outcome(self, low: float, high: float) -> Outcome | None:
        """What an interval settles; None where it leaves the claim open."""
        threshold = self.threshold or 0.0
        if self.wanted in ("above", "below"):
            above, below = low > threshold, high < threshold
            supported, refuted = (above, below) if self.wanted == "above" else (below, above)
        else:
            inside = -threshold < low and high < threshold
            outside = low >= threshold or high <= -threshold
            supported, refuted = (inside, outside) if self.wanted == "inside" else (outside, inside)
        return "supported" if supported else "refuted" if refuted else None


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


def verdicts(evidence: Evidence) -> tuple[Verdict, ...]:
    """The verdict on every claim of the study, in its order.

    The greedy path's claims name arms that may not have been run yet: those are undecided.
    """
    stands = standing(evidence)
    return tuple(
        _verdict(evidence, claim, stand)
        for claim, stand in zip(evidence.plan.study.claims, stands, strict=True)
    )


def standing(evidence: Evidence) -> list[Stand]:
    """How each claim stands: at the seeds there are, or where looking after every seed stopped."""
    claims = evidence.plan.study.claims
    stands = [Stand(_read(evidence, claim)) for claim in claims]
    for members in _families(claims).values():
        if evidence.plan.study.max_seeds is None:
            settled = _looked_at_once([stands[member].reading for member in members])
        else:
            settled = _looked_at_repeatedly(evidence, [claims[member] for member in members])
        for member, stand in zip(members, settled, strict=True):
            stands[member] = stand
    return stands


def _looked_at_once(readings: Sequence[Reading]) -> list[Stand]:
    p = np.array([float(reading.decision.p) for reading in readings])
    return [
        Stand(reading, float(level), _leaning(reading) if adjusted <= ALPHA else None, adjusted)
        for reading, level, adjusted in zip(
            readings, inference.holm_levels(p), inference.holm(p), strict=True
        )
    ]


def _leaning(reading: Reading) -> Outcome:
    return "supported" if bool(reading.decision.supported) else "refuted"


def _looked_at_repeatedly(evidence: Evidence, claims: Sequence[Claim]) -> list[Stand]:
    """Each claim at the look that settled it, or at the last, with its repeated interval."""
    looks = looks_of(evidence.plan)
    readings = {
        look: [_read(evidence.first_seeds(look), claim) for claim in claims] for look in looks
    }

    def settle(member: int, look: int, level: float) -> Outcome | None:
        reading = readings[look][member]
        if not reading.is_decidable:
            return None
        return reading.outcome(*reading.interval(level, critical_of(evidence.plan, reading)))

    stands = []
    for member, stop in enumerate(sequential.stops(len(claims), looks, settle)):
        reading = readings[stop.look][member] if looks else _read(evidence, claims[member])
        critical = critical_of(evidence.plan, reading)
        course = tuple(readings[look][member] for look in looks)
        stands.append(Stand(reading, stop.level, stop.outcome, None, critical, course))
    return stands


def open_arms(evidence: Evidence) -> set[ArmKey]:
    """The arms that a claim still waits for."""
    stands = zip(evidence.plan.study.claims, standing(evidence), strict=True)
    return {
        arm.key
        for claim, stand in stands
        if stand.outcome is None and not isinstance(claim, Open)
        for arm in stand.reading.arms
    }


def growth_table(evidence: Evidence) -> pd.DataFrame:
    """How the evidence grew, of a study that looks repeatedly: one row a claim and look, up to the
    look that settled it.

    Columns claim (position from 1), says, n, estimate, low, high (repeated interval at the level
    that the claim ended with), threshold, wanted (where the interval must come to lie), unit and
    verdict (of the claim). Empty for other studies.
    """
    rows = []
    claims = evidence.plan.study.claims
    stands = standing(evidence) if looks_of(evidence.plan) else []
    for position, (claim, stand) in enumerate(zip(claims, stands, strict=False), start=1):
        for reading in stand.course:
            if reading.sample.n > stand.reading.sample.n or not reading.is_decidable:
                continue
            low, high = reading.interval(stand.level, critical_of(evidence.plan, reading))
            rows.append(
                {
                    "claim": position,
                    "says": claim.says,
                    "n": reading.sample.n,
                    "estimate": float(reading.sample.mean),
                    "low": _finite(low),
                    "high": _finite(high),
                    "threshold": reading.threshold,
                    "wanted": reading.wanted,
                    "unit": reading.unit,
                    "verdict": stand.outcome or "undecided",
                }
            )
    return pd.DataFrame(rows, columns=GROWTH_COLUMNS).drop_duplicates(["claim", "n"])


def looks_of(plan: Plan) -> list[int]:
    """Numbers of seeds at which a study that looks repeatedly does so."""
    most = min(len(plan.study.seeds), plan.study.max_seeds or 0)
    return list(range(FIRST_LOOK, most + 1))


def critical_of(plan: Plan, reading: Reading) -> Critical:
    """c_n of looking repeatedly. Spread is looked at once, at the maximum: until then c_n is
    infinite.
    """
    most = plan.study.max_seeds or 0
    if reading.least_seeds > FIRST_LOOK:
        return lambda n, alpha: inference.critical_value(n, alpha) if n >= most else np.inf
    return lambda n, alpha: sequential.critical_value(n, most, alpha)


def _families(claims: Iterable[Claim]) -> dict[str, list[int]]:
    """Positions of the claims that data can decide, by family."""
    families: dict[str, list[int]] = {}
    for index, claim in enumerate(claims):
        if not isinstance(claim, Open):
            families.setdefault(claim.family, []).append(index)
    return families


def _verdict(evidence: Evidence, claim: Claim, stand: Stand) -> Verdict:
    reading, level = stand.reading, stand.level
    sample = reading.sample
    shown = reading.is_decidable or (isinstance(claim, Open) and sample.n > 1)
    low, high = reading.interval(level, stand.critical) if shown else (None, None)
    outcome = "open" if isinstance(claim, Open) else stand.outcome or "undecided"
    needed, detectable = _lacking(reading, level) if outcome == "undecided" else (None, None)
    if isinstance(claim, Reaches):
        detectable = None  # it is an arm's mean that is asked for, not an effect
    return Verdict(
        says=claim.says,
        kind=claim.kind,
        published=claim.published,
        context=claim.context,
        metric=evidence.metric_of(claim),
        unit=reading.unit,
        family=claim.family,
        verdict=outcome,
        estimate=_finite(sample.mean),
        low=_finite(low),
        high=_finite(high),
        confidence=1 - level if shown else None,
        threshold=reading.threshold,
        n=sample.n,
        p=None if evidence.plan.study.max_seeds else _finite(reading.decision.p),
        p_adjusted=_finite(stand.p_adjusted),
        seeds_needed=needed,
        detectable_effect=detectable,
        core_hours=_core_hours(evidence, reading.arms),
        arms=tuple(dict.fromkeys(arm.name for arm in reading.arms)),
        note=" ".join(filter(None, [reading.note, _few_seeds(claim, reading)])),
    )


def _lacking(reading: Reading, level: float) -> tuple[int | None, float | None]:
    """Seeds needed to settle it the way it leans, and the effect that could have been found, at the
    spread seen.
    """
    sample, threshold = reading.sample, reading.threshold or 0.0
    if sample.n < 2 or not sample.sd > 0:
        return None, None
    sd, mean = float(sample.sd), float(sample.mean)
    one_sided = reading.wanted in ("above", "below")
    beyond = (mean if one_sided else abs(mean)) - threshold
    if reading.leads:
        needed = _seeds_for_largest(reading.leads, level)
    elif beyond < 0 and not one_sided:
        needed = power.seeds_for_equivalence(threshold, sd, level, mean)
    else:
        needed = power.seeds_for_difference(beyond, sd, level)
    if needed is not None:
        needed = max(needed, reading.least_seeds)
    if reading.wanted == "inside" or sample.n < reading.least_seeds:
        return needed, None
    widest = max(float(each.sd) for each in reading.leads or (sample,))
    found = power.detectable_distance(widest, sample.n, level)
    return needed, None if found is None else threshold + found


def _seeds_for_largest(leads: tuple[Sample, ...], level: float) -> int | None:
    """Enough to support it against every rival, or, where one is ahead, to refute it by one."""
    behind = [lead for lead in leads if lead.mean < 0]
    each = [
        power.seeds_for_difference(
            float(lead.mean), float(lead.sd), level / len(leads) if behind else level
        )
        for lead in behind or leads
    ]
    known = [seeds for seeds in each if seeds is not None]
    if behind:
        return min(known, default=None)
    return max(known) if len(known) == len(each) else None


def _few_seeds(claim: Claim, reading: Reading) -> str:
    if isinstance(claim, Open) or not reading.arms or reading.sample.n > 1:
        return ""
    if reading.sample.n == 1:
        return "One seed gives no interval."
    return "No seed has all that it takes."


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
        _difference_unit(evidence, metric),
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
        _difference_unit(evidence, metric),
        (first, second),
        "" if margin else "Without a margin, or a smallest effect of interest, nothing is equal.",
        wanted="inside",
    )


def _read_largest_effect(evidence: Evidence, claim: LargestEffect) -> Reading:
    """Lead of the named change over each rival: a baseline that they share cancels. Shown: the
    nearest rival.
    """
    plan, metric = evidence.plan, evidence.metric_of(claim)
    named = _arm(evidence, claim, claim.change)
    rivals = [_arm(evidence, claim, rival) for rival in claim.rivals] or _changes(plan, named)
    rivals = [rival for rival in rivals if rival.key != named.key]
    unit = _difference_unit(evidence, metric)
    if not rivals:
        return Reading(inference.summarise([]), _open(), 0.0, unit, (), "There is no rival.")
    sign = 1.0 if evidence.describe(metric).higher_is_better else -1.0
    sign = sign if claim.direction == "gain" else -sign
    weights = [_lead(plan, named, rival, sign) for rival in rivals]
    arms = tuple(plan.arm(*key) for key in dict.fromkeys(key for each in weights for key in each))
    leads = tuple(evidence.contrast(metric, each).sample for each in weights)
    fewest = min(leads, key=lambda lead: lead.n)
    if fewest.n < 2:
        return Reading(fewest, _open(), 0.0, unit, arms)
    nearest = min(range(len(leads)), key=lambda place: float(leads[place].mean))
    note = f"Lead over {rivals[nearest].name}, the nearest of {len(rivals)} rivals."
    return Reading(
        leads[nearest],
        inference.all_exceed(leads),
        0.0,
        unit,
        arms,
        note if len(rivals) > 1 else "",
        leads=leads,
    )


def _changes(plan: Plan, named: Arm) -> list[Arm]:
    """The arms of the context that change one factor."""
    return [
        arm
        for arm, _, factor in compared(plan)
        if arm.context == named.context and factor is not None
    ]


def _lead(plan: Plan, named: Arm, rival: Arm, sign: float) -> dict[ArmKey, float]:
    """The named change's effect minus the rival's, as weights of arms."""
    partners = {arm.key: partner.key for arm, partner, _ in compared(plan)}
    weights: dict[ArmKey, float] = {}
    for arm, direction in ((named, sign), (rival, -sign)):
        weights[arm.key] = weights.get(arm.key, 0.0) + direction
        partner = partners.get(arm.key, arm.key)  # the reference itself changes nothing
        weights[partner] = weights.get(partner, 0.0) - direction
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
        sample = (
            _mean_of_curve(evidence, claim.curve)
            .difference(f"{claim.curve}_mean", faster.key, slower.key, description.higher_is_better)
            .sample
        )
        note = f"Mean of {description.label} over training."
        unit = _unit_of_difference(description.unit)
        return Reading(
            sample, inference.exceeds(sample, claim.by), claim.by, unit, (faster, slower), note
        )
    epochs = epochs_to(evidence.history, claim.curve, claim.threshold, description.higher_is_better)
    pairs = contrast(
        epochs, "epochs", {slower.key: 1.0, faster.key: -1.0}, point_spacing(evidence.history)
    )
    note = f"Epochs to {description.label} {claim.threshold:g}. " + _never(epochs, (faster, slower))
    return Reading(
        pairs.sample,
        inference.exceeds(pairs.sample, claim.by),
        claim.by,
        "epochs",
        (faster, slower),
        note.strip(),
    )


def _mean_of_curve(evidence: Evidence, curve: str) -> Evidence:
    """The evidence with the curve's mean over training among the metrics, if it is not recorded."""
    if f"{curve}_mean" in evidence.trials:
        return evidence
    return evidence._replace(trials=curve_means(evidence.history, curve))


def _never(epochs: pd.DataFrame, arms: tuple[Arm, ...]) -> str:
    missed = {}
    for arm in arms:
        own = epochs[(epochs["context"] == arm.context) & (epochs["arm"] == arm.name)]
        if count := int((~own["reached"].astype(bool)).sum()):
            missed[arm.name] = f"{arm.name} on {count} of {len(own)} seeds"
    if not missed:
        return ""
    return f"Never there, so counted with the last epoch: {', '.join(missed.values())}."


def _read_more_stable(evidence: Evidence, claim: MoreStable) -> Reading:
    """Paired t of the distances from each arm's own median, from ten seeds on."""
    stable, unstable = (_arm(evidence, claim, s) for s in (claim.stable, claim.unstable))
    metric = evidence.metric_of(claim)
    distances = pd.concat(
        [_distances(evidence.trials, metric, arm.key) for arm in (stable, unstable)]
    )
    resolution = resolution_of(metric, evidence.trials, evidence.records)
    weights = {unstable.key: 1.0, stable.key: -1.0}
    sample = contrast(distances, metric, weights, resolution).sample
    unit = _difference_unit(evidence, metric)
    if sample.n < LEAST_SEEDS_FOR_STABILITY:
        decision = _open()
        note = f"Spread is judged from {LEAST_SEEDS_FOR_STABILITY} seeds on."
    else:
        decision, note = inference.exceeds(sample, 0.0), ""
    return Reading(
        sample,
        decision,
        0.0,
        unit,
        (stable, unstable),
        note,
        least_seeds=LEAST_SEEDS_FOR_STABILITY,
    )


def _distances(trials: pd.DataFrame, metric: str, key: ArmKey) -> pd.DataFrame:
    values = values_of(trials, metric, key)
    distances: Any = inference.distances_from_median(values) if len(values) else []
    table = pd.DataFrame({"seed": values.index, metric: distances})
    return table.assign(context=key[0], arm=key[1])


def _read_interaction(evidence: Evidence, claim: Interaction) -> Reading:
    """(change - base) in the first setting minus the same in the second, turned to the better."""
    arms = tuple(_arm(evidence, claim, selector) for _, selector in selectors(claim))
    metric = evidence.metric_of(claim)
    by = _by(evidence, claim.by, metric)
    sign = 1.0 if evidence.describe(metric).higher_is_better else -1.0
    signs = (sign, -sign, -sign, sign)
    weights = {arm.key: weight for arm, weight in zip(arms, signs, strict=True)}
    sample = evidence.contrast(metric, weights).sample
    unit = _difference_unit(evidence, metric)
    return Reading(sample, inference.differs(sample, by), by, unit, arms, wanted="outside")


def _read_open(evidence: Evidence, claim: Open) -> Reading:
    metric = evidence.metric_of(claim)
    unit = _difference_unit(evidence, metric)
    if claim.better is None or claim.worse is None:
        return Reading(inference.summarise([]), _open(), None, unit, (), claim.why)
    better, worse = (_arm(evidence, claim, selector) for selector in (claim.better, claim.worse))
    sample = evidence.difference(metric, better.key, worse.key).sample
    return Reading(sample, _open(), None, unit, (better, worse), claim.why)


_READERS: dict[str, Callable[[Evidence, Any], Reading]] = {
    "difference": _read_difference,
    "no_difference": _read_no_difference,
    "largest_effect": _read_largest_effect,
    "reaches": _read_reaches,
    "faster": _read_faster,
    "more_stable": _read_more_stable,
    "interaction": _read_interaction,
    "open": _read_open,
}


def _read(evidence: Evidence, claim: Claim) -> Reading:
    try:
        if twice := named_twice(evidence.plan, claim):
            note = f"It compares {twice[1].name} with itself."
            return Reading(inference.summarise([]), _open(), None, "", (), note)
        return _READERS[claim.kind](evidence, claim)
    except StudyError as error:
        if evidence.plan.study.design.order != "greedy":
            raise
        note = f"Its arm has not come up: {error.problems[0].message}."
        return Reading(inference.summarise([]), _open(), None, "", (), note)


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


def _difference_unit(evidence: Evidence, metric: str) -> str:
    return _unit_of_difference(evidence.describe(metric).unit)


def _unit_of_difference(unit: str) -> str:
    return "points" if unit == "%" else unit


def _core_hours(evidence: Evidence, arms: tuple[Arm, ...]) -> float | None:
    """Of the trials of these arms, each counted once; None where no trial says what it cost."""
    if not arms:
        return None
    keys = {arm.key for arm in arms}
    trials = evidence.trials
    mine = [key in keys for key in zip(trials["context"], trials["arm"], strict=True)]
    core_seconds = float(trials[mine].drop_duplicates("hash")["core_seconds"].sum())
    return core_seconds / 3600 if core_seconds else None


def _finite(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
