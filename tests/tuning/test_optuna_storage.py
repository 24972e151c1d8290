import json
import pickle
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from ablate.errors import AblateError
from ablate.quiet_optuna import quiet_optuna
from ablate.tuning.optuna_storage import (
    STATUS,
    TRIALS,
    Owner,
    found_so_far,
    mend_journal,
    open_storage,
    open_study,
    params_of,
    revive,
    shown_storage,
    standing,
    storage_lock,
)
from ablate.tuning.samplers import check_cma_state
from tests.tuning.storage_holder import held_elsewhere

OWNER = Owner(
    study="optimizer",
    space="learning_rate",
    space_digest="0123",
    arm="4567",
    workload_version="1",
    seeds=(100,),
    objectives=("validation_accuracy",),
)


@pytest.fixture(autouse=True)
def _quiet():
    with quiet_optuna():
        yield


def opened(
    where: Path | str, name: str = "baseline/adam", alone: bool = True, **changes: Any
) -> optuna.Study:
    owner = OWNER._replace(**changes)
    return open_study(open_storage(where), str(where), name, ["maximize"], owner, alone=alone)


def asked(study: optuna.Study, points: int) -> list[optuna.Trial]:
    trials = [study.ask() for _ in range(points)]
    for trial in trials:
        trial.suggest_float("rate", 0, 1)
        trial.set_user_attr(TRIALS, ["a hash"])
    return trials


def told(study: optuna.Study) -> None:
    (trial,) = asked(study, 1)
    trial.set_user_attr(STATUS, "completed")
    study.tell(trial, 1.0)


def revived(path: Path) -> optuna.Study:
    study = opened(path)
    revive(study, open_storage(path))
    return study


class TestJournal:
    def test_a_torn_last_line_is_cut(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        asked(opened(path), 2)
        whole = path.read_bytes()
        path.write_bytes(whole + b'{"op_code":5,"worker_')
        mend_journal(path)
        assert path.read_bytes() == whole

    def test_without_the_cut_the_next_record_is_lost_which_is_seen_later(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        asked(opened(path), 1)
        lines = len(path.read_bytes().splitlines())
        path.write_bytes(path.read_bytes() + b'{"op_code":5,"worker_')
        JournalFileBackend(str(path)).append_logs([{"op_code": 4}])
        with pytest.raises(AblateError) as caught:
            opened(path)
        assert str(caught.value) == (
            f"{path}, line {lines + 1}: is no line of an Optuna journal\n"
            "    name another storage with --storage, or move the file away: the search then "
            "starts anew, and trials that are recorded are not run again"
        )

    def test_what_follows_a_cut_is_kept(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        asked(opened(path), 1)
        path.write_bytes(path.read_bytes() + b'{"op_code":5,"worker_')
        asked(opened(path), 2)
        assert len(opened(path).trials) == 3

    def test_the_lock_of_a_killed_writer_is_removed(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        asked(opened(path), 1)
        (tmp_path / "search.journal.lock").symlink_to(path)
        asked(opened(path), 1)
        assert len(opened(path).trials) == 2

    @pytest.mark.parametrize("torn", [b"{", b'{"op_', b'{"op_code":0,"worker_id":"7'])
    def test_a_first_line_that_is_torn_is_cut(self, tmp_path: Path, torn: bytes):
        path = tmp_path / "search.journal"
        path.write_bytes(torn)
        mend_journal(path)
        assert path.read_bytes() == b""

    @pytest.mark.parametrize(
        "content",
        [
            b"Remember the milk.\n",
            b"my only copy, without a last newline",
            b"first line\nlast paragraph that matters",
            b'{"epoch": 1}\n{"epoch": 2}\n{"ep',
            b'{"epoch": 1}',
            b"\n",
            b"\xff\xfe\x00\n\x00",
        ],
    )
    def test_a_file_that_is_none_is_refused_and_left_as_it_is(self, tmp_path: Path, content: bytes):
        path = tmp_path / "notes.txt"
        path.write_bytes(content)
        path.with_name("notes.txt.lock").symlink_to(path)
        with pytest.raises(AblateError) as caught:
            open_storage(path)
        assert str(caught.value) == (
            f"{path}, line 1: is no line of an Optuna journal\n"
            "    name another storage with --storage, or move the file away: the search then "
            "starts anew, and trials that are recorded are not run again"
        )
        assert path.read_bytes() == content
        assert path.with_name("notes.txt.lock").is_symlink()

    def test_a_journal_with_a_damaged_line_keeps_its_torn_one(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        asked(opened(path), 1)
        damaged = path.read_bytes() + b'{"op_code":5\n{"op_code'
        path.write_bytes(damaged)
        with pytest.raises(AblateError, match="is no line of an Optuna journal"):
            mend_journal(path)
        assert path.read_bytes() == damaged

    @pytest.mark.parametrize("link", [False, True])
    def test_a_file_in_the_place_of_the_lock_is_not_removed(self, tmp_path: Path, link: bool):
        path, lock = tmp_path / "search.journal", tmp_path / "search.journal.lock"
        asked(opened(path), 1)
        (tmp_path / "mine").write_text("mine")
        if link:
            lock.symlink_to(tmp_path / "mine")
        else:
            lock.write_text("mine")
        with pytest.raises(AblateError) as caught:
            mend_journal(path)
        assert str(caught.value) == (
            f"{lock}: stands where Optuna locks the journal, and is no lock of its own\n"
            "    name another storage with --storage, or move the file away"
        )
        assert lock.read_text() == "mine"

    def test_a_database_without_its_url_is_refused_and_left_as_it_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.chdir(tmp_path)
        opened("sqlite:///search.db")
        before = Path("search.db").read_bytes()
        with pytest.raises(AblateError) as caught:
            open_storage("search.db")
        assert str(caught.value) == (
            "search.db: is an SQLite database, which a URL names; a path names a journal\n"
            "    write --storage sqlite:///search.db"
        )
        assert Path("search.db").read_bytes() == before

    @pytest.mark.parametrize("where", [".", "{folder}", "sqlite:///{folder}"])
    def test_a_folder_is_refused_before_anything_is_locked(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
    ):
        folder = tmp_path / "folder"
        folder.mkdir()
        monkeypatch.chdir(folder)
        named = where.format(folder=folder)
        with pytest.raises(AblateError) as caught, storage_lock(named):
            pass
        assert str(caught.value) == (
            f"{named}: is a folder\n    name a file, as in {folder}/search.journal"
        )
        assert [path.name for path in tmp_path.iterdir()] == ["folder"]


class TestDatabase:
    def test_a_url_is_one(self, tmp_path: Path):
        url = f"sqlite:///{tmp_path}/search.db"
        study = opened(url)
        asked(study, 2)
        again = opened(url)
        assert len(again.trials) == 2

    def test_one_that_another_version_of_optuna_has_made(self, tmp_path: Path):
        url = f"sqlite:///{tmp_path}/search.db"
        opened(url)
        with closing(sqlite3.connect(tmp_path / "search.db")) as database, database:
            database.execute("UPDATE alembic_version SET version_num = 'v1.3.0.a'")
        with pytest.raises(AblateError) as caught:
            open_storage(url)
        (problem,) = caught.value.problems
        assert problem.message.startswith("cannot be opened: ")
        assert "optuna storage upgrade" in problem.message

    @pytest.mark.parametrize("url", ["sqlite:////no/such/folder/search.db", "oracel://here"])
    def test_one_that_cannot_be_opened(self, url: str):
        with pytest.raises(AblateError) as caught:
            open_storage(url)
        (problem,) = caught.value.problems
        assert problem.where == f"--storage {url.split('://')[0]}://..."
        assert problem.message.startswith("cannot be opened: ")


@pytest.mark.parametrize(
    ("where", "shown"),
    [
        ("runs/a/search.journal", "runs/a/search.journal"),
        ("sqlite:///search.db", "sqlite:///search.db"),
        ("postgresql://me:SECRET@host/db", "postgresql://me:***@host/db"),
        ("mysql://me@host/db?password=SECRET", "mysql://me@host/db"),
        ("sqlite+pysqlcipher://:SECRET@/search.db", "sqlite+pysqlcipher://:***@/search.db"),
        ("postgresql://me:SECRET@host:port/db", "postgresql://..."),
    ],
)
def test_a_storage_is_named_without_its_password(where: str, shown: str):
    assert shown_storage(where) == shown


class TestLock:
    @pytest.mark.parametrize(
        ("theirs", "ours"),
        [
            ("search.journal", "{folder}/search.journal"),
            ("sqlite:///search.db", "sqlite:///{folder}/search.db"),
            ("sqlite:///search.db", "sqlite:///file:{folder}/search.db?uri=true"),
        ],
    )
    def test_a_storage_that_another_process_has_is_refused(
        self, tmp_path: Path, theirs: str, ours: str
    ):
        where = ours.format(folder=tmp_path)
        with held_elsewhere(theirs, tmp_path) as process:
            with pytest.raises(AblateError) as caught, storage_lock(where):
                pass
            assert str(caught.value) == (
                f"{where}: another ablate process is searching with this storage\n"
                "    wait until it ends, or name another storage with --storage"
            )
            process.kill()
            process.wait()
            with storage_lock(where), storage_lock(where):
                pass

    def test_a_folder_in_the_place_of_the_lock_is_named(self, tmp_path: Path):
        lock = tmp_path / ".search.journal.writer.lock"
        lock.mkdir()
        with pytest.raises(AblateError) as caught, storage_lock(tmp_path / "search.journal"):
            pass
        assert str(caught.value) == (
            f"{lock}: cannot be locked: Is a directory\n"
            "    move away what stands there, or let it be written to"
        )

    def test_storages_beside_each_other_are_two(self, tmp_path: Path):
        with held_elsewhere("one.journal", tmp_path), storage_lock(tmp_path / "two.journal"):
            pass

    @pytest.mark.parametrize("url", ["sqlite://", "postgresql://here/search", "mysql://a:b/c"])
    def test_a_database_that_is_no_file_has_none(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
    ):
        monkeypatch.chdir(tmp_path)
        with storage_lock(url):
            assert list(tmp_path.iterdir()) == []

    def test_no_folder_is_made_for_a_database(self, tmp_path: Path):
        with storage_lock(f"sqlite:///{tmp_path}/none/search.db"):
            assert not (tmp_path / "none").exists()


class TestOwner:
    @pytest.mark.parametrize(
        ("changes", "what"),
        [
            ({"study": "pooling"}, "its study is 'optimizer', not 'pooling'"),
            ({"space": "regularization"}, "its space is 'learning_rate', not 'regularization'"),
            ({"space_digest": "89ab"}, "its space of the same name had other parameters"),
            ({"arm": "89ab"}, "the arm's settings were others"),
            ({"workload_version": "2"}, "its workload was version 1, and is 2 now"),
            ({"seeds": (100, 101)}, "its points have seeds 100, not 100, 101"),
            (
                {"objectives": ("validation_accuracy", "flops")},
                "it looks at validation_accuracy, not validation_accuracy, flops",
            ),
        ],
    )
    def test_a_storage_of_another_search_is_refused(
        self, tmp_path: Path, changes: dict[str, Any], what: str
    ):
        path = tmp_path / "search.journal"
        told(opened(path))
        with pytest.raises(AblateError) as caught:
            opened(path, **changes)
        assert caught.value.exit_code == 2
        assert str(caught.value) == (
            f"{path}: belongs to another search: {what}\n"
            "    search in another folder with --out, name another storage with --storage, or "
            "remove this one: trials that are recorded are not run again"
        )

    def test_so_is_one_that_others_made(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        asked(optuna.create_study(study_name="mine", storage=open_storage(path)), 1)
        with pytest.raises(AblateError) as caught:
            opened(path)
        assert "it holds an Optuna study that ablate has not made" in str(caught.value)

    def test_what_a_search_has_left_without_finding_anything_hinders_no_other(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        asked(opened(path), 1)
        opened(path, "baseline/sgd")
        with pytest.raises(AblateError, match="belongs to another search"):
            opened(path, seeds=(1, 2), alone=False)
        assert len(opened(path).trials) == 1
        assert opened(path, seeds=(1, 2)).trials == []
        names = optuna.get_all_study_names(open_storage(path))
        assert names == ["baseline/adam"]

    def test_nothing_is_removed_where_another_arm_has_found_something(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        asked(opened(path), 1)
        told(opened(path, "baseline/sgd"))
        with pytest.raises(AblateError, match="belongs to another search"):
            opened(path, seeds=(1, 2))
        assert len(opened(path).trials) == 1

    def test_arms_share_a_storage(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        asked(opened(path), 2)
        study = opened(path, name="baseline/sgd", arm="89ab")
        assert study.trials == []

    def test_a_study_that_was_not_signed_before_the_kill_is_ours(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        optuna.create_study(
            study_name="baseline/sgd", storage=open_storage(path), direction="maximize"
        )
        opened(path)
        assert opened(path, name="baseline/sgd").user_attrs["ablate"] == OWNER.as_plain()


class TestRevive:
    def test_running_points_are_failed_and_enqueued_again(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        study = opened(path)
        done, lost = asked(study, 2)
        study.tell(done, 1.0)
        again = revived(path)
        states = [trial.state for trial in again.trials]
        assert states == [TrialState.COMPLETE, TrialState.FAIL, TrialState.WAITING]
        trial = again.ask()
        assert trial.suggest_float("rate", 0, 1) == lost.params["rate"]
        assert [trial.number for trial in standing(again)] == [done.number]

    def test_they_are_enqueued_once_however_often_the_search_is_killed(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        asked(opened(path), 2)
        for _ in range(3):
            revived(path)
        states = [trial.state for trial in opened(path).trials]
        assert states == [TrialState.FAIL] * 2 + [TrialState.WAITING] * 2

    def test_a_kill_between_enqueueing_and_failing_doubles_nothing(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        study = opened(path)
        (lost,) = asked(study, 1)
        study.enqueue_trial(lost.params, user_attrs={"repeats": lost.number})
        states = [trial.state for trial in revived(path).trials]
        assert states == [TrialState.FAIL, TrialState.WAITING]

    def test_a_repeat_that_is_killed_too_is_repeated_with_its_parameters(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        (lost,) = asked(opened(path), 1)
        revived(path).ask()  # killed before it took its parameters
        trial = revived(path).ask()
        assert trial.number == 2
        assert trial.suggest_float("rate", 0, 1) == lost.params["rate"]

    def test_a_whole_number_that_was_given_stays_one(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        study = opened(path)
        study.enqueue_trial({"rate": 1})
        asked(study, 1)
        again = revived(path).ask()
        assert again.suggest_float("rate", 0, 1) == 1
        assert type(params_of(opened(path).trials[1])["rate"]) is int

    def test_a_failed_point_is_tried_again_and_a_refused_one_is_not(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        study = opened(path)
        for trial, status in zip(asked(study, 2), ("failed", "refused"), strict=True):
            trial.set_user_attr("status", status)
            study.tell(trial, state=TrialState.FAIL)
        again = revived(path)
        assert [trial.user_attrs.get("repeats") for trial in again.trials] == [None, None, 0]
        assert [trial.number for trial in standing(again)] == [1]


class TestFoundSoFar:
    def failed(self, study: optuna.Study, trial: optuna.Trial) -> None:
        trial.set_user_attr("status", "failed")
        study.tell(trial, state=TrialState.FAIL)

    def test_a_failed_point_stands_until_it_is_tried_again_and_then_in_its_place(
        self, tmp_path: Path
    ):
        path = tmp_path / "search.journal"
        study = opened(path)
        first, second = asked(study, 2)
        self.failed(study, first)
        study.tell(second, 1.0)
        again = revived(path)
        assert [trial.number for trial in found_so_far(again)] == [0, 1]
        self.failed(again, again.ask())
        once_more = revived(path)
        assert [trial.number for trial in found_so_far(once_more)] == [2, 1]
        once_more.ask()  # and Ctrl-C, or a kill, in the middle of it
        assert [trial.number for trial in found_so_far(once_more)] == [2, 1]
        after_all = revived(path)
        assert [trial.number for trial in found_so_far(after_all)] == [2, 1]
        after_all.tell(after_all.ask(), 2.0)
        assert [trial.number for trial in found_so_far(after_all)] == [4, 1]

    def test_a_point_that_was_lost_with_a_killed_search_does_not(self, tmp_path: Path):
        path = tmp_path / "search.journal"
        asked(opened(path), 1)
        assert found_so_far(revived(path)) == []


class TestStateOfCmaEs:
    def test_that_of_the_sampler_is_trusted(self, tmp_path: Path):
        study = optuna.create_study(sampler=optuna.samplers.CmaEsSampler(seed=1))
        study.optimize(lambda t: t.suggest_float("x", 0, 1) + t.suggest_float("y", 0, 1), 30)
        assert any(key.startswith("cma:optimizer") for t in study.trials for key in t.system_attrs)
        check_cma_state(study.trials, "here")

    def test_what_would_run_a_command_is_refused_unread(self, tmp_path: Path):
        mark = tmp_path / "mark"
        hostile = pickle.dumps(_Touches(str(mark))).hex()
        trial = optuna.trial.create_trial(value=1.0, system_attrs={"cma:optimizer:0": hostile})
        with pytest.raises(AblateError) as caught:
            check_cma_state([trial], "search.journal")
        assert not mark.exists()
        assert "the state of CMA-ES in its trial" in str(caught.value)
        assert "it names" in str(caught.value)


class _Touches:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (Path(self.path),)


def test_the_journal_is_one_that_optunas_own_tools_read(tmp_path: Path):
    path = tmp_path / "search.journal"
    study = opened(path)
    (trial,) = asked(study, 1)
    study.tell(trial, 0.5)
    read = optuna.load_study(
        study_name="baseline/adam", storage=JournalStorage(JournalFileBackend(str(path)))
    )
    assert read.best_value == 0.5
    assert all(json.loads(line) for line in path.read_text().splitlines())
