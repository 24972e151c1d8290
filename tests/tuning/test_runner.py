from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ray import exceptions as ray_exceptions

from ablate.errors import AblateError
from ablate.records.schema import TrialRecord
from ablate.records.store import RecordStore
from ablate.study.plan import Plan, PlannedTrial
from ablate.tuning.progress import Silent, TrialName
from ablate.tuning.recorder import LOST
from ablate.tuning.runner import RunSummary, missing_tasks, run_tasks, run_trials
from ablate.tuning.running import Running
from ablate.tuning.trainable import POINTS
from ablate.workload import Resources, load_workload
from tests.tuning.studies import make_trivial_plan, starts

pytestmark = pytest.mark.filterwarnings("ignore")


class Listener(Silent):
    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []

    def trial_started(self, hash_: str, trial: TrialName) -> None:
        self.events.append(("started", trial.arm, trial.seed))

    def trial_said(self, hash_: str, trial: TrialName, doing: str) -> None:
        self.events.append(("said", doing))

    def point_reported(self, hash_: str, point: Mapping[str, float]) -> None:
        self.events.append(("point", point.get("epoch")))

    def trial_ended(self, hash_: str, trial: TrialName, record: TrialRecord) -> None:
        self.events.append((record.status, trial.arm, trial.seed))


def run(
    plan: Plan, folder: Path, resources: Resources = Resources(), **options: Any
) -> dict[tuple[str, int], TrialRecord]:
    """Records by level and seed, of the trials run on the Ray of the test session."""
    store = RecordStore(folder)
    tasks = [
        task.model_copy(update={"resources": resources}) for task in missing_tasks(plan, store)
    ]
    workload = load_workload(plan.study.workload)
    options = {"progress": Silent(), "retries": plan.study.retries} | options
    run_tasks(tasks, store, workload, {}, **options)
    return {(record.spec.settings["level"], record.spec.seed): record for record in store.records()}


@pytest.mark.usefixtures("ray")
class TestRunTasks:
    def test_trials_run_seed_by_seed_in_one_process(self, tmp_path: Path):
        log = tmp_path / "log"
        plan = make_trivial_plan(seeds=3, arms=("b", "c"), settings={"log": str(log)})
        listener = Listener()
        records = run(plan, tmp_path, progress=listener)
        order = [(level, seed) for level, seed, _ in starts(log)]
        assert order == [(level, seed) for seed in range(3) for level in "abc"]
        assert len({process for _, _, process in starts(log)}) == 1
        assert len(records) == 9 and {r.status for r in records.values()} == {"completed"}
        assert listener.events[:5] == [
            ("started", "baseline", 0),
            ("point", 1.0),
            ("point", 2.0),
            ("point", None),
            ("completed", "baseline", 0),
        ]

    def test_final_weights_come_to_lie_beside_their_record_where_the_study_keeps_them(
        self, tmp_path: Path
    ):
        settings = {"weights": "tensors"}
        run(make_trivial_plan(seeds=1, arms=(), settings=settings), tmp_path)
        plan = make_trivial_plan(seeds=2, arms=(), settings=settings, keep_weights=True)
        store = RecordStore(tmp_path)
        assert [task.seed for task in missing_tasks(plan, store)] == [0, 1]
        records = run(plan, tmp_path)
        assert {seed: store.weights_of(record) for (_, seed), record in records.items()} == {
            0: b"tensors 0", 1: b"tensors 1",
        }  # fmt: skip
        assert missing_tasks(plan, store) == ()

    def test_a_record_holds_metrics_history_cost_and_provenance(self, tmp_path: Path):
        record = run(make_trivial_plan(seeds=1), tmp_path)["b", 0]
        assert record.metrics["test_accuracy"] == 60.0
        assert record.history == {
            "epoch": [1.0, 2.0],
            "validation_accuracy": [51.0, 52.0],
            "flops": [10.0, 20.0],
        }
        assert 0 < record.cost.seconds < 5
        assert record.cost.flops == 20.0
        assert record.metrics["gpus_seen"] == 0, "it asked for none"
        assert {"ray", "torch", "python", "ablate", "started", "ended", "processor"} <= set(
            record.provenance
        )

    def test_a_failing_trial_is_tried_again_and_recorded_with_its_error(self, tmp_path: Path):
        log = tmp_path / "log"
        plan = make_trivial_plan(
            seeds=1, settings={"ends": "fails", "log": str(log)}, retries=2, arms=("b",)
        )
        listener = Listener()
        records = run(plan, tmp_path, progress=listener)
        assert sorted(level for level, _, _ in starts(log)) == ["a"] * 3 + ["b"] * 3
        record = records["a", 0]
        assert record.status == "failed"
        assert "ValueError: no luck with seed 0" in record.error.splitlines()
        assert record.history["epoch"] == [1.0, 2.0]
        assert listener.events.count(("failed", "baseline", 0)) == 1

    def test_a_trial_that_fails_once_completes(self, tmp_path: Path):
        (tmp_path / "marks").mkdir()
        settings = {"ends": "fails_once", "mark": str(tmp_path / "marks")}
        records = run(make_trivial_plan(seeds=1, settings=settings, arms=()), tmp_path)
        assert [record.status for record in records.values()] == ["completed"]

    def test_a_lost_process_is_a_failure_that_says_so(self, tmp_path: Path):
        plan = make_trivial_plan(seeds=1, settings={"ends": "dies"}, arms=(), retries=0)
        (record,) = run(plan, tmp_path).values()
        assert record.status == "failed"
        assert "died unexpectedly" in record.error
        assert record.error.splitlines()[-1] == LOST

    def test_a_diverged_trial_is_a_result(self, tmp_path: Path):
        log = tmp_path / "log"
        settings = {"ends": "diverged", "log": str(log)}
        (record,) = run(make_trivial_plan(1, arms=(), settings=settings), tmp_path).values()
        assert (record.status, record.error) == ("diverged", "loss is nan in epoch 2")
        assert record.chance_level == {"test_accuracy": 10.0}
        assert len(starts(log)) == 1

    @pytest.mark.parametrize(("gpus", "at_once"), [(1.0, 2), (0.5, 4)])
    def test_gpus_hold_as_many_trials_as_fit_each_with_one_to_see(
        self, tmp_path: Path, gpus: float, at_once: int
    ):
        (tmp_path / "running").mkdir()
        settings = {"running": str(tmp_path / "running"), "together": at_once}
        plan = make_trivial_plan(seeds=3, settings=settings)
        records = run(plan, tmp_path, Resources(cpus=0.25, gpus=gpus)).values()
        assert max(record.metrics["at_once"] for record in records) == at_once
        assert {record.metrics["gpus_seen"] for record in records} == {1.0}
        workers = {record.metrics["process"]: record.metrics["first_gpu"] for record in records}
        assert sorted(workers.values()) == sorted([0.0, 1.0] * (at_once // 2))
        assert {record.metrics["threads"] for record in records} == {1.0}
        for record in records:
            assert record.cost.gpu_seconds == pytest.approx(record.cost.seconds * gpus)
            assert record.cost.core_seconds == pytest.approx(record.cost.seconds / 4)

    def test_a_trial_that_a_scheduler_stops_is_pruned(self, tmp_path: Path):
        from ray.tune.schedulers import FIFOScheduler, TrialScheduler

        class StopAll(FIFOScheduler):
            def on_trial_result(self, controller: Any, trial: Any, result: dict) -> str:
                stop = result.get("point/validation_accuracy", 0) > 50
                return TrialScheduler.STOP if stop else TrialScheduler.CONTINUE

        plan = make_trivial_plan(seeds=1, arms=())
        (record,) = run(plan, tmp_path, scheduler=StopAll()).values()
        assert (record.status, record.metrics) == ("pruned", {})
        assert record.history["epoch"] == [1.0]

    def test_what_a_trial_says_is_told_and_counts_as_no_point(self, tmp_path: Path):
        from ray.tune.schedulers import FIFOScheduler

        counted: list[int | None] = []

        class Watch(FIFOScheduler):
            def on_trial_result(self, controller: Any, trial: Any, result: dict) -> str:
                counted.append(result.get(POINTS))
                return super().on_trial_result(controller, trial, result)

        listener = Listener()
        plan = make_trivial_plan(seeds=1, arms=(), settings={"says": "wait"})
        options = {"scheduler": Watch(), "progress": listener}
        (record,) = run(plan, tmp_path, **options).values()
        assert record.history["epoch"] == [1.0, 2.0]
        assert counted == [None, None, 1, None, 2], "a row is a point once another follows"
        assert listener.events == [
            ("started", "baseline", 0),
            ("said", "wait"),
            ("point", 1.0),
            ("said", "wait"),
            ("point", 2.0),
            ("point", None),
            ("completed", "baseline", 0),
        ]

    def test_a_workload_that_changed_since_planning_is_refused(self, tmp_path: Path):
        plan = make_trivial_plan(seeds=1, arms=(), retries=0)
        (trial,) = plan.trials
        spec = trial.spec.model_copy(update={"workload_version": "000000000000"})
        plan = plan.model_copy(update={"trials": (trial.model_copy(update={"spec": spec}),)})
        (record,) = run(plan, tmp_path).values()
        version = load_workload(plan.study.workload).version
        assert (
            f"RuntimeError: workload 'tests.tuning.trivial:train' is version {version} here, but "
            "the study was planned with 000000000000; run it again"
        ) in record.error

    def test_a_store_that_cannot_be_written_ends_the_run_with_its_error(self, tmp_path: Path):
        plan = make_trivial_plan(seeds=1)
        broken = tmp_path / "records" / f"{plan.trials[0].hash}.json"
        store, tasks = RecordStore(tmp_path), missing_tasks(plan, RecordStore(tmp_path))
        broken.parent.mkdir()
        broken.write_text("{")
        with pytest.raises(AblateError) as caught:
            run_tasks(
                tasks, store, load_workload(plan.study.workload), {}, progress=Silent(), retries=0
            )
        assert caught.value.problems[0].where == str(broken)


class TestOutOfMemory:
    def test_ray_ending_trials_for_memory_ends_the_run_in_words(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        def fit(self: Any) -> None:
            try:
                raise ray_exceptions.OutOfMemoryError("2 worker(s) were killed")
            except ray_exceptions.OutOfMemoryError as error:
                raise RuntimeError("Caught unexpected exception") from error

        monkeypatch.setattr("ray.tune.Tuner.fit", fit)
        with pytest.raises(AblateError, match="a machine ran low on memory") as caught:
            run(make_trivial_plan(seeds=1), tmp_path)
        assert "--max-concurrent" in caught.value.problems[0].fix


FAILED: dict[str, Any] = {"status": "failed", "metrics": {}, "error": "no"}


def put(store: RecordStore, trial: PlannedTrial, **changes: Any) -> None:
    """Record a trial, as completed unless changed."""
    completed = {"status": "completed", "metrics": {"test_accuracy": 1.0}}
    store.put(TrialRecord(hash=trial.hash, spec=trial.spec, **completed | changes))


class TestMissingTasks:
    def test_what_is_recorded_is_not_run_again(self, tmp_path: Path):
        plan = make_trivial_plan(seeds=2)
        store = RecordStore(tmp_path)
        first, *rest = plan.trials
        put(store, first)
        put(store, rest[0], **FAILED)
        assert [task.hash for task in missing_tasks(plan, store)] == [t.hash for t in rest]

    def test_a_failed_trial_of_a_seed_that_was_looked_at_is_seen_from_the_next_look_on(
        self, tmp_path: Path
    ):
        plan, store = make_trivial_plan(seeds=5, arms=()), RecordStore(tmp_path)
        for trial in plan.trials[1:4]:
            put(store, trial, **FAILED)
        seen = [task.provenance.get("first_seen_at") for task in missing_tasks(plan, store, 3)]
        assert seen == [None, 4, 4, None, None]
        put(store, plan.trials[2], provenance={"first_seen_at": 4})
        study = plan.study.model_copy(update={"keep_weights": True})
        longer = plan.model_copy(update={"study": study})
        tasks = {task.seed: task for task in missing_tasks(longer, store, 5)}
        assert tasks[2].provenance["first_seen_at"] == 4, "what runs again for its weights stays"

    def test_a_trial_that_runs_again_is_asked_for_what_it_had(self, tmp_path: Path):
        plan = make_trivial_plan(seeds=1, arms=(), keep_weights=True)
        store = RecordStore(tmp_path)
        (trial,) = plan.trials
        put(store, trial, history={"test_loss": [1.0]})
        (task,) = missing_tasks(plan, store)
        assert task.wanted.weights and task.wanted.test_curve

    def test_a_study_that_is_answered_needs_no_ray(self, tmp_path: Path):
        plan = make_trivial_plan(seeds=1, arms=())
        (trial,) = plan.trials
        store = RecordStore(tmp_path)
        put(store, trial)
        assert run_trials(plan, store, Running(address="nowhere:1")) == RunSummary()
