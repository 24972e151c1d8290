"""An interval is seen however narrow it is."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from ablate.reporting.figures import cost, forest, interval_bar, strip
from ablate.reporting.figures.palette import arm_styles
from tests.reporting.factory import make_findings
from tests.reporting.figures.conftest import drawn


@pytest.mark.parametrize("upright", [False, True])
def test_a_bar_goes_from_end_to_end_with_a_cap_at_each(figure: Figure, upright: bool) -> None:
    axes = figure.subplots()
    bar, caps = interval_bar.draw(axes, 7.0, (1.0, 2.0), "blue", upright=upright)
    for line in (bar, caps):
        along, across = line.get_xdata(), line.get_ydata()
        if upright:
            along, across = across, along
        assert list(along) == [1.0, 2.0] and list(across) == [7.0, 7.0]
    assert caps.get_marker() == ("_" if upright else "|")


@pytest.mark.parametrize("ends", [(None, 1.0), (1.0, np.nan)])
def test_without_an_end_there_is_no_bar(figure: Figure, ends: tuple[float, float]) -> None:
    assert interval_bar.draw(figure.subplots(), 7.0, ends, "blue") == []


def draw_all(figure: Figure):  # type: ignore[no-untyped-def]
    """Every figure of means with intervals, one after the other, of intervals as narrow as can be
    beside differences of many points.
    """
    findings = make_findings()
    for table, name in ((findings.arms, "mean"), (findings.effects, "estimate")):
        table["low"], table["high"] = table[name] - 1e-4, table[name] + 1e-4
    styles = arm_styles([arm.name for arm in findings.plan.arms], ["baseline"])
    words = {"label": "test accuracy", "unit": "%"}
    forest.draw(findings.effects, findings.differences, figure.subplots(), styles, **words)
    yield "estimate"
    strip.draw(findings.trials, findings.arms, figure, styles, metric="test_accuracy", **words)
    yield "mean"
    cost.draw(findings.arms, figure, styles, **words)
    yield "mean"


def test_the_caps_of_a_narrow_interval_stand_out_behind_its_mark(figure: Figure) -> None:
    for mark in draw_all(figure):
        marks, caps = drawn(figure, mark), drawn(figure, "cap")
        assert len(marks) == len(caps) > 0
        for one, cap in zip(marks, caps, strict=True):
            edge = one.get_markersize() + one.get_markeredgewidth()
            assert cap.get_markersize() > edge + 1.5
            assert cap.get_zorder() < one.get_zorder()
        figure.clear()
