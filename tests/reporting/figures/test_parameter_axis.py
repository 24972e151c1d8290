"""Ticks where a person would put them."""

import pytest
from matplotlib.figure import Figure

from ablate.reporting.figures import parameter_axis
from ablate.study.search_space import Parameter
from tests.reporting.search_factory import DROPOUT, OPTIMIZER, RATE, WIDTH, parameter


@pytest.mark.parametrize(
    ("item", "texts"),
    [
        (RATE, ["1e-5", "1e-4", "0.001", "0.01", "0.1", "1"]),
        (DROPOUT, ["0", "0.1", "0.2", "0.3", "0.4", "0.5"]),
        (WIDTH, ["10", "20", "50"]),
        (OPTIMIZER, ["sgd", "adam", "none"]),
        (parameter("narrow", range=(0.3, 0.4), scale="log"), ["0.3", "0.4"]),
        (parameter("wide", range=(1e-12, 1), scale="log"), ["1e-12", "1e-9", "1e-6", "0.001", "1"]),
        (parameter("depth", type="int", range=(1, 3)), ["1", "2", "3"]),
    ],
    ids=lambda value: value.name if isinstance(value, Parameter) else "",
)
def test_ticks_are_round_and_lie_in_the_range(item: Parameter, texts: list[str]) -> None:
    found = parameter_axis.ticks(item)
    assert [text for _, text in found] == texts
    assert all(0 <= place <= 1 for place, _ in found)


def test_a_choice_stands_at_its_place_in_the_list(figure: Figure) -> None:
    axes = figure.subplots()
    parameter_axis.frame(axes, "y", OPTIMIZER, "optimizer")
    assert [parameter_axis.coordinate(OPTIMIZER, each) for each in OPTIMIZER.choices] == [0, 1, 2]
    assert axes.get_ylim() == (-0.5, 2.5)
    assert axes.get_ylabel() == "optimizer"
