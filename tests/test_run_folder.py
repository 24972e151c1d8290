import hashlib
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from ablate.errors import AblateError, RecordError, StudyError
from ablate.records.schema import Cost, TrialRecord
from ablate.records.store import RecordStore
from ablate.run_folder import (
    Run,
    folder_for,
    open_run,
    read_runs,
    recorded,
    records_of,
    refuse_results_beside_a_run,
    write_compact_run,
)
from ablate.study.loading import load_study
from ablate.study.plan import Plan, PlannedTrial, make_plan
from ablate.study.schema import Factor, Study
from ablate.study.writing import study_to_yaml
from tests.tuning.studies import make_trivial_plan

NO_RECORDS = (
    "{folder}: holds no records: neither records/ nor records.jsonl\n"
    "    name the folder of a run or of a report"
)
NO_RUN = (
    "{folder}: is neither a run nor a report: it holds no study.yaml\n"
    "    name a folder that `ablate run` or `ablate report` has written"
)


def completed(trial: PlannedTrial, accuracy: float = 82.5, **changes: Any) -> TrialRecord:
    fields: dict[str, Any] = {
        "hash": trial.hash,
        "spec": trial.spec,
        "status": "completed",
        "metrics": {"test_accuracy": accuracy},
        "history": {"epoch": [1.0, 2.0], "validation_loss": [0.75, None]},
        "cost": Cost(seconds=4.0, core_seconds=8.0),
        "provenance": {"python": "3.11.7"},
    }
    return TrialRecord(**(fields | changes))


def failed(trial: PlannedTrial) -> TrialRecord:
    return completed(trial, status="failed", metrics={}, error="ValueError: no luck")


def make_run(folder: Path, plan: Plan, *records: TrialRecord) -> Path:
    """A run folder as `ablate run` leaves it."""
    (folder / "records").mkdir(parents=True)
    (folder / "study.yaml").write_text(study_to_yaml(plan.study))
    for record in records:
        RecordStore(folder).put(record)
    return folder


def looked_at_with(seeds: tuple[int, ...]) -> Plan:
    """The trivial plan of at most five seeds, with these, in their order."""
    study = make_trivial_plan(max_seeds=5).study
    return make_plan(study.model_copy(update={"seeds": seeds}))


def make_report(folder: Path, plan: Plan, *records: TrialRecord) -> Path:
    """A report folder as `ablate report --compact` leaves it."""
    write_compact_run(Run(plan, {record.hash: record for record in records}), folder)
    return folder


def make_unreadable(folder: Path) -> None:
    """As a run's study is once its workload's module has another name."""
    study = folder / "study.yaml"
    study.write_text(study.read_text().replace("tests.tuning.trivial:", "no.such.module:"))
    with pytest.raises(StudyError):
        load_study(study)


def damage(folder: Path, plan: Plan) -> Path:
    """Where a run's first record is cut off."""
    broken = folder / "records" / f"{plan.trials[0].hash}.json"
    broken.write_text('{"record_version": 1, ')
    return broken


def not_a_record(path: Path) -> str:
    return (
        f"{path}: is not a trial record: Expecting property name enclosed in double quotes: "
        "line 1 column 23 (char 22)\n    remove it; its trial runs again"
    )


@pytest.fixture
def plan() -> Plan:
    """Two arms, two seeds."""
    return make_trivial_plan(seeds=2)


class TestFolderFor:
    @pytest.mark.parametrize(
        ("given", "folder"),
        [
            ({}, "runs/pooling"),
            ({"dataset": "digits"}, "runs/pooling-digits"),
            ({"out": Path("elsewhere")}, "elsewhere"),
            ({"dataset": "digits", "out": Path("elsewhere")}, "elsewhere"),
        ],
    )
    def test_a_run_is_named_for_its_study_and_data_unless_told(
        self, given: dict[str, Any], folder: str
    ):
        assert folder_for(Path("studies/pooling.yaml"), **given) == Path(folder)


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

    def test_another_study_takes_the_place_of_the_last_and_records_stay(
        self, tmp_path: Path, plan: Plan
    ):
        record = completed(plan.trials[0])
        make_run(tmp_path / "run", plan, record)
        longer = make_trivial_plan(seeds=3)
        with open_run(tmp_path / "run", longer) as store:
            assert records_of(longer, store) == Run(longer, {record.hash: record})
        assert load_study(tmp_path / "run" / "study.yaml") == longer.study

    @pytest.mark.parametrize(
        ("changes", "settings", "refused"),
        [
            ({"question": "Reworded?"}, {}, False),
            ({"name": "renamed"}, {}, False),
            ({}, {"more": 1}, False),
            ({"question": "Another?"}, {"more": 1}, True),
            ({"question": "Another?", "name": "another"}, {}, True),
        ],
        ids=["reworded", "renamed", "other settings", "same file name", "shares an arm"],
    )
    def test_what_another_study_has_found_is_not_written_over(
        self, tmp_path: Path, plan: Plan, changes: dict[str, Any], settings: Any, refused: bool
    ):
        make_run(tmp_path / "run", plan, completed(plan.trials[0]))
        study = make_trivial_plan(settings=settings).study.model_copy(update=changes)
        if not refused:
            with open_run(tmp_path / "run", make_plan(study)):
                pass
            assert load_study(tmp_path / "run" / "study.yaml") == study
            return
        with pytest.raises(AblateError) as caught, open_run(tmp_path / "run", make_plan(study)):
            pass
        assert str(caught.value) == (
            f"{tmp_path / 'run'}: is the run of another study: {plan.study.question}\n"
            "    name another folder with --out"
        )
        assert load_study(tmp_path / "run" / "study.yaml") == plan.study

    def test_a_study_that_can_no_longer_be_read_gives_way_to_one_that_asks_the_same(
        self, tmp_path: Path, plan: Plan
    ):
        folder = make_run(tmp_path / "run", plan, completed(plan.trials[0]))
        make_unreadable(folder)
        with open_run(folder, plan):
            pass
        assert load_study(folder / "study.yaml") == plan.study

    def test_what_a_study_has_found_that_can_no_longer_be_read_is_not_written_over(
        self, tmp_path: Path, plan: Plan
    ):
        folder = make_run(tmp_path / "run", plan, completed(plan.trials[0]))
        make_unreadable(folder)
        other = make_plan(plan.study.model_copy(update={"question": "Another?"}))
        with (
            pytest.raises(AblateError, match="is the run of another study"),
            open_run(folder, other),
        ):
            pass

    def test_a_maximum_holds_where_its_study_can_no_longer_be_read(
        self, tmp_path: Path, plan: Plan
    ):
        looked_at = make_trivial_plan(seeds=3, max_seeds=3)
        folder = make_run(tmp_path / "run", looked_at, completed(plan.trials[0]))
        make_unreadable(folder)
        with pytest.raises(AblateError) as caught, open_run(folder, plan):
            pass
        assert "looked at with a maximum of 3 seeds" in str(caught.value)

    @pytest.mark.parametrize("most", [None, 4, 6])
    def test_another_maximum_than_that_of_the_first_look_is_refused(
        self, tmp_path: Path, most: int | None
    ):
        folder = make_run(tmp_path / "run", make_trivial_plan(seeds=5, max_seeds=5))
        other = make_trivial_plan(seeds=most or 5, max_seeds=most)
        with pytest.raises(AblateError) as caught, open_run(folder, other):
            pass
        assert str(caught.value) == (
            f"{folder}: its claims have been looked at with a maximum of 5 seeds, which cannot be "
            "changed afterwards\n    go on with --until-decided --max-seeds 5, or name another "
            "folder with --out"
        )
        assert load_study(folder / "study.yaml").max_seeds == 5

    @pytest.mark.parametrize("readable", [True, False])
    @pytest.mark.parametrize("seeds", [(7, 8, 9, 0, 1), (0, 1, 2, 4, 3)])
    def test_other_seeds_than_those_of_the_first_look_are_refused(
        self, tmp_path: Path, seeds: tuple[int, ...], readable: bool
    ):
        folder = make_run(tmp_path / "run", make_trivial_plan(seeds=5, max_seeds=5))
        if not readable:
            make_unreadable(folder)
        before = (folder / "study.yaml").read_text()
        with pytest.raises(AblateError) as caught, open_run(folder, looked_at_with(seeds)):
            pass
        assert str(caught.value) == (
            f"{folder}: its claims have been looked at with seeds 0-4, in this order, which cannot "
            "be changed afterwards\n    go on with --until-decided --max-seeds 5 --seeds 0-4, or "
            "name another folder with --out"
        )
        assert (folder / "study.yaml").read_text() == before

    @pytest.mark.parametrize(
        ("before", "looked", "option"),
        [
            (True, "hopeless claims given up", " --stop-futile"),
            (False, "no claim given up", ""),
        ],
    )
    def test_whether_claims_are_given_up_is_fixed_at_the_first_look(
        self, tmp_path: Path, before: bool, looked: str, option: str
    ):
        def plan(stop_futile: bool) -> Plan:
            study = looked_at_with((0, 1, 2)).study
            return make_plan(study.model_copy(update={"stop_futile": stop_futile}))

        folder = make_run(tmp_path / "run", plan(before))
        with pytest.raises(AblateError) as caught, open_run(folder, plan(not before)):
            pass
        assert str(caught.value) == (
            f"{folder}: its claims have been looked at with {looked}, which cannot be changed "
            f"afterwards\n    go on with --until-decided --max-seeds 5{option}, or name another "
            "folder with --out"
        )
        with open_run(folder, plan(before)):
            pass

    def test_a_report_that_holds_the_seeds_up_to_its_last_look_lets_the_run_go_on(
        self, tmp_path: Path
    ):
        folder = make_run(tmp_path / "run", looked_at_with((7, 8, 9)))
        with (
            pytest.raises(AblateError, match="--seeds 7-9,"),
            open_run(folder, looked_at_with((7, 9, 8, 0, 1))),
        ):
            pass
        with open_run(folder, looked_at_with((7, 8, 9, 0, 1))):
            pass
        assert load_study(folder / "study.yaml").seeds == (7, 8, 9, 0, 1)

    @pytest.mark.parametrize("found", ["report.md", "records.jsonl", "search.json", None])
    def test_a_folder_in_which_nothing_was_found_is_free(
        self, tmp_path: Path, plan: Plan, found: str | None
    ):
        folder = make_run(tmp_path / "run", plan)
        if found:
            (folder / found).touch()
        changes = {"question": "Another?", "name": "another"}
        other = make_plan(plan.study.model_copy(update=changes))
        if found:
            with pytest.raises(AblateError, match="another study"), open_run(folder, other):
                pass
        else:
            with open_run(folder, other):
                pass

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


def output_of(program: str) -> str:
    """What a program prints, in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


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

    def test_a_run_does_not_go_into_their_folder(self, tmp_path: Path, plan: Plan):
        trial, *_ = plan.trials
        foreign = completed(trial, provenance={"source": "mine.csv"})
        report = make_report(tmp_path / "report", plan, foreign)
        with pytest.raises(AblateError, match="is the report of results from elsewhere"):
            open_run(report, plan).__enter__()
        assert read_runs([report]).records == {trial.hash: foreign}

    def test_they_are_not_reported_over_a_run(self, tmp_path: Path, plan: Plan):
        trial, *_ = plan.trials
        run = make_run(tmp_path / "run", plan, completed(trial))
        report = make_report(tmp_path / "report", plan, completed(trial))
        own = make_report(tmp_path / "own", plan, completed(trial, provenance={"source": "a.csv"}))
        for folder in (run, report):
            with pytest.raises(AblateError, match="holds trials that were run"):
                refuse_results_beside_a_run(folder)
        for folder in (own, tmp_path / "new"):
            refuse_results_beside_a_run(folder)


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


class TestReadRuns:
    def test_a_run_gives_its_plan_and_records(self, tmp_path: Path, plan: Plan):
        records = [completed(plan.trials[0]), failed(plan.trials[1])]
        run = read_runs([make_run(tmp_path / "run", plan, *records)])
        assert run == Run(plan, {record.hash: record for record in records})

    def test_a_written_report_gives_the_same_run(self, tmp_path: Path, plan: Plan):
        run = Run(plan, {trial.hash: completed(trial) for trial in plan.trials})
        write_compact_run(run, tmp_path / "reports" / "new")
        assert {path.name for path in (tmp_path / "reports" / "new").iterdir()} == {
            "study.yaml",
            "records.jsonl",
        }
        assert read_runs([tmp_path / "reports" / "new"]) == run

    def test_records_that_the_study_does_not_plan_are_left_aside(self, tmp_path: Path, plan: Plan):
        other = make_trivial_plan(seeds=1, arms=("z",)).trials[1]
        folder = make_run(tmp_path / "run", plan, completed(plan.trials[0]), completed(other))
        assert set(read_runs([folder]).records) == {plan.trials[0].hash}

    def test_runs_of_one_study_join_their_seeds(self, tmp_path: Path):
        folders, records = [], {}
        for name, seeds in (("late", (2, 3)), ("early", (0, 1, 2))):
            study = make_trivial_plan().study.model_copy(update={"seeds": seeds})
            part = make_plan(study)
            found = [completed(trial) for trial in part.trials]
            folders.append(make_run(tmp_path / name, part, *found))
            records |= {record.hash: record for record in found}
        run = read_runs(folders)
        assert run.plan.study.seeds == (0, 1, 2, 3)
        assert run.plan == make_trivial_plan(seeds=4)
        assert run.records == records

    def test_a_run_that_was_looked_at_repeatedly_keeps_the_order_of_its_seeds(self, tmp_path: Path):
        plan = looked_at_with((7, 8, 9, 0, 1))
        folder = make_run(tmp_path / "run", plan, *map(completed, plan.trials))
        short = looked_at_with((7, 8, 9))
        report = make_report(tmp_path / "report", short, *map(completed, short.trials))
        assert read_runs([folder]).plan.study.seeds == (7, 8, 9)
        assert read_runs([report, folder]) == read_runs([folder, report]) == read_runs([folder])

    def test_runs_that_were_looked_at_in_different_orders_are_not_joined(self, tmp_path: Path):
        orders = {"one": (0, 1, 2, 3, 4), "two": (7, 8, 9)}
        one, two = (
            make_run(tmp_path / name, plan, *map(completed, plan.trials))
            for name, plan in ((name, looked_at_with(seeds)) for name, seeds in orders.items())
        )
        with pytest.raises(RecordError) as caught:
            read_runs([one, two])
        assert str(caught.value) == (
            f"{two}: was looked at with seeds 7-9, in this order, and {one} with 0-4: the looks of "
            "two orders are none together\n    report the two one by one"
        )

    def test_the_looks_are_followed_without_what_runs_trials(self, tmp_path: Path):
        plan = looked_at_with((0, 1, 2))
        folder = make_run(tmp_path / "run", plan, *map(completed, plan.trials))
        program = f"""
            import sys
            from pathlib import Path
            from ablate.run_folder import read_runs
            print(len(read_runs([Path({str(folder)!r})]).records), end=" ")
            print([name for name in sys.modules if name.startswith("ablate.tuning")], end="")
        """
        assert output_of(program) == "6 []"

    def test_another_study_lends_records_and_no_seeds(self, tmp_path: Path, plan: Plan):
        larger = make_trivial_plan(seeds=3, arms=("b", "c"))
        first = make_run(tmp_path / "first", plan)
        other = make_run(tmp_path / "other", larger, *map(completed, larger.trials))
        run = read_runs([first, other])
        assert run.plan == plan
        assert run.records == {trial.hash: completed(trial) for trial in plan.trials}

    def test_a_study_that_shares_no_trial_is_refused(self, tmp_path: Path, plan: Plan):
        other = make_trivial_plan(settings={"more": 1})
        first = make_run(tmp_path / "first", plan, completed(plan.trials[0]))
        second = make_run(tmp_path / "second", other, *map(completed, other.trials))
        with pytest.raises(RecordError) as caught:
            read_runs([first, second])
        assert str(caught.value) == (
            f"{second}: has recorded no trial of the study of {first}\n"
            "    report the two one by one; `ablate compare` draws arms of both"
        )

    def test_one_with_other_seeds_and_more_that_differs_is_told_so(self, tmp_path: Path):
        folders = []
        for name, seeds in (("a", (0,)), ("b", (1,))):
            study = make_trivial_plan().study.model_copy(update={"seeds": seeds, "name": name})
            part = make_plan(study)
            folders.append(make_run(tmp_path / name, part, *map(completed, part.trials)))
        with pytest.raises(RecordError) as caught:
            read_runs(folders)
        assert str(caught.value) == (
            f"{folders[1]}: has recorded other seeds than {folders[0]}, and its study differs in "
            "more than these\n    run both from one study, so that their seeds can be joined"
        )

    def test_of_two_records_the_earlier_folders_is_taken_unless_only_the_later_finished(
        self, tmp_path: Path, plan: Plan
    ):
        both, late, early, neither = plan.trials
        one = make_run(
            tmp_path / "one", plan,
            completed(both, 70.0), failed(late), completed(early, 70.0), failed(neither),
        )  # fmt: skip
        two = make_run(
            tmp_path / "two", plan,
            completed(both, 80.0), completed(late, 80.0), failed(early), failed(neither),
        )  # fmt: skip
        assert read_runs([one, two]).records == {
            both.hash: completed(both, 70.0),
            late.hash: completed(late, 80.0),
            early.hash: completed(early, 70.0),
            neither.hash: failed(neither),
        }

    @pytest.mark.parametrize("position", [0, 1])
    def test_a_folder_that_is_neither_run_nor_report_is_an_error(
        self, tmp_path: Path, plan: Plan, position: int
    ):
        folders = [make_run(tmp_path / "run", plan)]
        folders.insert(position, tmp_path / "nowhere")
        with pytest.raises(RecordError) as caught:
            read_runs(folders)
        assert str(caught.value) == NO_RUN.format(folder=tmp_path / "nowhere")

    @pytest.mark.parametrize(
        ("file", "run"),
        [("studies/pooling.yaml", "runs/pooling"), ("runs/mine/study.yaml", "runs/mine")],
    )
    def test_a_study_in_place_of_its_run_is_told_so(self, file: str, run: str):
        with pytest.raises(RecordError) as caught:
            read_runs([Path(file)])
        assert str(caught.value) == (
            f"{file}: is a study, not a run of it\n    name the run's folder, such as {run}"
        )

    def test_a_run_may_be_called_like_a_file(self, tmp_path: Path, plan: Plan):
        folder = make_run(tmp_path / "mine.yaml", plan, completed(plan.trials[0]))
        assert read_runs([folder]).plan == plan

    def test_a_run_without_records_is_an_error(self, tmp_path: Path, plan: Plan):
        folder = make_run(tmp_path / "run", plan)
        (folder / "records").rmdir()
        with pytest.raises(RecordError) as caught:
            read_runs([folder])
        assert str(caught.value) == NO_RECORDS.format(folder=folder)

    def test_a_damaged_record_is_named(self, tmp_path: Path, plan: Plan):
        broken = damage(make_run(tmp_path / "run", plan), plan)
        with pytest.raises(RecordError) as caught:
            read_runs([tmp_path / "run"])
        assert str(caught.value) == not_a_record(broken)

    def test_a_study_that_cannot_be_read_is_named_with_its_line(self, tmp_path: Path, plan: Plan):
        folder = make_run(tmp_path / "run", plan)
        study = folder / "study.yaml"
        study.write_text(study.read_text().replace("seeds:", "sede:"))
        with pytest.raises(StudyError) as caught:
            read_runs([folder])
        assert str(caught.value) == (
            f"{study}, line 12, sede: no key named 'sede'\n    did you mean 'seeds'?"
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
