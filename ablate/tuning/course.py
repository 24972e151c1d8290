"""The course of one trial, from its task to its record. No Ray here.

A trial ends in a record, completed or diverged, or in an exception: retrying is the caller's
matter, and a lost process can raise nothing at all.
"""

import math
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from ablate import __version__
from ablate.errors import DivergedError
from ablate.records.asked_metrics import NOT_FINITE, divergence, not_finite
from ablate.records.schema import (
    LAST_POINT,
    NOT_GIVEN,
    SOURCE,
    TEST_CURVE,
    WEIGHTS,
    Cost,
    Status,
    TrialRecord,
)
from ablate.stopwatch import Stopwatch
from ablate.study.trial import TrialSpec
from ablate.workload import Resources, Settings, Wanted, Workload, is_loss

Point = dict[str, float]
"""The numbers of one validation point."""


class TrialTask(BaseModel):
    """All that a trial needs to run anywhere, but the data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    context: str
    arm: str
    spec: TrialSpec
    settings: Settings
    """Resolved: complete, as the workload's `run` takes them."""
    resources: Resources = Resources()
    wanted: Wanted = Wanted()
    asked_metrics: frozenset[str]
    """Without a finite one of which the trial counts as diverged where it was asked for; no part of
    its hash, nor of its record."""
    provenance: dict[str, Any] = {}
    """What the driver knows of where the trial comes from, e.g. the code's commit."""

    @property
    def hash(self) -> str:
        """The content hash, by which the record is found."""
        return self.spec.hash

    @property
    def seed(self) -> int:
        """The trial's seed."""
        return self.spec.seed


class Row(NamedTuple):
    """A row as it comes, for who waits: a validation point, or the final metrics."""

    numbers: Point
    point: Point | None
    """The validation point that is known for one by now: the row itself where the workload marks
    its final metrics, else the row before."""


class Doing(NamedTuple):
    """What a trial does before its next point, for who waits; no part of its record."""

    words: str
    point: Point | None = None
    """As of a `Row`: what follows a row shows that it was not the last."""


class Ending(NamedTuple):
    """A finished trial's record, and its final weights (a safetensors file) where asked for."""

    record: TrialRecord
    weights: bytes | None


Event = Row | Doing | Ending


def course(task: TrialTask, workload: Workload, data: Mapping[str, Any]) -> Iterator[Event]:
    """Train once: every dictionary the workload yields, as it comes, and the ending last.

    A validation point comes once, as the `point` of an event; one that the trial diverges right
    after is in the record alone. Final metrics come so only where the trial says something after
    them, and then are no point of the record's.

    Raises what the workload raises, and TypeError or ValueError for dictionaries that hold anything
    but numbers; DivergedError and a final loss that is not finite are endings.
    """
    started, watch, taken = datetime.now(UTC), Stopwatch(), _Taken()
    try:
        rows = workload.run(task.settings, task.seed, task.resources, data, task.wanted)
        for row in rows:
            event = _take(row, taken, workload.marks_final_metrics)
            with watch.paused():  # the driver's time, and that of the queue, is not the trial's
                yield event
        metrics = _last(taken)
        if metrics is None:
            raise ValueError(f"workload '{task.spec.workload}' yielded nothing")
        if not metrics:
            raise ValueError(f"the last row of workload '{task.spec.workload}' holds no metric")
    except DivergedError as problem:
        if taken.held is not None:
            taken.points.append(taken.held)
        facts, final = dict(problem.facts), _Final("diverged", {}, str(problem))
    else:
        facts, final = dict(taken.facts), _judged(metrics)
    weights = facts.pop("weights", None) if final.status == "completed" else None
    history = columns(taken.points)
    record = TrialRecord(
        hash=task.hash,
        spec=task.spec,
        status=final.status,
        metrics=final.metrics,
        history=history,
        chance_level=facts.get("chance_level", {}),
        metric_resolution=facts.get("metric_resolution", {}),
        cost=cost_of(watch.seconds(), task.resources, history),
        provenance={
            **task.provenance,
            **_surroundings(task, started),
            **_of_workload(_plain(facts.get("provenance", {}))),
            **_not_given(task.wanted, history, weights),
            **final.left_out,
        },
        error=final.error,
    )
    yield Ending(record, weights if task.wanted.weights else None)


def _of_workload(said: dict[str, Any]) -> dict[str, Any]:
    """What a workload says of a trial, but for words that say it came in as a table."""
    return {f"workload_{key}" if key in (SOURCE, LAST_POINT) else key: said[key] for key in said}


@dataclass
class _Taken:
    """What a workload has yielded so far. points: known for validation points; held: the last row,
    which may turn out to be the final metrics.
    """

    points: list[Point] = field(default_factory=list)
    held: Point | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def _take(row: Any, taken: _Taken, marks_final_metrics: bool) -> Row | Doing:
    """Note a row, and tell of it."""
    point, taken.held = taken.held, None
    event: Row | Doing
    if isinstance(row, Mapping) and set(row) == {"doing"}:
        event = Doing(str(row["doing"]), point)
    else:
        numbers = _numbers(row)
        taken.facts = _facts(row.get("facts", {}))
        if marks_final_metrics and "facts" not in row:
            point = numbers
        else:
            taken.held = numbers
        event = Row(numbers, point)
    if point is not None:
        taken.points.append(point)
    return event


def _last(taken: _Taken) -> Point | None:
    """The last row of a workload that is at its end: its final metrics."""
    if taken.held is None and taken.points:
        return taken.points.pop()
    return taken.held


class _Final(NamedTuple):
    """How a trial ended."""

    status: Status
    metrics: Point
    error: str | None = None
    left_out: Mapping[str, list[str]] = {}
    """As provenance has it."""


def _judged(final: Point) -> _Final:
    """Final metrics: those that are finite, unless a loss is not, or none is. What a study asks for
    has no part in it, as another one may share the trial; see `asked_metrics.as_asked`.
    """
    unknown = not_finite(final)
    losses = set(filter(is_loss, final))
    lost = not_finite(final, losses) or (unknown if len(unknown) == len(final) else [])
    if lost:
        return _Final("diverged", {}, divergence(lost))
    metrics = {name: value for name, value in final.items() if name not in unknown}
    return _Final("completed", metrics, left_out={NOT_FINITE: unknown} if unknown else {})


def threads(resources: Resources) -> int:
    """Threads that follow the CPUs given; a fraction of a CPU is one thread."""
    return max(1, int(resources.cpus))


def cost_of(
    seconds: float, resources: Resources, history: Mapping[str, list[float | None]]
) -> Cost:
    """What a trial cost: wall seconds, also times the CPUs and GPUs it held, and the FLOPs that
    its history ends with.
    """
    flops = next((value for value in reversed(history.get("flops", [])) if value), 0.0)
    return Cost(
        seconds=seconds,
        core_seconds=seconds * resources.cpus,
        gpu_seconds=seconds * resources.gpus,
        flops=flops,
    )


def _numbers(row: Mapping[str, Any]) -> Point:
    """The row without its facts, every value a float."""
    if not isinstance(row, Mapping):
        raise TypeError(f"a workload yields dictionaries of numbers, not {row!r:.80}")
    numbers = {}
    for name, value in row.items():
        if name == "facts":
            continue
        try:
            item = value.item() if hasattr(value, "item") else value
        except (ValueError, RuntimeError):  # an array of several
            item = value
        if not isinstance(item, Real):
            raise TypeError(f"metric '{name}' is no number but {value!r:.80}")
        numbers[str(name)] = float(item)
    return numbers


def _facts(said: Any) -> Mapping[str, Any]:
    if not isinstance(said, Mapping):
        raise TypeError(f"facts are a dictionary, not {said!r:.80}")
    weights = said.get("weights")
    if weights is not None and not isinstance(weights, bytes):
        raise TypeError(f"fact 'weights' is the bytes of a file, not {weights!r:.80}")
    for name in ("chance_level", "metric_resolution"):
        numbers = said.get(name, {})
        if not isinstance(numbers, Mapping) or not all(
            isinstance(number, Real) for number in numbers.values()
        ):
            raise TypeError(f"fact '{name}' is a dictionary of numbers by metric, not {numbers!r}")
    return said


def columns(points: list[Point]) -> dict[str, list[float | None]]:
    """Points as columns; None where a point lacks a number or it is not finite."""
    names = dict.fromkeys(name for point in points for name in point)
    return {name: [_finite(point.get(name)) for point in points] for name in names}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _surroundings(task: TrialTask, started: datetime) -> dict[str, Any]:
    return {
        "started": started.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": processor(),
        "python": platform.python_version(),
        "ablate": __version__,
        "threads": threads(task.resources),
    }


def _not_given(
    wanted: Wanted, history: Mapping[str, Any], weights: bytes | None
) -> dict[str, list[str]]:
    """What was asked for and did not come; asking again would bring nothing else."""
    curve = any(column.startswith("test_") for column in history)
    missing = [
        name
        for name, asked, given in (
            (TEST_CURVE, wanted.test_curve, curve),
            (WEIGHTS, wanted.weights, weights is not None),
        )
        if asked and not given
    ]
    return {NOT_GIVEN: missing} if missing else {}


def _plain(value: Any) -> Any:
    """Plain JSON of what a workload says of itself: tuples as lists, anything else as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if isinstance(value, bool | int | str | None) else str(value)


def processor() -> str:
    """The processor's model, or its architecture where the system does not say."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, "") or platform.processor() or platform.machine()
