"""Importances of parameters, against functions whose answer is known."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest

from ablate.analysis.importance import COLUMNS, ENOUGH, importance_table
from ablate.records.search_result import SearchPoint, SearchResult
from ablate.study.search_space import Parameter, SearchSpace


def parameter(name: str, **entries: Any) -> Parameter:
    common = {"name": name, "key": name, "type": "float", "why": "a test"}
    return Parameter(**(common | entries))


RATE = parameter("rate", range=(1e-5, 1), scale="log")
MOMENTUM = parameter("momentum", range=(0, 1))
KIND = parameter("kind", type="categorical", choices=("sgd", None, [1, 2]))
WHEN_SGD = MOMENTUM.model_copy(update={"when": {"kind": ("sgd",)}})
Worth = Callable[[dict[str, Any]], float]


def log_distance(values: dict[str, Any]) -> float:
    """In decades from the best rate."""
    return abs(math.log10(values["rate"]) + 2.5)


def searched(
    worth: Worth, *parameters: Parameter, points: int = 30, higher_is_better: bool = True
) -> tuple[SearchResult, SearchSpace]:
    space = SearchSpace(name="a_space", parameters=parameters)
    generator = np.random.default_rng(1)
    tried = []
    for number in range(points):
        values: dict[str, Any] = {}
        for item in parameters:
            drawn = float(generator.uniform())
            if space.active(item, values):
                values[item.name] = _at(item, drawn)
        point = SearchPoint(number=number, values=values, settings={}, status="completed")
        tried.append(point.model_copy(update={"value": worth(values)}))
    result = SearchResult(
        study="a_study",
        context="baseline",
        arm="sgd",
        space=space.name,
        metric="validation_accuracy",
        higher_is_better=higher_is_better,
        seeds=(100,),
        points=tuple(tried),
    )
    return result, space


def _at(item: Parameter, position: float) -> Any:
    if item.type == "categorical":
        return item.choices[int(position * len(item.choices))]
    low, high = item.bounds
    return low * (high / low) ** position if item.scale == "log" else low + position * (high - low)


def shares(table: pd.DataFrame, method: str) -> dict[str, float]:
    of_method = table[table["method"] == method]
    return dict(zip(of_method["parameter"], of_method["importance"], strict=True))


def one_row(table: pd.DataFrame, name: str) -> dict[Any, Any]:
    row: dict[Any, Any] = table[table["parameter"] == name].to_dict("records")[0]
    return row


@pytest.mark.parametrize("higher_is_better", [True, False])
def test_the_parameter_that_decides_comes_first(higher_is_better: bool) -> None:
    sign = -1 if higher_is_better else 1

    def worth(values: dict[str, Any]) -> float:
        return sign * (10 * log_distance(values) + values["momentum"])

    result, space = searched(worth, MOMENTUM, RATE, KIND, higher_is_better=higher_is_better)
    table = importance_table([result], space)
    for method in ("fanova", "ped_anova"):
        found = shares(table, method)
        assert found["rate"] > 0.7
        assert sum(found.values()) == pytest.approx(1)


def test_a_choice_counts_as_a_number_does() -> None:
    result, space = searched(lambda values: float(values["kind"] is None), MOMENTUM, KIND)
    table = importance_table([result], space)
    for method in ("fanova", "ped_anova"):
        found = shares(table, method)
        assert found["kind"] > found["momentum"]


def test_a_log_range_is_weighed_by_its_decades() -> None:
    """Below 1e-2 lies three fifths of the range on its scale, and a hundredth of it without."""
    result, space = searched(
        lambda values: 20.0 * (values["rate"] < 1e-2) + 3 * values["momentum"], RATE, MOMENTUM
    )
    assert shares(importance_table([result], space), "fanova")["rate"] > 0.9


def test_the_same_points_give_the_same_numbers() -> None:
    result, space = searched(log_distance, RATE, MOMENTUM, points=12)
    first, second = (importance_table([result], space) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert list(first.columns) == COLUMNS


class TestCondition:
    def test_its_importance_is_over_the_points_that_have_the_parameter(self) -> None:
        def worth(values: dict[str, Any]) -> float:
            return 30 * values.get("momentum", 0.0) + 0.1 * values["rate"]

        result, space = searched(worth, KIND, RATE, WHEN_SGD, points=60)
        table = importance_table([result], space)
        row = one_row(table, "momentum")
        assert row["n"] == sum("momentum" in point.values for point in result.points)
        assert row["beside"] == "rate"  # the choice is the same in all of them
        assert row["importance"] > 0.9
        assert one_row(table, "rate")["n"] == 60
        assert one_row(table, "rate")["beside"] == "kind"


class TestReasons:
    def reasons(self, result: SearchResult, space: SearchSpace) -> dict[str, set[str]]:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            table = importance_table([result], space)
        assert table.loc[table["reason"] != "", "importance"].isna().all()
        return {name: set(rows["reason"]) for name, rows in table.groupby("parameter")}

    def test_too_few_points(self) -> None:
        result, space = searched(log_distance, RATE, MOMENTUM, points=ENOUGH)
        points = list(result.points)
        points[0] = points[0].model_copy(update={"status": "diverged"})
        points[1] = points[1].model_copy(update={"status": "pruned", "value": None})
        less = result.model_copy(update={"points": tuple(points)})
        said = {"needs 10 completed points, and 8 have it"}
        assert self.reasons(less, space) == {"rate": said, "momentum": said}

    def test_no_points(self) -> None:
        result, space = searched(log_distance, RATE, MOMENTUM, points=0)
        said = {"needs 10 completed points, and 0 have it"}
        assert self.reasons(result, space) == {"rate": said, "momentum": said}

    def test_a_metric_that_is_always_the_same(self) -> None:
        result, space = searched(lambda values: 50.0, RATE, MOMENTUM, points=12)
        said = {"all points are worth the same"}
        assert self.reasons(result, space) == {"rate": said, "momentum": said}

    def test_a_parameter_alone(self) -> None:
        result, space = searched(log_distance, RATE, points=12)
        assert self.reasons(result, space) == {"rate": {"nothing else is searched with it"}}

    def test_a_parameter_that_was_never_changed(self) -> None:
        result, space = searched(log_distance, RATE, MOMENTUM, KIND, points=12)
        points = tuple(
            point.model_copy(update={"values": point.values | {"momentum": 0.5}})
            for point in result.points
        )
        reasons = self.reasons(result.model_copy(update={"points": points}), space)
        assert reasons["momentum"] == {"has the same value in all points"}
        assert reasons["rate"] == {""}

    def test_optuna_is_as_talkative_afterwards_as_before(self) -> None:
        level = optuna.logging.get_verbosity()
        result, space = searched(log_distance, RATE, MOMENTUM, points=12)
        self.reasons(result, space)
        assert optuna.logging.get_verbosity() == level
