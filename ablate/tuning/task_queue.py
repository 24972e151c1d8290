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


class TaskQueue(WithoutMemory):
    """Suggests {"task": ...} where there is room for a trial.

    A grid would hand out the same, but Ray Tune copies the whole of it for each of its points, so
    that n trials take a time that grows with n squared.
    """

    def __init__(self, tasks: Iterable[TrialTask], room: Callable[[], int]) -> None:
        """tasks: in the order in which to run them. room: trials that may run at a time, now."""
        super().__init__()
        self._left = deque(tasks)
        self._room = room
        self._running: set[str] = set()

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next trial's config, None where there is no room, or FINISHED."""
        if not self._left:
            return FINISHED
        if len(self._running) >= self._room():
            return None
        self._running.add(trial_id)
        return {"task": self._left.popleft().model_dump(mode="json")}

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """However it ended, its place is free; the rest is the record's matter."""
        self._running.discard(trial_id)


class StartInTurn(FIFOScheduler):
    """Leaves a trial to the worker that is on its way for it, and a free worker to the next trial.

    Ray Tune's own choice for the free one is the trial that waits; its worker is then called off.
    Where trials are shorter than the start of a worker, there would never be a second one.
    """

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        """No trial before its turn."""
        return None
