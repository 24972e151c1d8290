"""Trials' endings, from Ray Tune into the record store."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune.experiment import Trial

from ablate.errors import RecordError
from ablate.records.asked_metrics import counted
from ablate.records.encoding import decode
from ablate.records.provenance import arithmetic
from ablate.records.schema import Status, TrialRecord
from ablate.records.store import RecordStore
from ablate.tuning.course import Point, TrialTask, columns, cost_of
from ablate.tuning.progress import ProgressListener, TrialName
from ablate.tuning.trainable import DOING, OUTCOME, POINTS, ROW, WEIGHTS

_COLOURS = re.compile("\x1b\\[[0-9;]*m")
_LOST_WORKER = re.compile(r"The actor (died unexpectedly|[0-9a-f]+ is unavailable)")
LOST = "The process that ran the trial died, or its machine was lost."
_ATTEMPT = re.compile(r"^Failure # (?=\d+ \(occurred at )", re.MULTILINE)


class Recorder(tune.Callback):
    """Writes one record a trial, in the driver, as it ends; tells the listener."""

    def __init__(self, store: RecordStore, progress: ProgressListener) -> None:
        """store: of the run. progress: told what happens."""
        self._store = store
        self._progress = progress
        self._rows: dict[str, list[Point]] = {}
        self._points: dict[str, int] = {}
        self._recorded: set[str] = set()
        self._compared_seeds: set[int] = set()
        self.error: Exception | None = None
        """Why recording itself failed, or what hears of it, which ends the run."""

    def __reduce__(self) -> tuple[type, tuple[()]]:
        """Ray Tune keeps a copy on disk, for a restore that is never asked for. What hears of the
        progress need not be a thing that can be copied.
        """
        return tune.Callback, ()

    def on_trial_start(
        self, iteration: int, trials: list[Trial], trial: Trial, **info: Any
    ) -> None:
        """Also after a failure: the trial starts from the beginning."""
        task = _task(trial)
        self._rows[trial.trial_id], self._points[trial.trial_id] = [], 0
        self._progress.trial_started(task.hash, _name(task))

    def on_trial_result(
        self, iteration: int, trials: list[Trial], trial: Trial, result: dict[str, Any], **info: Any
    ) -> None:
        """Takes the outcome out of the result, so that Tune need not carry it further."""
        if DOING in result:
            task = _task(trial)
            self._progress.trial_said(task.hash, _name(task), result[DOING])
        if ROW in result:
            self._rows.setdefault(trial.trial_id, []).append(result[ROW])
            self._progress.point_reported(_task(trial).hash, result[ROW])
        if POINTS in result:
            self._points[trial.trial_id] = result[POINTS]
        if OUTCOME in result:
            record = decode(result.pop(OUTCOME), f"the outcome of trial {trial.trial_id}")
            self._put(trial, record, result.pop(WEIGHTS, None))

    def on_trial_complete(
        self, iteration: int, trials: list[Trial], trial: Trial, **info: Any
    ) -> None:
        """A trial that completes without an outcome was stopped by the scheduler."""
        if trial.trial_id not in self._recorded:
            self._put(trial, self._without_outcome(trial, "pruned", None))

    def on_trial_error(
        self, iteration: int, trials: list[Trial], trial: Trial, **info: Any
    ) -> None:
        """Called when no retry is left."""
        if trial.trial_id in self._recorded:
            return
        self._put(trial, self._without_outcome(trial, "failed", error_text(trial)))

    def on_step_end(self, iteration: int, trials: list[Trial], **info: Any) -> None:
        """Raises why recording failed: what the end of a stopped trial raises, Ray Tune takes for
        the trial's, which it then tries again.
        """
        if self.error is not None:
            raise self.error

    def _put(self, trial: Trial, record: TrialRecord, weights: bytes | None = None) -> None:
        task = _task(trial)
        try:
            self._store.put(record, weights)
            self._recorded.add(trial.trial_id)
            as_asked = counted(record, task.asked_metrics)
            self._progress.trial_ended(record.hash, _name(task), as_asked)
        except Exception as error:
            self.error = error
            raise
        for known in (self._rows, self._points):
            known.pop(trial.trial_id, None)
        self._compare_arithmetic(record)

    def _compare_arithmetic(self, record: TrialRecord) -> None:
        """Say at a seed's first trial, and not only in the report, where others that the run has of
        that seed were computed otherwise, as on another machine.
        """
        own, seed = arithmetic(record), record.spec.seed
        if not own or seed in self._compared_seeds:
            return
        self._compared_seeds.add(seed)
        others: set[str] = set()
        with suppress(RecordError):  # a record that cannot be read is told of where it is asked for
            of_seed = (each for each in self._store.records() if each.spec.seed == seed)
            others = {arithmetic(each) for each in of_seed} - {"", own}
        if others:
            self._progress.remarked(
                f"Seed {seed} is now computed in {own}, and recorded trials of it were in "
                f"{' and '.join(sorted(others))}: what compares them mixes the two."
            )

    def _without_outcome(self, trial: Trial, status: Status, error: str | None) -> TrialRecord:
        """What the driver knows of a trial that could not say how it ended."""
        task = _task(trial)
        rows = self._rows.get(trial.trial_id, [])
        if status == "pruned":  # a failed trial had more to come after each of its rows
            rows = rows[: self._points.get(trial.trial_id, 0)]
        history = columns(rows)
        seconds = float((trial.last_result or {}).get("time_total_s", 0.0))
        return TrialRecord(
            hash=task.hash,
            spec=task.spec,
            status=status,
            history=history,
            cost=cost_of(seconds, task.resources, history),
            provenance=task.provenance,
            error=error,
        )


def error_text(trial: Trial) -> str:
    """What went wrong at the last attempt, with its traceback, in the last line the gist. Ray Tune
    appends every attempt to a file of the trial's.
    """
    try:
        attempts = Path(trial.error_file or "").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "no reason given"
    last = _ATTEMPT.split(_COLOURS.sub("", attempts))[-1].strip().splitlines()
    text = "\n".join(last[1:]).strip()  # without "1 (occurred at ...)"
    return f"{text}\n{LOST}" if _LOST_WORKER.match(text) else text or "no reason given"


def _task(trial: Trial) -> TrialTask:
    return TrialTask.model_validate(trial.config["task"])


def _name(task: TrialTask) -> TrialName:
    return TrialName(task.context, task.arm, task.seed)
