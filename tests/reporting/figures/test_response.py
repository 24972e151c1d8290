"""Curves through the points of a search, as their table has them."""

import pytest
from matplotlib.figure import Figure

from ablate.analysis.search_findings import SearchFindings
from ablate.reporting.figures import response
from ablate.reporting.figures.palette import arm_styles
from ablate.reporting.search_pictures import _seeds
from tests.reporting.figures.conftest import drawn
from tests.reporting.search_factory import RATE, make_search_findings

ENDINGS = {1: "diverged", 4: "pruned", 5: "failed"}


def draw(findings: SearchFindings, figure: Figure):  # type: ignore[no-untyped-def]
    points = findings.points.assign(x=findings.points[f"value.{RATE.name}"])
    styles = arm_styles([result.arm for result in findings.results], ["baseline"])
    options = {"name": "learning rate", "label": "validation accuracy", "unit": "%"}
    response.draw(points, _seeds(findings, points), figure, styles, RATE, **options)
    return [axes for axes in figure.axes if axes.axison]


def test_every_completed_point_is_joined_in_the_order_of_the_parameter(figure: Figure) -> None:
    findings = make_search_findings(unfinished=ENDINGS)
    (axes,) = draw(findings, figure)
    for line, result in zip(drawn(axes, "mean"), findings.results, strict=True):
        expected = sorted((p.values[RATE.name], p.value) for p in result.points if p.counts)
        assert list(zip(line.get_xdata(), line.get_ydata(), strict=True)) == expected
    assert len(drawn(axes, "mean")[0].get_xdata()) == 9
    assert all(len(rings.get_offsets()) == 0 for rings in drawn(axes, "seeds"))


def test_a_star_marks_the_best_of_each_arm(figure: Figure) -> None:
    findings = make_search_findings()
    (axes,) = draw(findings, figure)
    stars = [(star.get_xdata()[0], star.get_ydata()[0]) for star in drawn(axes, "best")]
    assert stars == [(r.best.values[RATE.name], r.best.value) for r in findings.results]


@pytest.mark.parametrize(("number", "ending"), ENDINGS.items())
def test_other_points_stand_below_all_values(figure: Figure, number: int, ending: str) -> None:
    findings = make_search_findings(unfinished=ENDINGS)
    (axes,) = draw(findings, figure)
    places = [tuple(marks.get_offsets()[0]) for marks in drawn(axes, ending)]
    assert sorted(x for x, _ in places) == sorted(
        result.points[number].values[RATE.name] for result in findings.results
    )
    heights = {y for _, y in places}
    assert len(heights) == 2  # a row an arm
    low, high = axes.get_ylim()
    lowest = min(min(line.get_ydata()) for line in drawn(axes, "mean"))
    assert all(low + height * (high - low) < lowest for height in heights)
    legend = {text.get_text() for text in figure.legends[0].get_texts()}
    assert {"best point", "diverged", "pruned: stopped early", "failed"} <= legend


def test_each_seed_is_a_ring_about_its_point(figure: Figure) -> None:
    findings = make_search_findings(seeds=(100, 101), arms=("baseline",), points=3)
    (axes,) = draw(findings, figure)
    (rings,) = drawn(axes, "seeds")
    expected = [
        [point.values[RATE.name], point.value + off]
        for point in findings.results[0].points
        for off in (-1, 1)
    ]
    assert rings.get_offsets().tolist() == [pytest.approx(each) for each in expected]


def test_the_axis_spans_the_range_on_its_scale(figure: Figure) -> None:
    (axes,) = draw(make_search_findings(points=2), figure)
    assert axes.get_xscale() == "log"
    low, high = axes.get_xlim()
    assert 5e-6 < low < 1e-5 and 1 < high < 2
    assert [text.get_text() for text in axes.get_xticklabels()] == [
        "1e-5", "1e-4", "0.001", "0.01", "0.1", "1",
    ]  # fmt: skip


def test_many_arms_get_axes_of_their_own(figure: Figure) -> None:
    arms = tuple(f"arm {place}" for place in range(10))
    findings = make_search_findings(arms=arms, points=4)
    panels = draw(findings, figure)
    assert [axes.get_title(loc="left") for axes in panels] == list(arms)
    assert [len(drawn(axes, "mean")) for axes in panels] == [1] * 10
    assert len({axes.get_ylim() for axes in panels}) == 1


def test_a_context_has_a_panel(figure: Figure) -> None:
    panels = draw(make_search_findings(contexts=("small", "large"), points=3), figure)
    assert [axes.get_title(loc="left") for axes in panels] == ["small", "large"]
