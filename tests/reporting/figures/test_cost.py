"""Cost against metric."""

from matplotlib.figure import Figure

from ablate.reporting.figures import cost
from ablate.reporting.figures.palette import arm_styles
from tests.reporting.factory import make_findings, many_changes
from tests.reporting.figures.conftest import drawn


def draw(findings, figure: Figure):  # type: ignore[no-untyped-def]
    styles = arm_styles([arm.name for arm in findings.plan.arms], ["baseline"])
    cost.draw(findings.arms, figure, styles, label="test accuracy", unit="%")
    return figure.axes


def test_every_arm_stands_at_its_cost_and_mean(figure: Figure) -> None:
    findings = make_findings(many_changes(39))
    panels = draw(findings, figure)
    for axes, column in zip(panels, ("core_seconds", "flops"), strict=True):
        marks = [(mark.get_xdata()[0], mark.get_ydata()[0]) for mark in drawn(axes, "mean")]
        expected = findings.arms[[column, "mean"]].to_numpy().tolist()
        assert marks == [tuple(pair) for pair in expected]


def test_costs_that_differ_tenfold_get_a_logarithmic_axis(figure: Figure) -> None:
    findings = make_findings()
    findings.arms["flops"] = [1e12, 5e13]
    seconds, flops = draw(findings, figure)
    assert (seconds.get_xscale(), flops.get_xscale()) == ("linear", "log")


def test_an_unknown_cost_has_no_panel() -> None:
    arms = make_findings().arms.assign(flops=0.0)
    assert cost.columns(arms) == ["core_seconds"]


def test_time_on_gpus_stands_in_place_of_that_on_cores(figure: Figure) -> None:
    arms = make_findings().arms.assign(gpu_seconds=[30.0, 40.0])
    assert cost.columns(arms) == ["gpu_seconds", "flops"]
