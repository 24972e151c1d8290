import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from ablate import atomic
from ablate.errors import AblateError, RecordError
from ablate.records.compact import write_compact
from ablate.records.encoding import encode_compactly
from ablate.records.schema import TrialRecord
from ablate.records.store import (
    RecordStore,
    answers,
    answers_a_search,
    gather,
    load_records,
    writer_lock,
)
from tests.records.samples import make_failed, make_record, make_study

Write = Callable[[Path, Iterable[TrialRecord]], None]


def write_run(folder: Path, records: Iterable[TrialRecord]) -> None:
    for record in records:
        RecordStore(folder).put(record)


def write_report(folder: Path, records: Iterable[TrialRecord]) -> None:
    write_compact(records, folder / "records.jsonl")


@pytest.fixture(params=[write_run, write_report], ids=["run folder", "report folder"])
def write(request: pytest.FixtureRequest) -> Write:
    return request.param


class TestBothKindsOfFolder:
    """What every way of keeping records promises."""

    def test_give_back_what_was_written(self, write: Write, tmp_path: Path):
        records = [make_record(seed) for seed in (2, 0, 1)] + [make_failed(3)]
        write(tmp_path, records)
        assert load_records(tmp_path) == {record.hash: record for record in records}

    def test_keep_the_exact_spec_behind_a_hash(self, write: Write, tmp_path: Path):
        record = make_record()
        write(tmp_path, [record])
        assert load_records(tmp_path)[record.hash].spec.hash == record.hash

    def test_name_the_unreadable_file(self, write: Write, tmp_path: Path):
        write(tmp_path, [make_record()])
        file = next(path for path in tmp_path.rglob("*") if path.is_file())
        file.write_bytes(file.read_bytes()[:40])
        with pytest.raises(RecordError) as caught:
            load_records(tmp_path)
        assert caught.value.problems[0].where.startswith(str(file))
        assert caught.value.problems[0].message.startswith("is not a trial record: ")

    def test_offer_nothing_for_other_trials(self, write: Write, tmp_path: Path):
        write(tmp_path, [make_record()])
        assert make_record(9).hash not in load_records(tmp_path)


def test_a_folder_without_records_says_so(tmp_path: Path):
    with pytest.raises(RecordError) as caught:
        load_records(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: holds no records: neither records/ nor records.jsonl\n"
        "    name the folder of a run or of a report"
    )


def test_a_store_knows_its_records(tmp_path: Path):
    store = RecordStore(tmp_path)
    assert store.hashes() == [] and store.get("0" * 20) is None
    records = [make_record(seed) for seed in range(3)]
    for record in records:
        store.put(record)
    assert store.hashes() == sorted(record.hash for record in records)
    assert store.get(records[0].hash) == records[0] and store.get(make_record(7).hash) is None
    assert sorted(store.records(), key=lambda r: r.spec.seed) == records
    assert (tmp_path / "records" / f"{records[0].hash}.json").is_file()


def test_a_failed_record_gives_way_to_a_later_ending(tmp_path: Path):
    store = RecordStore(tmp_path)
    store.put(make_failed())
    store.put(make_failed(error="OSError: again"))
    assert store.get(make_record().hash).error == "OSError: again"
    store.put(make_record())
    assert store.get(make_record().hash) == make_record()


def test_a_finished_record_stays_as_it_is(tmp_path: Path):
    store = RecordStore(tmp_path)
    store.put(make_record())
    store.put(make_record(metrics={"test_accuracy": 1.0}))
    store.put(make_failed())
    assert store.get(make_record().hash) == make_record()


def test_a_finished_record_gives_way_to_one_that_holds_more(tmp_path: Path):
    store = RecordStore(tmp_path)
    store.put(make_record())
    fuller = make_record(history={"epoch": [1.0], "test_loss": [0.5]})
    store.put(fuller)
    assert store.get(fuller.hash) == fuller


def test_a_finished_record_that_gives_more_replaces_the_weights_too(tmp_path: Path):
    store = RecordStore(tmp_path)
    store.put(make_record(), weights=b"first")
    fuller = store.put(make_record(history={"epoch": [1.0], "test_loss": [0.5]}), weights=b"later")
    assert store.get(fuller.hash) == fuller
    assert store.weights_of(fuller) == b"later"


class TestNotGiven:
    """What a workload was asked for in a later run, and could not give."""

    @pytest.mark.parametrize("asked", ["weights", "test_curve"])
    def test_is_named_in_the_record_that_stays_so_that_no_call_asks_again(
        self, tmp_path: Path, asked: str
    ):
        store = RecordStore(tmp_path)
        study = make_study(keep_weights=asked == "weights", test_curve=asked == "test_curve")
        first = store.put(make_record())
        assert not answers(first, study)
        again = make_record(metrics={"test_accuracy": 1.0}, provenance={"not_given": [asked]})
        kept = store.put(again)
        assert kept == store.get(first.hash)
        assert kept.provenance == first.provenance | {"not_given": [asked]}
        assert kept.metrics == first.metrics
        assert answers(kept, study)

    def test_does_not_take_what_the_first_gave(self, tmp_path: Path):
        store, curve = RecordStore(tmp_path), {"epoch": [1.0], "test_loss": [0.5]}
        store.put(make_record(history=curve), weights=b"first")
        store.put(make_record(provenance={"not_given": ["test_curve"]}), weights=b"later")
        kept = store.get(make_record().hash)
        assert kept.history == curve
        assert "not_given" not in kept.provenance
        assert store.weights_of(kept) == b"first"

    def test_is_remembered_where_a_later_record_gives_more(self, tmp_path: Path):
        store = RecordStore(tmp_path)
        store.put(make_record(provenance={"not_given": ["weights"]}))
        fuller = make_record(history={"epoch": [1.0], "test_loss": [0.5]})
        assert store.put(fuller).provenance == fuller.provenance | {"not_given": ["weights"]}


def test_a_completed_record_counts_before_a_failed_one_in_either_kind_of_folder(tmp_path: Path):
    write_run(tmp_path, [make_failed(0), make_record(1)])
    write_report(tmp_path, [make_record(0), make_failed(1)])
    assert [record.status for record in load_records(tmp_path).values()] == ["completed"] * 2


def test_weights_lie_beside_their_record(tmp_path: Path):
    store = RecordStore(tmp_path)
    store.put(make_record(), weights=b"tensors")
    record = store.get(make_record().hash)
    assert record.weights == f"{record.hash}.safetensors"
    assert store.weights_of(record) == b"tensors"
    (tmp_path / "records" / record.weights).unlink()
    assert store.get(record.hash).weights is None


def test_a_left_over_temporary_file_is_ignored(tmp_path: Path):
    store = RecordStore(tmp_path)
    store.put(make_record())
    (tmp_path / "records" / f".{make_record(1).hash}.json.ab12.tmp").write_text('{"record')
    assert load_records(tmp_path) == {make_record().hash: make_record()}


def test_a_foreign_file_is_named(tmp_path: Path):
    store = RecordStore(tmp_path)
    store.put(make_record())
    notes = tmp_path / "records" / "notes.txt"
    notes.touch()
    with pytest.raises(RecordError) as caught:
        store.hashes()
    assert str(caught.value) == (
        f"{notes}: is no trial record\n    move it out of the records folder"
    )


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store = RecordStore(tmp_path)
    store.put(make_record())

    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)  # root, as which tests may run, is refused nothing
    with pytest.raises(RecordError) as caught:
        load_records(tmp_path)
    assert str(caught.value) == f"{store.folder}: cannot be read: Permission denied"


def test_a_record_under_another_trials_name_is_refused(tmp_path: Path):
    store = RecordStore(tmp_path)
    store.put(make_record())
    path = tmp_path / "records" / f"{make_record(1).hash}.json"
    path.write_bytes((tmp_path / "records" / f"{make_record().hash}.json").read_bytes())
    with pytest.raises(RecordError) as caught:
        store.get(make_record(1).hash)
    assert str(caught.value) == (
        f"{path}: holds the record of trial {make_record().hash}\n    rename or remove it"
    )


def test_a_writer_killed_at_any_moment_leaves_whole_records_only(tmp_path: Path):
    script = (
        "import itertools, sys; from pathlib import Path\n"
        "from ablate.records.store import RecordStore\n"
        "from tests.records.samples import make_record\n"
        "store = RecordStore(Path(sys.argv[1]))\n"
        "column = [float(value) for value in range(5000)]\n"
        "for seed in itertools.count():\n"
        "    store.put(make_record(seed, history={'epoch': column}))\n"
    )
    for attempt in range(3):
        folder = tmp_path / str(attempt)
        writer = subprocess.Popen([sys.executable, "-c", script, folder], cwd=Path.cwd())
        try:
            while len(list(folder.glob("records/*"))) < 5:
                time.sleep(0.01)
            time.sleep(0.013 * attempt)
        finally:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        records = load_records(folder)
        assert len(records) >= 4
        assert all(len(record.history["epoch"]) == 5000 for record in records.values())


@pytest.mark.parametrize("fails", ["write", "replace"])
@pytest.mark.parametrize("before", [False, True], ids=["new", "replaced"])
def test_a_record_that_was_being_written_is_there_as_before_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str, before: bool
):
    """Whatever is read of the folder at the moment of a kill: no clean-up comes after that."""
    store, wanted = RecordStore(tmp_path), make_record()
    other, kept = make_record(1), [make_failed()] if before else []
    for record in (other, *kept):
        store.put(record)
    found = []

    def killed(*arguments: Any) -> NoReturn:
        found.append(load_records(tmp_path))
        raise KeyboardInterrupt

    if fails == "write":
        monkeypatch.setattr(atomic.os, "fsync", killed)  # after the content, before the rename
    else:
        monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        store.put(wanted)
    assert found == [{record.hash: record for record in (other, *kept)}]


def test_what_killed_writers_have_left_is_swept_after_a_day_by_who_holds_the_lock(tmp_path: Path):
    store = RecordStore(tmp_path)
    store.put(make_record())
    old, young, foreign = (
        store.folder / name for name in (".a.json.0123abcd.tmp", ".b.json.0123abcd.tmp", ".c.tmp")
    )
    for path, age in ((old, 90_000), (young, 80_000), (foreign, 90_000)):
        path.write_text("{")
        os.utime(path, (time.time() - age,) * 2)
    with writer_lock(tmp_path):
        assert sorted(store.folder.glob(".*.tmp")) == [young, foreign]
    assert load_records(tmp_path) == {make_record().hash: make_record()}


def test_a_second_writer_is_refused(tmp_path: Path):
    script = (
        "import sys; from pathlib import Path; from ablate.records.store import writer_lock\n"
        "with writer_lock(Path(sys.argv[1])):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, tmp_path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(AblateError) as caught, writer_lock(tmp_path):
            pass
        assert str(caught.value) == (
            f"{tmp_path}: another ablate process is writing to this run\n"
            "    wait until it ends, or give this run a folder of its own with --out"
        )
        first.kill()
        first.wait()
    with writer_lock(tmp_path), writer_lock(tmp_path):
        pass


def test_a_writer_may_lock_its_folder_again_by_another_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    Path("link").symlink_to("run")
    with writer_lock(Path("run")), writer_lock(tmp_path / "run"), writer_lock(Path("link")):
        pass


def test_a_folder_in_the_place_of_the_lock_is_named(tmp_path: Path):
    lock = tmp_path / ".writer.lock"
    lock.mkdir()
    with pytest.raises(AblateError) as caught, writer_lock(tmp_path):
        pass
    assert str(caught.value) == (
        f"{lock}: cannot be locked: Is a directory\n"
        "    move away what stands there, or let it be written to"
    )


def test_a_record_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ablate.records.store.write_atomically", full)
    with pytest.raises(RecordError) as caught:
        RecordStore(tmp_path).put(make_record())
    assert str(caught.value) == (
        f"{tmp_path / 'records' / make_record().hash}.json: cannot be written: No space left on "
        "device\n    make room for it; the same command continues"
    )


class TestAnswers:
    def test_a_finished_record_answers(self):
        diverged = make_record(status="diverged", metrics={}, error="loss is nan")
        assert answers(make_record(), make_study())
        assert answers(diverged, make_study())

    def test_a_failed_or_pruned_record_does_not(self):
        assert not answers(make_failed(), make_study())
        assert not answers(make_record(status="pruned", metrics={}), make_study())

    def test_a_test_curve_that_is_asked_for_must_be_there(self):
        curve = make_record(history={"epoch": [1.0], "test_accuracy": [80.0]})
        assert not answers(make_record(), make_study(test_curve=True))
        assert answers(curve, make_study(test_curve=True))

    def test_weights_that_are_asked_for_must_be_there(self):
        assert not answers(make_record(), make_study(keep_weights=True))
        assert answers(
            make_record(weights=f"{make_record().hash}.safetensors"), make_study(keep_weights=True)
        )

    def test_a_diverged_trial_has_no_weights_to_give(self):
        diverged = make_record(status="diverged", metrics={}, error="loss is nan")
        assert answers(diverged, make_study(keep_weights=True))

    def test_what_the_workload_cannot_give_is_not_waited_for(self):
        record = make_record(provenance={"not_given": ["test_curve", "weights"]})
        assert answers(record, make_study(test_curve=True, keep_weights=True))


class TestGather:
    def test_copies_what_answers_from_runs_and_reports(self, tmp_path: Path):
        write_run(tmp_path / "first", [make_record(0), make_failed(1), make_record(5)])
        (tmp_path / "report").mkdir()
        write_report(tmp_path / "report", [make_record(1), make_record(2)])
        wanted = [make_record(seed).hash for seed in range(4)]
        others = [tmp_path / "absent", tmp_path / "run", tmp_path / "first", tmp_path / "report"]
        copied = gather(wanted, tmp_path / "run", others, make_study())
        assert sorted(copied) == sorted(wanted[:3])
        assert sorted(load_records(tmp_path / "run")) == sorted(wanted[:3])
        assert gather(wanted, tmp_path / "run", others, make_study()) == ()

    def test_a_folders_own_report_lends_to_its_run_before_all_others(self, tmp_path: Path):
        folder = tmp_path / "report"
        write_run(folder, [make_failed(0)])
        write_report(folder, [make_record(0), make_failed(1)])
        write_run(tmp_path / "first", [make_record(0, metrics={"test_accuracy": 1.0})])
        wanted = [make_record(seed).hash for seed in range(2)]
        others = [tmp_path / "first", folder]
        assert gather(wanted, folder, others, make_study()) == (wanted[0],)
        assert RecordStore(folder).get(wanted[0]) == make_record(0)

    def test_does_not_count_as_copied_what_lacks_something_that_is_here(self, tmp_path: Path):
        curve = make_record(history={"epoch": [1.0], "test_loss": [0.5]})
        RecordStore(tmp_path / "run").put(make_record(), weights=b"tensors")
        write_run(tmp_path / "first", [curve])
        RecordStore(tmp_path / "second").put(curve, weights=b"tensors")
        wanted, study = [curve.hash], make_study(test_curve=True)
        assert gather(wanted, tmp_path / "run", [tmp_path / "first"], study) == ()
        others = [tmp_path / "first", tmp_path / "second"]
        assert gather(wanted, tmp_path / "run", others, study) == (curve.hash,)

    def test_a_search_takes_what_a_scheduler_has_stopped_until_the_trial_is_found_trained(
        self, tmp_path: Path
    ):
        stopped = make_record(status="pruned", metrics={})
        write_run(tmp_path / "first", [stopped])
        write_run(tmp_path / "second", [make_record()])
        wanted, store = [stopped.hash], RecordStore(tmp_path / "run")
        assert gather(wanted, store.run_folder, [tmp_path / "first"], make_study()) == ()
        for folder, found in (("first", stopped), ("second", make_record())):
            others = [tmp_path / folder]
            copied = gather(wanted, store.run_folder, others, make_study(), answers_a_search)
            assert copied == (stopped.hash,)
            assert store.get(stopped.hash) == found
            assert gather(wanted, store.run_folder, others, make_study(), answers_a_search) == ()

    def test_takes_weights_along(self, tmp_path: Path):
        RecordStore(tmp_path / "first").put(make_record(), weights=b"tensors")
        study = make_study(keep_weights=True)
        gather([make_record().hash], tmp_path / "run", [tmp_path / "first"], study)
        store = RecordStore(tmp_path / "run")
        assert store.weights_of(store.get(make_record().hash)) == b"tensors"

    def test_a_report_that_names_weights_lends_a_record_without_them(self, tmp_path: Path):
        record = make_record(weights=f"{make_record().hash}.safetensors")
        (tmp_path / "report").mkdir()
        (tmp_path / "report" / "records.jsonl").write_text(encode_compactly(record))
        gather([record.hash], tmp_path / "run", [tmp_path / "report"], make_study())
        assert RecordStore(tmp_path / "run").get(record.hash) == make_record()

    def test_what_has_lost_its_weights_does_not_answer_where_they_are_asked_for(
        self, tmp_path: Path
    ):
        record, study = make_record(), make_study(keep_weights=True)
        RecordStore(tmp_path / "first").put(record, weights=b"tensors")
        (tmp_path / "first" / "records" / f"{record.hash}.safetensors").unlink()
        (tmp_path / "report").mkdir()
        named = make_record(weights=f"{record.hash}.safetensors")
        (tmp_path / "report" / "records.jsonl").write_text(encode_compactly(named))
        others = [tmp_path / "first", tmp_path / "report"]
        assert gather([record.hash], tmp_path / "run", others, study) == ()
        assert not answers(RecordStore(tmp_path / "first").get(record.hash), study)


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "w.safetensors"])
def test_a_record_that_names_another_file_than_its_weights_is_refused(tmp_path: Path, name: str):
    own = f"{make_record().hash}.safetensors"
    text = encode_compactly(make_record(weights=own)).replace(own, name)
    (tmp_path / "records.jsonl").write_text(text)
    (tmp_path / "secret").write_text("hers alone")
    with pytest.raises(RecordError) as caught:
        gather([make_record().hash], tmp_path / "run", [tmp_path], make_study(keep_weights=True))
    assert str(caught.value) == (
        f"{tmp_path / 'records.jsonl'}, line 1: is not a trial record: weights are {own} or none, "
        f"not {name}\n    remove it; its trial runs again"
    )
    assert not (tmp_path / "run").exists()


def test_a_record_file_is_readable_json(tmp_path: Path):
    RecordStore(tmp_path).put(make_record())
    path = tmp_path / "records" / f"{make_record().hash}.json"
    content = json.loads(path.read_text())
    assert content["metrics"] == {"test_accuracy": 82.5}
    assert path.read_text().startswith('{\n "record_version": 1,\n "hash": ')
