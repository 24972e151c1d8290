"""What a reader must know of results that were trained elsewhere, and came in as a table."""

from collections.abc import Iterator, Mapping

from ablate.records.fractions import likely_fractions
from ablate.records.schema import SOURCE, TrialRecord
from ablate.records.table_file import joined
from ablate.study.plan import Plan


def tables_of(records: Mapping[str, TrialRecord]) -> str:
    """The names of the tables that records came in as; empty where all were run."""
    brought = (record for record in records.values() if record.is_from_elsewhere)
    return joined(sorted({str(record.provenance[SOURCE]) for record in brought}))


def warnings_of_tables(plan: Plan, records: Mapping[str, TrialRecord]) -> Iterator[str]:
    """records: by hash, of the plan's trials; those that were run are left aside."""
    brought = {hash_: record for hash_, record in records.items() if record.is_from_elsewhere}
    yield from _fractions(plan, brought)


def _fractions(plan: Plan, records: Mapping[str, TrialRecord]) -> Iterator[str]:
    """Errors and gaps may really be so small, which only the reader knows."""
    values = (value for record in records.values() for value in _values(record))
    for metric in likely_fractions(plan, values):
        yield (
            f"{metric} is in percent, and all that {tables_of(records)} gives of it is at most 1: "
            "if these are fractions, multiply them by 100."
        )


def _values(record: TrialRecord) -> Iterator[tuple[str, float]]:
    yield from record.metrics.items()
    for metric, course in record.history.items():
        yield from ((metric, number) for number in course if number is not None)
