"""Lines through all parameters, as the table has them."""

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from ablate.analysis.search_findings import SearchFindings
from ablate.reporting.figures import parallel_coordinates
from tests.reporting.figures.conftest import drawn
from tests.reporting.search_factory import CONDITIONAL, DROPOUT, RATE, make_search_findings


def draw(findings: SearchFindings, figure: Figure, **options: Any) -> Any:
    parameters = findings.space.parameters
    names = {item.name: item.name for item in parameters}
    common = {"label": "validation accuracy", "unit": "%"}
    parallel_coordinates.draw(findings.points, figure, parameters, names, **common, **options)
    return figure.axes[: len(findings.results)]


def heights(line: Any) -> list[float]:
    return [float(y) for y in line.get_ydata()]


def brightness(line: Any) -> float:
    return float(np.mean(line.get_color()[:3]))


def test_a_line_a_point_through_its_positions_to_its_value(figure: Figure) -> None:
    findings = make_search_findings(parameters=(RATE, DROPOUT), points=5)
    values = [point.value for result in findings.results for point in result.points]
    low, high = min(values), max(values)
    for axes, result in zip(draw(findings, figure), findings.results, strict=True):
        lines = drawn(axes, "point") + drawn(axes, "best")
        expected = [
            [*(item.position(point.values[item.name]) for item in (RATE, DROPOUT)), end]
            for point in result.points
            for end in [(point.value - low) / (high - low)]
        ]
        assert sorted(map(heights, lines)) == [pytest.approx(each) for each in sorted(expected)]


@pytest.mark.parametrize("higher_is_better", [True, False])
def test_the_better_the_darker(figure: Figure, higher_is_better: bool) -> None:
    findings = make_search_findings(
        parameters=(RATE, DROPOUT), arms=("baseline",), higher_is_better=higher_is_better
    )
    (axes,) = draw(findings, figure, higher_is_better=higher_is_better)
    (best,) = drawn(axes, "best")
    assert heights(best)[-1] == pytest.approx(1.0 if higher_is_better else 0.0)
    ranked = sorted(drawn(axes, "point"), key=lambda line: heights(line)[-1])
    lights = [brightness(line) for line in ranked]
    assert lights == sorted(lights, reverse=higher_is_better)
    assert all(brightness(best) < light for light in lights)


def test_a_missing_parameter_is_a_gap(figure: Figure) -> None:
    findings = make_search_findings(parameters=CONDITIONAL, arms=("baseline",), points=9)
    (axes,) = draw(findings, figure)
    for line in drawn(axes, "point") + drawn(axes, "best"):
        is_sgd = heights(line)[0] == 0
        assert np.isnan(heights(line)[2]) == (not is_sgd)
        assert not np.isnan(heights(line)[3])


def test_a_point_that_ended_early_has_no_value(figure: Figure) -> None:
    findings = make_search_findings(
        parameters=(RATE, DROPOUT), arms=("baseline",), unfinished={1: "diverged", 2: "pruned"}
    )
    (axes,) = draw(findings, figure)
    for status, number in (("diverged", 1), ("pruned", 2)):
        (line,) = drawn(axes, status)
        values = findings.results[0].points[number].values
        assert heights(line) == [item.position(values[item.name]) for item in (RATE, DROPOUT)]
    assert len(drawn(axes, "point")) == 9
