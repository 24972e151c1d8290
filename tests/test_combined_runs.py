from pathlib import Path

import pytest

from ablate.combined_runs import read_runs, seeds_left_aside
from ablate.errors import RecordError, StudyError
from ablate.run_folder import Run, write_compact_run
from ablate.study.plan import Plan
from ablate.study.planning import make_plan
from tests.runs import (
    NO_RECORDS,
    completed,
    damage,
    failed,
    looked_at_with,
    make_report,
    make_run,
    not_a_record,
    output_of,
)
from tests.tuning.studies import make_trivial_plan

NO_RUN = (
    "{folder}: is neither a run nor a report: it holds no study.yaml\n"
    "    name a folder that `ablate run` or `ablate report` has written"
)


@pytest.fixture
def plan() -> Plan:
    """Two arms, two seeds."""
    return make_trivial_plan(seeds=2)


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
            from ablate.combined_runs import read_runs
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

    def test_seeds_are_joined_though_another_study_is_among_the_folders(self, tmp_path: Path):
        studies = {
            "first": {"seeds": (0, 1)},
            "other": {"seeds": (1, 4), "smallest_effect_of_interest": 1.0, "retries": 2},
            "same": {"seeds": (2, 3)},
        }
        plans = {
            name: make_plan(make_trivial_plan().study.model_copy(update=changes))
            for name, changes in studies.items()
        }
        folders = [
            make_run(tmp_path / name, plan, *map(completed, plan.trials))
            for name, plan in plans.items()
        ]
        run = read_runs(folders)
        assert run.plan == make_trivial_plan(seeds=4)
        assert run.records.keys() == {trial.hash for trial in run.plan.trials}
        assert list(seeds_left_aside(folders, run.plan)) == [
            f"Seeds 4 of {folders[1]} are left aside: its study differs from that of {folders[0]} "
            "in retries and smallest_effect_of_interest."
        ]

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
            f"{folders[1]}: has recorded other seeds than {folders[0]}, and its study differs "
            "from that in name, too\n"
            "    run both from one study, so that their seeds can be joined"
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

    @pytest.mark.parametrize("completed_first", [True, False])
    def test_a_failed_record_does_not_count_before_one_that_completed_without_weights(
        self, tmp_path: Path, completed_first: bool
    ):
        plan = make_trivial_plan(seeds=1, keep_weights=True)
        run = make_run(tmp_path / "run", plan, *map(failed, plan.trials))
        report = make_report(tmp_path / "report", plan, *map(completed, plan.trials))
        folders = [report, run] if completed_first else [run, report]
        assert read_runs(folders).records == {trial.hash: completed(trial) for trial in plan.trials}

    def test_results_from_elsewhere_make_no_pairs_with_trials_run_here(
        self, tmp_path: Path, plan: Plan
    ):
        first, second, *_ = plan.trials
        elsewhere = completed(second).model_copy(update={"provenance": {"source": "results.csv"}})
        folders = [
            make_run(tmp_path / "run", plan, completed(first)),
            make_report(tmp_path / "table", plan, elsewhere),
        ]
        for order in (folders, folders[::-1]):
            with pytest.raises(RecordError) as caught:
                read_runs(order)
            assert str(caught.value) == (
                f"{folders[1]}: holds results from elsewhere, which make no pairs with trials run "
                "here\n    report the two one by one"
            )
        assert read_runs([folders[1], folders[1]]).records

    def test_tables_that_give_a_trial_other_results_are_refused(self, tmp_path: Path, plan: Plan):
        table = {"provenance": {"source": "results.csv"}}
        first, second, *_ = (completed(trial).model_copy(update=table) for trial in plan.trials)
        other = first.model_copy(update={"metrics": {"test_accuracy": 1.0}})
        one, two, three = (
            make_report(tmp_path / name, plan, *records)
            for name, records in (("one", [first]), ("two", [other, second]), ("three", [second]))
        )
        with pytest.raises(RecordError) as caught:
            read_runs([one, two])
        assert str(caught.value) == (
            f"{two}: gives arm 'baseline' with seed 0 other results than {one}\n"
            "    report the two one by one, or keep those of one table"
        )
        assert len(read_runs([one, three]).records) == 2

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
