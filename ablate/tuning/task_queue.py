"""Tasks in their order, handed to Ray Tune one by one."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler
from ray.tune.search import Searcher

from ablate.tuning.course import TrialTask

FINISHED: str = Searcher.FINISHED


class WithoutMemory(Searcher):
    """Suggests what to run; records are the memory, so that nothing is saved or restored."""

    def save(self, checkpoint_path: str) -> None:
        """Nothing."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing."""


class InRoom(WithoutMemory):
    """Suggests no more trials at a time than there is room for now, as machines join and get lost;
    none ahead, which would be one chosen without knowing how the running ones end.
    """

    def __init__(self, room: Callable[[], int], **keys: Any) -> None:
        """room: trials that may run at a time, now. keys: of Ray Tune's `Searcher`."""
        super().__init__(**keys)
        self._room = room
        self._running: set[str] = set()

    def is_full(self) -> bool:
        """Whether as many trials run as there is room for."""
        return len(self._running) >= self._room()

    def starts(self, trial_id: str, task: TrialTask) -> dict[str, Any]:
        """The config of a trial that takes a place."""
        self._running.add(trial_id)
        return {"task": task.model_dump(mode="json")}

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """However it ended, its place is free; the rest is the record's matter."""
        self._running.discard(trial_id)


class TaskQueue(InRoom):
    """Suggests {"task": ...} where there is room for a trial.

    A grid would hand out the same, but Ray Tune copies the whole of it for each of its points, so
    that n trials take a time that grows with n squared.
    """

    def __init__(self, tasks: Iterable[TrialTask], room: Callable[[], int]) -> None:
        """tasks: in the order in which to run them. room: trials that may run at a time, now."""
        super().__init__(room)
        self._left = deque(tasks)

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next trial's config, None where there is no room, or FINISHED."""
        if not self._left:
            return FINISHED
        if self.is_full():
            return None
        return self.starts(trial_id, self._left.popleft())


class StartInTurn(FIFOScheduler):
    """Leaves a trial to the worker that is on its way for it, and a free worker to the next trial.

    Ray Tune's own choice for the free one is the trial that waits; its worker is then called off.
    Where trials are shorter than the start of a worker, there would never be a second one.
    """

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        """No trial before its turn."""
        return None
