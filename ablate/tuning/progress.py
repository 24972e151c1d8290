"""What a person sees while trials run: a live table on a terminal, else lines for a log."""

import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ablate.duration import duration
from ablate.records.schema import TrialRecord

FIRST_COLUMNS = ("validation_accuracy", "validation_loss")
"""What is shown of a running trial, where its points have it; else their last number."""
SAID_SECONDS = 60.0
POINT_SECONDS = 300.0


class TrialName(NamedTuple):
    """A trial as a person knows it."""

    context: str
    arm: str
    seed: int


class ProgressListener(Protocol):
    """Is told, in the driver, what happens to the trials of a run."""

    def run_started(self, total: int, to_run: int, metric: str, at_most: bool = False) -> None:
        """total: trials planned; to_run: those still missing. metric: the study's. at_most: whether
        some of them may turn out not to be needed; see `left_to_run`.
        """

    def left_to_run(self, trials: int) -> None:
        """So many trials are left at most: others were found to be recorded, or are not needed."""

    def remarked(self, remark: str) -> None:
        """What to know of the trials that follow."""

    def data_loading(self, name: str) -> None:
        """A data set is about to be read, which may take a while."""

    def trial_started(self, hash_: str, trial: TrialName) -> None:
        """Training begins, or begins again after a failure."""

    def trial_said(self, hash_: str, trial: TrialName, doing: str) -> None:
        """What a running trial does before its next point, in its own words."""

    def point_reported(self, hash_: str, point: Mapping[str, float]) -> None:
        """A row of a running trial: a validation point, or its final metrics."""

    def trial_ended(self, hash_: str, trial: TrialName, record: TrialRecord) -> None:
        """The record is on disk."""


class Silent:
    """A listener that says nothing."""

    def run_started(self, total: int, to_run: int, metric: str, at_most: bool = False) -> None: ...
    def left_to_run(self, trials: int) -> None: ...
    def remarked(self, remark: str) -> None: ...
    def data_loading(self, name: str) -> None: ...
    def trial_started(self, hash_: str, trial: TrialName) -> None: ...
    def trial_said(self, hash_: str, trial: TrialName, doing: str) -> None: ...
    def point_reported(self, hash_: str, point: Mapping[str, float]) -> None: ...
    def trial_ended(self, hash_: str, trial: TrialName, record: TrialRecord) -> None: ...


class Tally:
    """Trials done and to do, and how long the rest will take at the pace so far."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """clock: seconds, from any start."""
        self._clock = clock
        self._start: float | None = None
        self.total = self.done = self._ended_here = 0

    def begin(self, total: int, to_run: int) -> None:
        """total: trials planned; to_run: those not recorded yet."""
        self.total, self._ended_here = total, 0
        self._start = None
        self.count_left(to_run)

    def count_from_now(self) -> None:
        """The first trial starts: reading data and starting workers says nothing of the pace."""
        self._start = self._start if self._start is not None else self._clock()

    def count_end(self) -> None:
        """One trial less to do."""
        self.done += 1
        self._ended_here += 1

    def count_left(self, trials: int) -> None:
        """So many are still to do."""
        self.done = self.total - trials

    def seconds_left(self) -> float | None:
        """None before the first trial has ended."""
        if self._start is None or not self._ended_here:
            return None
        pace = (self._clock() - self._start) / self._ended_here
        return pace * (self.total - self.done)

    def __str__(self) -> str:
        left = self.seconds_left()
        time_left = f", {duration(left)} left" if left and self.done < self.total else ""
        return f"{self.done}/{self.total}{time_left}"


class PlainProgress:
    """For logs: a line at the end of each trial, and one now and then of a trial that is long."""

    def __init__(self, file: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        """file: where the lines go. clock: seconds, from any start."""
        self._file = file
        self._clock = clock
        self._tally = Tally(clock)
        self._metric = ""
        self._running: dict[str, TrialName] = {}
        self._last_said: dict[str, float] = {}
        self._last_point: dict[str, float] = {}

    def run_started(self, total: int, to_run: int, metric: str, at_most: bool = False) -> None:
        self._metric = metric
        self._tally.begin(total, to_run)
        self._say(_opening(total, to_run, at_most))

    def left_to_run(self, trials: int) -> None:
        """A line of its own only where no trial's end will say that all is done."""
        before = self._tally.done
        self._tally.count_left(trials)
        if before < self._tally.done == self._tally.total:
            self._say(str(self._tally))

    def remarked(self, remark: str) -> None:
        self._say(remark)

    def data_loading(self, name: str) -> None:
        self._say(f"reading {name}")

    def trial_started(self, hash_: str, trial: TrialName) -> None:
        self._tally.count_from_now()
        self._running[hash_] = trial
        self._last_point[hash_] = self._clock()

    def trial_said(self, hash_: str, trial: TrialName, doing: str) -> None:
        """At most a line a minute of each trial."""
        now = self._clock()
        if now - self._last_said.get(hash_, -math.inf) >= SAID_SECONDS:
            self._last_said[hash_] = now
            self._say(f"{_name(trial)}: {doing}")

    def point_reported(self, hash_: str, point: Mapping[str, float]) -> None:
        """At most a line in five minutes of each trial, so that short ones say their end alone."""
        now = self._clock()
        if hash_ in self._running and now - self._last_point[hash_] >= POINT_SECONDS:
            self._last_point[hash_] = now
            at = f"epoch {epoch}, " if (epoch := _epoch(point)) else ""
            self._say(f"{_name(self._running[hash_])}: {at}{_latest(point)}")

    def trial_ended(self, hash_: str, trial: TrialName, record: TrialRecord) -> None:
        self._tally.count_end()
        for known in (self._running, self._last_said, self._last_point):
            known.pop(hash_, None)
        self._say(f"{self._tally}  {_name(trial)}  {_result(record, self._metric)}")

    def _say(self, line: str) -> None:
        self._file.write(f"{line}\n")
        self._file.flush()


class LiveProgress:
    """A table of the trials that run and of those that ended last, redrawn in place."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        """console: a terminal. clock: seconds, from any start."""
        self._console = console
        self._clock = clock
        self._tally = Tally(clock)
        self._metric = ""
        self._status = ""
        self._running: dict[str, _Running] = {}
        self._live = Live(
            console=console, get_renderable=self.render, refresh_per_second=2, transient=True
        )

    def __enter__(self) -> "LiveProgress":
        self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.stop()

    def run_started(self, total: int, to_run: int, metric: str, at_most: bool = False) -> None:
        self._metric = metric
        self._tally.begin(total, to_run)
        self._status = "starting" if to_run else ""
        self._console.print(_opening(total, to_run, at_most), highlight=False)

    def left_to_run(self, trials: int) -> None:
        self._tally.count_left(trials)

    def remarked(self, remark: str) -> None:
        self._console.print(remark, markup=False, highlight=False, soft_wrap=True)

    def data_loading(self, name: str) -> None:
        self._status = f"reading {name}"

    def trial_started(self, hash_: str, trial: TrialName) -> None:
        self._tally.count_from_now()
        self._status = ""
        self._running[hash_] = _Running(trial, self._clock(), {})

    def trial_said(self, hash_: str, trial: TrialName, doing: str) -> None:
        if hash_ in self._running:
            self._running[hash_] = self._running[hash_]._replace(doing=doing)

    def point_reported(self, hash_: str, point: Mapping[str, float]) -> None:
        if hash_ in self._running:
            self._running[hash_] = self._running[hash_]._replace(point=dict(point), doing="")

    def trial_ended(self, hash_: str, trial: TrialName, record: TrialRecord) -> None:
        self._tally.count_end()
        self._running.pop(hash_, None)
        line = Text(f"{_name(trial)}  {_result(record, self._metric)}")
        line.stylize("red" if record.status == "failed" else "")
        self._console.print(line, highlight=False)

    def render(self) -> RenderableType:
        """The table as it stands."""
        table = Table("arm", "seed", "epoch", "validation", "time", box=None, padding=(0, 2, 0, 0))
        for row in tuple(self._running.values()):  # drawn by a thread of its own
            table.add_row(
                Text(_arm(row.trial)),  # neither names nor words are markup
                str(row.trial.seed),
                _epoch(row.point),
                Text(row.doing or _latest(row.point).removeprefix("validation_")),
                duration(self._clock() - row.since),
            )
        summary = Text(f"trials done {self._tally}" + (f", {self._status}" * bool(self._status)))
        return Group(table, summary) if self._running else summary


class _Running(NamedTuple):
    trial: TrialName
    since: float
    point: Mapping[str, float]
    doing: str = ""


@contextmanager
def show_progress(file: TextIO | None = None) -> Iterator[ProgressListener]:
    """The live table where `file` (standard error by default) is a terminal, else plain lines."""
    file = file or sys.stderr
    console = Console(file=file)
    if not console.is_terminal or console.is_dumb_terminal:
        yield PlainProgress(file)
        return
    with LiveProgress(console) as live:
        yield live


def _opening(total: int, to_run: int, at_most: bool) -> str:
    trials = f"{total} trial{'' if total == 1 else 's'}"
    if at_most:
        return f"{trials} at most, of which at most {to_run} to run"
    return f"{trials}, {total - to_run} already recorded, {to_run} to run"


def _arm(trial: TrialName) -> str:
    return trial.arm if trial.context == "baseline" else f"{trial.context}: {trial.arm}"


def _name(trial: TrialName) -> str:
    return f"{_arm(trial)}, seed {trial.seed}"


def _result(record: TrialRecord, metric: str) -> str:
    seconds = f"{record.cost.seconds:.1f} s"
    if record.status == "completed":
        name, value = _chosen(record.metrics, (metric,))
        return f"{name} {value:.6g}  {seconds}"
    return f"{record.status}: {record.reason}" if record.reason else f"{record.status}  {seconds}"


def _chosen(numbers: Mapping[str, float], names: tuple[str, ...]) -> tuple[str, float]:
    name = next((name for name in names if name in numbers), list(numbers)[-1])
    return name, numbers[name]


def _latest(point: Mapping[str, Any]) -> str:
    if not point:
        return ""
    name, value = _chosen(point, FIRST_COLUMNS)
    return f"{name} {value:.4g}"


def _epoch(point: Mapping[str, float]) -> str:
    return f"{point['epoch']:g}" if "epoch" in point else ""
