"""What a search found, in words that its tables bear out."""

from typing import Any

import pytest

from ablate.analysis.search_findings import SearchFindings, analyse_search
from ablate.records.search_result import SearchPoint, SearchResult
from ablate.reporting.search_answer import search_answer, search_question, search_warnings
from ablate.reporting.search_tables import best_points_table
from ablate.study.search_space import Parameter, SearchSpace
from tests.reporting.search_factory import (
    DROPOUT,
    RATE,
    make_search_findings,
    make_search_plan,
    parameter,
)


def found(
    *best: dict[str, Any] | None, parameters: tuple[Parameter, ...] = (RATE,), **changes: Any
) -> SearchFindings:
    """An arm with a point of these values for each, or with one that failed."""
    space = SearchSpace(name="a_space", parameters=parameters)
    results = []
    for place, values in enumerate(best):
        point = SearchPoint(
            number=7,
            values=values or {},
            settings={},
            status="failed" if values is None else "completed",
            value=None if values is None else 90.0 - place,
            flops=1e9,
        )
        common = {
            "study": "two_arms",
            "context": "baseline",
            "arm": f"arm_{place}",
            "space": "a_space",
            "metric": "validation_accuracy",
            "higher_is_better": True,
            "seeds": (100,),
            "points": (point,),
        }
        results.append(SearchResult(**(common | changes)))
    return analyse_search(make_search_plan(results), space, results, {})


def rates(*values: float | None) -> SearchFindings:
    return found(*(None if value is None else {RATE.name: value} for value in values))


class TestAnswer:
    def test_of_one_arm(self) -> None:
        assert search_answer(rates(0.0123456)) == (
            "Best of 1 point is learning rate 0.01235 (validation accuracy 90.00 %, n=1 seed)."
        )

    def test_of_several_arms_none_is_called_better(self) -> None:
        assert search_answer(rates(0.01, 2e-5, 0.1)) == (
            "Best of 1 point an arm: arm_0 at learning rate 0.01 (validation accuracy 90.00 %, "
            "n=1 seed); arm_1 at learning rate 2e-5 (validation accuracy 89.00 %, n=1 seed); "
            "arm_2 at learning rate 0.1 (validation accuracy 88.00 %, n=1 seed)."
        )

    def test_of_many_arms_the_two_ends_are_named(self) -> None:
        assert search_answer(rates(0.01, 1e-5, 0.1, 0.02)) == (
            "4 arms have a best point: the best learning rate goes from 1e-5 (arm_1) to 0.1 "
            "(arm_2); arm_1 lies at the edge of a range."
        )

    def test_an_edge_is_named(self) -> None:
        assert search_answer(rates(1.0)).endswith("n=1 seed), at the edge of a range.")
        assert search_answer(rates(1.0, 1.0)).endswith(
            "; arm_0 and arm_1 lie at the edge of a range."
        )

    def test_arms_that_differ_in_points_are_told_apart(self) -> None:
        assert search_answer(rates(0.01, None)) == (
            "Best: arm_0 at learning rate 0.01 (validation accuracy 90.00 %, n=1 seed, of 1 point)"
            "; no point completed in arm_1."
        )
        findings = make_search_findings(arms=("baseline",), unfinished={0: "pruned"})
        assert search_answer(findings).startswith("Best of 12 points, 11 of them completed, is ")

    def test_two_values_are_told_and_of_many_the_number_of_the_point(self) -> None:
        two = {RATE.name: 0.01, DROPOUT.name: 0.25}
        said = search_answer(found(two, parameters=(RATE, DROPOUT)))
        assert said.startswith("Best of 1 point is learning rate 0.01 and dropout 0.25 (")
        three = found(two, two, two, parameters=(RATE, DROPOUT))
        assert "arm_0 at point 7 (" in search_answer(three)

    def test_of_two_objectives_the_front_is_named(self) -> None:
        one = found({RATE.name: 0.01}, weighs_cost=True)
        assert search_answer(one).endswith(
            "; the front of validation accuracy and cost has 1 point."
        )

    def test_nothing_completed(self) -> None:
        assert search_answer(rates(None, None)) == "No point completed."


class TestWarnings:
    @pytest.mark.parametrize(
        ("rate", "end", "more"), [(1.0, "upper", "higher"), (1e-5, "lower", "lower")]
    )
    def test_an_edge_comes_with_its_range(self, rate: float, end: str, more: str) -> None:
        shown = "1" if rate == 1 else "1e-5"
        assert search_warnings(rates(rate)) == (
            f"arm_0: the best learning rate, {shown}, lies at the {end} end of its range, 1e-5 to "
            f"1: if there can be a {more} one, widen the range.",
        )

    def test_the_edge_of_a_parameter_with_a_comma_in_its_name_is_told(self) -> None:
        first, second = (parameter(name, range=(0, 1)) for name in ("rate, first", "rate"))
        searched = found({"rate, first": 1.0, "rate": 0.5}, parameters=(first, second))
        assert search_warnings(searched) == (
            "arm_0: the best rate, first, 1, lies at the upper end of its range, 0 to 1: if there "
            "can be a higher one, widen the range.",
        )
        assert list(best_points_table(searched).frame["upper"]) == ["rate, first"]

    def test_inside_there_is_none(self) -> None:
        assert search_warnings(rates(0.01)) == ()


@pytest.mark.parametrize(
    ("findings", "question"),
    [
        (rates(0.1, 0.1), "Which learning rate suits each arm of two arms?"),
        (rates(0.1), "Which learning rate suits arm arm_0 of two arms?"),
        (
            found({RATE.name: 0.1, DROPOUT.name: 0.1}, parameters=(RATE, DROPOUT)),
            "Which settings of a space suit arm arm_0 of two arms?",
        ),
    ],
    ids=["arms", "arm", "space"],
)
def test_the_question_names_what_is_searched(findings: SearchFindings, question: str) -> None:
    assert search_question(findings) == question
