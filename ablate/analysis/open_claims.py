"""Which arms an open claim still waits for."""

from ablate.analysis.claims import standing
from ablate.analysis.evidence import Evidence
from ablate.analysis.findings import evidence_of
from ablate.analysis.looks import can_be_decided
from ablate.analysis.tables import ArmKey
from ablate.records.greedy_path import Find
from ablate.study.plan import Plan
from ablate.study.schema import Open


def arms_of_open_claims(plan: Plan, find: Find) -> set[ArmKey]:
    """The arms that a claim still waits for, by the records of a plan's trials."""
    found = {trial.hash: find(trial.hash) for trial in plan.unique_trials}
    return open_arms(evidence_of(plan, {hash_: each for hash_, each in found.items() if each}))


def open_arms(evidence: Evidence) -> set[ArmKey]:
    """The same by the evidence. A claim that was given up, that the maximum of seeds is too few
    for, or that no further seed can settle, waits for none.
    """
    study = evidence.plan.study
    stands = zip(study.claims, standing(evidence), strict=True)
    return {
        arm.key
        for claim, stand in stands
        if stand.is_open
        and stand.reading.possible
        and not isinstance(claim, Open)
        and can_be_decided(study, claim)
        for arm in stand.reading.arms
    }
