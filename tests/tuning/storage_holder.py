"""Another process that searches with a storage."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOLD = """
import sys
from ablate.tuning.optuna_storage import storage_lock
with storage_lock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(where: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """It has the storage while the block lasts. folder: where it runs."""
    command = [sys.executable, "-c", HOLD, where]
    root = {"PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, env=os.environ | root
    ) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()
