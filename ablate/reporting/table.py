"""A table of a report: cells to read, and a frame of plain numbers to compute with."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import pandas as pd

from ablate.reporting.formatting import MISSING, Writer

Tone = Literal["plain", "strong", "muted", "supported", "refuted", "undecided", "open"]


@dataclass(frozen=True)
class Cell:
    """One written cell, with a second, smaller line below where there is more to say."""

    text: str
    tone: Tone = "plain"
    note: str = ""


@dataclass(frozen=True)
class Span:
    """Columns of a frame whose numbers are written as the interval from `low` to `high` is.

    unit: None where the frame has a column `unit`. threshold: a column with a number that the
    interval's ends are to be told from, and from its negative.
    """

    columns: tuple[str, ...]
    low: str
    high: str
    unit: str | None = None
    threshold: str | None = None


@dataclass(frozen=True, eq=False)
class Table:
    """A table to read (`header`, `rows`) and to compute with (`frame`).

    keys: columns of the frame that name a row. apart: those that tell rows of equal keys apart.
    says: those that say what a row is about where its keys are mere numbers.
    formats: how the numbers of the frame's columns are written where they are cited one by one.
    spans: those that go by an interval. Of columns that neither names, in the unit that a column
    `unit` of the frame says.
    numeric: positions of the columns that are read as numbers and stand to the right.
    """

    name: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    frame: pd.DataFrame
    keys: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    formats: Mapping[str, Writer] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()
    numeric: frozenset[int] = frozenset()

    def starts_context(self, row: int) -> bool:
        """Whether another context begins with this row, so that a rule belongs above it."""
        grouped = bool(self.header) and self.header[0] == "Context"
        return grouped and row > 0 and self.rows[row][0].text != self.rows[row - 1][0].text


def without_blank(table: Table, name: str) -> Table:
    """The table less its columns of that name in which no row has anything to say."""
    kept = [
        column
        for column, header in enumerate(table.header)
        if header != name or any(row[column] != Cell(MISSING) for row in table.rows)
    ]
    return replace(
        table,
        header=tuple(table.header[column] for column in kept),
        rows=tuple(tuple(row[column] for column in kept) for row in table.rows),
        numeric=frozenset(at for at, column in enumerate(kept) if column in table.numeric),
    )
