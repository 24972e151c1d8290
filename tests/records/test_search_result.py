from pathlib import Path
from typing import Any

import pytest

from ablate.errors import RecordError
from ablate.records.search_result import SearchPoint, SearchResult, read_search, write_search
from ablate.study.arms import Arm


def point(number: int, value: float | None = None, **entries: Any) -> SearchPoint:
    status = "completed" if value is not None else "pruned"
    values = {"rate": 10.0**-number}
    common = {"status": status, "values": values, "settings": {"training.rate": 10.0**-number}}
    return SearchPoint(number=number, value=value, **(common | entries))


def result(*points: SearchPoint, **entries: Any) -> SearchResult:
    common = {
        "study": "optimizer",
        "context": "baseline",
        "arm": "sgd",
        "space": "learning_rate",
        "metric": "validation_accuracy",
        "higher_is_better": True,
        "seeds": (100,),
    }
    return SearchResult(points=points, **(common | entries))


class TestBest:
    def test_the_best_value_that_completed(self):
        diverged = point(3, 90.0, status="diverged")
        assert result(point(0, 60.0), point(1, 70.0), point(2), diverged).best.number == 1

    def test_the_earlier_of_equal_ones(self):
        assert result(point(0, 60.0), point(1, 60.0)).best.number == 0

    def test_means_that_differ_by_their_rounding_alone_are_equal(self):
        one, other = 76.66666666666666, 76.66666666666667
        assert one < other
        rounded = point(0, one, flops=5.0), point(1, other, flops=9.0)
        assert result(*rounded).best.number == 0
        assert [each.number for each in result(*rounded).front] == [0]
        assert result(point(0, 76.66), point(1, other)).best.number == 1

    def test_the_lowest_where_less_is_better(self):
        assert result(point(0, 0.5), point(1, 0.7), higher_is_better=False).best.number == 0

    def test_none_where_none_completed(self):
        arm = Arm(name="sgd", context="baseline", levels={}, is_reference=True, settings={})
        assert result(point(0)).best is None
        assert result(point(0)).tuned(arm) is None

    def test_an_arm_takes_over_its_settings(self):
        settings = {"training.rate": 0.5, "training.epochs": 3}
        arm = Arm(name="sgd", context="baseline", levels={}, is_reference=True, settings=settings)
        assert result(point(1, 60.0)).tuned(arm) == {"training.rate": 0.1, "training.epochs": 3}


class TestFront:
    def test_points_that_none_beats_in_both_cheapest_first(self):
        points = (
            point(0, 60.0, flops=5.0),
            point(1, 70.0, flops=9.0),
            point(2, 59.0, flops=6.0),  # beaten by 0
            point(3, 50.0, flops=1.0),
            point(4, 70.0, flops=10.0),  # no better than 1
            point(5, 80.0),  # of unknown cost
            point(6, flops=0.1),  # pruned
        )
        assert [p.number for p in result(*points).front] == [3, 0, 1]

    def test_where_less_is_better(self):
        points = (point(0, 0.5, flops=5.0), point(1, 0.6, flops=6.0), point(2, 0.7, flops=1.0))
        assert [p.number for p in result(*points, higher_is_better=False).front] == [2, 0]


class TestFiles:
    def test_a_row_a_point(self, tmp_path: Path):
        first = point(0, 60.5, flops=1e9, trials=("a" * 20, "b" * 20))
        other = point(1, values={"optimizer": None, "shape": [8, 8]}, trials=("c" * 20,))
        write_search([result(first), result(other, arm="adam")], tmp_path)
        assert (tmp_path / "search.csv").read_text() == (
            "context,arm,point,status,validation_accuracy,flops,rate,optimizer,shape,trials\n"
            f"baseline,sgd,0,completed,60.5,1000000000.0,1.0,,,{'a' * 20} {'b' * 20}\n"
            f"baseline,adam,1,pruned,,,,none,8-8,{'c' * 20}\n"
        )

    def test_no_column_is_there_twice_and_an_empty_list_is_no_empty_cell(self, tmp_path: Path):
        named_alike = {"status": 1, "validation_accuracy": 0.5, "widths": []}
        write_search([result(point(0, 60.5, values=named_alike))], tmp_path)
        assert (tmp_path / "search.csv").read_text().splitlines() == [
            "context,arm,point,status,validation_accuracy,flops,value.status,"
            "value.validation_accuracy,widths,trials",
            "baseline,sgd,0,completed,60.5,,1,0.5,[],",
        ]

    def test_what_is_written_is_read_again(self, tmp_path: Path):
        results = (result(point(0, 60.5)), result(point(1), arm="adam"))
        write_search(results, tmp_path)
        assert read_search(tmp_path) == results

    def test_a_folder_without_a_search(self, tmp_path: Path):
        assert read_search(tmp_path) == ()

    @pytest.mark.parametrize("text", ["{", "3", '[{"study": "a"}]', "[3]"])
    def test_a_damaged_file(self, tmp_path: Path, text: str):
        (tmp_path / "search.json").write_text(text)
        with pytest.raises(RecordError) as caught:
            read_search(tmp_path)
        (problem,) = caught.value.problems
        assert problem.where == str(tmp_path / "search.json")
        assert problem.message.startswith("is no search's result: ")
        assert (
            problem.fix == "remove it; the command that searched writes it again from its records"
        )
