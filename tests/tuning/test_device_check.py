import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ablate.errors import AblateError, Problem
from ablate.records.store import RecordStore
from ablate.tuning.device_check import check_device
from ablate.tuning.progress import Silent
from ablate.tuning.runner import missing_tasks, run_tasks
from ablate.workload import Resources, load_workload
from tests.tuning.studies import make_trivial_plan, starts
from tests.tuning.trivial import gpus_seen

pytestmark = pytest.mark.filterwarnings("ignore")

A_GPU = Resources(cpus=0.5, gpus=1)
OLD_DRIVER = Problem("the GPU of a trial", "its driver is too old", "use --gpus-per-trial 0")


class Asking:
    """A workload, as far as it is asked here."""

    def __init__(self, check: Callable[[], None] | None) -> None:
        self.check = check
        self.asked: list[Resources] = []

    def device_check(self, resources: Resources) -> Callable[[], None] | None:
        self.asked.append(resources)
        return self.check


def refuses() -> None:
    raise AblateError(OLD_DRIVER)


def sees_one_gpu_in_another_process() -> None:
    if len(gpus_seen()) == 1 and os.getppid() != os.getpid():
        raise AblateError(f"GPU in {os.getpid()}")


@pytest.mark.usefixtures("ray")
class TestCheckDevice:
    def test_what_the_workload_finds_where_a_trial_would_run_ends_the_run(self):
        workload = Asking(refuses)
        with pytest.raises(AblateError) as caught:
            check_device(workload, A_GPU)
        assert caught.value.problems == (OLD_DRIVER,)
        assert workload.asked == [A_GPU]

    def test_it_is_asked_with_what_a_trial_would_get(self):
        with pytest.raises(AblateError, match=r"GPU in \d+") as caught:
            check_device(Asking(sees_one_gpu_in_another_process), A_GPU)
        assert str(os.getpid()) not in str(caught.value)

    def test_a_check_that_is_broken_leaves_it_to_the_trials(self, tmp_path: Path):
        called = tmp_path / "called"

        def is_broken() -> None:
            called.touch()
            raise ValueError("no matter of the user's")

        check_device(Asking(is_broken), A_GPU)
        assert called.exists()

    def test_where_no_answer_comes_the_trials_tell(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("ablate.tuning.room.PATIENCE", 0.5)
        workload, started = Asking(refuses), time.monotonic()
        too_much = Resources(cpus=1, gpus=3)
        check_device(workload, too_much)
        assert workload.asked == [too_much]
        assert time.monotonic() - started >= 0.5, "an answer is waited for"

    def test_no_trial_is_tried_that_could_not_compute(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        log = tmp_path / "log"
        plan = make_trivial_plan(seeds=1, settings={"log": str(log)})
        workload = load_workload(plan.study.workload)
        check = lambda resources: refuses if resources.gpus else None  # noqa: E731
        monkeypatch.setattr(workload, "device_check", check)
        store = RecordStore(tmp_path)
        missing = missing_tasks(plan, store)
        tasks = [task.model_copy(update={"resources": A_GPU}) for task in missing]
        with pytest.raises(AblateError) as caught:
            run_tasks(tasks, store, workload, {}, progress=Silent(), retries=1)
        assert caught.value.problems == (OLD_DRIVER,)
        assert not log.exists() and not list(store.records())
        run_tasks(missing, store, workload, {}, progress=Silent(), retries=1)
        assert len(starts(log)) == 2
