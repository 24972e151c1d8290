"""The axis is for the effects; the band is told of as it looks there."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from ablate.reporting.figures import forest, interest_band, readable_axis
from ablate.reporting.figures.palette import arm_styles
from tests.reporting.factory import make_findings
from tests.reporting.figures.test_readable_axis import row

CHANGES = {"one": {"optimizer": "one"}, "two": {"optimizer": "two"}}


def of_effects(size: float) -> Any:
    """Findings whose effects, intervals and seeds reach about so far from zero."""
    findings = make_findings(CHANGES)
    pairs = findings.differences
    pairs["difference"] *= size / pairs["difference"].abs().max()
    effects = findings.effects
    of_arm = pairs.groupby("arm", sort=False)["difference"]
    effects["estimate"] = of_arm.mean().to_numpy()
    effects["low"], effects["high"] = of_arm.min().to_numpy(), of_arm.max().to_numpy()
    return findings


def draw(findings: Any, figure: Figure) -> Any:
    axes = figure.subplots()
    forest.draw(
        findings.effects,
        findings.differences,
        axes,
        arm_styles([arm.name for arm in findings.plan.arms], ["baseline"]),
        label="test accuracy",
        unit="points",
        smallest_effect_of_interest=0.5,
    )
    return axes


def last_line(axes: Any) -> str:
    text: str = axes.get_xlabel().replace("\n", " ")
    return text[text.index("one seed each") + len("one seed each ") :]


def caption(findings: Any) -> str:
    return forest.caption("Effect", findings.effects, findings.differences, 0.5)


@pytest.mark.parametrize("size", [0.3, 1.0, 50.0])
def test_effects_about_as_large_as_the_band_are_seen_beside_it(figure: Figure, size: float) -> None:
    findings = of_effects(size)
    axes = draw(findings, figure)
    low, high = axes.get_xlim()
    assert low < -0.5 and high > 0.5 and len(axes.patches) == 1
    assert last_line(axes) == "band: smallest effect of interest, ±0.5 points"
    assert caption(findings).endswith("The grey band holds effects too small to be of interest.")


@pytest.mark.parametrize("size", [0.05, 1e-9])
def test_effects_far_within_the_band_fill_the_axis_and_it_is_said(
    figure: Figure, size: float
) -> None:
    findings = of_effects(size)
    axes = draw(findings, figure)
    assert np.ptp(axes.get_xlim()) < 1.5 * size
    assert axes.get_xlim()[0] < 0 < axes.get_xlim()[1]
    assert len(axes.patches) == 0
    assert last_line(axes) == (
        "the axis is all within the smallest effect of interest, ±0.5 points"
    )
    assert caption(findings).endswith(
        "The whole axis lies within effects too small to be of interest."
    )


def test_a_band_that_the_line_at_zero_hides_is_told_of_as_that(figure: Figure) -> None:
    findings = of_effects(1000.0)
    axes = draw(findings, figure)
    assert len(axes.patches) == 0
    assert last_line(axes) == (
        "the smallest effect of interest, ±0.5 points, is no wider than the line at zero"
    )
    assert "band" not in caption(findings) + axes.get_xlabel()


def test_effects_of_nothing_are_seen_in_the_middle_of_the_band() -> None:
    zero = pd.DataFrame({"difference": [0.0, 0.0]})
    shown = [readable_axis.row_of([0.0, 0.0, 0.0], zero, "difference")]
    assert interest_band.on_axis(shown, 0.5) == interest_band.Band(0.5, "seen", None)


def test_chance_levels_of_diverged_seeds_do_not_widen_an_axis_within_the_band() -> None:
    tiny = readable_axis.row_of([0.001], pd.DataFrame({"difference": [0.001, 0.002]}), "difference")
    band = interest_band.on_axis([tiny, row(0.001, diverged=(-60.0,))], 0.5)
    assert band == interest_band.Band(0.5, "around", (0.0, 0.002))


def test_without_a_smallest_effect_there_is_neither_band_nor_word(figure: Figure) -> None:
    band = interest_band.on_axis([row(1.0, 2.0)], 0.0)
    axes = figure.subplots()
    interest_band.draw(axes, band)
    assert len(axes.patches) == 0
    assert interest_band.note(band, "points") == [] and interest_band.caption(band) == ""
