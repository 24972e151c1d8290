"""From claims to verdicts: supported, refuted or undecided, with the evidence.

Each claim is read as one sample over seeds and one decision about its mean (`readings`); a family
of claims shares its error rate by Holm's method, and one interval says it all. Rules:
docs/statistics.md.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from ablate.analysis import inference, power
from ablate.analysis.evidence import Evidence
from ablate.analysis.inference import ALPHA, Sample
from ablate.analysis.left_out import trials_of
from ablate.analysis.looks import critical_of_effects, looked_at_repeatedly
from ablate.analysis.power import Looking
from ablate.analysis.reading import Reading, Stand, Where, finite
from ablate.analysis.readings import read
from ablate.analysis.sequential import Outcome
from ablate.analysis.tables import rows_of
from ablate.records.looks import FIRST_LOOK
from ablate.study.arms import Arm
from ablate.study.schema import Claim, Open
from ablate.workload import describe_metric


class Verdict(BaseModel):
    """What the evidence says of a claim. Numbers that there are none of are None."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    says: str
    kind: str
    published: str | None
    context: str | None
    metric: str
    """What is compared: of a `faster` claim its curve."""
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
    wanted: Where = "above"
    """Where the interval must come to lie for support: beyond the threshold, or to +-threshold."""
    n: int = 0
    """Seeds that all arms concerned share; of a largest effect, those of the lead that is shown."""
    p: float | None = None
    p_adjusted: float | None = None
    """Smallest error rate at which the interval would settle the claim; Holm over the family. None
    where the claim is looked at repeatedly: the interval says it.
    """
    leaning: Outcome | None = None
    """What the following would settle it as, where there are any."""
    seeds_needed: int | None = None
    """For 80 % power, were effect and spread as seen; of an undecided claim."""
    too_few_seeds: int | None = None
    """As many as are reckoned with at most, or may be had, where even these would not do."""
    detectable_effect: float | None = None
    """What this many seeds find with 80 % power, of an undecided claim: of equivalence, the margin
    that they show, and of non-inferiority, the loss that they rule out, where the difference seen
    is the true one."""
    core_hours: float | None = None
    """What the trials behind it cost."""
    gpu_hours: float | None = None
    """The same on GPUs; None where none was used."""
    arms: tuple[str, ...] = ()
    """All that are compared, each once, the claim's better side first; with their context where
    there are several."""
    early: bool = False
    """Whether trials of its arms are still to be recorded: its error rate is that of them all."""
    note: str = ""


def verdicts(evidence: Evidence, stands: Sequence[Stand]) -> tuple[Verdict, ...]:
    """The verdict on every claim of the study, in its order.

    stands: of the claims, as `standing` finds them. The greedy path's claims name arms that may not
    have been run yet: those are undecided.
    """
    return tuple(
        _verdict(evidence, claim, stand)
        for claim, stand in zip(evidence.plan.study.claims, stands, strict=True)
    )


def standing(evidence: Evidence) -> list[Stand]:
    """How each claim stands: at the seeds there are, or where looking after every seed stopped."""
    claims = evidence.plan.study.claims
    # Of claims in no family: those that nothing is decided of, but whose interval is shown.
    critical = critical_of_effects(evidence.plan) or inference.critical_value
    stands = [Stand(read(evidence, claim), critical=critical) for claim in claims]
    for members in _families(claims).values():
        if evidence.plan.study.max_seeds is None:
            settled = _looked_at_once([stands[member].reading for member in members])
        else:
            settled = looked_at_repeatedly(evidence, [claims[member] for member in members])
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
    shown = (reading.is_decidable or isinstance(claim, Open)) and _has_interval(stand)
    low, high = reading.interval(level, stand.critical) if shown else (None, None)
    outcome = "open" if isinstance(claim, Open) else stand.outcome or "undecided"
    most = evidence.plan.study.max_seeds
    lacking = _lacking(stand, most) if outcome == "undecided" else _Lacking()
    to_come = 0 if outcome == "open" else _trials_to_come(evidence, reading)
    notes = (
        describe_metric(evidence.metric_of(claim), evidence.plan.metrics).meaning,
        reading.note,
        _no_interval(evidence, claim, reading),
        _no_more_seeds(stand, most),
        _early_look(to_come),
    )
    return Verdict(
        says=claim.says,
        kind=claim.kind,
        published=claim.published,
        context=claim.context,
        metric=evidence.metric_of(claim),
        unit=reading.unit,
        family=claim.family,
        verdict=outcome,
        estimate=finite(sample.mean),
        low=finite(low),
        high=finite(high),
        confidence=1 - level if shown else None,
        threshold=reading.threshold,
        wanted=reading.wanted,
        n=sample.n,
        p=None if evidence.plan.study.max_seeds else finite(reading.decision.p),
        p_adjusted=finite(stand.p_adjusted),
        **lacking._asdict(),
        core_hours=_hours(evidence, reading.arms, "core_seconds"),
        gpu_hours=_hours(evidence, reading.arms, "gpu_seconds"),
        arms=_names(reading.arms),
        early=to_come > 0,
        note=" ".join(filter(None, notes)),
    )


def _has_interval(stand: Stand) -> bool:
    n = stand.reading.sample.n
    return n > 1 and bool(np.isfinite(stand.critical(n, stand.level)))


def _trials_to_come(evidence: Evidence, reading: Reading) -> int:
    """Trials of a claim that are still to be recorded, where it is looked at without them and no
    repeated interval allows for that.
    """
    is_given = any(record.is_from_elsewhere for record in evidence.records.values())
    if reading.sample.n < 2 or evidence.plan.study.max_seeds is not None or is_given:
        return 0
    own = trials_of(evidence.trials, {arm.key for arm in reading.arms})
    return int((own["status"] == "missing").sum())


def _early_look(to_come: int) -> str:
    if not to_come:
        return ""
    trials = "one of its trials is" if to_come == 1 else f"{to_come} of its trials are"
    return f"An early look: {trials} still to be recorded."


def _names(arms: tuple[Arm, ...]) -> tuple[str, ...]:
    several = len({arm.context for arm in arms}) > 1
    names = (f"{arm.context}/{arm.name}" if several else arm.name for arm in arms)
    return tuple(dict.fromkeys(names))


class _Lacking(NamedTuple):
    """What it would take to settle a claim the way it leans, at the spread seen."""

    leaning: Outcome | None = None
    seeds_needed: int | None = None
    too_few_seeds: int | None = None
    detectable_effect: float | None = None


def _lacking(stand: Stand, most: int | None) -> _Lacking:
    """Of an undecided claim.

    most: seeds that a study which looks repeatedly may have; of one, what is found at that look.
    """
    reading = stand.reading
    sample = reading.sample
    if sample.n < 2 or not sample.sd > 0 or _leaning(reading) not in reading.possible:
        return _Lacking()
    study = Looking(stand.critical, power.MOST_SEEDS if most is None else most)
    needed = _seeds_needed(reading, stand.level, study)
    if needed is not None and reading.least_seeds <= study.most_seeds:
        needed = max(needed, reading.least_seeds)
    else:
        needed = None
    return _Lacking(
        _leaning(reading),
        needed,
        study.most_seeds if needed is None else None,
        _detectable(stand, study) if sample.n >= reading.least_seeds else None,
    )


def _detectable(stand: Stand, study: Looking) -> float | None:
    reading, level = stand.reading, stand.level
    n, mean, sd = reading.sample.n, float(reading.sample.mean), float(reading.sample.sd)
    if reading.detects == "nothing":
        return None
    if reading.detects == "margin":
        inside = _leaning(reading) == "supported"
        return power.provable_margin(sd, n, level, mean, study) if inside else None
    if len(reading.leads) < reading.lead_count:
        return None  # without all leads nothing is found to be the largest
    spreads = [float(each.sd) for each in reading.leads or (reading.sample,)]
    found = power.detectable_distance(spreads, n, level, study)
    if found is None:
        return None
    return found - mean if reading.detects == "loss" else (reading.threshold or 0.0) + found


def _seeds_needed(reading: Reading, level: float, study: Looking) -> int | None:
    threshold = reading.threshold or 0.0
    sd, mean = float(reading.sample.sd), float(reading.sample.mean)
    one_sided = reading.wanted in ("above", "below")
    beyond = (mean if one_sided else abs(mean)) - threshold
    if reading.leads:
        return _seeds_for_largest(reading.leads, reading.lead_count, level, study)
    if beyond < 0 and not one_sided:
        return power.seeds_for_equivalence(threshold, sd, level, mean, study)
    return power.seeds_for_difference(beyond, sd, level, study)


def _seeds_for_largest(
    leads: tuple[Sample, ...], count: int, level: float, study: Looking
) -> int | None:
    """Enough to support it against all rivals together, or, where one is ahead, to refute it by
    that one. leads: those that are known, of so many.
    """
    ahead = [lead for lead in leads if lead.mean < 0]
    if not ahead:
        sizes = [(float(lead.mean), float(lead.sd)) for lead in leads]
        return power.seeds_for_all(sizes, level, study)
    each = [
        power.seeds_for_difference(float(lead.mean), float(lead.sd), level / count, study)
        for lead in ahead
    ]
    return min((seeds for seeds in each if seeds is not None), default=None)


def _no_more_seeds(stand: Stand, most: int | None) -> str:
    """Why seeds are no longer added for an undecided claim, of a study that looks repeatedly."""
    if most is not None and stand.is_open and not stand.reading.possible:
        return "No further seed can settle it, so that none is added for it."
    if stand.given_up is None:
        return ""
    look, chance = stand.given_up
    return (
        f"Given up at {look} seeds: had the others been like these, all {most} would have settled "
        f"it with a chance of {100 * chance:.1f} %."
    )


def _no_interval(evidence: Evidence, claim: Claim, reading: Reading) -> str:
    """Why there is none, where there is something to compare."""
    if isinstance(claim, Open) or not reading.arms:
        return ""
    if reading.sample.n < 2 and (unmatched := _unmatched_seeds(evidence, reading.arms)):
        return unmatched
    if reading.sample.n == 0:
        return "No seed has all that it takes."
    if reading.sample.n == 1:
        return "One seed gives no interval."
    if evidence.plan.study.max_seeds is not None and reading.sample.n < FIRST_LOOK:
        return f"The first look, at {FIRST_LOOK} seeds, is still to come."
    if np.isnan(reading.sample.standard_error):
        return (
            "Seeds make no difference, and in what steps the metric changes is not known: nothing "
            "is sure."
        )
    return ""


def _unmatched_seeds(evidence: Evidence, arms: tuple[Arm, ...]) -> str:
    """Where each arm has seeds enough, and too few are those of the others."""
    ended = evidence.trials[evidence.trials["status"] == "completed"]
    seeds = {arm.key: set(rows_of(ended, arm.key)["seed"]) for arm in arms}
    shared = len(set.intersection(*seeds.values()))
    if shared > 1 or min(map(len, seeds.values())) < 2:
        return ""
    have = "; ".join(
        f"{name} has {', '.join(map(str, sorted(own)))}"
        for name, own in zip(_names(arms), seeds.values(), strict=False)
    )
    of_one = " The estimate is of the one seed that all have." if shared else ""
    return (
        f"Seeds do not match: {have}.{of_one} A claim rests on pairs: train its arms on the same "
        "seeds, or number alike those trials that shared what a seed fixes."
    )


def _hours(evidence: Evidence, arms: tuple[Arm, ...], cost: str) -> float | None:
    """Of the trials of these arms; None where no trial says what it cost.

    cost: column of the trials, in seconds.
    """
    seconds = float(trials_of(evidence.trials, {arm.key for arm in arms})[cost].sum())
    return seconds / 3600 if seconds else None
