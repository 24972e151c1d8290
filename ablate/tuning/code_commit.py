"""Which commit the code that trains is of."""

import subprocess
from functools import cache
from pathlib import Path


@cache
def code_commit() -> str | None:
    """The commit of this code's checkout, with "+changes" where files differ from it; else None."""
    return commit_of(Path(__file__))


def commit_of(file: Path) -> str | None:
    """The same of a file in a folder of a package. None where git does not track it: a package that
    is installed within somebody's repository is none of that repository's.
    """
    package = file.parent.parent
    try:
        _git("ls-files", "--error-unmatch", "--", file.name, folder=file.parent)
        commit = _git("rev-parse", "HEAD", folder=package)
        changes = _git("status", "--porcelain", "--untracked-files=no", "--", ".", folder=package)
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}+changes" if changes else commit


def _git(*arguments: str, folder: Path) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=10
    )
    return done.stdout.strip()
