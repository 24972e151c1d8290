"""Searches: an arm's settings on Ray Tune, proposed by Optuna, with records as for any study.

Points are chosen by validation metrics alone. The workload scores the test set at the end of each
trial, as always; a search never reads that score.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from ablate.errors import AblateError, Problem
from ablate.quiet_optuna import quiet_optuna
from ablate.records.greedy_path import criterion
from ablate.records.schema import TrialRecord
from ablate.records.search_result import SearchMethod, SearchResult, settings_of_best
from ablate.records.store import RecordStore, writer_lock
from ablate.study.arms import Arm
from ablate.study.plan import Plan
from ablate.study.schema import SettingsOverride
from ablate.study.search_space import SearchSpace
from ablate.study.space_file import check_space, probes
from ablate.tuning.cluster import cluster, largest_machine, offered
from ablate.tuning.optuna_storage import (
    JOURNAL_FILE,
    Owner,
    note_method,
    open_storage,
    open_study,
    revive,
)
from ablate.tuning.points import Objective, PointSearch, arm_digest
from ablate.tuning.progress import ProgressListener, Silent, TrialName
from ablate.tuning.runner import (
    NO_WISH,
    ResourceWish,
    choose_resources,
    provenance,
    run_tasks,
)
from ablate.tuning.samplers import (
    TWO_OBJECTIVES,
    check_cma_state,
    check_sampler,
    make_sampler,
)
from ablate.tuning.schedulers import check_scheduler, make_scheduler, recall
from ablate.tuning.task_queue import FINISHED, WithoutMemory
from ablate.workload import Workload, describe_metric

SEARCH_SEEDS = (100,)
"""Seeds of a search where none are given: not those of a study, whose comparison they would bias
(a setting chosen on a seed looks better on that seed than on others)."""


class PointSearcher(WithoutMemory):
    """Hands Ray Tune the trials of a search, one by one.

    Ray's own OptunaSearch ties one Optuna trial to one Ray trial, and takes its value from the
    last result that Ray saw. So it can neither average seeds, nor be told with a conditional space
    what is recorded already, nor know that a scheduler stopped a trial (it says COMPLETE) or that
    it diverged (it stays RUNNING). Here Optuna is told from records, after they are on disk, and
    Ray is told nothing but what to run.
    """

    def __init__(self, points: PointSearch) -> None:
        """points: of one arm."""
        objective = points.objective
        super().__init__(
            metric=list(objective.names), mode=[name[:3] for name in objective.directions]
        )
        self._points = points
        self.error: Exception | None = None
        """Why the search cannot go on."""

    def set_search_properties(
        self, metric: str | None, mode: str | None, config: dict[str, Any], **spec: Any
    ) -> bool:
        """Everything is set already."""
        return True

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next trial's config, None while others must end first, or FINISHED."""
        if self.error is not None:
            return FINISHED
        try:
            task = self._points.next_task()
        except Exception as error:
            self.error = error
            raise
        if task is not None:
            return {"task": task.model_dump(mode="json")}
        return FINISHED if self._points.finished else None

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Its record says it all; see `Teller`."""


class Teller:
    """A listener that tells another one everything, and the points of each record on disk."""

    def __init__(self, searcher: PointSearcher, points: PointSearch, to: ProgressListener) -> None:
        """searcher: stopped when telling fails. to: told everything."""
        self._searcher, self._points, self._to = searcher, points, to
        self.run_started = to.run_started
        self.data_loading = to.data_loading
        self.trial_started = to.trial_started
        self.trial_said = to.trial_said
        self.point_reported = to.point_reported

    def trial_ended(self, hash_: str, trial: TrialName, record: TrialRecord) -> None:
        """The record is on disk."""
        self._to.trial_ended(hash_, trial, record)
        try:
            self._points.ended(record)
        except Exception as error:
            self._searcher.error = error
            raise


def search(
    plan: Plan, arm: Arm, space: SearchSpace, store: RecordStore, **options: Any
) -> SearchResult:
    """Search one arm; options as of `search_arms`."""
    (result,) = search_arms(plan, (arm,), space, store, **options)
    return result


def search_arms(
    plan: Plan,
    arms: Sequence[Arm],
    space: SearchSpace,
    store: RecordStore,
    *,
    trials: int = 32,
    sampler: str = "tpe",
    scheduler: str | None = None,
    grace_period: int = 1,
    seeds: Sequence[int] = SEARCH_SEEDS,
    seed: int = 0,
    storage: str | Path | None = None,
    metric: str | None = None,
    known: Mapping[str, TrialRecord] | None = None,
    resources: ResourceWish = NO_WISH,
    address: str | None = None,
    data_dir: Path | None = None,
    progress: ProgressListener | None = None,
    max_concurrent: int | None = None,
    connected: bool = False,
) -> tuple[SearchResult, ...]:
    """Search each arm for its best settings, one after the other.

    trials: points an arm, those of earlier calls included, so that the same call continues after
    whatever ended the last one, and a larger number goes on. A point has one trial a seed, and is
    worth the mean of `metric` over them. A trial that the store or `known` (by hash) holds is not
    run. seed: of the sampler; all arms start with the same random points.
    storage: a database's URL or a journal's path; None: search.journal in the run folder.
    metric: None: the study's, a `test_` metric giving way to its `validation_` counterpart.
    scheduler: stops trials early, after `grace_period` validation points; they count as pruned.
    connected: run on the Ray that this process is connected to, in place of `address`.
    Other options as of `run_trials`. Raises AblateError for options that cannot be meant, for a
    space that does not fit the arms, and for a storage that belongs to another search.
    """
    objective = _objective(plan, metric, weighs_cost=sampler in TWO_OBJECTIVES)
    check_sampler(sampler, space)
    check_scheduler(scheduler, objective.weighs_cost)
    _check_numbers(trials, seeds, grace_period)
    workload = plan.load_workload()
    check_space(space, workload, arms)
    progress = progress or Silent()
    where = str(storage or store.run_folder / JOURNAL_FILE)
    method = SearchMethod(
        sampler=sampler,
        seed=seed,
        scheduler=scheduler,
        grace_period=None if scheduler is None else grace_period,
    )
    results = []
    with ExitStack() as cleanup:
        cleanup.enter_context(writer_lock(store.run_folder))
        cleanup.enter_context(quiet_optuna())
        opened = open_storage(where)
        ray = _LazyRay(cleanup, workload, space, arms, address, data_dir, progress, connected)
        for arm in arms:
            owner = Owner(
                study=plan.study.name,
                space=space.name,
                space_digest=space.digest,
                arm=arm_digest(workload, arm),
                workload_version=workload.version,
                seeds=tuple(seeds),
                objectives=objective.names,
            )
            name = f"{arm.context}/{arm.name}"
            study = open_study(opened, where, name, objective.directions, owner)
            revive(study, opened)
            if sampler == "cma_es":
                check_cma_state(study.get_trials(deepcopy=False), where)
            points = PointSearch(
                plan,
                arm,
                space,
                workload,
                study,
                trials=trials,
                seeds=seeds,
                sampler=partial(make_sampler, sampler, space, seed=seed, trials=trials),
                objective=objective,
                store=store,
                known=known,
                prunes=scheduler is not None,
            )
            if points.points_left:
                note_method(study, method)
            try:
                _run(points, ray, scheduler, grace_period, resources, max_concurrent, plan, store)
            except KeyboardInterrupt:
                results.append(points.result(interrupted=True))
                break
            results.append(points.result())
    return tuple(results)


def tuned_settings(
    plan: Plan,
    arm: Arm,
    space: SearchSpace,
    store: RecordStore,
    *,
    trials: int,
    seeds: Sequence[int],
    **options: Any,
) -> SettingsOverride:
    """The arm's settings with its own best values of the space.

    Searches what is not searched yet; options as of `search_arms`. Raises KeyboardInterrupt when
    interrupted (the same call continues), and AblateError when no point completed.
    """
    result = search(plan, arm, space, store, trials=trials, seeds=seeds, **options)
    if result.interrupted:
        raise KeyboardInterrupt
    return settings_of_best(result, arm)


class _LazyRay:
    """A Ray with the data on it, started when the first trial is to be run, if ever."""

    def __init__(
        self,
        cleanup: ExitStack,
        workload: Workload,
        space: SearchSpace,
        arms: Sequence[Arm],
        address: str | None,
        data_dir: Path | None,
        progress: ProgressListener,
        connected: bool,
    ) -> None:
        self.progress, self.workload = progress, workload
        self._cleanup, self._space, self._arms = cleanup, space, arms
        self._address, self._data_dir, self._connected = address, data_dir, connected
        self._references: dict[str, Any] | None = None

    def references(self) -> dict[str, Any]:
        """Object references of the data sets, by name."""
        if self._references is None:
            data = {}
            for name in self._data_needed():
                self.progress.data_loading(name)
                data[name] = self.workload.load_data(name, self._data_dir)
            if not self._connected:
                self._cleanup.enter_context(cluster(self._address))
            import ray

            self._references = {name: ray.put(data.pop(name)) for name in tuple(data)}
        return self._references

    def _data_needed(self) -> list[str]:
        settings = [dict(arm.settings) for arm in self._arms]
        settings += [probe for arm in self._arms for probe in probes(self._space, arm)]
        resolved = map(self.workload.resolve, settings)
        return list(dict.fromkeys(n for one in resolved for n in self.workload.data_needed(one)))


def _run(
    points: PointSearch,
    ray: _LazyRay,
    scheduler: str | None,
    grace_period: int,
    wish: ResourceWish,
    max_concurrent: int | None,
    plan: Plan,
    store: RecordStore,
) -> None:
    seeds = len(points.result().seeds)
    planned = points.points_left * seeds
    if not points.has_work():
        return
    left = points.points_left * seeds
    ray.progress.run_started(planned, left, points.objective.metric)
    references = ray.references()
    points.resources = choose_resources(wish, offered(), largest_machine())
    points.provenance = provenance()
    judge = None
    if scheduler is not None:
        objective = points.objective
        judge = make_scheduler(
            scheduler, objective.metric, objective.higher_is_better, grace_period=grace_period
        )
        recall(judge, points.records(), objective.metric)
    searcher = PointSearcher(points)
    try:
        run_tasks(
            [points.sample_task()] * left,
            store,
            ray.workload,
            references,
            progress=Teller(searcher, points, ray.progress),
            retries=plan.study.retries,
            max_concurrent=max_concurrent,
            scheduler=judge,
            search_alg=searcher,
            by_reference=plan.workload is None,
        )
    finally:
        if searcher.error is not None:  # Ray may have taken it for a trial's
            raise searcher.error


def _objective(plan: Plan, metric: str | None, weighs_cost: bool) -> Objective:
    name = metric or criterion(plan.study)
    if name.startswith("test_"):
        raise AblateError(
            Problem(
                f"--metric {name}",
                "the test set is not touched in choosing",
                f"choose by 'validation_{name.removeprefix('test_')}'",
            )
        )
    description = describe_metric(name, plan.metrics)
    return Objective(name, description.higher_is_better, weighs_cost)


def _check_numbers(trials: int, seeds: Sequence[int], grace_period: int) -> None:
    problems = []
    if trials < 1:
        problems.append(Problem(f"--trials {trials}", "must be at least 1"))
    if grace_period < 1:
        problems.append(Problem(f"--grace-period {grace_period}", "must be at least 1"))
    if not seeds or len(set(seeds)) < len(seeds):
        problems.append(Problem("--seeds", "needs seeds, each once", "write 100 or 100-102"))
    if problems:
        raise AblateError(*problems)
