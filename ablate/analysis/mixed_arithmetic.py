"""Trials that are compared and were not trained in the same arithmetic, or on other devices: their
last digits differ for that alone.
"""

from collections.abc import Iterable, Iterator, Mapping

from ablate.records.provenance import arithmetic
from ablate.records.schema import TrialRecord
from ablate.study.plan import Plan
from ablate.study.seeds import seeds_named

Kinds = dict[str, set[str]]
"""What the trials of one seed were trained in, by context."""


def mixed_arithmetic(plan: Plan, records: Mapping[str, TrialRecord]) -> Iterator[str]:
    """What is to be said of seeds on which arms of a context, or contexts, differ in that."""
    used: dict[int, Kinds] = {}
    for trial in plan.trials:
        record = records.get(trial.hash)
        if record is not None and (kind := arithmetic(record)):
            of_seed = used.setdefault(trial.seed, {})
            of_seed.setdefault(trial.context, set()).add(kind)
    pairs = {seed: kinds for seed, kinds in used.items() if max(map(len, kinds.values())) > 1}
    if pairs:
        both = _in_words(_all(_all(kinds.values()) for kinds in pairs.values()))
        yield (
            f"Trials of {seeds_named(pairs)} were trained partly in {both}, so their pairs mix the "
            "two."
        )
    contexts = {
        seed: kinds
        for seed, kinds in used.items()
        if seed not in pairs and len(_all(kinds.values())) > 1
    }
    if contexts:
        names = dict.fromkeys(context for kinds in contexts.values() for context in kinds)
        each = [
            f"{name} in {_in_words(_all(kinds.get(name, ()) for kinds in contexts.values()))}"
            for name in names
        ]
        yield (
            f"On {seeds_named(contexts)} trials were trained in arithmetic of their context's own "
            f"({', '.join(each)}): no pair mixes them, but what is compared across contexts does."
        )


def _all(sets: Iterable[Iterable[str]]) -> set[str]:
    return set().union(*sets)


def _in_words(kinds: Iterable[str]) -> str:
    return " and ".join(sorted(kinds))
