"""A surface through the points, and the points."""

from typing import Any

import pytest
from matplotlib.figure import Figure

from ablate.analysis.search_findings import SearchFindings
from ablate.reporting.figures import contour
from tests.reporting.figures.conftest import drawn
from tests.reporting.search_factory import DROPOUT, RATE, make_search_findings


def draw(findings: SearchFindings, figure: Figure) -> Any:
    names = {item.name: item.name for item in findings.space.parameters}
    common = {"label": "validation accuracy", "unit": "%"}
    contour.draw(findings.points, figure, findings.pairs, names, **common)
    return figure.axes[: len(findings.pairs)]


def test_the_surface_ends_where_the_points_end(figure: Figure) -> None:
    findings = make_search_findings(parameters=(RATE, DROPOUT), points=15)
    panels = draw(findings, figure)
    assert [axes.get_title(loc="left") for axes in panels] == ["baseline", "strided_conv"]
    for axes, result in zip(panels, findings.results, strict=True):
        at = [
            [RATE.position(p.values[RATE.name]), DROPOUT.position(p.values[DROPOUT.name])]
            for p in result.points
        ]
        (marks,) = drawn(axes, "points")
        assert marks.get_offsets().tolist() == [pytest.approx(each) for each in at]
        (surface,) = drawn(axes, "surface")
        corners = [path.get_extents() for path in surface.get_paths() if len(path.vertices)]
        assert min(box.x0 for box in corners) == pytest.approx(min(x for x, _ in at))
        assert max(box.y1 for box in corners) == pytest.approx(max(y for _, y in at))
        (star,) = drawn(axes, "best")
        best = result.best.values
        assert star.get_xdata()[0] == pytest.approx(RATE.position(best[RATE.name]))


def test_a_diverged_point_is_marked_and_shapes_no_surface(figure: Figure) -> None:
    findings = make_search_findings(
        parameters=(RATE, DROPOUT), arms=("baseline",), points=15, unfinished={3: "diverged"}
    )
    (axes,) = draw(findings, figure)
    values = findings.results[0].points[3].values
    (cross,) = drawn(axes, "diverged")
    assert cross.get_offsets()[0].tolist() == [
        pytest.approx(item.position(values[item.name])) for item in (RATE, DROPOUT)
    ]
    (surface,) = drawn(axes, "surface")
    assert surface.levels.min() > 20  # chance level, 10 %, is not among them
    assert len(drawn(axes, "points")[0].get_offsets()) == 14


def test_the_axes_are_marked_on_their_scales(figure: Figure) -> None:
    findings = make_search_findings(parameters=(RATE, DROPOUT), arms=("baseline",), points=12)
    (axes,) = draw(findings, figure)
    marks = {
        text.get_text(): place
        for text, place in zip(axes.get_xticklabels(), axes.get_xticks(), strict=True)
    }
    assert marks["0.001"] == pytest.approx(0.4)
    assert axes.get_yticklabels()[0].get_text() == "0"
