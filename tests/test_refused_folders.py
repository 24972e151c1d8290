from pathlib import Path
from typing import Any

import pytest

from ablate.combined_runs import read_runs
from ablate.errors import AblateError
from ablate.refused_folders import refuse_results_beside_a_run
from ablate.run_folder import Run, open_run, records_of
from ablate.study.loading import load_study
from ablate.study.plan import Plan
from ablate.study.planning import make_plan
from ablate.study.schema import Claim, Difference, NoDifference, Selector
from tests.runs import completed, looked_at_with, make_report, make_run, make_unreadable
from tests.tuning.studies import make_trivial_plan


@pytest.fixture
def plan() -> Plan:
    """Two arms, two seeds."""
    return make_trivial_plan(seeds=2)


class TestAnotherStudy:
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


B, A = Selector(levels={"level": "b"}), Selector()
BETTER = Difference(says="B is better.", better=B, worse=A)
EQUAL = NoDifference(says="B is as good.", first=B, second=A)


def looked_at(tmp_path: Path, plan: Plan) -> Path:
    """A run of which a trial is recorded."""
    return make_run(tmp_path / "run", plan, completed(plan.trials[0]))


class TestOtherLooks:
    def test_a_run_that_was_stopped_before_anything_was_recorded_fixes_nothing(
        self, tmp_path: Path
    ):
        folder = make_run(tmp_path / "run", make_trivial_plan(seeds=5, max_seeds=5))
        other = make_trivial_plan(seeds=4, max_seeds=4)
        with open_run(folder, other):
            pass
        assert load_study(folder / "study.yaml").max_seeds == 4

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
        folder = looked_at(tmp_path, make_trivial_plan(seeds=5, max_seeds=5))
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
        folder = looked_at(tmp_path, make_trivial_plan(seeds=5, max_seeds=5))
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

        folder = looked_at(tmp_path, plan(before))
        with pytest.raises(AblateError) as caught, open_run(folder, plan(not before)):
            pass
        assert str(caught.value) == (
            f"{folder}: its claims have been looked at with {looked}, which cannot be changed "
            f"afterwards\n    go on with --until-decided --max-seeds 5{option}, or name another "
            "folder with --out"
        )
        with open_run(folder, plan(before)):
            pass

    @pytest.mark.parametrize(
        ("claims", "smallest", "what"),
        [
            ((BETTER,), 0.0, "'B is better.' is changed or gone"),
            ((), 0.5, "'B is better.' is changed or gone"),
            ((BETTER, EQUAL), 0.5, "'B is as good.' is new"),
        ],
    )
    def test_what_is_claimed_is_fixed_at_the_first_look(
        self, tmp_path: Path, claims: tuple[Claim, ...], smallest: float, what: str
    ):
        def plan(claims: tuple[Claim, ...], smallest: float = 0.5) -> Plan:
            return make_trivial_plan(
                seeds=3, max_seeds=3, claims=claims, smallest_effect_of_interest=smallest
            )

        folder = looked_at(tmp_path, plan((BETTER,)))
        with pytest.raises(AblateError) as caught, open_run(folder, plan(claims, smallest)):
            pass
        assert str(caught.value) == (
            f"{folder}: its claims have been looked at, and error rates rest on all of them: {what}"
            "\n    take back what was changed of claims or smallest_effect_of_interest, or name "
            "another folder with --out"
        )
        in_other_words = BETTER.model_copy(update={"says": "B beats A.", "by": 0.5})
        with open_run(folder, plan((in_other_words,))):
            pass

    def test_a_report_that_holds_the_seeds_up_to_its_last_look_lets_the_run_go_on(
        self, tmp_path: Path
    ):
        folder = looked_at(tmp_path, looked_at_with((7, 8, 9)))
        with (
            pytest.raises(AblateError, match="--seeds 7-9,"),
            open_run(folder, looked_at_with((7, 9, 8, 0, 1))),
        ):
            pass
        with open_run(folder, looked_at_with((7, 8, 9, 0, 1))):
            pass
        assert load_study(folder / "study.yaml").seeds == (7, 8, 9, 0, 1)


class TestResultsFromElsewhere:
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
