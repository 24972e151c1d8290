"""Small studies of the trivial workload."""

from pathlib import Path
from typing import Any

from ablate.study.plan import Plan
from ablate.study.planning import make_plan
from ablate.study.schema import Factor, MoreStable, Selector, Study

UNDECIDABLE = MoreStable(says="?", stable=Selector(levels={"level": "b"}), unstable=Selector())
"""With less than ten seeds, so that a study that looks repeatedly stops at its first look."""


def make_trivial_plan(
    seeds: int = 2,
    arms: tuple[str, ...] = ("b",),
    settings: dict[str, Any] | None = None,
    **changes: Any,
) -> Plan:
    """A baseline and one arm a name, which differ in a setting without effect; without names the
    baseline alone, of no factor.

    settings: of every arm; see `tests.tuning.trivial`. changes: of the study; with `max_seeds` it
    makes a claim unless told otherwise.
    """
    if changes.get("max_seeds") is not None:
        changes.setdefault("claims", (UNDECIDABLE,))
    levels = {"a": {"level": "a"}} | {name: {"level": name} for name in arms}
    study = Study(
        name="trivial",
        question="Does the way trials end reach the records?",
        workload="tests.tuning.trivial:train",
        contexts={"baseline": {"level": "a"} | (settings or {})},
        factors={"level": Factor(name="level", levels=levels)} if arms else {},
        seeds=tuple(range(seeds)),
        **changes,
    )
    return make_plan(study)


def starts(log: Path) -> list[tuple[str, int, int]]:
    """Level, seed and process of every start that the workload logged, in order."""
    lines = log.read_text().split("\n")[:-1]
    return [(level, int(seed), int(process)) for level, seed, process in map(str.split, lines)]
