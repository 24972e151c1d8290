"""A trial as Ray Tune runs it: one `step` a row of metrics, one actor for many trials."""

import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from typing import Any

import ray
from ray import tune

from ablate.named_function import make_current_directory_importable
from ablate.records.encoding import encode
from ablate.tuning.course import Doing, Ending, Event, TrialTask, course, threads
from ablate.workload import Workload, load_workload

ROW = "row"
"""Key of a result under which the numbers of the row that has just come are, which may turn out to
be the final metrics."""
POINT = "point"
"""Key of a result under which a validation point's numbers are, e.g. "point/validation_loss"."""
POINTS = "points"
"""Key of a result under which the number of points so far is."""
DOING = "doing"
"""Key of a result between rows, with what the trial does meanwhile."""
OUTCOME, WEIGHTS = "outcome", "weights"
"""Keys of a trial's last result: its record as JSON, and its weights as bytes."""


class TrialTrainable(tune.Trainable):
    """Steps through `course`. Its config is {"task": TrialTask as plain values}.

    Kept from trial to trial: the process with its imports, the workload, and the data.
    """

    _course: Iterator[Event]

    def setup(
        self,
        config: dict[str, Any],
        workload: Workload | None = None,
        data: Mapping[str, ray.ObjectRef] | None = None,
        import_paths: Sequence[str] = (),
    ) -> None:
        """workload: None where the spec's name leads to it. data: by name, each fetched once."""
        make_current_directory_importable()  # which may be another than the driver's
        for path in filter(os.path.isdir, import_paths):
            sys.path[:] = [path, *(other for other in sys.path if other != path)]
        self._workload = workload
        self._references = dict(data or {})
        self._fetched: dict[str, Any] = {}
        self._begin(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take on the next trial."""
        self._begin(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """The next row and what it tells of points, or the outcome with done: True."""
        event = next(self._course)
        if isinstance(event, Ending):
            return {
                "done": True,
                OUTCOME: encode(event.record),
                WEIGHTS: event.weights,
            }
        result: dict[str, Any] = (
            {DOING: event.words} if isinstance(event, Doing) else {ROW: event.numbers}
        )
        if event.point is not None:
            self._points += 1
            result |= {POINT: event.point, POINTS: self._points}
        return result

    def cleanup(self) -> None:
        """Let go of network and data."""
        self._course = iter(())
        self._fetched.clear()

    def _begin(self, config: dict[str, Any]) -> None:
        task = TrialTask.model_validate(config["task"])
        os.environ["OMP_NUM_THREADS"] = str(threads(task.resources))
        self._course = _lazily(lambda: self._start(task))
        self._points = 0

    def _start(self, task: TrialTask) -> Iterator[Event]:
        if self._workload is None:
            self._workload = load_workload(task.spec.workload)
        workload = self._workload
        if workload.version != task.spec.workload_version:
            raise RuntimeError(
                f"workload '{task.spec.workload}' is version {workload.version} here, but the "
                f"study was planned with {task.spec.workload_version}; run it again"
            )
        data = {name: self._fetch(name) for name in workload.data_needed(task.settings)}
        known = {"ray": ray.__version__, "host_threads": os.cpu_count(), "system": _system()}
        task = task.model_copy(update={"provenance": task.provenance | known | _torch_version()})
        return course(task, workload, data)

    def _fetch(self, name: str) -> Any:
        if name not in self._fetched:
            self._fetched[name] = ray.get(self._references[name])
        return self._fetched[name]


def _lazily(start: Callable[[], Iterator[Event]]) -> Iterator[Event]:
    """Starts at the first step, where Tune counts and retries what goes wrong."""
    yield from start()


def _system() -> str:
    return f"{platform.system()} {platform.release()}"


def _torch_version() -> dict[str, str]:
    try:
        return {"torch": metadata.version("torch")}
    except metadata.PackageNotFoundError:
        return {}
