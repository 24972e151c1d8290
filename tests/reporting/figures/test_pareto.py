"""The front goes through the points that none beats."""

from matplotlib.figure import Figure

from ablate.reporting.figures import pareto
from ablate.reporting.figures.palette import arm_styles
from tests.reporting.figures.conftest import drawn
from tests.reporting.search_factory import DROPOUT, WIDTH, make_search_findings


def test_front_and_other_points_stand_at_cost_and_value(figure: Figure) -> None:
    findings = make_search_findings(
        parameters=(WIDTH, DROPOUT), weighs_cost=True, unfinished={2: "diverged"}
    )
    styles = arm_styles(["baseline", "strided_conv"], ["baseline"])
    pareto.draw(findings.points, figure, styles, label="validation accuracy", unit="%")
    for axes, result in zip(figure.axes, findings.results, strict=True):
        (front,) = drawn(axes, "front")
        at = list(zip(front.get_xdata(), front.get_ydata(), strict=True))
        assert at == [(point.flops, point.value) for point in result.front]
        assert front.get_drawstyle() == "steps-post"
        (beaten,) = drawn(axes, "beaten")
        assert len(beaten.get_offsets()) + len(at) == 11
        (cross,) = drawn(axes, "diverged")
        assert cross.get_offsets()[0][0] == result.points[2].flops
        (star,) = drawn(axes, "best")
        assert (star.get_xdata()[0], star.get_ydata()[0]) == (result.best.flops, result.best.value)
    assert figure.axes[0].get_xscale() == "log"  # costs differ twelvefold
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
