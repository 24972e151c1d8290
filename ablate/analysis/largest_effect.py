"""Whether one change gains, or loses, more than every other."""

import itertools
from collections.abc import Mapping, Sequence

from ablate.analysis import inference
from ablate.analysis.arm_names import quoted
from ablate.analysis.effects import compared
from ablate.analysis.evidence import Evidence
from ablate.analysis.inference import Sample, exceeds
from ablate.analysis.left_out import where_any_trained
from ablate.analysis.reading import Reading, undecided
from ablate.analysis.sequential import Outcome
from ablate.analysis.tables import ArmKey
from ablate.records.looks import FIRST_LOOK
from ablate.study.arms import Arm
from ablate.study.plan import Plan
from ablate.study.schema import LargestEffect


def read_largest_effect(evidence: Evidence, claim: LargestEffect) -> Reading:
    """Lead of the named change over each rival, where a baseline that they share cancels, and over
    no change at all: what gains nothing does not gain most. Shown: the least.
    """
    plan, metric = evidence.plan, evidence.metric_of(claim)
    named = evidence.arm(claim, claim.change)
    rivals = [evidence.arm(claim, rival) for rival in claim.rivals] or _changes(plan, named)
    unit = evidence.describe(metric).difference_unit
    if not rivals:
        return Reading(inference.summarise([]), undecided(), 0.0, unit, (), "There is no rival.")
    sign = 1.0 if evidence.describe(metric).higher_is_better else -1.0
    sign = sign if claim.direction == "gain" else -sign
    partners = {arm.key: partner.key for arm, partner, _ in compared(plan)}
    own = _effect(partners, named, sign)
    weights = [_added(own, _effect(partners, rival, -sign)) for rival in rivals]
    weights += filter(None, [_added(own)])  # the reference has no effect of its own
    arms = tuple(plan.arm(*key) for key in dict.fromkeys(key for each in weights for key in each))
    leads = tuple(evidence.contrast(metric, each).sample for each in weights)
    enough = 2 if plan.study.max_seeds is None else FIRST_LOOK  # for an interval
    known = [place for place, lead in enumerate(leads) if lead.n >= enough]
    nearest = min(known, key=lambda place: float(leads[place].mean), default=0)
    if len(known) < len(leads) and not (known and leads[nearest].mean < 0):
        return Reading(min(leads, key=lambda lead: lead.n), undecided(), 0.0, unit, arms)
    found = tuple(leads[place] for place in known)
    favoured = [arm for arm in arms if (arm.key == named.key) == (claim.direction == "gain")]
    in_favour = [where_any_trained(evidence, arm, metric) for arm in favoured]
    possible: tuple[Outcome, ...] = ("supported", "refuted")
    if len(known) < len(leads) or ("refuted",) in in_favour:
        possible = ("refuted",)
    return Reading(
        leads[nearest],
        inference.among(inference.all_exceed(found, of=len(leads)), possible),
        0.0,
        unit,
        arms,
        _told_of_leads(claim, named, rivals, nearest, (len(known), len(leads)))
        + _told_of_surest(rivals, leads, known, nearest),
        leads=found,
        lead_count=len(leads),
        possible=possible,
    )


def _told_of_leads(
    claim: LargestEffect, named: Arm, rivals: list[Arm], nearest: int, counts: tuple[int, int]
) -> str:
    """Which lead is shown, and whether others are not known. nearest: its place, behind all rivals
    that over no change; counts: of leads that are known, and of all.
    """
    known, every = counts
    verb = "gains" if claim.direction == "gain" else "costs"
    (name,) = quoted(named.name)
    told = f"What {name} itself {verb}, which is less than its lead over any rival."
    if nearest < len(rivals):
        name, rival = quoted(named.name, rivals[nearest].name)
        told = f"What {name} {verb}, less what {rival} {verb}, "
        told += "the only rival." if len(rivals) == 1 else f"of {len(rivals)} rivals the strongest."
    if known < every:
        which = "1 is known: it can" if known == 1 else f"{known} are known: they can"
        told += f" Of {every} leads {which} refute the claim alone."
    return told


def _told_of_surest(
    rivals: list[Arm], leads: Sequence[Sample], known: list[int], nearest: int
) -> str:
    """The rival that refutes, or would, where it is not the one whose lead is shown: that one's
    seeds may lie far apart.
    """
    ahead = [place for place in known if leads[place].mean < 0]
    surest = min(ahead, key=lambda place: float(exceeds(leads[place], 0.0).p), default=nearest)
    if surest == nearest:
        return ""
    name = f"'{rivals[surest].name}'" if surest < len(rivals) else "no change"
    return f" Ahead most surely: {name}."


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
