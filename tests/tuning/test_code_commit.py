import shutil
import subprocess
from pathlib import Path

import pytest

from ablate.tuning.code_commit import commit_of

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git says what is tracked")


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    command = ["git", *who, *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Of a package in a repository in which another file is committed."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "notes.txt").write_text("hers")
    git(tmp_path, "add", "notes.txt")
    git(tmp_path, "commit", "--quiet", "--message=notes")
    file = tmp_path / ".venv" / "package" / "tuning" / "runner.py"
    file.parent.mkdir(parents=True)
    file.write_text("code")
    return file


def test_a_package_installed_within_anothers_repository_has_no_commit(file: Path):
    assert commit_of(file) is None


def test_a_checkouts_commit_is_named_and_whether_files_of_the_package_differ(file: Path):
    git(file.parent, "add", file.name)
    git(file.parent, "commit", "--quiet", "--message=code")
    head = git(file.parent, "rev-parse", "HEAD")
    assert commit_of(file) == head
    (file.parents[3] / "notes.txt").write_text("hers, again")
    assert commit_of(file) == head
    file.write_text("other code")
    assert commit_of(file) == f"{head}+changes"


def test_outside_a_repository_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "tuning").mkdir()
    assert commit_of(tmp_path / "tuning" / "runner.py") is None
