"""Claims that are looked at after every seed, and how their evidence grew."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from ablate.analysis import inference, sequential
from ablate.analysis.evidence import Evidence
from ablate.analysis.futility import too_small_a_chance
from ablate.analysis.inference import Critical
from ablate.analysis.reading import Reading, Stand, finite
from ablate.analysis.readings import read
from ablate.analysis.sequential import Outcome
from ablate.analysis.stability import LEAST_SEEDS_FOR_STABILITY
from ablate.records.looks import FIRST_LOOK
from ablate.study.plan import Plan
from ablate.study.schema import Claim, MoreStable, Study

GROWTH_COLUMNS = [
    "claim", "says", "n", "estimate", "low", "high", "threshold", "wanted", "unit", "verdict",
]  # fmt: skip


def looked_at_repeatedly(evidence: Evidence, claims: Sequence[Claim]) -> list[Stand]:
    """Each claim at the look that settled it, or at the last, with its repeated interval."""
    looks = looks_of(evidence.plan)
    by_then = {look: evidence.first_seeds(look) for look in looks}
    readings = {look: [read(by_then[look], claim) for claim in claims] for look in looks}

    def settle(member: int, look: int, level: float) -> Outcome | None:
        reading = readings[look][member]
        if not reading.is_decidable:
            return None
        return reading.outcome(*reading.interval(level, critical_of(evidence.plan, reading, look)))

    def give_up(member: int, look: int) -> float | None:
        reading, study = readings[look][member], evidence.plan.study
        if not study.stop_futile or look >= (study.max_seeds or 0):
            return None
        critical = critical_of(evidence.plan, reading, look)
        return too_small_a_chance(reading, critical, study.max_seeds or 0)

    stands = []
    for member, stop in enumerate(sequential.stops(len(claims), looks, settle, give_up)):
        reading = readings[stop.look][member] if looks else read(evidence, claims[member])
        critical = critical_of(evidence.plan, reading, stop.look)
        course = tuple(readings[look][member] for look in looks)
        stands.append(
            Stand(reading, stop.level, stop.outcome, None, critical, course, stop.given_up)
        )
    return stands


def growth_table(plan: Plan, stands: Sequence[Stand]) -> pd.DataFrame:
    """How the evidence grew, of a study that looks repeatedly: one row a claim and look, up to the
    look that settled it. Empty for other studies.

    stands: of the study's claims, in their order. Columns claim (position from 1), says, n,
    estimate, low, high (repeated interval at the level that the claim ended with), threshold,
    wanted (where the interval must come to lie), unit and verdict (of the claim).
    """
    rows = []
    for position, (claim, stand) in enumerate(zip(plan.study.claims, stands, strict=True), 1):
        for look, reading in zip(looks_of(plan), stand.course, strict=False):
            if reading.sample.n > stand.reading.sample.n or not reading.is_decidable:
                continue
            low, high = reading.interval(stand.level, critical_of(plan, reading, look))
            rows.append(
                {
                    "claim": position,
                    "says": claim.says,
                    "n": reading.sample.n,
                    "estimate": float(reading.sample.mean),
                    "low": finite(low),
                    "high": finite(high),
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


def can_be_decided(study: Study, claim: Claim) -> bool:
    """False of spread where a maximum of seeds stays under those that it is judged from."""
    most = study.max_seeds
    return most is None or most >= LEAST_SEEDS_FOR_STABILITY or not isinstance(claim, MoreStable)


def never_decided(study: Study) -> Iterator[str]:
    """A sentence on each claim that the maximum of seeds is too few for."""
    for claim in study.claims:
        if not can_be_decided(study, claim):
            yield (
                f"'{claim.says}' stays undecided, and no seed is added for it: spread is judged "
                f"from {LEAST_SEEDS_FOR_STABILITY} seeds on, and the maximum is "
                f"{study.max_seeds}."
            )


def looked_at_once(study: Study) -> str:
    """A sentence on the claims whose interval does not hold at all looks together, of a study that
    looks repeatedly; "" where there are none.
    """
    claims = [
        claim
        for claim in study.claims
        if isinstance(claim, MoreStable) and can_be_decided(study, claim)
    ]
    if study.max_seeds is None or not claims:
        return ""
    says = " and ".join(f"'{claim.says}'" for claim in claims)
    intervals = "the interval is a plain t interval"
    if len(claims) > 1:
        intervals = "the intervals are plain t intervals"
    return f"Spread is looked at once, at {study.max_seeds} seeds: of {says} {intervals}."


def critical_of_effects(plan: Plan) -> Critical | None:
    """c_n of effects that no claim is made of, of a study that looks repeatedly; others: None."""
    most = plan.study.max_seeds
    if most is None:
        return None
    return lambda n, alpha: sequential.critical_value(n, most, alpha)


def critical_of(plan: Plan, reading: Reading, look: int) -> Critical:
    """c_n of looking repeatedly. Spread is looked at once, at the last look, whatever seeds are
    missing there: before it, c_n of what seeds there are is infinite.
    """
    most = plan.study.max_seeds or 0
    if reading.least_seeds > FIRST_LOOK:
        return lambda n, alpha: (
            inference.critical_value(n, alpha) if n >= most or look >= most else np.inf
        )
    return lambda n, alpha: sequential.critical_value(n, most, alpha)
