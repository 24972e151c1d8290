"""The installed command, in processes of its own."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
"""Where the command is run: studies/ and the tests' own workloads are found from here."""


def ablate(
    *arguments: str | Path,
    temporary: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """The command, run to its end. Options as of `started`."""
    with started(*arguments, temporary=temporary, environment=environment) as process:
        return finished(process)


@contextmanager
def started(
    *arguments: str | Path,
    temporary: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """The command, started in a session of its own; at the end nothing of it is left.

    temporary: the folder that it is to use for temporary files. environment: further variables.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "ablate", *map(str, arguments)],
        cwd=ROOT,
        env=_environment(temporary) | dict(environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        kill_all(process)
        process.communicate()
        for folder in ray_folders(process.pid):
            shutil.rmtree(folder, ignore_errors=True)


def kill_all(process: subprocess.Popen[str]) -> None:
    """Every process of the session that this one leads, at once."""
    while left := processes_of(process.pid):
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.poll()
        time.sleep(0.1)


def _environment(temporary: Path | None) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    return plain if temporary is None else plain | {"TMPDIR": str(temporary)}


def finished(
    process: subprocess.Popen[str], seconds: float = 200
) -> subprocess.CompletedProcess[str]:
    """How the command ended, and all that it said."""
    stdout, stderr = process.communicate(timeout=seconds)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def processes_of(session: int) -> dict[int, str]:
    """Command lines of the processes that live in a session, by process id."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, _, _, its_session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(its_session) == session and state not in "ZX":
                command = (folder / "cmdline").read_bytes()
                found[int(folder.name)] = command.replace(b"\0", b" ").decode(errors="replace")
    return found


def ray_folders(driver: int) -> set[Path]:
    """Folders of the private Ray that a process has started: Ray names its sessions for it."""
    return {session.parent for session in Path("/tmp").glob(f"ablate-run-*/session_*_{driver}")}


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether a condition comes to hold within so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
