"""A file that one process at a time holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ablate.errors import AblateError, Problem


@contextmanager
def exclusive_lock(file: Path, busy: Problem) -> Iterator[None]:
    """Hold a lock file. Raises AblateError: `busy` when another process holds it, another when it
    cannot be made.

    The system lets go of the lock when its holder ends, however it ends. Within a process it may
    be taken again, by whichever path leads to it.
    """
    try:
        lock = FileLock(file.parent.resolve() / file.name, is_singleton=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise AblateError(busy) from None
    except OSError as error:
        raise AblateError(
            Problem(
                str(file),
                f"cannot be locked: {error.strerror}",
                "move away what stands there, or let it be written to",
            )
        ) from None
    try:
        yield
    finally:
        lock.release()
