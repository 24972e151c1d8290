"""Results that were trained elsewhere: a table of theirs as the records of a study's trials.

A table is *wide* (one row a trial, one column a metric) or *long* (one row a value: columns
`metric` and `value`, and `epoch` or `step` where it holds whole courses of training). How columns
are told apart: `results_columns.py`.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ablate.errors import Problem, StudyError, did_you_mean
from ablate.records.asked_metrics import (
    absent_metrics,
    asked_metrics,
    claims_without_course,
    divergence,
    is_finite,
    not_finite,
)
from ablate.records.fractions import likely_fractions
from ablate.records.results_arms import ArmReader
from ablate.records.results_attempts import ended_as_their_last, of_untold_attempts
from ablate.records.results_columns import (
    NO_NUMBER_GIVEN,
    ResultColumns,
    find_columns,
    metric_name,
)
from ablate.records.results_positions import Position, last_place
from ablate.records.results_rows import Reading, RowReader
from ablate.records.schema import LAST_POINT, SOURCE, Status, TrialRecord
from ablate.records.store import FINISHED
from ablate.records.table_file import Table, TableProblems, joined, read_table
from ablate.study.plan import Plan
from ablate.study.planning import make_plan
from ablate.study.schema import Study
from ablate.study.seeds import MOST_SEEDS
from ablate.workload import Workload, describe_metric, load_workload

Points = Mapping[str, Mapping[Position, float]]
"""Metric -> position -> value, of one trial."""
PointsGiven = Mapping[str, set[tuple[str, ...]]]
"""Of a long table: metric -> the points of training at which any trial has it, as written."""
_NO_PLACE = {*NO_NUMBER_GIVEN, "nan"}


class Results(NamedTuple):
    """What a table says of a study."""

    plan: Plan
    """The study's, with the seeds that the table holds."""
    records: dict[str, TrialRecord]
    """By trial hash. A planned trial that the table says nothing of has none."""
    ignored: tuple[str, ...]
    """Columns that are neither arm, seed, status nor metric."""


def read_results(path: Path, study: Study, workload: Workload | None = None) -> Results:
    """The records of a study's trials, from a CSV or Parquet table of results.

    workload: in place of the one that the study names. The seeds are those of the table, whatever
    the study says; claims are looked at once, and nothing is tuned.
    A trial whose status says so is a failed record, and so is a completed one without the study's
    metric; a trial with NaN or an infinity for a metric that study or workload names has diverged.
    What ended stands in place of failed attempts at the same trial.
    Raises RecordError with all problems of the table, each with line and column; StudyError when
    the study cannot be planned, or leaves an order to be found.
    """
    _refuse_greedy(study)
    table = read_table(path)
    problems = TableProblems(table.source, table.counted)
    drawn = make_plan(study, workload)
    columns = find_columns(table, drawn, problems)
    arms = ArmReader(drawn, workload or load_workload(study.workload), columns)
    reader = RowReader(drawn, arms, columns, problems)
    readings = [reading for row in table.rows if (reading := reader.read(row)) is not None]
    points = _points_given(table, columns, drawn)
    _note_absent_metric(table, columns, drawn, points, problems)
    _note_absent_courses(columns, drawn, points, problems)
    _note_fractions(readings, columns, drawn, problems)
    problems.raise_any()
    seeds = tuple(sorted({reading.seed for reading in readings}))
    if len(seeds) > MOST_SEEDS:
        problems.note(
            f"has {len(seeds):,} different seeds, and a study at most {MOST_SEEDS:,}",
            "number the trials of each arm from 0, alike where they shared what a seed fixes",
        )
        problems.raise_any()
    as_found = {"seeds": seeds, "max_seeds": None, "tune": None}
    plan = make_plan(study.model_copy(update=as_found), workload)
    recorder = _Recorder(plan, columns, Path(path).name, problems)
    recorder.record(readings)
    problems.raise_any()
    return Results(plan, recorder.records, columns.ignored)


def _refuse_greedy(study: Study) -> None:
    if study.design.order == "greedy":
        raise StudyError(
            Problem(
                "design.order",
                "greedy finds an order by running, and these results come from one that was taken",
                f"give the path that order, as in `order: [{', '.join(study.factors)}]`",
            )
        )


def _note_absent_metric(
    table: Table,
    columns: ResultColumns,
    plan: Plan,
    points: PointsGiven,
    problems: TableProblems,
) -> None:
    """A long table without a metric that is needed, and a wide one whose column of the study's is
    empty.
    """
    metric = plan.study.metric
    if columns.metric is not None:
        names = points.keys() - {""}
        for absent, words in absent_metrics(plan.study, names).items():
            problems.note(
                f"no row gives {words}",
                did_you_mean(absent, names) if names else f"name the metric '{absent}'",
                column=columns.metric,
            )
    elif metric in columns.metrics:
        column = columns.metrics[metric]
        if not any(row.cells[column] for row in table.rows):
            problems.note("is empty in every row", "it holds the study's metric", column=column)


def _note_absent_courses(
    columns: ResultColumns, plan: Plan, points: PointsGiven, problems: TableProblems
) -> None:
    """Claims on how fast a metric gets better, where only its final values are given."""
    given = points if columns.is_long else columns.metrics
    courses = [metric for metric in points if len(points[metric]) > 1]
    for position, claim in claims_without_course(plan.study, given, courses).items():
        wanted = (
            f"nor its mean '{claim.curve}_mean', for which claim {position} asks"
            if claim.threshold is None
            else f"and claim {position} asks how soon it reaches {claim.threshold:.10g}"
        )
        problems.note(
            f"no course of {claim.curve} is given, {wanted}",
            "give it in a long table, with columns metric, value and epoch or step",
        )


def _points_given(table: Table, columns: ResultColumns, plan: Plan) -> PointsGiven:
    """Of a long table: metric -> the points of training at which any trial has it."""
    points: dict[str, set[tuple[str, ...]]] = {}
    if columns.metric is not None:
        asked = asked_metrics(plan)
        for row in table.rows:
            own = points.setdefault(metric_name(row.cells[columns.metric], asked), set())
            cells = (row.cells[column] for column in columns.positions.values())
            place = tuple("" if cell.lower() in _NO_PLACE else cell for cell in cells)
            if any(place):
                own.add(place)
    return points


def _note_fractions(
    readings: Sequence[Reading], columns: ResultColumns, plan: Plan, problems: TableProblems
) -> None:
    """Metrics in percent that are given as fractions. Errors and gaps may really be so small, and
    the report says so; what is the better the higher would be next to nothing.
    """
    given = likely_fractions(
        plan, ((value.metric, value.number) for reading in readings for value in reading.values)
    )
    if any(describe_metric(metric, plan.metrics).higher_is_better for metric in given):
        for metric in given:
            described = metric in plan.metrics
            of_it = f"{metric} is" if described else f"the study's numbers for {metric} are"
            problems.note(
                f"{of_it} in percent, and all that is given of it is at most 1",
                "multiply by 100" + ("" if described else ", or give the study's as fractions"),
                column=columns.metrics.get(metric, columns.value),
            )


class _Recorder:
    """Makes the records of trials out of what rows say; what is wrong goes to the problems."""

    def __init__(
        self, plan: Plan, columns: ResultColumns, file: str, problems: TableProblems
    ) -> None:
        self.records: dict[str, TrialRecord] = {}
        self._lines: dict[str, list[int]] = {}
        self._plan = plan
        self._specs = {(trial.context, trial.arm, trial.seed): trial.spec for trial in plan.trials}
        self._asked = asked_metrics(plan)
        self._columns = columns
        self._file = file
        self._problems = problems
        self._courses: frozenset[str] = frozenset()

    def record(self, readings: Iterable[Reading]) -> None:
        trials: dict[tuple[str, str, int], list[Reading]] = {}
        for reading in readings:
            trials.setdefault((*reading.arm.key, reading.seed), []).append(reading)
        self._courses = _with_a_course(trials.values())
        for own in trials.values():
            attempt = self._attempt_that_counts(own)
            self._keep(self._made(attempt), attempt)

    def _attempt_that_counts(self, readings: list[Reading]) -> list[Reading]:
        """The rows of the attempt that ended; if none did, the last row."""
        if self._columns.is_long:
            readings = ended_as_their_last(readings)
        endings = [self._ending(reading) for reading in readings]
        ended = [status for status in FINISHED if status in endings]
        if len(ended) > 1:
            self._note(readings, f"{self._name(readings[0])} has both {' and '.join(ended)}")
            return readings[-1:]
        if not ended:
            return readings[-1:]
        attempt = [r for r, ending in zip(readings, endings, strict=True) if ending == ended[0]]
        if untold := of_untold_attempts(attempt, readings):
            self._note(
                untold,
                f"{self._name(attempt[0])} is there in several attempts, and whether these points "
                "are of the one that ended is not told",
                "keep its rows alone, or give each the status that its attempt ended with",
            )
        if not self._columns.is_long and len(attempt) > 1:
            self._note(attempt, f"{self._name(attempt[0])} is there {_times(len(attempt))}")
            return attempt[:1]
        return attempt

    def _ending(self, reading: Reading) -> Status:
        """How a row's trial counts: completed, but without the study's metric, it has failed."""
        has_metric = any(value.metric == self._plan.study.metric for value in reading.values)
        if reading.status == "completed" and not (has_metric or self._columns.is_long):
            return "failed"
        return reading.status

    def _made(self, attempt: list[Reading]) -> TrialRecord:
        """The record of a trial's rows."""
        first = attempt[0]
        status: Status = first.status
        error = first.error
        points = self._points(attempt)
        final = {
            name: of_metric[last_place(of_metric)]
            for name, of_metric in points.items()
            if name in self._asked or not _has_no_order(of_metric)
        }
        if status == "completed" and (lost := not_finite(final, self._asked)):
            status, error = "diverged", divergence(lost)
        elif status == "completed" and self._plan.study.metric not in final:
            status, error = "failed", f"has no {self._plan.study.metric} in {self._file}"
        finite = {name: number for name, number in final.items() if is_finite(number)}
        spec = self._specs[*first.arm.key, first.seed]
        return TrialRecord(
            hash=spec.hash,
            spec=spec,
            status=status,
            metrics=finite if status == "completed" else {},
            history=_history(points, tuple(self._columns.positions), self._courses),
            provenance={SOURCE: self._file, **self._last_point(points)},
            error=error,
        )

    def _last_point(self, points: Points) -> dict[str, dict[str, float]]:
        own = points.get(self._plan.study.metric)
        last = last_place(own) if own else ()
        named = zip(self._columns.positions, last, strict=False)
        given = {name: number for name, number in named if math.isfinite(number)}
        return {LAST_POINT: given} if given else {}

    def _points(self, attempt: list[Reading]) -> Points:
        points: dict[str, dict[Position, float]] = {}
        lines: dict[tuple[str, Position], list[Reading]] = {}
        for reading in attempt:
            for metric, position, number in reading.values:
                points.setdefault(metric, {})[position] = number
                lines.setdefault((metric, position), []).append(reading)
        for (metric, position), same in lines.items():
            if len(same) > 1:
                place = self._place(position)
                self._note(
                    same, f"{metric}{place} of {self._name(same[0])} is there {_times(len(same))}"
                )
        for metric in self._asked & points.keys():
            if _has_no_order(points[metric]):
                self._note(
                    [row for place in points[metric] if place for row in lines[metric, place]],
                    f"some of the {metric} of {self._name(attempt[0])} give the epoch and some do "
                    "not: which is the last is not told",
                    "give the epoch in all of them, or in none",
                )
        return points

    def _keep(self, record: TrialRecord, attempt: list[Reading]) -> None:
        """One record a trial, also of a trial that two baselines share."""
        kept = self.records.get(record.hash)
        if kept is None or (kept.status not in FINISHED and record.status in FINISHED):
            self.records[record.hash] = record
            self._lines[record.hash] = [reading.line for reading in attempt]
        elif record.status in FINISHED and kept != record:
            first = attempt[0]
            self._problems.note(
                f"{self._name(first)} is the same trial in another baseline, with other results",
                "keep those of one baseline",
                lines=[*self._lines[record.hash], *(reading.line for reading in attempt)],
            )

    def _note(self, readings: Sequence[Reading], message: str, fix: str | None = None) -> None:
        lines = [reading.line for reading in readings]
        self._problems.note(message, fix or self._cure(), lines=lines)

    def _cure(self) -> str:
        """Of what is there twice."""
        if self._columns.is_long and not self._columns.positions:
            return "keep one, or say by a column 'epoch' or 'step' which is the last"
        if {"epoch", "step"} & self._columns.metrics.keys():
            return "keep the last; a course of training is a table with columns metric and value"
        return "keep one"

    def _name(self, reading: Reading) -> str:
        place = f" of '{reading.arm.context}'" if len(self._plan.study.contexts) > 1 else ""
        return f"arm '{reading.arm.name}'{place} with seed {reading.seed}"

    def _place(self, position: Position) -> str:
        named = zip(self._columns.positions, position, strict=False)
        shown = [f"{name} {number:.10g}" for name, number in named if math.isfinite(number)]
        return f" at {joined(shown)}" if shown else ""


def _has_no_order(positions: Iterable[Position]) -> bool:
    """Whether some points tell the epoch and others the step alone; one that tells neither is the
    last.
    """
    return len({math.isfinite(position[0]) for position in positions if position}) > 1


def _with_a_course(trials: Iterable[Sequence[Reading]]) -> frozenset[str]:
    """Metrics that any trial has at several points: of others that ended after their first, that
    one is their course.
    """
    found: set[str] = set()
    for readings in trials:
        values = {(v.metric, v.position) for r in readings for v in r.values if v.position}
        found |= {metric for metric, count in Counter(m for m, _ in values).items() if count > 1}
    return frozenset(found)


def _history(
    points: Points, positions: tuple[str, ...], courses_of: Collection[str]
) -> dict[str, list[float | None]]:
    """The course of every metric that has one: positions as columns, then the metrics."""
    courses = {
        metric: course
        for metric, of_metric in points.items()
        if metric in courses_of
        and (course := {place: of_metric[place] for place in of_metric if place})
    }
    places = sorted({place for course in courses.values() for place in course})
    if not places:
        return {}
    columns: dict[str, list[float | None]] = {
        name: [place[index] for place in places] for index, name in enumerate(positions)
    }
    for metric, course in courses.items():
        columns.setdefault(metric, [course.get(place) for place in places])
    return {name: [_finite(number) for number in column] for name, column in columns.items()}


def _finite(number: float | None) -> float | None:
    return number if number is not None and is_finite(number) else None


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"
