"""What each row of a table of results says: which trial, how it ended, and its numbers."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ablate.errors import StudyError, nearest
from ablate.records.asked_metrics import asked_metrics
from ablate.records.results_arms import ArmReader
from ablate.records.results_columns import ResultColumns, metric_name, number_in
from ablate.records.results_positions import Position
from ablate.records.schema import Status
from ablate.records.table_file import Row, TableProblems
from ablate.study.arms import Arm
from ablate.study.plan import Plan

NOT_ENDED = "had not ended when its results were saved"
_ENDINGS: Mapping[str, tuple[Status, str | None]] = {
    **dict.fromkeys(
        ("", "completed", "complete", "finished", "success", "succeeded", "done", "terminated"),
        ("completed", None),
    ),
    **dict.fromkeys(
        ("failed", "fail", "crashed", "error", "killed"), ("failed", "failed where it ran")
    ),
    **dict.fromkeys(
        ("running", "pending", "scheduled", "queued", "waiting", "preempting", "preempted"),
        ("failed", NOT_ENDED),
    ),
    "diverged": ("diverged", "diverged where it ran"),
    "pruned": ("pruned", None),
}
_SEED = re.compile(r"[0-9]{1,18}(?:\.0*)?")


class Value(NamedTuple):
    """One number of a trial."""

    metric: str
    position: Position
    number: float


class Reading(NamedTuple):
    """What a row says."""

    line: int
    arm: Arm
    seed: int
    status: Status
    error: str | None
    values: tuple[Value, ...]
    gives_status: bool = True
    """Whether the row says itself how its trial ended."""


class RowReader:
    """Reads row by row; what is wrong goes to the problems."""

    def __init__(
        self, plan: Plan, arms: ArmReader, columns: ResultColumns, problems: TableProblems
    ) -> None:
        """plan: the study's, with any seeds."""
        self._asked = asked_metrics(plan)
        self._arms = arms
        self._columns = columns
        self._problems = problems

    def read(self, row: Row) -> Reading | None:
        """None where the row does not say which trial it is of, or how that ended."""
        arm, seed, ending = self._arm(row), self._seed(row), self._ending(row)
        values = tuple(self._values(row))
        if arm is None or seed is None or ending is None:
            return None
        return Reading(row.line, arm, seed, *ending, values, self._gives_status(row))

    def _arm(self, row: Row) -> Arm | None:
        try:
            return self._arms.arm_of(row.cells)
        except StudyError as error:
            for problem in error.problems:
                self._note(row, problem.where or None, problem.message, problem.fix)
            return None

    def _seed(self, row: Row) -> int | None:
        column = self._columns.seed
        if column is None:
            return None
        cell = row.cells[column]
        if _SEED.fullmatch(cell):
            return int(cell.partition(".")[0])
        message = f"'{cell}' is no seed" if cell else "is empty"
        self._note(row, column, message, "a seed is a whole number from 0")
        return None

    def _ending(self, row: Row) -> tuple[Status, str | None] | None:
        column = self._columns.status
        word = "" if column is None else row.cells[column]
        ending = _ENDINGS.get(word.lower())
        if ending is None:
            self._note(row, column, f"no status named '{word}'", _cure_of_status(word))
        return ending

    def _gives_status(self, row: Row) -> bool:
        return self._columns.status is not None and bool(row.cells[self._columns.status])

    def _values(self, row: Row) -> Iterator[Value]:
        columns = self._columns
        if columns.metric is not None and columns.value is not None:
            name = metric_name(row.cells[columns.metric], self._asked)
            position, number = self._position(row), self._number(row, columns.value)
            if not name:
                self._note(row, columns.metric, "is empty", "name the metric")
            elif number is not None:
                yield Value(name, position, number)
            return
        for metric, column in columns.metrics.items():
            if (number := self._number(row, column)) is not None:
                yield Value(metric, (), number)

    def _position(self, row: Row) -> Position:
        places = [self._place(row, *named) for named in self._columns.positions.items()]
        if all(place is None for place in places):
            return ()
        return tuple(-math.inf if place is None else place for place in places)

    def _place(self, row: Row, word: str, column: str) -> float | None:
        """None where the row leaves the epoch, or step, open: by NaN, as pandas has it, too."""
        place = self._number(row, column)
        if place is None or math.isnan(place):
            return None
        if math.isinf(place):
            message = f"'{row.cells[column]}' is no {word}"
            self._note(row, column, message, "write a finite number, or leave the cell empty")
            return None
        return place

    def _number(self, row: Row, column: str) -> float | None:
        cell = row.cells[column]
        try:
            return number_in(cell)
        except ValueError:
            self._note(
                row, column, f"'{cell}' is no number", "write it as 82.5, or leave the cell empty"
            )
            return None

    def _note(self, row: Row, column: str | None, message: str, fix: str) -> None:
        self._problems.note(message, fix, lines=[row.line], column=column)


def _cure_of_status(word: str) -> str:
    """The column may tell something else, such as a state of the USA."""
    known = sorted(filter(None, _ENDINGS))
    rename = "rename the column, or leave it out, if it does not tell how trials ended"
    near = nearest(word.lower(), known)
    return f"{near} Else {rename}" if near else f"{rename}; known are: {', '.join(known)}"
