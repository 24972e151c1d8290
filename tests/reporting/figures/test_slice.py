"""The metric against each parameter, as the table has it."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from ablate.reporting.figures import slice
from ablate.study.search_space import Parameter
from tests.reporting.figures.conftest import drawn
from tests.reporting.search_factory import (
    CONDITIONAL,
    DROPOUT,
    EIGHT,
    RATE,
    make_search_findings,
)


def draw(figure: Figure, parameters: Sequence[Parameter], **options: Any) -> Any:
    findings = make_search_findings(parameters=parameters, **options)
    names = {item.name: item.name for item in parameters}
    common = {"label": "validation accuracy", "unit": "%"}
    higher = findings.metric.higher_is_better
    slice.draw(findings.points, figure, parameters, names, higher_is_better=higher, **common)
    panels = [axes for axes in figure.axes if axes.axison and axes.get_label() != "<colorbar>"]
    return findings, panels


def test_every_point_stands_at_its_value_in_each_panel(figure: Figure) -> None:
    findings, panels = draw(figure, (RATE, DROPOUT), unfinished={2: "pruned"}, points=6)
    assert len(panels) == 4
    for row, result in enumerate(findings.results):
        for axes, item in zip(panels[2 * row : 2 * row + 2], (RATE, DROPOUT), strict=True):
            (marks,) = drawn(axes, "points")
            assert marks.get_offsets().tolist() == [
                [point.values[item.name], point.value] for point in result.points if point.counts
            ]
            assert marks.get_array().tolist() == [1, 2, 4, 5, 6]  # the order of asking
            (pruned,) = drawn(axes, "pruned")
            assert pruned.get_offsets()[0][0] == result.points[2].values[item.name]


def test_choices_stand_side_by_side_and_a_condition_leaves_points_out(figure: Figure) -> None:
    findings, panels = draw(figure, CONDITIONAL, arms=("baseline",), points=9)
    (choices,), _, (momentum,) = (drawn(axes, "points") for axes in panels)
    points = findings.results[0].points
    places = [("sgd", "adam", None).index(point.values["optimizer"]) for point in points]
    assert [x for x, _ in choices.get_offsets()] == places
    assert len(momentum.get_offsets()) == places.count(0)
    assert [text.get_text() for text in panels[0].get_xticklabels()] == ["sgd", "adam", "none"]


def test_the_axis_says_which_way_is_better(figure: Figure) -> None:
    _, panels = draw(figure, (RATE, DROPOUT), arms=("baseline",), higher_is_better=False)
    text = panels[0].get_ylabel().replace("\n", " ")
    assert text == "validation accuracy (%); lower is better"


def test_eight_parameters_take_two_rows(figure: Figure) -> None:
    _, panels = draw(figure, EIGHT, arms=("baseline",), points=3)
    assert len(panels) == 8
    assert len({axes.get_ylim() for axes in panels}) == 1
    assert [axes.get_ylabel() != "" for axes in panels] == [True, False, False, False] * 2
