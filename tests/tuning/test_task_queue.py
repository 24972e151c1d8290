from ablate.study.trial import TrialSpec
from ablate.tuning.course import TrialTask
from ablate.tuning.task_queue import TaskQueue


def make_task(seed: int) -> TrialTask:
    spec = TrialSpec(workload="here:train", workload_version="1", settings={}, seed=seed)
    return TrialTask(context="baseline", arm="a", spec=spec, settings={}, asked_metrics=frozenset())


def seed_of(suggestion: object) -> int:
    assert isinstance(suggestion, dict)
    return TrialTask.model_validate(suggestion["task"]).seed


def test_tasks_are_handed_out_in_order_as_there_is_room():
    room = 2
    queue = TaskQueue(map(make_task, range(5)), lambda: room)
    assert [seed_of(queue.suggest(trial)) for trial in "ab"] == [0, 1]
    assert queue.suggest("c") is None
    queue.on_trial_complete("b", error=True)
    assert seed_of(queue.suggest("c")) == 2
    room = 1
    queue.on_trial_complete("a")
    assert queue.suggest("d") is None
    room = 3
    assert [seed_of(queue.suggest(trial)) for trial in "de"] == [3, 4]
    assert queue.suggest("f") == "FINISHED"
