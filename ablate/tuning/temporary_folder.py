"""Folders for Ray's files, gone after a run; those of killed runs are cleared away by later ones.

A folder is ours only if it has our kind of name and a marker in it that says whose it is: others
may call theirs alike, and a folder for temporary files may be shared by several machines.
"""

import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OWNER_FILE = "ablate-owner"
"""Its two lines: the machine, and the process that made the folder."""
_PREFIX = "ablate-run-"  # short, as Unix sockets lie below it; no number, which may be a process
_NAME = re.compile(rf"{_PREFIX}[a-z0-9_]{{8}}")
_TIME_TO_MARK = 3600.0
"""Seconds after which a folder without a marker is that of a run killed before it made one."""


@contextmanager
def temporary_folder(beside: str | None = None) -> Iterator[str]:
    """A folder that is gone afterwards, and with it those that killed runs of this user left.

    beside: the folder to make it in; None: the system's for temporary files.
    """
    parent = beside or tempfile.gettempdir()
    sweep(Path(parent))
    folder = tempfile.mkdtemp(prefix=_PREFIX, dir=parent)
    try:
        Path(folder, OWNER_FILE).write_text(f"{_machine()}\n{os.getpid()}\n", encoding="utf-8")
        yield folder
    finally:
        _remove(Path(folder))


def sweep(parent: Path) -> None:
    """Remove the folders of this machine and user whose process is gone.

    None on Windows, where users have no numbers, and to ask for a process would end it.
    """
    if not hasattr(os, "getuid"):
        return
    for folder in parent.glob(f"{_PREFIX}*"):
        if _NAME.fullmatch(folder.name) and _is_left_over(folder):
            _remove(folder)


def _remove(folder: Path) -> None:
    """Its marker last: what a kill leaves, or a process that still writes, a later sweep finds."""
    with suppress(OSError):  # it just went
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != OWNER_FILE:
                path.unlink(missing_ok=True)
        if {path.name for path in folder.iterdir()} <= {OWNER_FILE}:
            shutil.rmtree(folder, ignore_errors=True)


def _is_left_over(folder: Path) -> bool:
    try:
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return False
        marker = folder / OWNER_FILE
        owner = marker.read_text(encoding="utf-8").splitlines() if marker.is_file() else []
        if not owner:
            return _was_never_marked(folder)
        machine, process = owner
        return machine == _machine() and not _is_alive(int(process))
    except (OSError, ValueError):  # it just went, cannot be read, or holds what we do not write
        return False


def _was_never_marked(folder: Path) -> bool:
    """Whether it holds nothing but an empty marker, if that, and is no longer being made."""
    made = time.time() - folder.stat().st_mtime > _TIME_TO_MARK
    return made and {path.name for path in folder.iterdir()} <= {OWNER_FILE}


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another's, or no process of ours ever had this number
        return True
    return True


def _machine() -> str:
    """Where the numbers of processes mean the same: containers may share a host's name, and its
    folders, but count their processes for themselves.
    """
    space = Path("/proc/self/ns/pid")
    return f"{socket.gethostname()} {space.stat().st_ino if space.exists() else 0}"
