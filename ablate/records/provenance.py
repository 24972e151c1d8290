"""Where many records come from, in a few lines."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ablate.records.asked_metrics import NOT_FINITE
from ablate.records.schema import LAST_POINT, NOT_GIVEN, TrialRecord

# says nothing of where a whole run comes from
_OF_ONE_TRIAL = {
    "process",
    NOT_GIVEN,
    "peak_memory_gb",
    NOT_FINITE,
    f"{LAST_POINT}.epoch",
    f"{LAST_POINT}.step",
}


def provenance_of(records: Iterable[TrialRecord]) -> dict[str, str]:
    """Each fact that the records give, by its dotted name in order of names, and the time from
    first to last.

    Where the trials differ in a fact, or some do not say it, as those that were stopped early,
    every value is named with the number of its trials.
    """
    facts = [dict(_flat(record.provenance)) for record in records]
    values: dict[str, Counter[str]] = {}
    for of_one in facts:
        for name, value in of_one.items():
            if name not in _OF_ONE_TRIAL and name not in ("started", "ended"):
                values.setdefault(name, Counter())[value] += 1
    merged = {name: _joined(values[name], len(facts)) for name in sorted(values)}
    starts = [of_one["started"] for of_one in facts if "started" in of_one]
    ends = [of_one["ended"] for of_one in facts if "ended" in of_one]
    return merged | ({"trained": f"{min(starts)} to {max(ends)}"} if starts and ends else {})


def arithmetic(record: TrialRecord) -> str:
    """In what a trial was computed, as "float32 on cpu"; "" where it does not say."""
    precision = record.provenance.get("precision")
    return f"{precision} on {record.provenance.get('device', 'cpu')}" if precision else ""


def _joined(counts: Counter[str], trials: int) -> str:
    if len(counts) == 1 and counts.total() == trials:
        return next(iter(counts))
    return ", ".join(
        f"{value} ({count} trial{'' if count == 1 else 's'})"
        for value, count in sorted(counts.items())
    )


def _flat(facts: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield f"{prefix}{name}", ", ".join(map(str, value))
        elif value is not None:
            yield f"{prefix}{name}", str(value)
