"""How many trials a cluster has room for, as machines join it and get lost."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ray import tune

from ablate.errors import AblateError, Problem
from ablate.tuning.cluster import machines
from ablate.tuning.resources import places, resources_text
from ablate.workload import Resources

LOOK_EVERY = 1.0
"""Seconds."""
PATIENCE = 180.0
"""Seconds without room for a single trial, as where a lost machine comes back, before giving up."""


class Room(tune.Callback):
    """The room there is now. Ends a run that waits for a machine which is lost for good."""

    def __init__(
        self,
        asked: Resources,
        max_concurrent: int | None = None,
        *,
        look: Callable[[], Iterable[Mapping[str, float]]] = machines,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """asked: of each trial. max_concurrent: trials at a time, at most. look: at the CPUs and
        GPUs of each machine. clock: seconds, from any start.
        """
        self._asked, self._most = asked, max_concurrent
        self._look, self._clock = look, clock
        self._looked: float | None = None
        self._none_since: float | None = None
        self._fits = 0

    def trials(self) -> int:
        """That may run at a time; at least one, which then waits."""
        now = self._clock()
        if self._looked is None or now - self._looked >= LOOK_EVERY:
            self._fits, self._looked = places(self._asked, self._look()), now
        fits = self._fits if self._most is None else min(self._fits, self._most)
        return max(1, fits)

    def on_step_end(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Raises AblateError when there has been no room for too long."""
        self.trials()
        if self._fits:
            self._none_since = None
            return
        now = self._clock()
        self._none_since = now if self._none_since is None else self._none_since
        if now - self._none_since >= PATIENCE:
            raise AblateError(
                Problem(
                    "the cluster",
                    f"has no machine left with {resources_text(self._asked)} for a trial",
                    "finished trials are recorded; the same command continues where it has one",
                )
            )
