"""The time that some work takes, without what is none of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Runs from when it is made, and stands still where it is paused."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out a `with` block."""
        pause = time.perf_counter()
        yield
        self._start += time.perf_counter() - pause

    def seconds(self) -> float:
        """So far."""
        return time.perf_counter() - self._start
