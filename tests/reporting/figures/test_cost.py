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


def rendered_places(axes, gid="mean") -> list[float]:  # type: ignore[no-untyped-def]
    """Where marks stand across the figure, in points."""
    axes.figure.draw_without_rendering()
    marks = drawn(axes, gid)
    pixels = [mark.get_transform().transform(mark.get_xydata())[0, 0] for mark in marks]
    return [pixel * 72 / axes.figure.dpi for pixel in pixels]


def of_means(findings, means: list[float]):  # type: ignore[no-untyped-def]
    """The same findings, with such means and intervals of one point to each side."""
    lows, highs = [mean - 1 for mean in means], [mean + 1 for mean in means]
    findings.arms = findings.arms.assign(mean=means, low=lows, high=highs)
    return findings


def test_arms_of_nearly_equal_cost_that_would_hide_each_other_stand_side_by_side(
    figure: Figure,
) -> None:
    findings = of_means(make_findings(many_changes(3)), [70.0, 71.0, 70.5, 80.0])
    findings.arms["core_seconds"] = [100.0, 100.5, 100.0, 300.0]
    findings.arms["flops"] = [1e12, 2e12, 3e12, 4e12]
    seconds, flops = draw(findings, figure)
    first, second, third, _ = rendered_places(seconds)
    assert 3 <= third - first < second - third <= 7  # by cost; half a mark at least, one at most
    assert rendered_places(seconds, "interval") == rendered_places(seconds)
    (strokes,) = drawn(seconds, "cost")
    assert strokes.get_xdata().tolist() == [100.0, 100.5, 100.0, 300.0]
    assert seconds.get_xlabel() == (
        "core-seconds a trial\n(marks of nearly equal cost stand side by side;\n"
        "strokes at the lower edge: exact costs)"
    )
    assert drawn(flops, "cost") == []
    assert flops.get_xlabel() == "training FLOPs a trial"


def test_costs_that_differ_by_next_to_nothing_are_one_cost(figure: Figure) -> None:
    findings = of_means(make_findings(many_changes(2)), [70.0, 80.0, 90.0])
    findings.arms["core_seconds"] = [100.0, 200.0, 300.0]
    findings.arms["flops"] = [90.903e12, 90.917e12, 90.910e12]
    _, flops = draw(findings, figure)
    assert len({round(place, 1) for place in rendered_places(flops)}) == 1
    assert [tick.get_text() for tick in flops.get_xticklabels()] == ["90.9 T"]


def test_arms_of_equal_cost_far_above_each_other_stand_at_their_cost(figure: Figure) -> None:
    findings = of_means(make_findings(many_changes(3)), [70.0, 74.0, 78.0, 82.0])
    findings.arms["core_seconds"] = [100.0, 100.0, 100.0, 300.0]
    seconds, _ = draw(findings, figure)
    assert len({round(place, 1) for place in rendered_places(seconds)}) == 2
    assert seconds.get_xlabel() == "core-seconds a trial"


def test_an_interval_that_reaches_past_others_is_side_by_side_with_all(figure: Figure) -> None:
    findings = of_means(make_findings(many_changes(3)), [70.0, 74.0, 78.0, 82.0])
    findings.arms.loc[0, ["low", "high"]] = [60.0, 80.0]
    findings.arms["core_seconds"] = [100.0, 100.0, 100.0, 300.0]
    seconds, _ = draw(findings, figure)
    assert len({round(place) for place in rendered_places(seconds)}) == 4


def test_one_cost_of_all_arms_is_the_only_number_on_its_axis(figure: Figure) -> None:
    findings = make_findings(many_changes(3))
    findings.arms["flops"] = 1e13
    _, flops = draw(findings, figure)
    assert [label.get_text() for label in flops.get_xticklabels()] == ["10 T"]


def test_forty_arms_of_equal_cost_stay_within_their_panel(figure: Figure) -> None:
    findings = make_findings(many_changes(39))
    findings.arms[["mean", "low", "high"]] = [70.0, 69.0, 71.0]
    findings.arms["core_seconds"] = [100.0] * 39 + [300.0]
    figure.set_size_inches(*cost.size(findings.arms))
    seconds, _ = draw(findings, figure)
    places = rendered_places(seconds)
    assert len({round(place, 1) for place in places}) == 40
    box = seconds.get_window_extent()
    assert box.x0 * 72 / figure.dpi < min(places) and max(places) < box.x1 * 72 / figure.dpi


def test_every_context_and_every_arm_has_a_look_of_its_own_in_the_legend(figure: Figure) -> None:
    contexts = tuple(f"context {number}" for number in range(12))
    draw(make_findings(many_changes(39), contexts=contexts), figure)
    (legend,) = figure.legends
    looks = [
        (line.get_color(), line.get_marker(), line.get_fillstyle(), line.get_markersize())
        for line in legend.get_lines()
    ]
    assert len(looks) == len(set(looks)) == 52


def test_a_context_without_results_is_not_in_the_legend(figure: Figure) -> None:
    findings = make_findings(contexts=("good", "simple"))
    findings.arms.loc[findings.arms["context"] == "good", "mean"] = float("nan")
    seconds, _ = draw(findings, figure)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "baseline",
        "strided_conv",
        "in simple",
    ]
    (told,) = legend.get_lines()[2:]
    assert {mark.get_fillstyle() for mark in drawn(seconds, "mean")} == {told.get_fillstyle()}


def test_an_unknown_cost_has_no_panel() -> None:
    arms = make_findings().arms.assign(flops=0.0)
    assert cost.columns(arms) == ["core_seconds"]


def test_time_on_gpus_stands_in_place_of_that_on_cores(figure: Figure) -> None:
    arms = make_findings().arms.assign(gpu_seconds=[30.0, 40.0])
    assert cost.columns(arms) == ["gpu_seconds", "flops"]
