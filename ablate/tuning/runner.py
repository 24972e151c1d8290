"""The trials that a study still misses, run by Ray Tune; records written as each one ends."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ablate.errors import AblateError, Problem
from ablate.records.asked_metrics import asked_metrics
from ablate.records.greedy_path import Find
from ablate.records.schema import FIRST_SEEN_AT, TrialRecord
from ablate.records.store import RecordStore, answers, has_test_curve, writer_lock
from ablate.study.plan import Plan
from ablate.tuning.cluster import machines, ray_for
from ablate.tuning.code_commit import code_commit
from ablate.tuning.course import TrialTask
from ablate.tuning.device_check import check_device
from ablate.tuning.progress import ProgressListener
from ablate.tuning.resources import choose_resources
from ablate.tuning.running import AS_IT_IS, Running
from ablate.tuning.temporary_folder import temporary_folder
from ablate.workload import Resources, Wanted, Workload


class RunSummary(NamedTuple):
    """How a call ended. Interrupted: by Ctrl-C; the same call continues."""

    failed: int = 0
    """Trials whose record has failed."""
    interrupted: bool = False


def still_failed(hashes: Iterable[str], find: Find) -> int:
    """How many of these trials' records have failed: of several runs, the last attempt counts."""
    records = map(find, hashes)
    return sum(record is not None and record.status == "failed" for record in records)


def run_trials(
    plan: Plan,
    store: RecordStore,
    running: Running = AS_IT_IS,
    *,
    looked_at: int = 0,
) -> RunSummary:
    """Run what the store does not answer yet, seed by seed, and record each trial as it ends.

    looked_at: with how many seeds a study that looks after every seed was looked at so far.
    Raises AblateError when another process writes to the run, DataError, and whatever of the
    workload's errors is the user's. A trial that fails is a record, and so no error.
    """
    with writer_lock(store.run_folder):
        tasks = missing_tasks(plan, store, looked_at)
        running.progress.run_started(len(plan.unique_trials), len(tasks), plan.study.metric)
        if not tasks:
            return RunSummary()
        try:
            return _run(plan, tasks, store, running)
        except KeyboardInterrupt:
            return _summary(tasks, store, interrupted=True)


def missing_tasks(plan: Plan, store: RecordStore, looked_at: int = 0) -> tuple[TrialTask, ...]:
    """The trials to run, in the plan's order: those whose record does not answer the study.

    A trial that runs again for what its record lacks is asked for what the record has, too.
    looked_at: as of `run_trials`.
    """
    tasks, looked_at_seeds = [], plan.study.seeds[:looked_at]
    origin, asked = provenance(), asked_metrics(plan)
    for trial in plan.unique_trials:
        record = store.get(trial.hash)
        if record is not None and answers(record, plan.study):
            continue
        had_curve = record is not None and has_test_curve(record)
        had_weights = record is not None and record.weights is not None
        tasks.append(
            TrialTask(
                context=trial.context,
                arm=trial.arm,
                spec=trial.spec,
                settings=plan.resolved_settings(trial),
                wanted=Wanted(
                    test_curve=plan.study.test_curve or had_curve,
                    weights=plan.study.keep_weights or had_weights,
                ),
                asked_metrics=asked,
                provenance=origin | _seen_late(record, looked_at, trial.seed in looked_at_seeds),
            )
        )
    return tuple(tasks)


def _seen_late(record: TrialRecord | None, looked_at: int, was_looked_at: bool) -> dict[str, Any]:
    """Of a trial that runs again, from which look on it is seen, where that is not its own."""
    if record is None:
        return {}
    if record.status == "failed" and was_looked_at:
        return {FIRST_SEEN_AT: looked_at + 1}
    known = record.provenance.get(FIRST_SEEN_AT)
    return {} if known is None else {FIRST_SEEN_AT: known}


def run_tasks(
    tasks: Sequence[TrialTask],
    store: RecordStore,
    workload: Workload,
    data: Mapping[str, Any],
    *,
    progress: ProgressListener,
    retries: int,
    room: Any = None,
    scheduler: Any = None,
    search_alg: Any = None,
    by_reference: bool = True,
) -> None:
    """Run tasks of equal resources on the Ray that is connected.

    data: object references by name. room: a `Room`, for less than all that the cluster has.
    scheduler: of Ray Tune, whose metrics are "point/<name>"; a trial that it stops is recorded as
    pruned. search_alg: suggests {"task": ...} itself, within the room, and then `tasks` only says
    how many and with which resources. by_reference: workers find the workload by the spec's name;
    False hands it to them. Raises AblateError when Ray Tune itself fails, and where trials cannot
    compute on what they would get.
    """
    import ray
    from ray import tune

    from ablate.tuning.recorder import Recorder
    from ablate.tuning.room import Room
    from ablate.tuning.task_queue import StartInTurn, TaskQueue

    asked = tasks[0].resources
    check_device(workload, asked)
    recorder, room = Recorder(store, progress), room or Room(asked)
    with temporary_folder() as folder:
        tuner = tune.Tuner(
            _trainable(asked, data, None if by_reference else workload),
            tune_config=tune.TuneConfig(
                reuse_actors=True,
                scheduler=scheduler or StartInTurn(),
                search_alg=search_alg or TaskQueue(tasks, room.trials),
                num_samples=len(tasks),
                trial_dirname_creator=lambda trial: trial.trial_id,
            ),
            run_config=tune.RunConfig(
                name="trials",
                storage_path=folder,
                verbose=0,
                log_to_file=False,
                callbacks=[recorder, room],
                failure_config=tune.FailureConfig(max_failures=retries),
                checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            ),
        )
        try:
            tuner.fit()
        except (tune.TuneError, ray.exceptions.RayError) as error:
            raise recorder.error or _stopped(error) from error
        except RuntimeError as error:  # what Ray Tune makes of an error that it does not expect
            if recorder.error is not None:
                raise recorder.error from error
            if not isinstance(error.__cause__, ray.exceptions.RayError):
                raise
            raise _stopped(error.__cause__) from error


def _trainable(asked: Resources, data: Mapping[str, Any], workload: Workload | None) -> Any:
    """What Ray Tune runs as a trial. workload: None where workers find it by its name."""
    from ray import tune

    from ablate.tuning.trainable import TrialTrainable

    here = [str(Path.cwd())]  # where a module:function may lie
    return tune.with_resources(
        tune.with_parameters(TrialTrainable, workload=workload, data=dict(data), import_paths=here),
        {"cpu": asked.cpus, "gpu": asked.gpus},
    )


def _stopped(error: Exception) -> AblateError:
    from ray.exceptions import OutOfMemoryError

    if isinstance(error, OutOfMemoryError):
        return AblateError(
            Problem(
                "",
                "a machine ran low on memory, and Ray ended trials there. Finished trials are "
                "recorded; the same command continues",
                "run fewer at a time, with --max-concurrent, or less beside them",
            )
        )
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return AblateError(
        f"Ray Tune stopped: {lines[-1] if lines else type(error).__name__}. Finished trials are "
        "recorded; the same command continues"
    )


def _run(
    plan: Plan,
    tasks: tuple[TrialTask, ...],
    store: RecordStore,
    running: Running,
) -> RunSummary:
    workload = plan.load_workload()
    data = _load_data(tasks, workload, running)
    with ray_for(running):
        import ray

        from ablate.tuning.room import Room

        references = {name: ray.put(data.pop(name)) for name in tuple(data)}
        resources = choose_resources(running.resources, machines())
        tasks = tuple(task.model_copy(update={"resources": resources}) for task in tasks)
        run_tasks(
            tasks,
            store,
            workload,
            references,
            progress=running.progress,
            retries=plan.study.retries,
            room=Room(resources, running.max_concurrent),
            by_reference=plan.workload is None,
        )
    return _summary(tasks, store)


def _load_data(tasks: Sequence[TrialTask], workload: Workload, running: Running) -> dict[str, Any]:
    """Every data set that some task needs, read once."""
    names = dict.fromkeys(name for task in tasks for name in workload.data_needed(task.settings))
    data = {}
    for name in names:
        running.progress.data_loading(name)
        data[name] = workload.load_data(name, running.data_dir)
    return data


def _summary(
    tasks: Sequence[TrialTask], store: RecordStore, interrupted: bool = False
) -> RunSummary:
    """What the tasks' records say; one from before that did not answer is counted as it is."""
    return RunSummary(still_failed((task.hash for task in tasks), store.get), interrupted)


def provenance() -> dict[str, Any]:
    """What this driver knows of where its trials come from."""
    commit = code_commit()
    return {"commit": commit} if commit else {}
