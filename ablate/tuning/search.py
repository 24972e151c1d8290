"""Searches: an arm's settings on Ray Tune, proposed by Optuna, with records as for any study.

Points are chosen by validation metrics alone. The workload scores the test set at the end of each
trial, as always; a search never reads that score.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any, NamedTuple

import optuna
from optuna.storages import BaseStorage

from ablate.errors import AblateError, Problem, SettingsError
from ablate.quiet_optuna import quiet_optuna
from ablate.records.schema import TrialRecord
from ablate.records.search_result import SearchResult, method_of
from ablate.records.store import RecordStore, writer_lock
from ablate.study.arms import Arm, arm_digest
from ablate.study.plan import Plan
from ablate.study.search_options import DEFAULTS, SearchOptions
from ablate.study.search_space import SearchSpace
from ablate.study.space_file import check_space, probes, probes_of_pairs, unfamiliar_keys
from ablate.tuning.cluster import machines, ray_for
from ablate.tuning.objective import Objective, objective_of
from ablate.tuning.optuna_storage import (
    JOURNAL_FILE,
    Owner,
    is_lockable,
    note_method,
    open_storage,
    open_study,
    revive,
    shown_storage,
    storage_lock,
)
from ablate.tuning.point_searcher import PointSearcher, Teller
from ablate.tuning.points import PointSearch
from ablate.tuning.resources import choose_resources
from ablate.tuning.room import Room
from ablate.tuning.runner import provenance, run_tasks
from ablate.tuning.running import AS_IT_IS, Running
from ablate.tuning.samplers import check_cma_state, check_sampler, drawn_at_random
from ablate.tuning.schedulers import check_scheduler, make_scheduler, recall
from ablate.workload import Workload, guessed_direction


def search_arms(
    plan: Plan,
    arms: Sequence[Arm],
    space: SearchSpace,
    store: RecordStore,
    options: SearchOptions = DEFAULTS,
    *,
    known: Mapping[str, TrialRecord] | None = None,
    running: Running = AS_IT_IS,
) -> tuple[SearchResult, ...]:
    """Search each arm for its best settings, one after the other.

    The same call continues after whatever ended the last one, and one for more trials goes on. A
    trial that the store or `known` (by hash) holds is not run. Raises AblateError for `options`
    that cannot be meant, for a space that does not fit the arms, and for a storage that belongs to
    another search, or that another process searches with.
    """
    asked = _asked(plan, space, store, known or {}, options, running)
    workload = plan.load_workload()
    check_space(space, workload, arms)
    for remark in _remarks(asked, workload, arms):
        running.progress.remarked(remark)
    with ExitStack() as cleanup:
        cleanup.enter_context(writer_lock(store.run_folder))
        cleanup.enter_context(quiet_optuna())
        cleanup.enter_context(storage_lock(asked.where))
        opened = open_storage(asked.where)
        studies = [_study_of(asked, arm, opened) for arm in arms]  # before any of them is trained
        ray = _LazyRay(cleanup, workload, space, arms, running)
        return tuple(_search_each(asked, arms, studies, opened, ray))


class _Asked(NamedTuple):
    """What a call of `search_arms` asks for, checked."""

    plan: Plan
    space: SearchSpace
    store: RecordStore
    known: Mapping[str, TrialRecord]
    options: SearchOptions
    objective: Objective
    where: str
    """The storage."""
    shown: str
    """The same, as messages name it."""
    running: Running


def _asked(
    plan: Plan,
    space: SearchSpace,
    store: RecordStore,
    known: Mapping[str, TrialRecord],
    options: SearchOptions,
    running: Running,
) -> _Asked:
    objective = objective_of(plan, options)
    check_sampler(options.sampler, space)
    check_scheduler(options.scheduler, objective.weighs_cost, objective.metric, plan.metrics)
    _check_numbers(options)
    where = options.storage or str(store.run_folder / JOURNAL_FILE)
    return _Asked(
        plan, space, store, known, options, objective, where, shown_storage(where), running
    )


def _remarks(asked: _Asked, workload: Workload, arms: Sequence[Arm]) -> Iterator[str]:
    """What whoever asks must know, although it can be meant."""
    if guess := guessed_direction(asked.objective.metric, asked.plan.metrics):
        yield guess
    if drawn := drawn_at_random(asked.options.sampler, asked.space):
        yield drawn
    yield from unfamiliar_keys(asked.space, workload, arms)


def _study_of(asked: _Asked, arm: Arm, opened: BaseStorage) -> optuna.Study:
    """The arm's study in the storage, made if absent."""
    plan, space, objective, options = asked.plan, asked.space, asked.objective, asked.options
    workload = plan.load_workload()
    owner = Owner(
        study=plan.study.name,
        space=space.name,
        space_digest=space.digest,
        arm=arm_digest(workload, arm),
        workload_version=workload.version,
        seeds=options.seeds,
        objectives=objective.names,
    )
    name = f"{arm.context}/{arm.name}"
    alone = is_lockable(asked.where)
    study = open_study(opened, asked.shown, name, objective.directions, owner, alone=alone)
    if options.sampler == "cma_es":
        check_cma_state(study.get_trials(deepcopy=False), asked.shown)
    return study


def _points(asked: _Asked, arm: Arm, study: optuna.Study, opened: BaseStorage) -> PointSearch:
    """The arm's points as the storage has them, its study revived."""
    revive(study, opened)
    points = PointSearch(
        asked.plan,
        arm,
        asked.space,
        asked.plan.load_workload(),
        study,
        opened,
        asked.options,
        objective=asked.objective,
        store=asked.store,
        known=asked.known,
    )
    if points.points_left:
        note_method(study, method_of(asked.options))
    return points


class _LazyRay:
    """A Ray with the data on it, started when the first trial is to be run, if ever."""

    def __init__(
        self,
        cleanup: ExitStack,
        workload: Workload,
        space: SearchSpace,
        arms: Sequence[Arm],
        running: Running,
    ) -> None:
        self.workload = workload
        self._cleanup, self._space, self._arms, self._running = cleanup, space, arms, running
        self._references: dict[str, Any] | None = None

    def references(self) -> dict[str, Any]:
        """Object references of the data sets, by name."""
        if self._references is None:
            data = {}
            for name in self._data_needed():
                self._running.progress.data_loading(name)
                data[name] = self.workload.load_data(name, self._running.data_dir)
            self._cleanup.enter_context(ray_for(self._running))
            import ray

            self._references = {name: ray.put(data.pop(name)) for name in tuple(data)}
        return self._references

    def _data_needed(self) -> list[str]:
        """What any point reads: a backbone and its weights may both be searched."""
        settings = [dict(arm.settings) for arm in self._arms]
        settings += [probe for arm in self._arms for probe in probes(self._space, arm)]
        resolved = [self.workload.resolve(one) for one in settings]
        for together in (two for arm in self._arms for two in probes_of_pairs(self._space, arm)):
            with suppress(SettingsError):  # such a point has no trial
                resolved.append(self.workload.resolve(together))
        return list(dict.fromkeys(n for one in resolved for n in self.workload.data_needed(one)))


def _search_each(
    asked: _Asked,
    arms: Sequence[Arm],
    studies: Sequence[optuna.Study],
    opened: BaseStorage,
    ray: _LazyRay,
) -> list[SearchResult]:
    """One result an arm, up to the arm in which Ctrl-C came; raised on where there is none."""
    results: list[SearchResult] = []
    for arm, study in zip(arms, studies, strict=True):
        points = None
        try:
            points = _points(asked, arm, study, opened)
            _run(asked, points, ray)
            results.append(points.result())
        except KeyboardInterrupt:
            if points is not None:
                results.append(points.result(interrupted=True))
            elif results:  # between two arms
                results[-1] = results[-1].model_copy(update={"interrupted": True})
            else:
                raise
            break
    return results


def _run(asked: _Asked, points: PointSearch, ray: _LazyRay) -> None:
    """Run what trials the points still miss."""
    running, planned = asked.running, points.trials_left
    if not points.find_work():
        return
    if points.outside:
        contexts = len(asked.plan.study.contexts)
        name = points.arm.name if contexts == 1 else f"{points.arm.context}/{points.arm.name}"
        running.progress.remarked(
            f"{name}: its settings in the study lie outside the space "
            f"({points.outside}): the search does not start from them"
        )
    running.progress.run_started(planned, points.trials_left, asked.objective.metric, at_most=True)
    references = ray.references()
    points.resources = choose_resources(running.resources, machines())
    points.provenance = provenance()
    room = Room(points.resources, running.max_concurrent)
    searcher = PointSearcher(points, running.progress, room.trials)
    try:
        run_tasks(
            [points.sample_task()] * points.trials_left,
            asked.store,
            ray.workload,
            references,
            progress=Teller(searcher, points, running.progress),
            retries=asked.plan.study.retries,
            room=room,
            scheduler=_judge(asked, points),
            search_alg=searcher,
            by_reference=asked.plan.workload is None,
        )
    finally:
        if searcher.error is not None:  # Ray may have taken it for a trial's
            raise searcher.error


def _judge(asked: _Asked, points: PointSearch) -> Any:
    """The scheduler that stops poor trials, knowing those recorded; None where none may."""
    name, grace_period = asked.options.scheduler, asked.options.looks_after
    if name is None or grace_period is None:
        return None
    objective = asked.objective
    judge = make_scheduler(
        name, objective.metric, objective.higher_is_better, grace_period=grace_period
    )
    points.judged_by(lambda record: recall(judge, record, objective.metric))
    return judge


def _check_numbers(options: SearchOptions) -> None:
    trials, seeds, grace_period = options.trials, options.seeds, options.grace_period
    problems = []
    if trials < 1:
        problems.append(Problem(f"--trials {trials}", "must be at least 1"))
    if grace_period is not None and options.scheduler is None:
        problems.append(Problem("--grace-period", "goes with --scheduler", "add that, too"))
    elif grace_period is not None and grace_period < 1:
        problems.append(Problem(f"--grace-period {grace_period}", "must be at least 1"))
    if not seeds or len(set(seeds)) < len(seeds):
        problems.append(Problem("--seeds", "needs seeds, each once", "write 100 or 100-102"))
    if problems:
        raise AblateError(*problems)
