"""A user's own `module:function` as a workload.

The function is a generator of settings and a seed: it yields one dictionary of numbers a
validation point and its final metrics last.

    def train(settings, seed):
        for epoch in range(settings["epochs"]):
            yield {"epoch": epoch + 1, "validation_loss": ...}
        yield {"test_accuracy": ...}
"""

import copy
import functools
import hashlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from ablate.errors import AblateError, Problem
from ablate.free_settings import FreeSettings
from ablate.module_sources import sources_beside
from ablate.workload import Resources, Settings, Wanted

TrialFunction = Callable[[Settings, int], Iterator[dict[str, Any]]]


class FunctionWorkload(FreeSettings):
    """See `ablate.workload.Workload`.

    `version` is the digest of the source of the function's module, where that is another of the
    module that the name leads to, and of what these import from beside themselves: editing one of
    them starts anew.
    """

    def __init__(self, name: str, function: TrialFunction) -> None:
        """name: `module:function`. Raises AblateError when there is no source to hash."""
        if not callable(function):
            raise AblateError(f"workload '{name}' is no function but a {type(function).__name__}")
        self.name = name
        self.version = _source_digest(name, function)
        self._function = function

    def data_needed(self, resolved: Settings) -> tuple[str, ...]:
        return ()

    def load_data(self, name: str, data_dir: Path | None) -> Any:
        raise AblateError(f"workload '{self.name}' loads its data itself")

    def run(
        self,
        settings: Settings,
        seed: int,
        resources: Resources,
        data: Mapping[str, Any],
        wanted: Wanted = Wanted(),
    ) -> Iterator[dict[str, Any]]:
        """What the function yields. It gets settings of its own, which it may change."""
        rows = self._function(copy.deepcopy(settings), seed)
        if not isinstance(rows, Iterable) or isinstance(rows, Mapping):
            raise TypeError(
                f"'{self.name}' is to yield dictionaries of metrics, and returns {rows!r:.80}"
            )
        return iter(rows)


_LOADED: dict[str, tuple[TrialFunction, FunctionWorkload]] = {}


def function_workload(name: str, function: TrialFunction) -> FunctionWorkload:
    """The workload of a function, with the version that it had when this process first loaded it:
    what runs is the code imported then, whatever is written into its file meanwhile.
    """
    known, workload = _LOADED.get(name, (None, None))
    if workload is None or known is not function:
        workload = FunctionWorkload(name, function)
        _LOADED[name] = function, workload
    return workload


def _source_digest(name: str, function: TrialFunction) -> str:
    modules = _modules(name, function)
    sources = [_source(name, module) for module in modules]
    beside: dict[str, str] = {}
    for module in modules:
        if module is not None and module.__file__:
            beside |= sources_beside(module.__name__, Path(module.__file__))
    known = {module.__name__ for module in modules if module is not None}
    sources += [beside[other] for other in sorted(beside.keys() - known)]
    return hashlib.sha256("".join(sources).encode()).hexdigest()[:12]


def _modules(name: str, function: TrialFunction) -> list[ModuleType | None]:
    """The module that the name leads to, and the one where what it wraps is written.

    A decorator or `functools.partial` would hide the first, and with it the user's own file.
    """
    named = sys.modules.get(name.partition(":")[0])
    written = inspect.getmodule(_innermost(function))
    return [written] if named in (None, written) else [named, written]


def _innermost(function: Any) -> Any:
    while isinstance(function, functools.partial) or hasattr(function, "__wrapped__"):
        partial = isinstance(function, functools.partial)
        function = function.func if partial else function.__wrapped__
    return function


def _source(name: str, module: ModuleType | None) -> str:
    try:
        if module is None:
            raise TypeError("it belongs to no module")
        return inspect.getsource(module)
    except (OSError, TypeError) as error:
        raise AblateError(
            Problem(
                f"workload '{name}'",
                f"has no source to name its version by: {error}",
                "put the function in a .py file",
            )
        ) from None
