import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ablate.tuning import temporary_folder as module
from ablate.tuning.temporary_folder import OWNER_FILE, sweep, temporary_folder


@pytest.fixture(scope="module")
def ended() -> int:
    """The number of a process that is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def make(folder: Path, owner: str | None) -> Path:
    """A folder with something in it, and with a marker where there is an owner."""
    (folder / "session").mkdir(parents=True)
    if owner is not None:
        (folder / OWNER_FILE).write_text(owner)
    return folder


def age(folder: Path, seconds: float) -> None:
    then = folder.stat().st_mtime - seconds
    os.utime(folder, (then, then))


def mine(process: int) -> str:
    return f"{module._machine()}\n{process}\n"


def test_a_folder_is_marked_as_its_makers_and_gone_afterwards(tmp_path: Path):
    with temporary_folder(str(tmp_path)) as folder:
        assert Path(folder).parent == tmp_path
        assert (Path(folder) / OWNER_FILE).read_text() == mine(os.getpid())
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_removed_yet_keeps_its_marker_and_a_later_sweep_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """As where a process of Ray's still writes, or this one is killed in the middle."""
    with temporary_folder(str(tmp_path)) as folder:
        (Path(folder) / "session").mkdir()
        monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    assert (Path(folder) / OWNER_FILE).is_file()
    monkeypatch.undo()
    monkeypatch.setattr("ablate.tuning.temporary_folder._is_alive", lambda process: False)
    sweep(tmp_path)
    assert not Path(folder).exists()


def test_its_name_leaves_room_for_the_sockets_below_it(tmp_path: Path):
    session = "session_2026-01-01_00-00-00_000000_4194304/sockets/plasma_store"
    with temporary_folder(str(tmp_path)) as folder:
        assert re.fullmatch(r"ablate-run-[a-z0-9_]{8}", Path(folder).name)
        assert len(f"/tmp/{Path(folder).name}/{session}") <= 100


def test_nothing_is_swept_where_processes_cannot_be_asked_for(
    tmp_path: Path, ended: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delattr(os, "getuid")  # as on Windows
    dead = make(tmp_path / "ablate-run-aaaa0000", mine(ended))
    with temporary_folder(str(tmp_path)):
        assert dead.exists()


def test_the_folder_of_a_killed_run_is_swept_and_that_of_a_living_one_is_not(
    tmp_path: Path, ended: int
):
    dead = make(tmp_path / "ablate-run-aaaa0000", mine(ended))
    alive = make(tmp_path / "ablate-run-aaaa0001", mine(os.getpid()))
    with temporary_folder(str(tmp_path)):
        assert [folder.exists() for folder in (dead, alive)] == [False, True]


@pytest.mark.parametrize(
    "name", ["ablate-20240131", "ablate-99999-notes", "ablate-20240101120000", "ablate-run-notes"]
)
def test_a_folder_of_another_name_stays_whatever_lies_in_it(tmp_path: Path, ended: int, name: str):
    foreign = make(tmp_path / name, mine(ended))
    sweep(tmp_path)
    assert foreign.exists()


def test_a_folder_of_another_machine_stays(tmp_path: Path, ended: int):
    theirs = make(tmp_path / "ablate-run-aaaa0000", f"another 1\n{ended}\n")
    sweep(tmp_path)
    assert theirs.exists()


@pytest.mark.parametrize("owner", [None, "notes", "{machine}\nnone\n", "{machine}\n" + "9" * 30])
def test_a_folder_without_a_marker_of_ours_stays(tmp_path: Path, owner: str | None):
    text = None if owner is None else owner.format(machine=module._machine())
    foreign = make(tmp_path / "ablate-run-20240131", text)
    age(foreign, 1e6)
    sweep(tmp_path)
    assert foreign.exists()


@pytest.mark.parametrize("marker", [False, True])
def test_a_run_killed_before_it_marked_its_folder_leaves_it_for_an_hour(
    tmp_path: Path, marker: bool
):
    folder = tmp_path / "ablate-run-aaaa0000"
    folder.mkdir()
    if marker:
        (folder / OWNER_FILE).touch()
    sweep(tmp_path)
    assert folder.exists()
    age(folder, 3700)
    sweep(tmp_path)
    assert not folder.exists()


def test_a_link_of_that_name_is_not_followed(tmp_path: Path, ended: int):
    target = make(tmp_path / "precious", mine(ended))
    (tmp_path / "ablate-run-aaaa0000").symlink_to(target)
    sweep(tmp_path)
    assert (target / "session").exists()
