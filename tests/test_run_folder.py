import hashlib
from pathlib import Path

import pytest

from ablate.combined_runs import read_runs
from ablate.errors import AblateError, RecordError
from ablate.records.store import RecordStore
from ablate.run_folder import Run, open_run, recorded, records_of, write_compact_run
from ablate.study.loading import load_study
from ablate.study.plan import Plan
from ablate.study.planning import make_plan
from ablate.study.schema import Factor, Study
from tests.runs import (
    NO_RECORDS,
    completed,
    damage,
    failed,
    make_report,
    make_run,
    not_a_record,
    output_of,
)
from tests.tuning.studies import make_trivial_plan


@pytest.fixture
def plan() -> Plan:
    """Two arms, two seeds."""
    return make_trivial_plan(seeds=2)


@pytest.mark.parametrize("name", ["file", "file/run"])
def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path, plan: Plan, name: str):
    (tmp_path / "file").touch()
    reason = {"file": "File exists", "file/run": "Not a directory"}[name]
    for begin in (
        lambda: open_run(tmp_path / name, plan).__enter__(),
        lambda: write_compact_run(Run(plan, {}), tmp_path / name),
    ):
        with pytest.raises(AblateError) as caught:
            begin()
        assert str(caught.value) == (
            f"{tmp_path / name}: no folder can be made there: {reason}\n"
            "    name another folder with --out"
        )


def test_a_folder_that_may_not_be_written_into_is_an_error(
    tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write anywhere
    with pytest.raises(AblateError) as caught, open_run(tmp_path, plan):
        pass
    assert str(caught.value) == (
        f"{tmp_path}: is a folder that may not be written into\n    name another folder with --out"
    )
    assert list(tmp_path.iterdir()) == []


class TestOpenRun:
    def test_the_study_as_run_is_written_into_a_new_folder(self, tmp_path: Path, plan: Plan):
        with open_run(tmp_path / "runs" / "new", plan) as store:
            assert store.run_folder == tmp_path / "runs" / "new"
        assert load_study(tmp_path / "runs" / "new" / "study.yaml") == plan.study

    @pytest.mark.parametrize("ended", [None, "new", "again"])
    def test_a_run_that_is_refused_leaves_the_study_as_it_was_unless_a_trial_has_ended(
        self, tmp_path: Path, plan: Plan, ended: str | None
    ):
        make_run(tmp_path / "run", plan, failed(plan.trials[0]))
        make_run(tmp_path / "beside", plan, completed(plan.trials[1]))  # copied, which is no end
        longer = make_trivial_plan(seeds=3)
        trials = {"new": longer.trials[2], "again": plan.trials[0]}
        with pytest.raises(AblateError), open_run(tmp_path / "run", longer) as store:
            if ended:
                store.put(completed(trials[ended]))
            raise AblateError("there is no such data")
        kept = load_study(tmp_path / "run" / "study.yaml")
        assert kept == (longer.study if ended else plan.study)

    def test_a_first_run_that_is_refused_leaves_no_study(self, tmp_path: Path, plan: Plan):
        with pytest.raises(AblateError), open_run(tmp_path / "run", plan):
            raise AblateError("there is no such data")
        assert not (tmp_path / "run" / "study.yaml").exists()

    def test_a_damaged_record_leaves_the_study_as_it_was(self, tmp_path: Path, plan: Plan):
        damage(make_run(tmp_path / "run", plan, completed(plan.trials[0])), plan)
        longer = make_trivial_plan(seeds=3)
        with pytest.raises(RecordError), open_run(tmp_path / "run", longer):
            pass
        assert load_study(tmp_path / "run" / "study.yaml") == plan.study

    def test_a_run_is_held_against_other_processes_until_it_is_left(
        self, tmp_path: Path, plan: Plan
    ):
        folder = tmp_path / "run"
        with open_run(folder, plan):
            assert opened_elsewhere(folder) == (
                f"{folder}: another ablate process is writing to this run\n"
                "    wait until it ends, or give this run a folder of its own with --out"
            )
        assert opened_elsewhere(folder) == "opened"

    def test_a_run_is_left_free_by_an_error(self, tmp_path: Path, plan: Plan):
        with pytest.raises(ZeroDivisionError), open_run(tmp_path / "run", plan):
            _ = 1 / 0
        assert opened_elsewhere(tmp_path / "run") == "opened"

    def test_records_of_named_runs_and_reports_are_copied(self, tmp_path: Path, plan: Plan):
        first, second, third, _ = plan.trials
        other = make_run(tmp_path / "far" / "run", plan, completed(first))
        report = make_report(tmp_path / "far" / "report", plan, completed(second), failed(third))
        with open_run(tmp_path / "near" / "run", plan, [other, report]) as store:
            pass
        assert {record.hash: record for record in store.records()} == {
            trial.hash: completed(trial) for trial in (first, second)
        }

    def test_the_first_named_folder_wins(self, tmp_path: Path, plan: Plan):
        trial = plan.trials[0]
        others = [
            make_run(tmp_path / "far" / name, plan, completed(trial, accuracy))
            for name, accuracy in (("one", 70.0), ("two", 80.0))
        ]
        with open_run(tmp_path / "near" / "run", plan, others) as store:
            assert store.get(trial.hash) == completed(trial, 70.0)

    def test_a_run_in_a_reports_folder_has_the_reports_records(self, tmp_path: Path, plan: Plan):
        folder = make_report(tmp_path / "reports" / "new", plan, *map(completed, plan.trials))
        planned = recorded(folder, plan)
        with open_run(folder, plan, [folder]) as store:
            assert store.hashes() == sorted(planned) == sorted(trial.hash for trial in plan.trials)

    def test_a_record_of_its_own_stays(self, tmp_path: Path, plan: Plan):
        trial = plan.trials[0]
        make_run(tmp_path / "run", plan, completed(trial, 70.0))
        make_run(tmp_path / "beside", plan, completed(trial, 80.0))
        with open_run(tmp_path / "run", plan) as store:
            assert store.get(trial.hash) == completed(trial, 70.0)

    def test_a_study_that_names_a_file_is_written_with_its_content(self, tmp_path: Path):
        file = tmp_path / "a.safetensors"
        file.write_bytes(b"tensors")
        study = Study(
            name="s",
            question="Does it plan where the file is not?",
            contexts={
                "baseline": {"preset": "resnet18", "architecture.weights": str(file)},
            },
            factors={
                "start": Factor(name="start", levels={"r": {"architecture.weights": "none"}}),
            },
            seeds=(0,),
        )
        plan = make_plan(study)
        with open_run(tmp_path / "run", plan) as store:
            store.put(completed(plan.trials[0]))
        file.unlink()
        again = read_runs([tmp_path / "run"]).plan
        assert [trial.hash for trial in again.trials] == [trial.hash for trial in plan.trials]
        pin = again.study.contexts["baseline"]["architecture.weights"]
        assert pin == f"{file}@sha256:{hashlib.sha256(b'tensors').hexdigest()}"

    def test_weights_are_copied_with_their_record(self, tmp_path: Path):
        plan = make_trivial_plan(seeds=1, arms=(), keep_weights=True)
        (trial,) = plan.trials
        other = make_run(tmp_path / "far" / "run", plan)
        RecordStore(other).put(completed(trial), b"weights")
        with open_run(tmp_path / "near" / "run", plan, [other]) as store:
            record = store.get(trial.hash)
            assert record is not None and store.weights_of(record) == b"weights"

    def test_runs_beside_it_share_what_the_study_plans_and_nothing_else(
        self, tmp_path: Path, plan: Plan
    ):
        larger = make_trivial_plan(seeds=3, arms=("b", "c"))
        make_run(tmp_path / "beside", larger, *map(completed, larger.trials))
        make_run(tmp_path / "below" / "run", larger, *map(completed, larger.trials))
        with open_run(tmp_path / "run", plan) as store:
            assert store.hashes() == sorted(trial.hash for trial in plan.trials)

    def test_the_runs_beside_a_link_are_those_where_it_lies(self, tmp_path: Path, plan: Plan):
        here, there = plan.trials[:2]
        make_run(tmp_path / "runs" / "beside", plan, completed(here))
        make_run(tmp_path / "disk" / "beside", plan, completed(there))
        make_run(tmp_path / "disk" / "run", plan)
        (tmp_path / "runs" / "run").symlink_to(tmp_path / "disk" / "run")
        (tmp_path / "runs" / "again").symlink_to("run")
        with open_run(tmp_path / "runs" / "run", plan) as store:
            assert store.hashes() == [here.hash]

    def test_a_folder_beside_it_that_is_no_run_shares_nothing(self, tmp_path: Path, plan: Plan):
        make_run(tmp_path / "beside", plan, completed(plan.trials[0]))
        (tmp_path / "beside" / "study.yaml").unlink()
        with open_run(tmp_path / "run", plan) as store:
            assert store.hashes() == []

    def test_a_damaged_run_beside_it_shares_nothing_and_the_next_does(
        self, tmp_path: Path, plan: Plan
    ):
        records = [completed(trial) for trial in plan.trials]
        damage(make_run(tmp_path / "a", plan, *records), plan)
        make_run(tmp_path / "b", plan, records[1])
        with open_run(tmp_path / "run", plan) as store:
            assert store.hashes() == [records[1].hash]

    def test_a_named_folder_without_records_is_refused_before_anything_is_written(
        self, tmp_path: Path, plan: Plan
    ):
        (tmp_path / "empty").mkdir()
        with (
            pytest.raises(RecordError) as caught,
            open_run(tmp_path / "run", plan, [tmp_path / "empty"]),
        ):
            pass
        assert str(caught.value) == NO_RECORDS.format(folder=tmp_path / "empty")
        assert not (tmp_path / "run").exists()

    def test_a_damaged_record_is_named_where_the_folder_is_its_own_or_was_named(
        self, tmp_path: Path, plan: Plan
    ):
        folder = make_run(tmp_path / "far" / "run", plan, completed(plan.trials[0]))
        broken = damage(folder, plan)
        for opened in (
            open_run(folder, plan),
            open_run(tmp_path / "near" / "run", plan, [folder]),
        ):
            with pytest.raises(RecordError) as caught, opened:
                pass
            assert str(caught.value) == not_a_record(broken)


def opened_elsewhere(folder: Path) -> str:
    """What another process has to say that opens the run."""
    program = f"""
        from pathlib import Path
        from ablate.errors import AblateError
        from ablate.run_folder import open_run
        from tests.tuning.studies import make_trivial_plan
        try:
            with open_run(Path({str(folder)!r}), make_trivial_plan(seeds=2)):
                print("opened", end="")
        except AblateError as error:
            print(error, end="")
    """
    return output_of(program)


class TestRecorded:
    def test_it_finds_what_opening_the_run_would_and_writes_nothing(
        self, tmp_path: Path, plan: Plan
    ):
        own, beside, named, _ = plan.trials
        make_run(tmp_path / "run", plan, completed(own))
        make_run(tmp_path / "beside", plan, completed(beside))
        report = make_report(tmp_path / "far" / "report", plan, completed(named))
        before = sorted(tmp_path.rglob("*"))
        found = recorded(tmp_path / "run", plan, [report])
        assert sorted(tmp_path.rglob("*")) == before
        with open_run(tmp_path / "run", plan, [report]) as store:
            assert found == records_of(plan, store).records
        assert set(found) == {own.hash, beside.hash, named.hash}

    def test_a_run_that_does_not_exist_has_nothing(self, tmp_path: Path, plan: Plan):
        assert recorded(tmp_path / "none" / "run", plan) == {}
        assert list(tmp_path.iterdir()) == []

    def test_what_does_not_answer_the_study_is_missing(self, tmp_path: Path):
        plan = make_trivial_plan(seeds=1, keep_weights=True)
        first, second = plan.trials
        make_run(tmp_path / "run", plan, completed(first), failed(second))
        assert recorded(tmp_path / "run", plan) == {}

    def test_a_failure_here_does_not_hide_a_result_elsewhere(self, tmp_path: Path, plan: Plan):
        trial, other, *_ = plan.trials
        make_run(tmp_path / "run", plan, failed(trial), failed(other))
        make_run(tmp_path / "beside", plan, completed(trial))
        report = make_report(tmp_path / "far" / "report", plan, completed(other), failed(trial))
        found = recorded(tmp_path / "run", plan, [report])
        assert found == {trial.hash: completed(trial), other.hash: completed(other)}
        with open_run(tmp_path / "run", plan, [report]) as store:
            assert records_of(plan, store).records == found

    def test_what_lacks_something_that_is_here_is_not_found_elsewhere(self, tmp_path: Path):
        plan = make_trivial_plan(seeds=1, arms=(), test_curve=True)
        trial = plan.trials[0]
        RecordStore(make_run(tmp_path / "run", plan)).put(completed(trial), b"weights")
        curve = completed(trial, history={"epoch": [1.0], "test_loss": [0.5]})
        make_run(tmp_path / "beside", plan, curve)
        assert recorded(tmp_path / "run", plan) == {}
        with open_run(tmp_path / "run", plan) as store:
            assert store.get(trial.hash).history == completed(trial).history

    def test_a_named_folder_without_records_is_an_error(self, tmp_path: Path, plan: Plan):
        with pytest.raises(RecordError) as caught:
            recorded(tmp_path / "run", plan, [tmp_path / "nowhere"])
        assert str(caught.value) == NO_RECORDS.format(folder=tmp_path / "nowhere")


class TestResultsFromElsewhere:
    """They share the hash of the trials that they are said to be of, and nothing else."""

    def test_they_answer_no_run_beside_them(self, tmp_path: Path, plan: Plan):
        foreign = [completed(trial, provenance={"source": "mine.csv"}) for trial in plan.trials]
        make_report(tmp_path / "run-mine", plan, *foreign)
        assert recorded(tmp_path / "run", plan) == {}
        with open_run(tmp_path / "run", plan) as store:
            assert records_of(plan, store).records == {}

    def test_they_are_refused_where_a_run_names_them(self, tmp_path: Path, plan: Plan):
        trial, *_ = plan.trials
        foreign = completed(trial, provenance={"source": "mine.csv"})
        report = make_report(tmp_path / "far" / "report", plan, foreign)
        message = (
            f"{report}: holds results from elsewhere, which make no pairs with trials run here\n"
            "    leave it out; `ablate report STUDY --results FILE` reports them by themselves"
        )
        with pytest.raises(RecordError) as caught, open_run(tmp_path / "run", plan, [report]):
            pass
        assert str(caught.value) == message
        with pytest.raises(RecordError) as caught:
            recorded(tmp_path / "run", plan, [report])
        assert str(caught.value) == message


class TestRecordsOf:
    def test_it_gives_the_plans_trials_however_they_ended(self, tmp_path: Path, plan: Plan):
        first, second, *_ = plan.trials
        other = make_trivial_plan(seeds=1, arms=("z",)).trials[1]
        folder = make_run(
            tmp_path / "run", plan, completed(first), failed(second), completed(other)
        )
        assert records_of(plan, RecordStore(folder)) == Run(
            plan, {first.hash: completed(first), second.hash: failed(second)}
        )


class TestWriteCompactRun:
    def test_a_later_report_takes_the_place_of_the_earlier(self, tmp_path: Path, plan: Plan):
        first, second, *_ = plan.trials
        make_report(tmp_path, plan, completed(first))
        make_report(tmp_path, plan, completed(second))
        assert set(read_runs([tmp_path]).records) == {second.hash}

    def test_equal_runs_give_equal_files(self, tmp_path: Path, plan: Plan):
        records = [completed(trial) for trial in plan.trials]
        one = make_report(tmp_path / "one", plan, *records)
        two = make_report(tmp_path / "two", plan, *reversed(records))
        for name in ("study.yaml", "records.jsonl"):
            assert (one / name).read_bytes() == (two / name).read_bytes()
