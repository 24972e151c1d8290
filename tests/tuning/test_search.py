import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import fields
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from ablate.errors import AblateError, StudyError
from ablate.quiet_optuna import quiet_optuna
from ablate.records.schema import TrialRecord
from ablate.records.search_result import SearchResult, settings_of_best
from ablate.records.store import RecordStore
from ablate.records.tuned_search import is_of_arm
from ablate.study.plan import Plan
from ablate.study.planning import make_plan
from ablate.study.schema import Factor, Study
from ablate.study.search_options import SearchOptions
from ablate.study.search_space import Parameter, SearchSpace
from ablate.tuning import search
from ablate.tuning.optuna_storage import open_storage, revive
from ablate.tuning.point_searcher import PointSearcher
from ablate.tuning.progress import PlainProgress, Silent
from ablate.tuning.room import Room
from ablate.tuning.running import Running
from ablate.tuning.samplers import FROM_VALUES_ALONE, SAMPLERS, make_sampler
from ablate.tuning.search import search_arms
from ablate.tuning.stored_point import values_of_params
from ablate.workload import MetricDescription
from tests.tuning import here
from tests.tuning.here import run_here, search_here
from tests.tuning.storage_holder import held_elsewhere
from tests.tuning.valley import BEST_RATE, DIVERGES_ABOVE, accuracy

pytestmark = pytest.mark.filterwarnings("ignore")
ROOT = Path(__file__).parents[2]


def parameter(name: str, **entries: Any) -> Parameter:
    return Parameter(**({"name": name, "key": name, "type": "float", "why": "a test"} | entries))


RATE = parameter("rate", range=(1e-5, 1), scale="log")
MOMENTUM = parameter("momentum", range=(0, 1))
WIDTH = parameter("width", type="int", range=(8, 64), scale="log")
OPTIMIZER = parameter("optimizer", type="categorical", choices=("sgd", "adam"))
SGD_MOMENTUM = MOMENTUM.model_copy(update={"when": {"optimizer": ("sgd",)}})


def space(*parameters: Parameter) -> SearchSpace:
    return SearchSpace(name="valley", parameters=parameters or (RATE, MOMENTUM))


def make_valley_plan(settings: dict[str, Any] | None = None, **changes: Any) -> Plan:
    entries: dict[str, Any] = {
        "name": "valley",
        "question": "Where is the valley's deepest point?",
        "workload": "tests.tuning.valley:train",
        "contexts": {"baseline": settings or {}},
        "factors": {},
        "seeds": (0,),
    }
    return make_plan(Study(**(entries | changes)))


RESIDUAL = {"test_residual": MetricDescription(label="r", higher_is_better=False, chance=90.0)}


def make_residual_plan(
    metrics: dict[str, MetricDescription], settings: dict[str, Any] | None = None
) -> Plan:
    workload = "tests.tuning.valley:train_residual"
    return make_valley_plan(settings, workload=workload, metric="test_residual", metrics=metrics)


def find(plan: Plan, folder: Path, of: SearchSpace | None = None, **options: Any) -> SearchResult:
    """A search on the Ray of the test session."""
    store, arms = RecordStore(folder), plan.arms[:1]
    names = {each.name for each in fields(SearchOptions)}
    asked = SearchOptions(**{name: options.pop(name) for name in names & options.keys()})
    known = options.pop("known", None)
    running = Running(**{"connected": True} | options)
    (result,) = search_arms(plan, arms, of or space(), store, asked, known=known, running=running)
    return result


def starts(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def stored(where: Path | str) -> list[optuna.trial.FrozenTrial]:
    """where: a run folder with its journal, or a storage."""
    with quiet_optuna():
        storage = open_storage(where / "search.journal" if isinstance(where, Path) else where)
        return optuna.load_study(study_name="baseline/baseline", storage=storage).get_trials()


@pytest.fixture(name="here")
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    search_here(monkeypatch)


def broken(*arguments: Any) -> Any:
    raise ValueError("no luck")


@pytest.mark.usefixtures("ray")
class TestOnRay:
    def test_finds_what_is_known_to_be_best(self, tmp_path: Path):
        result = find(make_valley_plan(), tmp_path, trials=24, seed=1)
        assert len(result.points) == 24
        assert result.best.value > 76
        assert BEST_RATE / 3 < result.best.values["rate"] < BEST_RATE * 3

    @pytest.mark.parametrize("scheduler", ["asha", "median_stopping"])
    def test_what_a_scheduler_stops_is_pruned_everywhere(self, tmp_path: Path, scheduler: str):
        plan = make_valley_plan()
        options = {"sampler": "random", "scheduler": scheduler, "seed": 4}
        result = find(plan, tmp_path, trials=12, **options)
        pruned = [point for point in result.points if point.status == "pruned"]
        assert 2 < len(pruned) < 12
        store, by_number = RecordStore(tmp_path), {t.number: t for t in stored(tmp_path)}
        for point in pruned:
            record = store.get(point.trials[0])
            assert (record.status, point.value) == ("pruned", None)
            assert record.provenance["judged_by"] == {
                "scheduler": scheduler, "grace_period": 1, "metric": "validation_accuracy",
            }  # fmt: skip
            trial = by_number[point.number]
            assert trial.state == TrialState.PRUNED
            assert list(trial.intermediate_values.values()) == record.history["validation_accuracy"]
        assert result.best.value == max(p.value for p in result.points if p.value is not None)

    @pytest.mark.parametrize("scheduler", ["asha", "median_stopping"])
    def test_a_scheduler_does_not_judge_final_metrics(self, tmp_path: Path, scheduler: str):
        options = {"sampler": "random", "scheduler": scheduler, "grace_period": 5, "seed": 4}
        result = find(make_valley_plan({"epochs": 4}), tmp_path, trials=10, **options)
        assert {point.status for point in result.points} == {"completed"}
        for record in RecordStore(tmp_path).records():
            assert "test_accuracy" not in record.history

    def test_a_scheduler_judges_by_the_trials_of_earlier_calls(self, tmp_path: Path):
        plan = make_valley_plan({"rate": BEST_RATE, "momentum": 0.5})
        options = {"sampler": "random", "scheduler": "asha"}
        find(plan, tmp_path, trials=1, **options)  # the best there is
        result = find(plan, tmp_path, trials=4, **options)
        assert [p.status for p in result.points if p.status != "diverged"][1:] == [
            "pruned" for p in result.points if p.status != "diverged"
        ][1:]

    def test_a_failing_trial_is_a_failed_point_and_tried_again_by_the_next_call(
        self, tmp_path: Path
    ):
        plan = make_valley_plan({"fails": True, "log": str(tmp_path / "log")}, retries=0)
        first = find(plan, tmp_path / "run", trials=2)
        assert [point.status for point in first.points] == ["failed"] * 2
        assert "ValueError: no luck" in first.points[0].error
        second = find(plan, tmp_path / "run", trials=2)
        assert [p.values for p in second.points] == [p.values for p in first.points]
        assert len(starts(tmp_path / "log")) == 4

    def test_a_metric_that_no_trial_reports(self, tmp_path: Path):
        with pytest.raises(AblateError) as caught:
            find(make_valley_plan(), tmp_path, metric="validation_f1", trials=3)
        assert str(caught.value) == (
            "--metric: no trial reports 'validation_f1' among its final metrics, by which points "
            "are compared\n    let the workload report it, or name one of validation_accuracy"
        )

    def test_each_arm_is_searched_from_the_same_random_points(self, tmp_path: Path):
        plan = make_valley_plan({"optimizer": "sgd"}, factors=OPTIMIZERS)
        results = search_arms(
            plan,
            plan.arms,
            space(RATE),
            RecordStore(tmp_path),
            SearchOptions(trials=4),
            running=Running(connected=True),
        )
        assert [result.arm for result in results] == ["baseline", "adam"]
        one, two = ([point.values for point in result.points] for result in results)
        assert one == two
        assert {len(result.points) for result in results} == {4}


@pytest.mark.usefixtures("here")
class TestSearch:
    def test_points_hold_values_settings_and_the_records_behind_them(self, tmp_path: Path):
        result = find(make_valley_plan(), tmp_path, trials=3, sampler="random")
        assert (result.metric, result.higher_is_better) == ("validation_accuracy", True)
        store = RecordStore(tmp_path)
        for point in result.points:
            (hash_,) = point.trials
            record = store.get(hash_)
            assert record.spec.settings == point.settings == point.values
            if point.status == "completed":
                assert point.value == record.metrics["validation_accuracy"]
                assert point.value == pytest.approx(accuracy(point.settings), abs=1e-9)
                assert point.flops == 256.0
        assert sorted(store.hashes()) == sorted(h for p in result.points for h in p.trials)

    def test_whole_numbers_are_such_however_the_arm_writes_them(self, tmp_path: Path):
        """The settings of a point are those that its trials had."""
        plan = make_valley_plan({"width": 16.0, "momentum": 0.5})
        result = find(plan, tmp_path, space(WIDTH, MOMENTUM), trials=2)
        assert result.points[0].settings["width"] == 16
        assert is_of_arm(plan, plan.arms[0], result)

    @pytest.mark.parametrize("sampler", SAMPLERS)
    def test_every_sampler_draws_other_points_each_time_and_the_same_again(
        self, tmp_path: Path, sampler: str
    ):
        of = space(RATE, MOMENTUM, WIDTH)
        plan = make_valley_plan({"width": 8})
        one, two = (
            [p.values for p in find(plan, tmp_path / name, of, trials=7, sampler=sampler).points]
            for name in "ab"
        )
        assert one == two
        assert len({json.dumps(values) for values in one}) == 7

    @pytest.mark.parametrize("sampler", SAMPLERS)
    def test_a_sampler_goes_on_where_it_was(self, tmp_path: Path, sampler: str):
        plan = make_valley_plan({"log": str(tmp_path / "log"), "momentum": 0.25})
        of = space(RATE, MOMENTUM)
        first = find(plan, tmp_path / "run", of, trials=4, sampler=sampler)
        result = find(plan, tmp_path / "run", of, trials=8, sampler=sampler)
        assert result.points[:4] == first.points
        distinct = len({json.dumps(point.values) for point in result.points})
        assert distinct == len(starts(tmp_path / "log")) == 8

    def test_what_a_condition_keeps_out_of_the_sequence_is_drawn_anew_each_time(
        self, tmp_path: Path
    ):
        of = space(OPTIMIZER, SGD_MOMENTUM)
        options: dict[str, Any] = {"sampler": "quasi_monte_carlo", "metric": "validation_accuracy"}
        plan = make_valley_plan({"optimizer": "adam"})
        whole = find(plan, tmp_path / "whole", of, trials=12, **options)
        momenta = [p.values["momentum"] for p in whole.points if "momentum" in p.values]
        assert len(set(momenta)) == len(momenta) > 3
        find(plan, tmp_path / "resumed", of, trials=5, **options)
        assert find(plan, tmp_path / "resumed", of, trials=12, **options).points == whole.points

    def test_cma_es_goes_on_from_its_stored_state(self, tmp_path: Path):
        plan = make_valley_plan()
        find(plan, tmp_path, trials=12, sampler="cma_es")
        assert any(
            key.startswith("cma:optimizer") for t in stored(tmp_path) for key in t.system_attrs
        )
        find(plan, tmp_path, trials=24, sampler="cma_es")
        generations = [t.system_attrs.get("cma:generation", 0) for t in stored(tmp_path)]
        assert generations == sorted(generations) and generations[-1] > 2

    def test_a_database_in_place_of_the_journal(self, tmp_path: Path):
        url = f"sqlite:///{tmp_path}/search.db"
        first = find(make_valley_plan(), tmp_path, trials=2, storage=url)
        assert not (tmp_path / "search.journal").exists()
        result = find(make_valley_plan(), tmp_path, trials=4, storage=url)
        assert result.points[:2] == first.points

    @pytest.mark.parametrize("sampler", ["tpe", "random", "quasi_monte_carlo", "nsga2"])
    def test_a_parameter_is_searched_only_where_its_condition_holds(
        self, tmp_path: Path, sampler: str
    ):
        of = space(OPTIMIZER, RATE, SGD_MOMENTUM)
        result = find(make_valley_plan(), tmp_path, of, trials=16, sampler=sampler)
        optimizers = {point.values["optimizer"] for point in result.points}
        assert optimizers == {"sgd", "adam"}
        for point in result.points:
            assert ("momentum" in point.values) == (point.values["optimizer"] == "sgd")

    def test_a_choice_may_be_a_list_or_null(self, tmp_path: Path):
        of = space(parameter("shape", type="categorical", choices=([8, 8], [], None)))
        result = find(make_valley_plan(), tmp_path, of, trials=6, sampler="random")
        records = [RecordStore(tmp_path).get(point.trials[0]) for point in result.points]
        assert all(r.spec.settings == {"shape": r.spec.settings["shape"]} for r in records)
        assert {str(r.spec.settings["shape"]) for r in records} <= {"[8, 8]", "[]", "None"}

    def test_two_objectives_end_in_a_front(self, tmp_path: Path):
        plan = make_valley_plan({"rate": BEST_RATE})
        result = find(plan, tmp_path, space(WIDTH, MOMENTUM), trials=16, sampler="nsga2")
        assert result.weighs_cost
        front = [(point.flops, point.value) for point in result.front]
        assert front == sorted(front) and len(front) > 1
        for point in result.points:
            assert any(flops <= point.flops and value >= point.value for flops, value in front)

    def test_several_seeds_are_averaged(self, tmp_path: Path):
        result = find(
            make_valley_plan(), tmp_path, trials=2, sampler="random", seeds=(101, 103), seed=3
        )
        store = RecordStore(tmp_path)
        for point in result.points:
            records = [store.get(hash_) for hash_ in point.trials]
            assert [record.spec.seed for record in records] == [101, 103]
            assert point.value == pytest.approx(accuracy(point.settings) + 2)

    @pytest.mark.parametrize("diverged", ["chance", "failure_rate"])
    def test_a_diverged_trial_counts_at_chance_level_whatever_it_counts_as_in_effects(
        self, tmp_path: Path, diverged: str
    ):
        of = space(parameter("rate", range=(DIVERGES_ABOVE + 0.1, 1)))
        result = find(make_valley_plan(diverged=diverged), tmp_path, of, trials=2)
        assert [(p.status, p.value) for p in result.points] == [("diverged", 10.0)] * 2
        assert result.best is None
        assert [trial.state for trial in stored(tmp_path)] == [TrialState.COMPLETE] * 2

    def test_a_metric_is_asked_for_where_it_is_searched_by_though_its_study_does_not(
        self, tmp_path: Path
    ):
        plan = make_valley_plan({"minor": "nan"}, metric="test_accuracy")
        options: dict[str, Any] = {"trials": 1, "sampler": "random"}
        by_accuracy = find(plan, tmp_path / "run", **options)
        assert by_accuracy.best.value is not None
        known = {hash_: RecordStore(tmp_path / "run").get(hash_) for hash_ in by_accuracy.trials}
        for folder, records in (("new", {}), ("known", known)):
            result = find(plan, tmp_path / folder, **options, metric="minor", known=records)
            assert [point.status for point in result.points] == ["diverged"]

    def test_without_a_chance_level_it_is_ranked_below_all_others(self, tmp_path: Path):
        of = space(parameter("rate", range=(DIVERGES_ABOVE + 0.1, 1)))
        result = find(make_valley_plan({"chance": False}), tmp_path, of, trials=2)
        assert [(p.status, p.value) for p in result.points] == [("diverged", None)] * 2
        assert [trial.state for trial in stored(tmp_path)] == [TrialState.PRUNED] * 2

    @pytest.mark.parametrize("sampler", FROM_VALUES_ALONE)
    def test_a_sampler_that_learns_from_values_alone_turns_from_what_has_none(
        self, tmp_path: Path, sampler: str
    ):
        plan = make_valley_plan(workload="tests.tuning.valley:train_cliff", metric="test_loss")
        result = find(plan, tmp_path, trials=24, sampler=sampler)
        diverged = [point for point in result.points if point.status == "diverged"]
        assert 0 < len(diverged) < 12
        assert {point.value for point in diverged} == {None}
        assert result.best.values["rate"] > DIVERGES_ABOVE / 3
        stand_ins = [t.value for t in stored(tmp_path) if "stand_in" in t.user_attrs]
        assert stand_ins and min(stand_ins) > result.best.value

    @pytest.mark.parametrize("seed", range(3))
    def test_cma_es_searches_the_same_parameters_from_first_to_last(
        self, tmp_path: Path, seed: int
    ):
        """Of most first points all have a momentum, which some of the later ones lack."""
        choices = parameter("optimizer", type="categorical", choices=tuple("abcdefgh"))
        now_and_then = MOMENTUM.model_copy(update={"when": {"optimizer": tuple("abcdefg")}})
        of = space(choices, RATE, WIDTH, now_and_then)
        plan = make_valley_plan({"optimizer": "a", "width": 8, "momentum": 0.5})
        find(plan, tmp_path, of, trials=24, sampler="cma_es", seed=seed)
        asked_by_it = ["cma:generation" in trial.system_attrs for trial in stored(tmp_path)]
        assert all(asked_by_it[2:])

    def test_cma_es_has_its_axes_in_the_order_of_its_stored_state(self, tmp_path: Path):
        """Optuna's is that of names, whatever that of the space; a storage may be an older one."""
        of, plan = space(WIDTH, RATE, MOMENTUM), make_valley_plan({"width": 8})
        find(plan, tmp_path, of, trials=4, sampler="cma_es")
        with quiet_optuna():
            storage = open_storage(tmp_path / "search.journal")
            study = optuna.load_study(study_name="baseline/baseline", storage=storage)
            sampler = make_sampler("cma_es", of, seed=0, asked=4, trials=8)
            searched = sampler.infer_relative_search_space(study, study.trials[-1])
        assert list(searched) == ["momentum", "rate", "width"]

    def test_what_cma_es_takes_for_no_number_is_told_too(self, tmp_path: Path):
        text = io.StringIO()
        options: dict[str, Any] = {"sampler": "cma_es", "progress": PlainProgress(text)}
        of = space(OPTIMIZER, SGD_MOMENTUM, RATE, WIDTH)
        find(make_valley_plan({"optimizer": "adam"}), tmp_path, of, trials=1, **options)
        assert "cma_es draws optimizer and momentum at random" in text.getvalue()

    @pytest.mark.parametrize("sampler", ["gaussian_process", "nsga2", "tpe"])
    def test_parameters_that_a_sampler_does_not_learn_about_are_told_at_the_beginning(
        self, tmp_path: Path, sampler: str
    ):
        text = io.StringIO()
        plan = make_valley_plan({"optimizer": "adam"})
        options: dict[str, Any] = {"trials": 1, "sampler": sampler, "progress": PlainProgress(text)}
        find(plan, tmp_path, space(OPTIMIZER, SGD_MOMENTUM, RATE), **options)
        told = f"{sampler} draws momentum at random, as it learns about parameters that every point"
        assert (told in text.getvalue()) == (sampler != "tpe")

    @pytest.mark.parametrize("sampler", ["tpe", "random"])
    @pytest.mark.parametrize("drawn_before", [2, 3, 10, 11, 19])
    def test_a_point_that_was_killed_while_it_was_drawn_is_drawn_as_it_would_have_been(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sampler: str, drawn_before: int
    ):
        """Each point draws two parameters."""
        plan, options = make_valley_plan(), {"trials": 10, "sampler": sampler}
        whole = find(plan, tmp_path / "whole", **options)
        self._killed_at(monkeypatch, optuna.Trial, "suggest_float", drawn_before)
        assert find(plan, tmp_path / "killed", **options).interrupted
        monkeypatch.undo()
        search_here(monkeypatch)
        resumed = find(plan, tmp_path / "killed", **options)
        assert [p.values for p in resumed.points] == [p.values for p in whole.points]

    @pytest.mark.parametrize("ended_before", [0, 1, 4, 7])
    def test_a_sequence_does_not_go_on_by_points_that_are_tried_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended_before: int
    ):
        plan, options = make_valley_plan(), {"trials": 8, "sampler": "quasi_monte_carlo"}
        whole = find(plan, tmp_path / "whole", **options)
        self._killed_at(monkeypatch, PointSearcher, "on_trial_complete", ended_before)
        assert find(plan, tmp_path / "killed", **options).interrupted
        monkeypatch.undo()
        search_here(monkeypatch)
        resumed = find(plan, tmp_path / "killed", **options)
        assert [p.values for p in resumed.points] == [p.values for p in whole.points]

    def _killed_at(
        self, monkeypatch: pytest.MonkeyPatch, of: type, method: str, calls_before: int
    ) -> None:
        calls, called = count(), getattr(of, method)

        def killed(*arguments: Any, **options: Any) -> Any:
            if next(calls) == calls_before:
                raise KeyboardInterrupt
            return called(*arguments, **options)

        monkeypatch.setattr(of, method, killed)

    def test_the_counterpart_of_a_described_metric_is_better_the_same_way(self, tmp_path: Path):
        plan = make_residual_plan(RESIDUAL, {"rate": 0.9})
        result = find(plan, tmp_path, space(RATE), trials=4, sampler="random")
        assert (result.metric, result.higher_is_better) == ("validation_residual", False)
        assert result.best.value == min(point.value for point in result.points)
        assert {p.value for p in result.points if p.status == "diverged"} == {90.0}

    def test_a_guess_at_which_way_is_better_is_told_at_the_beginning(self, tmp_path: Path):
        told = []
        for name, metrics in (("guessed", {}), ("told", RESIDUAL)):
            text = io.StringIO()
            plan = make_residual_plan(metrics)
            progress = PlainProgress(text)
            find(plan, tmp_path / name, space(RATE), trials=1, progress=progress)
            told.append("is a guess" in text.getvalue().splitlines()[0])
        assert told == [True, False]

    def test_points_that_were_asked_for_in_the_other_direction_are_those_of_another_search(
        self, tmp_path: Path
    ):
        find(make_residual_plan({}), tmp_path, space(RATE), trials=1)
        with pytest.raises(AblateError) as caught:
            find(make_residual_plan(RESIDUAL), tmp_path, space(RATE), trials=2)
        assert str(caught.value) == (
            f"{tmp_path}/search.journal: belongs to another search: it took more "
            "validation_residual to be better, not less\n"
            "    search in another folder with --out, name another storage with --storage, or "
            "remove this one: trials that are recorded are not run again"
        )

    def test_the_arms_own_settings_are_the_first_point(self, tmp_path: Path):
        plan = make_valley_plan({"rate": 0.02, "momentum": 0.125})
        result = find(plan, tmp_path, trials=2)
        assert result.points[0].values == {"rate": 0.02, "momentum": 0.125}
        assert result.outside == ""

    def test_an_arm_outside_the_space_is_told_of_before_its_first_trial(self, tmp_path: Path):
        plan = make_valley_plan({"rate": 2.0, "momentum": 0.125, "log": str(tmp_path / "log")})
        told: list[str] = []

        class Listener(Silent):
            def remarked(self, remark: str) -> None:
                assert not starts(tmp_path / "log")
                told.append(remark)

        result = find(plan, tmp_path / "run", trials=1, progress=Listener())
        assert told == [
            "baseline: its settings in the study lie outside the space (rate is 2.0): the search "
            "does not start from them"
        ]
        assert result.outside == "rate is 2.0"

    def test_a_trial_that_is_recorded_is_not_run_again(self, tmp_path: Path):
        log = tmp_path / "log"
        plan = make_valley_plan({"rate": 0.02, "momentum": 0.125, "log": str(log)}, seeds=(100,))
        (trial,) = plan.trials
        metrics = {"validation_accuracy": 79.5}
        record = TrialRecord(hash=trial.hash, spec=trial.spec, status="completed", metrics=metrics)
        result = find(plan, tmp_path / "run", trials=1, known={trial.hash: record})
        assert result.best.value == 79.5
        assert not starts(log)
        assert RecordStore(tmp_path / "run").get(trial.hash) == record

    @pytest.mark.parametrize(
        ("options", "status"),
        [
            ({"scheduler": "asha", "grace_period": 2}, "pruned"),
            ({"scheduler": "asha", "grace_period": 4}, "completed"),
            ({"scheduler": "median_stopping", "grace_period": 2}, "completed"),
            ({"scheduler": "asha", "grace_period": 2, "metric": "flops"}, "completed"),
            ({}, "completed"),
        ],
    )
    def test_a_stopped_trial_is_run_again_unless_this_search_would_stop_it(
        self, tmp_path: Path, options: dict[str, Any], status: str
    ):
        plan = make_valley_plan({"rate": 0.02, "momentum": 0.125, "flops": 9.0}, seeds=(100,))
        (trial,) = plan.trials
        judge = {"scheduler": "asha", "grace_period": 2, "metric": "validation_accuracy"}
        record = TrialRecord(
            hash=trial.hash, spec=trial.spec, status="pruned", provenance={"judged_by": judge}
        )
        result = find(plan, tmp_path, trials=1, known={trial.hash: record}, **options)
        assert [point.status for point in result.points] == [status]
        assert RecordStore(tmp_path).get(trial.hash).status == status

    def test_a_scheduler_judges_by_the_seeds_that_are_recorded_of_a_point_under_way(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        plan = make_valley_plan({"rate": 0.02, "momentum": 0.125}, seeds=(100,))
        (trial,) = plan.trials
        metrics = {"validation_accuracy": 79.5}
        record = TrialRecord(hash=trial.hash, spec=trial.spec, status="completed", metrics=metrics)
        told: list[TrialRecord] = []
        monkeypatch.setattr(search, "recall", lambda _, one, __: told.append(one))
        asked = {"trials": 1, "seeds": (100, 101), "scheduler": "asha"}
        find(plan, tmp_path, known={trial.hash: record}, **asked)
        assert told == [record]

    def test_a_scheduler_judges_by_a_point_found_recorded_while_it_judges(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        plan, asked = make_valley_plan(), {"trials": 4, "sampler": "random"}
        points = find(plan, tmp_path / "before", **asked).points
        before = RecordStore(tmp_path / "before")
        known = {hash_: before.get(hash_) for hash_ in points[2].trials}
        told: list[TrialRecord] = []
        monkeypatch.setattr(search, "recall", lambda _, one, __: told.append(one))
        find(plan, tmp_path / "run", known=known, scheduler="asha", **asked)
        assert told == list(known.values())

    def test_the_other_seeds_of_a_point_that_is_recorded_as_stopped_are_not_run(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        plan = make_valley_plan({"rate": 0.02, "momentum": 0.125}, seeds=(100,))
        (trial,) = plan.trials
        judge = {"scheduler": "asha", "grace_period": 2, "metric": "validation_accuracy"}
        record = TrialRecord(
            hash=trial.hash, spec=trial.spec, status="pruned", provenance={"judged_by": judge}
        )
        monkeypatch.setattr(search, "run_tasks", lambda *_, **__: pytest.fail("nothing is left"))
        asked = {"trials": 1, "seeds": (100, 101), "scheduler": "asha", "grace_period": 2}
        result = find(plan, tmp_path, known={trial.hash: record}, **asked)
        assert [point.status for point in result.points] == ["pruned"]
        assert RecordStore(tmp_path).hashes() == [trial.hash]

    def test_an_interrupted_search_returns_what_it_has_and_goes_on_by_the_same_call(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        plan = make_valley_plan()

        def interrupted(*arguments: Any, **options: Any) -> None:
            options["search_alg"].suggest("a trial")
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("ablate.tuning.search.run_tasks", interrupted)
            first = find(plan, tmp_path, trials=3)
        assert first.interrupted and first.points == ()
        result = find(plan, tmp_path, trials=3)
        assert not result.interrupted
        assert [point.number for point in result.points] == [1, 2, 3]  # 0 was lost, 1 repeats it
        assert result.points[0].values == values_of_params(space(), stored(tmp_path)[0].params)

    def test_as_many_points_are_tried_as_there_is_room_for_now_and_none_is_chosen_ahead(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        machine = {"CPU": 1.0, "GPU": 0.0}
        machines, seconds, taken = [machine], count(), []
        room = partial(Room, look=lambda: machines, clock=lambda: float(next(seconds)))
        monkeypatch.setattr(search, "Room", room)

        def another_joins(*arguments: Any, **options: Any) -> None:
            searcher = options["search_alg"]
            taken.append([searcher.suggest(trial) is not None for trial in "ab"])
            machines.append(machine)
            taken.append([searcher.suggest(trial) is not None for trial in "bc"])
            searcher.on_trial_complete("a")
            taken.append([searcher.suggest(trial) is not None for trial in "cd"])
            raise KeyboardInterrupt

        monkeypatch.setattr(search, "run_tasks", another_joins)
        find(make_valley_plan(), tmp_path, trials=9)
        assert taken == [[True, False], [True, False], [True, False]]
        assert len(stored(tmp_path)) == 3
        machines.append(machine)
        find(make_valley_plan(), tmp_path, trials=9, max_concurrent=1)
        assert taken[3:] == [[True, False], [False, False], [True, False]]

    def test_what_was_found_is_kept_where_a_search_is_interrupted_between_two_arms(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        levels = {name: {"optimizer": name} for name in ("sgd", "adam")}
        plan = make_valley_plan(
            {"optimizer": "sgd"}, factors={"optimizer": Factor(name="optimizer", levels=levels)}
        )

        def interrupted(study: optuna.Study, storage: Any) -> None:
            if study.study_name == "baseline/adam":
                raise KeyboardInterrupt
            revive(study, storage)

        monkeypatch.setattr(search, "revive", interrupted)
        options = SearchOptions(trials=2)
        (sgd,) = search_arms(plan, plan.arms, space(), RecordStore(tmp_path), options)
        assert (sgd.arm, len(sgd.points), sgd.interrupted) == ("baseline", 2, True)
        with pytest.raises(KeyboardInterrupt):  # nothing to be kept
            search_arms(plan, plan.arms[1:], space(), RecordStore(tmp_path), options)

    def test_what_is_wrong_with_a_later_arm_is_said_before_an_earlier_one_is_trained(
        self, tmp_path: Path
    ):
        log = tmp_path / "log"
        plan = make_valley_plan({"optimizer": "sgd", "log": str(log)}, factors=OPTIMIZERS)
        first, second = plan.arms
        options = SearchOptions(trials=2)
        search_arms(plan, [second], space(), RecordStore(tmp_path / "run"), options)
        before = len(starts(log))
        edited = second.model_copy(update={"settings": {**second.settings, "more": 1}})
        with pytest.raises(AblateError, match="the arm's settings were others"):
            search_arms(plan, [first, edited], space(), RecordStore(tmp_path / "run"), options)
        assert len(starts(log)) == before > 0

    @pytest.mark.parametrize("url", [None, "sqlite:///{folder}/search.db"])
    def test_a_point_that_another_search_has_ended_is_told_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str | None
    ):
        where = (url or "{folder}/search.journal").format(folder=tmp_path)

        def disturbed(tasks: Any, *arguments: Any, **options: Any) -> None:
            storage = open_storage(where)
            revive(optuna.load_study(study_name="baseline/baseline", storage=storage), storage)
            run_here(tasks, *arguments, **options)

        monkeypatch.setattr("ablate.tuning.search.run_tasks", disturbed)
        with pytest.raises(AblateError) as caught:
            find(make_valley_plan(), tmp_path, trials=2, storage=where)
        assert str(caught.value) == (
            "--storage: another search has ended point 0 of 'baseline/baseline', which ran here\n"
            "    let one search at a time use a storage; finished trials are recorded, and the "
            "same command continues"
        )

    def test_a_storage_of_others_is_named_without_its_password(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        theirs = optuna.storages.InMemoryStorage()
        with quiet_optuna():
            optuna.create_study(storage=theirs, study_name="theirs").ask()
        monkeypatch.setattr(search, "open_storage", lambda where: theirs)
        with pytest.raises(AblateError) as caught:
            find(make_valley_plan(), tmp_path, storage="postgresql://me:SECRET@host/db")
        assert str(caught.value).startswith(
            "postgresql://me:***@host/db: belongs to another search: "
        )

    def test_a_storage_that_another_process_searches_with_is_left_alone(self, tmp_path: Path):
        where = str(tmp_path / "shared.journal")
        with held_elsewhere(where, tmp_path), pytest.raises(AblateError) as caught:
            find(make_valley_plan(), tmp_path / "run", trials=2, storage=where)
        assert "another ablate process is searching with this storage" in str(caught.value)
        assert not Path(where).exists()

    def test_failed_points_stay_where_fewer_are_asked_for_and_tried_again_keep_their_places(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        plan = make_valley_plan({"rate": 0.02, "momentum": 0.125}, retries=0)
        with monkeypatch.context() as patch:
            patch.setattr(here, "course", broken)
            first = find(plan, tmp_path, trials=4)
        assert [point.status for point in first.points] == ["failed"] * 4
        fewer = find(plan, tmp_path, trials=2)
        values = [point.values for point in first.points]
        assert [point.values for point in fewer.points] == values
        assert [point.status == "failed" for point in fewer.points] == [False, False, True, True]
        assert fewer.went_wrong
        again = find(plan, tmp_path, trials=4)
        assert [point.values for point in again.points] == values
        assert not again.went_wrong
        assert again.points[0].values == {"rate": 0.02, "momentum": 0.125}

    def test_a_call_for_fewer_points_tries_their_failed_ones_again_and_no_other(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        plan = make_valley_plan({"rate": 0.02, "momentum": 0.125}, retries=0)

        class Impatient(Silent):
            def trial_ended(self, *arguments: Any) -> None:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(here, "course", broken)
            first = find(plan, tmp_path, trials=4)
            assert find(plan, tmp_path, trials=4, progress=Impatient()).interrupted
        fewer = find(plan, tmp_path, trials=2)
        assert [point.values for point in fewer.points] == [point.values for point in first.points]
        assert [point.status == "failed" for point in fewer.points] == [False, False, True, True]

    def test_a_search_that_is_done_needs_no_ray(self, tmp_path: Path):
        plan = make_valley_plan()
        result = find(plan, tmp_path, trials=2)
        again = find(plan, tmp_path, trials=2, connected=False, address="nowhere:1")
        assert again == result

    def test_points_of_equal_trials_share_them(self, tmp_path: Path):
        of = space(parameter("width", type="categorical", choices=(8, 16)))
        plan = make_valley_plan({"log": str(tmp_path / "log")})
        result = find(plan, tmp_path / "run", of, trials=6, sampler="random")
        assert len(result.points) == 6
        assert len(starts(tmp_path / "log")) == 2

    def test_the_tally_reaches_its_end_though_trials_are_shared_and_recorded(self, tmp_path: Path):
        of = space(parameter("width", type="categorical", choices=(8, 16)))
        plan = make_valley_plan({"width": 8})
        find(plan, tmp_path, of, trials=1, sampler="random", storage=str(tmp_path / "other"))
        told = io.StringIO()
        find(plan, tmp_path, of, trials=6, sampler="random", progress=PlainProgress(told))
        first, *_, last = told.getvalue().splitlines()
        assert first == "6 trials at most, of which at most 2 to run"
        assert last == "6/6"

    @pytest.mark.parametrize(
        ("options", "cure"),
        [
            ({}, "let the workload report it, or name one of validation_accuracy"),
            ({"scheduler": "asha"}, "what they hold: epoch, validation_accuracy"),
        ],
    )
    def test_no_metric_that_would_be_refused_is_offered_in_place_of_an_absent_one(
        self, tmp_path: Path, options: dict[str, Any], cure: str
    ):
        of_test_data = MetricDescription(label="a gap", uses_test_data=True)
        plan = make_valley_plan(
            {"minor": "1", "flops": 1.0}, metrics=dict.fromkeys(("minor", "flops"), of_test_data)
        )
        with pytest.raises(AblateError) as caught:
            find(plan, tmp_path, trials=1, metric="validation_f1", **options)
        assert str(caught.value).endswith(cure)

    def test_the_test_set_is_not_looked_at(self, tmp_path: Path):
        result = find(make_valley_plan(metric="test_accuracy"), tmp_path, trials=2)
        assert result.metric == "validation_accuracy"
        with pytest.raises(AblateError) as caught:
            find(make_valley_plan(), tmp_path, metric="test_accuracy")
        assert str(caught.value) == (
            "--metric test_accuracy: the test set is not touched in choosing\n"
            "    choose by 'validation_accuracy'"
        )

    def test_a_metric_that_is_described_as_of_the_test_set_is_not_searched_for(
        self, tmp_path: Path
    ):
        gap = {"gap": {"label": "gap", "uses_test_data": True}}
        with pytest.raises(AblateError) as caught:
            find(make_valley_plan(metric="gap", metrics=gap), tmp_path)
        assert str(caught.value) == (
            "--metric gap: the test set is not touched in choosing\n"
            "    choose by a metric of validation data"
        )

    def test_a_metric_of_which_less_is_better(self, tmp_path: Path):
        plan = make_valley_plan(workload="tests.tuning.valley:train_loss")
        result = find(plan, tmp_path, trials=4, metric="validation_loss", sampler="random")
        assert not result.higher_is_better
        assert result.best.value == min(point.value for point in result.points)

    def test_tuned_settings_are_the_arms_with_its_own_best(self, tmp_path: Path):
        plan = make_valley_plan({"epochs": 2, "rate": 1e-4})
        result = find(plan, tmp_path, space(RATE), trials=6, seeds=(100, 101))
        tuned = settings_of_best(result, plan.arms[0])
        assert tuned == {"epochs": 2, "rate": result.best.values["rate"]}

    def test_no_tuned_settings_without_a_completed_point(self, tmp_path: Path):
        plan = make_valley_plan()
        of = space(parameter("rate", range=(DIVERGES_ABOVE + 0.1, 1)))
        result = find(plan, tmp_path, of, trials=2, seeds=(1,))
        with pytest.raises(AblateError) as caught:
            settings_of_best(result, plan.arms[0])
        assert str(caught.value) == (
            "search space 'valley': no point completed in arm 'baseline' of 'baseline': 2 "
            "diverged, 0 pruned, 0 failed\n    move the ranges, or allow more trials"
        )

    def test_a_metric_that_no_point_holds_ends_a_search_with_a_scheduler(self, tmp_path: Path):
        plan = make_valley_plan({"minor": "1"})
        with pytest.raises(AblateError) as caught:
            find(plan, tmp_path, trials=2, scheduler="asha", metric="minor")
        assert str(caught.value) == (
            "--scheduler asha: stops trials by 'minor' at their validation points, and no point of "
            "a trial that was trained to its end holds it\n    leave out the scheduler, let the "
            "points hold it, or name with --metric what they hold: epoch, validation_accuracy, "
            "flops"
        )
        assert len(RecordStore(tmp_path).hashes()) == 1, "it ends with the first trial"


OPTIMIZERS = {
    "optimizer": Factor(
        name="optimizer", levels={"sgd": {"optimizer": "sgd"}, "adam": {"optimizer": "adam"}}
    )
}


def test_data_is_loaded_for_every_combination_of_choices():
    settings = {"preset": "resnet18", "data.dataset": "digits", "architecture.weights": "none"}
    plan = make_valley_plan(settings, workload="image_classification")
    backbone = parameter(
        "architecture.backbone", type="categorical", choices=("resnet18", "resnet34")
    )
    weights = parameter("architecture.weights", type="categorical", choices=("none", "imagenet"))
    names = needed(plan, space(backbone, weights))
    assert names == ["digits", "weights resnet18 imagenet", "weights resnet34 imagenet"]


def needed(plan: Plan, of: SearchSpace) -> list[str]:
    """Names of the data that a search loads."""
    ray = search._LazyRay(ExitStack(), plan.load_workload(), of, plan.arms, Running())
    return ray._data_needed()


class TestRefused:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (
                {"sampler": "tpee"},
                "--sampler tpee: no sampler named 'tpee'\n    did you mean 'tpe'?",
            ),
            (
                {"scheduler": "asah"},
                "--scheduler asah: no scheduler named 'asah'\n    did you mean 'asha'?",
            ),
            (
                {"sampler": "nsga2", "scheduler": "asha"},
                "--scheduler asha: stops trials by one metric, and nsga2 weighs two objectives\n"
                "    leave out the scheduler, or take another sampler",
            ),
            (
                {"sampler": "cma_es", "of": space(RATE)},
                "--sampler cma_es: needs at least two numeric parameters without a condition, and "
                "'valley' has 1\n    take tpe or gaussian_process",
            ),
            ({"grace_period": 4}, "--grace-period: goes with --scheduler\n    add that, too"),
            (
                {"scheduler": "asha", "grace_period": 0},
                "--grace-period 0: must be at least 1",
            ),
            ({"trials": 0}, "--trials 0: must be at least 1"),
            (
                {"seeds": (1, 1)},
                "--seeds: needs seeds, each once\n    write 100 or 100-102",
            ),
        ],
    )
    def test_options_that_cannot_be_meant(
        self, tmp_path: Path, options: dict[str, Any], message: str
    ):
        with pytest.raises(AblateError) as caught:
            find(make_valley_plan(), tmp_path, **options)
        assert str(caught.value) == message

    def test_a_metric_that_the_workload_does_not_have_is_refused_before_anything_runs(
        self, tmp_path: Path
    ):
        settings = {"preset": "simple_model", "data.dataset": "digits"}
        plan = make_valley_plan(settings, workload="image_classification", metric="test_accuracy")
        of = space(parameter("training.learning_rate", range=(0.1, 1)))
        with pytest.raises(AblateError) as caught:
            find(plan, tmp_path / "run", of, metric="validation_acuracy")
        assert str(caught.value) == (
            "--metric validation_acuracy: no metric named 'validation_acuracy'\n"
            "    did you mean 'validation_accuracy'?"
        )
        assert not (tmp_path / "run" / "search.journal").exists()

    def test_a_scheduler_by_a_metric_that_only_finished_trials_have(self, tmp_path: Path):
        settings = {"preset": "simple_model", "data.dataset": "digits"}
        plan = make_valley_plan(settings, workload="image_classification", metric="test_accuracy")
        of = space(parameter("training.learning_rate", range=(0.1, 1)))
        with pytest.raises(AblateError) as caught:
            find(plan, tmp_path / "run", of, metric="best_epoch", scheduler="asha")
        assert str(caught.value) == (
            "--scheduler asha: stops trials by their validation points, and 'best_epoch' is known "
            "only at the end\n    leave out the scheduler, or search by a metric that points hold, "
            "such as 'validation_accuracy'"
        )
        assert not (tmp_path / "run" / "search.journal").exists()

    def test_a_space_that_does_not_fit(self, tmp_path: Path):
        settings = {"preset": "simple_model", "data.dataset": "digits"}
        plan = make_valley_plan(settings, workload="image_classification", metric="test_accuracy")
        of = space(parameter("training.learning_raet", range=(0, 1)))
        with pytest.raises(StudyError) as caught:
            search_arms(plan, plan.arms, of, RecordStore(tmp_path))
        assert str(caught.value) == (
            "search space 'valley', parameters.training.learning_raet: no setting named "
            "'learning_raet' in training\n    did you mean 'learning_rate'?"
        )


DRIVER = """\
import sys
from pathlib import Path
from tests.tuning.test_search import make_valley_plan, space
from ablate.records.store import RecordStore
from ablate.study.search_options import SearchOptions
from ablate.tuning.search import search_arms

folder = Path(sys.argv[1])
plan = make_valley_plan({"log": str(folder / "log"), "hold": str(folder / "hold")})
options = SearchOptions(trials=6, seeds=(100, 101), storage=sys.argv[2])
search_arms(plan, plan.arms[:1], space(), RecordStore(folder / "run"), options)
"""


@pytest.mark.slow
@pytest.mark.parametrize("where", ["{folder}/search.journal", "sqlite:///{folder}/search.db"])
def test_a_killed_search_goes_on_with_no_point_lost_or_doubled(tmp_path: Path, where: str):
    where = where.format(folder=tmp_path)
    command = [sys.executable, "-c", DRIVER, str(tmp_path), where]
    (tmp_path / "hold").touch()
    driver = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    deadline = time.monotonic() + 200
    while len(starts(tmp_path / "log")) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    if where.endswith(".journal"):
        with Path(where).open("ab") as file:  # and half a line was on its way
            file.write(b'{"op_code":5,"worker_id":"')
    before = len(starts(tmp_path / "log"))
    assert before >= 3
    (tmp_path / "hold").unlink()
    subprocess.run(command, cwd=ROOT, check=True, timeout=200)

    trials = stored(where)
    lost = [trial.number for trial in trials if trial.state == TrialState.FAIL]
    done = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    assert lost  # the point that was running
    assert [trial.user_attrs.get("repeats") for trial in trials if "repeats" in trial.user_attrs]
    assert len(done) == 6 and len(done) + len(lost) == len(trials)
    assert all(trials[number].params in [trial.params for trial in done] for number in lost)
    hashes = [hash_ for trial in done for hash_ in trial.user_attrs["trials"]]
    assert len(set(hashes)) == 12 == len(RecordStore(tmp_path / "run").hashes())
    assert len(starts(tmp_path / "log")) <= 12 + 2  # those that ran when it was killed
