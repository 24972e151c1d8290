"""The path's bars are the steps' effects, and run from mean to mean."""

import math

import pandas as pd
import pytest
from matplotlib.figure import Figure

from ablate.reporting.figures import waterfall

STEPS = pd.DataFrame(
    {
        "arm": ["simple", "batch_norm", "adam", "dropout"],
        "start": [math.nan, 69.0, 75.0, 74.5],
        "mean": [69.0, 75.0, 74.5, math.nan],
        "low": [68.5, 74.5, math.nan, math.nan],
        "high": [69.5, 75.5, math.nan, math.nan],
        "estimate": [math.nan, 6.0, -0.5, math.nan],
        "estimate_low": [math.nan, 5.0, math.nan, math.nan],
        "estimate_high": [math.nan, 7.0, math.nan, math.nan],
    }
)


def test_bars_span_each_step_and_missing_steps_say_so(figure: Figure) -> None:
    axes = figure.subplots()
    waterfall.draw(STEPS, axes, label="test accuracy", unit="%", difference_unit="points")
    spans = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches]
    assert spans == [(69.0, 75.0), (75.0, 74.5)]
    assert [text.get_text() for text in axes.texts] == [
        "69.00 %",
        "75.00 %\n+6.00 points [5.00, 7.00]",
        "74.50 %\n−0.50 points",
        "no result",
    ]


def test_a_bar_is_the_paired_effect_where_the_means_are_of_other_seeds(figure: Figure) -> None:
    """The mean falls from 80.5 to 73.2, and on the seeds that both have the step gains."""
    steps = STEPS.iloc[:2].assign(
        start=[math.nan, 80.5], mean=[80.5, 73.2], estimate=[math.nan, 3.25]
    )
    axes = figure.subplots()
    waterfall.draw(steps, axes, label="test accuracy", unit="%", difference_unit="points")
    (bar,) = axes.patches
    assert (bar.get_x(), bar.get_width(), bar.get_hatch()) == (73.2 - 3.25, 3.25, None)


def test_a_step_that_shares_no_seed_is_an_outline(figure: Figure) -> None:
    steps = STEPS.iloc[:3].assign(estimate=[math.nan, 6.0, math.nan])
    axes = figure.subplots()
    waterfall.draw(steps, axes, label="test accuracy", unit="%", difference_unit="points")
    assert [bar.get_gid() for bar in axes.patches] == ["step", "no effect"]
    assert axes.patches[1].get_facecolor()[3] == 0


@pytest.mark.parametrize(
    ("higher_is_better", "hatches"), [(True, [None, "///"]), (False, ["///", None])]
)
def test_steps_for_the_worse_are_hatched(
    figure: Figure, higher_is_better: bool, hatches: list[str | None]
) -> None:
    axes = figure.subplots()
    waterfall.draw(
        STEPS,
        axes,
        label="test loss",
        unit="",
        difference_unit="",
        higher_is_better=higher_is_better,
    )
    assert [bar.get_hatch() for bar in axes.patches] == hatches
    assert "(hatched: for the worse);\nline: 95 % interval of the mean" in axes.get_xlabel()


def test_without_intervals_none_is_told_of(figure: Figure) -> None:
    axes = figure.subplots()
    steps = STEPS.assign(low=math.nan, high=math.nan)
    waterfall.draw(steps, axes, label="test accuracy", unit="%", difference_unit="points")
    assert "interval" not in axes.get_xlabel()
