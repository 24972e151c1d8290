"""The points of one arm's search: what Optuna asks becomes trials, what they leave is told back.

No Ray here. Optuna remembers points, the record store remembers trials: a point is told from the
records of its trials, whoever trained them and when.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from ablate.errors import AblateError, Problem, SettingsError
from ablate.records.asked_metrics import asked_metrics, counted
from ablate.records.counted_metrics import chance_levels
from ablate.records.schema import TrialRecord
from ablate.records.search_result import PointStatus, SearchPoint, SearchResult
from ablate.records.store import FINISHED, RecordStore
from ablate.study.arms import Arm, overlaid
from ablate.study.own_point import own_point, why_outside
from ablate.study.plan import Plan
from ablate.study.search_options import SearchOptions
from ablate.study.search_space import SearchSpace
from ablate.study.yaml_source import scalar_name
from ablate.tuning.course import TrialTask
from ablate.tuning.objective import Objective, judge_of
from ablate.tuning.optuna_storage import (
    STATUS,
    TRIALS,
    ask_next,
    found_so_far,
    is_known,
    last_tries,
    methods_of,
    params_of,
    standing,
    undisturbed,
)
from ablate.tuning.samplers import FROM_VALUES_ALONE, make_sampler
from ablate.tuning.stored_point import as_stored, suggest, values_of_params
from ablate.workload import Resources, Workload, rests_on_test_data, with_description

FLOPS, ERROR, STAND_IN = "flops", "error", "stand_in"
"""Keys of an Optuna trial's user attributes."""
JUDGED_BY = "judged_by"
"""In a trial's provenance: by what its search could stop it."""


@dataclass
class _Point:
    """A point whose trials have not all ended."""

    trial: optuna.Trial
    tasks: tuple[TrialTask, ...]
    found: dict[str, TrialRecord] = field(default_factory=dict)
    told: bool = False


class PointSearch:
    """Asks for points and hands out their missing trials; is told of records, and tells points.

    A point's trials have equal settings and one seed each. A trial that is recorded is not run.
    """

    def __init__(
        self,
        plan: Plan,
        arm: Arm,
        space: SearchSpace,
        workload: Workload,
        study: optuna.Study,
        storage: BaseStorage,
        options: SearchOptions,
        *,
        objective: Objective,
        store: RecordStore,
        known: Mapping[str, TrialRecord] | None = None,
    ) -> None:
        """study: of the arm, revived, in its storage. known: records from elsewhere, by hash, which
        are copied into the store when they are met.
        """
        self.arm, self.space, self.study, self.objective = arm, space, study, objective
        self._plan, self._workload, self._storage = plan, workload, storage
        self._options = options
        self._store, self._known = store, known or {}
        self._asked_metrics = asked_metrics(plan) | {objective.metric}
        self._judge = judge_of(options, objective)
        self._queue: deque[tuple[_Point, TrialTask]] = deque()
        self._open: list[_Point] = []
        self._running: set[str] = set()
        self._judged_by: Callable[[TrialRecord], object] | None = None
        self._known_to_judge: set[str] = set()
        self.outside = why_outside(space, workload, arm)
        self.resources = Resources()
        self.provenance: dict[str, Any] = {}
        if not study.get_trials(deepcopy=False):
            self._enqueue_own_settings()
        tries = last_tries(study)[: options.trials]
        self._asked = sum(trial.state.is_finished() for trial in tries)
        self._waiting = deque(t.number for t in tries if t.state == TrialState.WAITING)

    @property
    def points_left(self) -> int:
        """Points that are still to be asked for or told."""
        return max(0, self._options.trials - self._asked) + len(self._open)

    @property
    def trials_left(self) -> int:
        """Trials that are still to end, at most: of points that are not asked for yet each counts,
        recorded or not.
        """
        missing = {
            task.hash
            for point in self._open
            for task in point.tasks
            if task.hash not in point.found
        }
        not_asked = max(0, self._options.trials - self._asked)
        return not_asked * len(self._options.seeds) + len(missing | self._running)

    @property
    def finished(self) -> bool:
        """Whether all points are told."""
        return self.points_left == 0

    def find_work(self) -> bool:
        """Ask for points, and tell those that need no trial, until there is a trial to be run now;
        whether there is one.
        """
        while True:
            while self._queue and not self._is_needed(*self._queue[0]):
                self._queue.popleft()
            if self._queue or self._asked >= self._options.trials:
                return bool(self._queue)
            self._ask()

    def _is_needed(self, point: _Point, task: TrialTask) -> bool:
        """Not where its point is told by another seed, or another point has the same trial, whose
        end is told to both.
        """
        return not (point.told or task.hash in point.found or task.hash in self._running)

    def next_task(self) -> TrialTask | None:
        """A trial to run now, or None: then none is left, or those running must end first."""
        if not self.find_work():
            return None
        _, task = self._queue.popleft()
        self._running.add(task.hash)
        judged = {JUDGED_BY: self._judge} if self._options.scheduler else {}
        return task.model_copy(
            update={"resources": self.resources, "provenance": self.provenance | judged}
        )

    def sample_task(self) -> TrialTask:
        """A trial that waits to be run; it stands for all of them."""
        return self._queue[0][1].model_copy(update={"resources": self.resources})

    def ended(self, record: TrialRecord) -> None:
        """A trial that was handed out has left a record on disk. Raises AblateError where it had no
        validation point by which a scheduler could have judged it.
        """
        record = counted(record, self._asked_metrics)
        self._check_judged(record)
        self._running.discard(record.hash)
        self._known_to_judge.add(record.hash)
        for point in tuple(self._open):
            if any(task.hash == record.hash for task in point.tasks):
                point.found[record.hash] = record
                self._tell_if_known(point)

    def judged_by(self, recall: Callable[[TrialRecord], object]) -> None:
        """What stops trials is told, once each, of those that it does not see run: of points asked
        for so far at once, of others when they are found recorded.
        """
        self._judged_by = recall
        for record in self._records():
            self._recall(record)

    def _recall(self, record: TrialRecord) -> None:
        if self._judged_by is not None and record.hash not in self._known_to_judge:
            self._known_to_judge.add(record.hash)
            self._judged_by(record)

    def _records(self) -> list[TrialRecord]:
        """The records of all points asked for so far, of those that are under way too."""
        told = (
            hash_ for trial in standing(self.study) for hash_ in trial.user_attrs.get(TRIALS, ())
        )
        under_way = (hash_ for point in self._open for hash_ in point.found)
        found = (self._store.get(hash_) for hash_ in dict.fromkeys((*told, *under_way)))
        return [record for record in found if record is not None]

    def result(self, interrupted: bool = False) -> SearchResult:
        """The points told so far."""
        return SearchResult(
            study=self._plan.study.name,
            context=self.arm.context,
            arm=self.arm.name,
            space=self.space.name,
            space_digest=self.space.digest,
            metric=self.objective.metric,
            higher_is_better=self.objective.higher_is_better,
            weighs_cost=self.objective.weighs_cost,
            seeds=self._options.seeds,
            methods=methods_of(self.study),
            outside=self.outside,
            points=tuple(self._as_point(trial) for trial in found_so_far(self.study)),
            interrupted=interrupted,
        )

    # --- asking ----------------------------------------------------------------------------------

    def _enqueue_own_settings(self) -> None:
        """The arm as the study has it is the first point, if it lies in the space: the search
        never ends below it, and it may be recorded already.
        """
        values = own_point(self.space, self._workload, self.arm)
        if values is not None:
            self.study.enqueue_trial(as_stored(self.space, values))

    def _ask(self) -> None:
        options = self._options
        waiting = self._waiting.popleft() if self._waiting else None
        self.study.sampler = make_sampler(
            # Nothing is drawn for a point that is known, and a sequence must not go on by it.
            "random" if is_known(self.study, waiting) else options.sampler,
            self.space,
            seed=options.seed,
            asked=self._asked,
            trials=options.trials,
        )
        trial = ask_next(self.study, self._storage, waiting)
        self._asked += 1
        with undisturbed(self.study, trial.number):
            self._take(trial)

    def _take(self, trial: optuna.Trial) -> None:
        """The point that was asked for, with its trials in the queue."""
        settings = self.space.settings(suggest(self.space, trial))
        try:
            tasks = self._tasks(settings)
        except SettingsError as error:
            trial.set_user_attr(ERROR, str(error))
            trial.set_user_attr(STATUS, "refused")
            self._tell_without_value(trial, TrialState.FAIL)
            return
        trial.set_user_attr(TRIALS, [task.hash for task in tasks])
        point = _Point(trial, tasks)
        self._open.append(point)
        for task in tasks:
            record = self._recorded(task.hash)
            if record is not None:
                point.found[task.hash] = record
                self._recall(record)
            else:
                self._queue.append((point, task))
        self._tell_if_known(point)

    def _tasks(self, settings: Mapping[str, Any]) -> tuple[TrialTask, ...]:
        whole = overlaid(self.arm.settings, dict(settings))
        resolved = self._workload.resolve(whole)
        shown = ", ".join(f"{key.split('.')[-1]} {_text(value)}" for key, value in settings.items())
        return tuple(
            TrialTask(
                context=self.arm.context,
                arm=f"{self.arm.name}, {shown}",
                spec=spec,
                settings=resolved,
                asked_metrics=self._asked_metrics,
            )
            for spec in self._plan.specs_of(whole, self._options.seeds)
        )

    def _recorded(self, hash_: str) -> TrialRecord | None:
        """The trial's record, if it ended in a way that tells the point something."""
        record = self._store.get(hash_)
        if record is None or not self._answers(record):
            record = self._known.get(hash_)
            if record is None or not self._answers(record):
                return None
            self._store.put(record)
        return counted(record, self._asked_metrics)

    def _answers(self, record: TrialRecord) -> bool:
        """Of stopped trials only those that this search would stop again."""
        if record.status == "pruned" and self._options.scheduler:
            return bool(record.provenance.get(JUDGED_BY) == self._judge)
        return record.status in FINISHED

    # --- telling ---------------------------------------------------------------------------------

    def _tell_if_known(self, point: _Point) -> None:
        """Tell a point once all its trials have ended, or one of them failed or was pruned."""
        status = _status(point.found.values())
        if point.told or (len(point.found) < len(point.tasks) and status in FINISHED):
            return
        with undisturbed(self.study, point.trial.number):
            self._tell(point, status)

    def _tell(self, point: _Point, status: PointStatus) -> None:
        records = list(point.found.values())
        values = [self._value(record) for record in records] if status in FINISHED else [None]
        flops = _mean([self._flops(point, record) for record in records])
        trial = point.trial
        if status == "failed":
            trial.set_user_attr(ERROR, next(r.error for r in records if r.status == "failed"))
        trial.set_user_attr(FLOPS, flops)
        trial.set_user_attr(STATUS, status)
        point.told = True
        self._open.remove(point)
        value = _mean(values)
        unknown = value is None or (flops is None and status == "diverged")
        if status == "failed" or (unknown and self.objective.weighs_cost):
            self.study.tell(trial, state=TrialState.FAIL)
        elif value is None:
            self._report(trial, records)
            self._tell_without_value(trial, TrialState.PRUNED)
        elif self.objective.weighs_cost:
            self.study.tell(trial, [value, self._known_flops(flops)])
        else:
            self.study.tell(trial, value)

    def _tell_without_value(self, trial: optuna.Trial, state: TrialState) -> None:
        """A sampler that learns from values alone would ask for the same point again and again: to
        it, the point is as poor as the poorest so far.
        """
        told = []
        if self._options.sampler in FROM_VALUES_ALONE:
            told = self.study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
        if not told:
            self.study.tell(trial, state=state)
            return
        poorest = min if self.objective.higher_is_better else max
        trial.set_user_attr(STAND_IN, True)
        self.study.tell(trial, poorest(known.values[0] for known in told))

    def _report(self, trial: optuna.Trial, records: Sequence[TrialRecord]) -> None:
        """How far a stopped trial came, by which samplers rank it below those that finished."""
        if self.objective.weighs_cost:
            return
        for record in records:
            if record.status == "pruned":
                for step, value in enumerate(record.history.get(self.objective.metric, ()), 1):
                    if value is not None:
                        trial.report(value, step)
                return

    def _value(self, record: TrialRecord) -> float | None:
        """The metric; of a diverged trial chance level, None where that is not known.

        Whatever the study's `diverged` says of means and effects: a sampler is to learn that the
        point is poor, and the mean of the seeds that trained would hide it.
        """
        name = self.objective.metric
        if record.status == "diverged":
            value = chance_levels(record, with_description(name, self._plan.metrics)).get(name)
        elif name in record.metrics:
            value = record.metrics[name]
        else:
            shown = self._of_validation_data(record.metrics)
            raise AblateError(
                Problem(
                    "--metric",
                    f"no trial reports '{name}' among its final metrics, by which points are "
                    "compared",
                    f"let the workload report it, or name one of {', '.join(shown) or 'its own'}",
                )
            )
        return value if value is not None and math.isfinite(value) else None

    def _of_validation_data(self, names: Iterable[str]) -> list[str]:
        """The metrics that a search may be asked to go by."""
        return [name for name in names if not rests_on_test_data(name, self._plan.metrics)]

    def _check_judged(self, record: TrialRecord) -> None:
        name, metric = self._options.scheduler, self.objective.metric
        seen = any(value is not None for value in record.history.get(metric, ()))
        if name is None or record.status != "completed" or seen:
            return
        others = self._of_validation_data(record.history)
        raise AblateError(
            Problem(
                f"--scheduler {name}",
                f"stops trials by '{metric}' at their validation points, and no point of a trial "
                "that was trained to its end holds it",
                "leave out the scheduler, let the points hold it, or name with --metric what they "
                f"hold: {', '.join(others) or 'nothing'}",
            )
        )

    def _flops(self, point: _Point, record: TrialRecord) -> float | None:
        """Measured, else expected; None where neither is known. A diverged trial counts as if it
        had been trained to its end: it did not get by with less.
        """
        measured = 0.0 if record.status == "diverged" else record.cost.flops
        return measured or self._workload.training_flops(point.tasks[0].settings) or None

    def _known_flops(self, flops: float | None) -> float:
        if flops is None:
            raise AblateError(
                Problem(
                    "--sampler nsga2",
                    "weighs the metric against FLOPs, and the workload's trials report none",
                    "let its points hold 'flops', or take another sampler",
                )
            )
        return flops

    def _as_point(self, trial: FrozenTrial) -> SearchPoint:
        status = trial.user_attrs.get(STATUS, "failed")
        values = values_of_params(self.space, params_of(trial))
        return SearchPoint(
            number=trial.number,
            values=values,
            settings=self.space.settings(values),
            status="failed" if status == "refused" else status,
            value=trial.values[0] if _has_value(trial) else None,
            flops=trial.user_attrs.get(FLOPS),
            trials=tuple(trial.user_attrs.get(TRIALS, ())),
            error=trial.user_attrs.get(ERROR),
        )


def _has_value(trial: FrozenTrial) -> bool:
    return trial.state == TrialState.COMPLETE and STAND_IN not in trial.user_attrs


def _status(records: Any) -> PointStatus:
    statuses = {record.status for record in records}
    worst: tuple[PointStatus, ...] = ("failed", "pruned", "diverged")
    return next((status for status in worst if status in statuses), "completed")


def _mean(values: Sequence[float | None]) -> float | None:
    """None if one of them is not known."""
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known and len(known) == len(values) else None


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else scalar_name(value)
