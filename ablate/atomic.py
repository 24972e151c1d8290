"""Files that are whole or absent, whatever kills the writer and wherever."""

import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path

TEMPORARY_SUFFIX = ".tmp"
_TEMPORARY = re.compile(rf"\..+\.[0-9a-f]{{8}}{re.escape(TEMPORARY_SUFFIX)}")
_A_DAY = 86400.0
"""Seconds after which no writer is at work on a file any more."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file, or replace it, so that a reader never sees a part of it.

    After the return it survives a power failure. A writer killed half-way leaves a hidden file
    that ends in TEMPORARY_SUFFIX, which readers ignore, and `sweep_left_over` removes.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _flush_folder(path.parent)


def sweep_left_over(folder: Path) -> None:
    """Remove what writers that were killed have left in a folder, a day ago or before."""
    for path in folder.glob(f".*{TEMPORARY_SUFFIX}"):
        with suppress(OSError):  # it is no more than room on a disk
            if _TEMPORARY.fullmatch(path.name) and time.time() - path.stat().st_mtime > _A_DAY:
                path.unlink()


def _flush_folder(folder: Path) -> None:
    """The rename itself is only durable once its folder is."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
