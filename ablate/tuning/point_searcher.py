"""Between Ray Tune and the points of a search: what runs next, what is told when it has ended."""

from collections.abc import Callable
from typing import Any

from ablate.records.schema import TrialRecord
from ablate.tuning.points import PointSearch
from ablate.tuning.progress import ProgressListener, TrialName
from ablate.tuning.task_queue import FINISHED, InRoom


class PointSearcher(InRoom):
    """Hands Ray Tune the trials of a search, one by one.

    Ray's own OptunaSearch ties one Optuna trial to one Ray trial, and takes its value from the
    last result that Ray saw. So it can neither average seeds, nor be told with a conditional space
    what is recorded already, nor know that a scheduler stopped a trial (it says COMPLETE) or that
    it diverged (it stays RUNNING). Here Optuna is told from records, after they are on disk, and
    Ray is told nothing but what to run.
    """

    def __init__(
        self, points: PointSearch, progress: ProgressListener, room: Callable[[], int]
    ) -> None:
        """points: of one arm. progress: told how many trials are left. room: trials that may run at
        a time, now.
        """
        objective = points.objective
        super().__init__(
            room, metric=list(objective.names), mode=[name[:3] for name in objective.directions]
        )
        self._points, self._progress = points, progress
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
        if self.is_full():
            return None
        try:
            task = self._points.next_task()
        except Exception as error:
            self.error = error
            raise
        self._progress.left_to_run(self._points.trials_left)
        if task is not None:
            return self.starts(trial_id, task)
        return FINISHED if self._points.finished else None


class Teller:
    """A listener that tells another one everything, and the points of each record on disk."""

    def __init__(self, searcher: PointSearcher, points: PointSearch, to: ProgressListener) -> None:
        """searcher: stopped when telling fails. to: told everything."""
        self._searcher, self._points, self._to = searcher, points, to
        self.run_started = to.run_started
        self.left_to_run = to.left_to_run
        self.remarked = to.remarked
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
