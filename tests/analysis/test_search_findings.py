"""The tables of a search say what its points say, and no more."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from ablate.analysis.search_findings import (
    analyse_search,
    best_table,
    edges_of,
    leading_pair,
    point_table,
    trial_table,
)
from ablate.errors import Problem, SettingsError
from tests.reporting.search_factory import (
    CONDITIONAL,
    DROPOUT,
    OPTIMIZER,
    RATE,
    WIDTH,
    make_search,
    make_search_findings,
    make_search_plan,
)


def at(rate: float, **values: object) -> dict[str, object]:
    return {"training.learning_rate": rate, **values}


class TestPoints:
    def test_a_row_each_in_the_order_of_asking(self) -> None:
        space, results, _ = make_search(unfinished={1: "pruned", 2: "diverged"})
        table = point_table(results, space)
        first = table[table["arm"] == "baseline"]
        assert list(first["order"]) == list(range(1, 13))
        assert list(first["status"][:4]) == ["completed", "pruned", "diverged", "completed"]
        assert first["value"].isna().sum() == 1
        assert list(first.loc[first["best"], "point"]) == [results[0].best.number]
        point = results[0].points[0]
        assert first["value.training.learning_rate"].iloc[0] == point.values[RATE.name]
        assert first["position.training.learning_rate"].iloc[0] == RATE.position(
            point.values[RATE.name]
        )

    def test_what_a_point_does_not_have_is_missing_and_a_null_choice_is_not(self) -> None:
        space, results, _ = make_search(CONDITIONAL, points=30)
        table = point_table(results, space)
        is_sgd = table["value.optimizer"] == "sgd"
        assert (table["position.momentum"].notna() == is_sgd).all()
        nulls = table[table["position.optimizer"] == 1]
        assert len(nulls) and all(value is None for value in nulls["value.optimizer"])

    def test_whole_numbers_stay_whole(self) -> None:
        space, results, _ = make_search((WIDTH, DROPOUT), points=3)
        assert {
            type(value) for value in point_table(results, space)["value.architecture.width"]
        } == {int}

    def test_the_front_is_that_of_two_objectives(self) -> None:
        space, results, _ = make_search((WIDTH, DROPOUT), weighs_cost=True)
        table = point_table(results, space)
        for result in results:
            of_arm = table[table["arm"] == result.arm]
            assert set(of_arm.loc[of_arm["front"], "point"]) == {p.number for p in result.front}
        space, results, _ = make_search((WIDTH, DROPOUT))
        assert not point_table(results, space)["front"].any()


class TestTrials:
    def test_each_seed_has_its_value(self) -> None:
        _, results, records = make_search(seeds=(100, 101), points=2, unfinished={1: "pruned"})
        table = trial_table(results, records)
        first = table[table["arm"] == "baseline"].to_dict("records")
        assert [row["seed"] for row in first] == [100, 101, 100, 101]
        mean = results[0].points[0].value
        assert [row["value"] for row in first[:2]] == pytest.approx([mean - 1, mean + 1])
        assert pd.isna(first[2]["value"]) and first[2]["status"] == "pruned"
        assert table["core_seconds"].sum() == 8 * 4

    def test_a_missing_record_is_named(self) -> None:
        space, results, records = make_search(points=3)
        records.pop(results[0].points[0].trials[0])
        findings = analyse_search(make_search_plan(results), space, results, records)
        assert list(findings.trials["status"]).count("missing") == 1
        assert findings.warnings == ("The records of 1 of 6 trials are missing.",)

    @pytest.mark.parametrize("ending", ["pruned", "failed"])
    def test_a_seed_that_its_point_did_not_come_to_is_not_warned_of(self, ending: str) -> None:
        space, results, records = make_search(points=3, seeds=(100, 101), unfinished={0: ending})
        plan = make_search_plan(results)
        records.pop(results[0].points[0].trials[1])
        findings = analyse_search(plan, space, results, records)
        assert not any("missing" in warning for warning in findings.warnings)
        records.pop(results[0].points[1].trials[1])
        findings = analyse_search(plan, space, results, records)
        assert findings.warnings[-1] == "The records of 1 of 8 trials are missing."


class TestBest:
    def test_how_points_ended_is_counted(self) -> None:
        endings = {0: "diverged", 1: "pruned", 2: "pruned", 3: "failed"}
        space, results, _ = make_search(unfinished=endings)
        row = best_table(make_search_plan(results), results, space).to_dict("records")[0]
        counted = [row[name] for name in ("points", "completed", "diverged", "pruned", "failed")]
        assert counted == [12, 8, 1, 2, 1]
        assert (row["point"], row["value"]) == (results[0].best.number, results[0].best.value)
        assert row["value.training.learning_rate"] == results[0].best.values[RATE.name]

    def test_an_arm_in_which_nothing_completed_has_none(self) -> None:
        findings = make_search_findings(points=2, unfinished={0: "pruned", 1: "failed"})
        row = findings.best.to_dict("records")[0]
        assert pd.isna(row["value"]) and pd.isna(row["point"])
        assert (row["lower"], row["upper"]) == ((), ())
        assert findings.warnings[:2] == (
            "baseline: no point completed, so there is no best one.",
            "baseline: 1 point failed (ValueError: no luck); the same search tries it again.",
        )

    def test_an_arm_whose_name_holds_a_comma_is_quoted_in_warnings(self) -> None:
        findings = make_search_findings(
            arms=("adam, aug=yes",), points=2, unfinished={0: "pruned", 1: "failed"}
        )
        assert findings.warnings[0].startswith("'adam, aug=yes': no point completed")

    def test_points_that_were_refused_are_told_apart_from_those_that_failed(self) -> None:
        endings = dict.fromkeys(range(4), "failed")
        space, (result,), records = make_search(arms=("baseline",), unfinished=endings)
        why = {"trials": (), "error": "kernel_size: must be odd, not 4\n    take 3"}
        for refused, were in ((1, "1 point was"), (2, "2 points were")):
            points = tuple(
                point.model_copy(update=why) if place < refused else point
                for place, point in enumerate(result.points)
            )
            results = [result.model_copy(update={"points": points})]
            findings = analyse_search(make_search_plan(results), space, results, records)
            assert findings.warnings == (
                f"baseline: {4 - refused} points failed (ValueError: no luck); the same search "
                "tries them again.",
                f"baseline: {were} refused by the workload (kernel_size: must be odd, not 4), and "
                "not tried again.",
            )

    @pytest.mark.parametrize("points", [9, 10])
    def test_points_that_all_come_out_alike_are_told(self, points: int) -> None:
        space, (result,), records = make_search(arms=("baseline",), points=points)
        alike = [point.model_copy(update={"value": 80.0}) for point in result.points]
        flat = [result.model_copy(update={"points": tuple(alike)})]
        expected = (
            "baseline: all 10 points that completed have the same validation_accuracy, as if "
            "nothing that is searched changed it."
        )
        findings = analyse_search(make_search_plan(flat), space, flat, records)
        assert (expected in findings.warnings) == (points == 10)
        varied = analyse_search(make_search_plan([result]), space, [result], records)
        assert expected not in varied.warnings

    @pytest.mark.parametrize(
        ("seeds", "said"),
        [((100,), None), ((1, 100), "Seed 1 of the search is the study's, too: "),
         ((0, 1), "Seeds 0, 1 of the search are the study's, too: ")],
    )  # fmt: skip
    def test_seeds_of_the_study_are_warned_of(self, seeds: tuple[int, ...], said: str) -> None:
        warnings = make_search_findings(points=2, seeds=seeds).warnings
        told = [warning for warning in warnings if "the study's, too" in warning]
        assert [warning.startswith(said) for warning in told] == ([] if said is None else [True])

    def test_a_guess_at_which_way_the_metric_is_better_is_warned_of(self) -> None:
        findings = make_search_findings(metric="validation_wobble")
        assert findings.warnings[0] == (
            "That more validation_wobble is better is a guess: say which way it is, by "
            "`metrics: {validation_wobble: {label: ..., higher_is_better: false}}`."
        )

    def test_an_arm_outside_its_space_is_warned_of(self) -> None:
        outside = "training.epochs is 5"
        findings = make_search_findings(arms=("baseline",), points=2, outside=outside)
        assert findings.warnings == (
            "baseline: its settings in the study lie outside the space (training.epochs is 5), and "
            "are none of the points: the best of these may be worse.",
        )

    @pytest.mark.parametrize(
        ("rate", "edges"),
        [
            (1e-5, {RATE.name: "lower"}),
            (1.7e-5, {RATE.name: "lower"}),
            (1.9e-5, {}),
            (0.5, {}),
            (0.6, {RATE.name: "upper"}),
            (1.0, {RATE.name: "upper"}),
        ],
    )
    def test_an_edge_is_a_twentieth_of_the_range_on_its_scale(
        self, rate: float, edges: dict[str, str]
    ) -> None:
        space, (result, *_), _ = make_search((RATE, OPTIMIZER), points=1)
        point = result.points[0].model_copy(update={"values": at(rate, optimizer="sgd")})
        found = result.model_copy(update={"points": (point,)})
        assert edges_of(make_search_plan([found]), found, space) == edges

    @pytest.mark.parametrize(("highest", "told"), [(2.0, True), (1.001, True), (1.0, False)])
    def test_the_edge_is_told_however_near_the_end_of_what_can_be_had(
        self, highest: float, told: bool
    ) -> None:
        def resolve(settings: dict[str, Any]) -> dict[str, Any]:
            if settings[RATE.key] >= highest:
                raise SettingsError(Problem(RATE.key, f"must be below {highest}", "lower it"))
            return settings

        space, (result, *_), _ = make_search((RATE,), points=1)
        plan = make_search_plan([result])
        plan.load_workload = lambda: SimpleNamespace(resolve=resolve)
        point = result.points[0].model_copy(update={"values": at(0.99)})
        found = result.model_copy(update={"points": (point,)})
        assert edges_of(plan, found, space) == ({RATE.name: "upper"} if told else {})

    def test_the_end_of_what_can_be_had_is_no_edge(self) -> None:
        def resolve(settings: dict[str, Any]) -> dict[str, Any]:
            if settings[RATE.key] > 1:
                raise SettingsError(Problem(RATE.key, "must be at most 1", "lower it"))
            return settings

        space, (result, *_), _ = make_search((RATE,), points=1)
        plan = make_search_plan([result])
        plan.load_workload = lambda: SimpleNamespace(resolve=resolve)
        for rate, edges in ((1e-5, {RATE.name: "lower"}), (0.99, {})):
            point = result.points[0].model_copy(update={"values": at(rate)})
            found = result.model_copy(update={"points": (point,)})
            assert edges_of(plan, found, space) == edges

    def test_what_lies_beyond_is_asked_of_the_best_point_and_not_of_the_arm(self) -> None:
        """A rate that may not pass the width: the arm's is 0.1, that of the best point 9."""

        def resolve(settings: dict[str, Any]) -> dict[str, Any]:
            if settings[RATE.key] > settings.get(WIDTH.key, 0.1):
                raise SettingsError(Problem(RATE.key, "must not pass the width", "lower it"))
            return settings

        space, (result, *_), _ = make_search((RATE, WIDTH), points=1)
        plan = make_search_plan([result])
        plan.load_workload = lambda: SimpleNamespace(resolve=resolve)
        values = at(0.99, **{WIDTH.name: 9})
        settings = {RATE.key: 0.99, WIDTH.key: 9}
        point = result.points[0].model_copy(update={"values": values, "settings": settings})
        found = result.model_copy(update={"points": (point,)})
        assert edges_of(plan, found, space)[RATE.name] == "upper"


class TestPair:
    def test_the_two_numbers_that_matter_most(self) -> None:
        findings = make_search_findings(parameters=(DROPOUT, OPTIMIZER, WIDTH, RATE), points=30)
        weights = findings.importances[
            (findings.importances["method"] == "fanova")
            & (findings.importances["arm"] == "baseline")
        ].set_index("parameter")["importance"]
        pair = findings.pairs["baseline", "baseline"]
        assert pair[0] == DROPOUT
        left = {WIDTH.name, RATE.name} - {pair[1].name}
        assert weights[pair[1].name] >= max(weights[name] for name in left)

    def test_too_few_points_make_none(self) -> None:
        findings = make_search_findings(parameters=(RATE, DROPOUT), points=9)
        assert findings.pairs == {}

    def test_points_on_a_line_make_none(self) -> None:
        space, (result, *_), _ = make_search((DROPOUT, RATE), points=12)
        points = tuple(
            point.model_copy(update={"values": point.values | {DROPOUT.name: 0.25}})
            for point in result.points
        )
        on_a_line = result.model_copy(update={"points": points})
        importances = make_search_findings(parameters=(DROPOUT, RATE), points=4).importances
        assert leading_pair(on_a_line, space, importances) is None


def test_the_metric_is_described_by_the_study_and_its_direction_by_the_search() -> None:
    findings = make_search_findings(points=2)
    assert (findings.metric.label, findings.metric.unit) == ("validation accuracy", "%")
    upside_down = make_search_findings(points=2, higher_is_better=False)
    assert not upside_down.metric.higher_is_better
