"""What the forest of two comparisons draws is what its tables say."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from ablate.reporting.figures import paired_forest
from ablate.reporting.figures.palette import arm_styles
from tests.reporting.factory import make_findings, many_changes
from tests.reporting.figures.conftest import drawn

CHANGES = {
    "strided_conv": {"architecture.downsampling": "strided_conv"},
    "sgd": {"optimizer": "sgd"},
}


def joined(shared, own) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    """The effects of two comparisons in one table."""
    table = shared.effects[["context", "factor", "arm", "reference"]].copy()
    for which, each in (("shared", shared), ("tuned", own)):
        table[which] = each.effects["estimate"]
        for part in ("low", "high", "n"):
            table[f"{which}_{part}"] = each.effects[part]
    return table


def draw(shared, own, figure: Figure):  # type: ignore[no-untyped-def]
    axes = figure.subplots()
    paired_forest.draw(
        joined(shared, own),
        {"shared": shared.differences, "tuned": own.differences},
        axes,
        arm_styles([arm.name for arm in shared.plan.arms], ["baseline"]),
        label="test accuracy",
        unit="points",
        smallest_effect_of_interest=0.5,
    )
    return axes


def moved(findings, by: float):  # type: ignore[no-untyped-def]
    """The same findings with every effect greater by so much."""
    effects, differences = findings.effects.copy(), findings.differences.copy()
    effects[["estimate", "low", "high"]] += by
    differences["difference"] += by
    findings.effects, findings.differences = effects, differences
    return findings


@pytest.mark.parametrize("which", ["shared", "tuned"])
def test_estimates_intervals_and_seeds_stand_where_the_tables_say(
    figure: Figure, which: str
) -> None:
    shared, own = make_findings(CHANGES), moved(make_findings(CHANGES, seeds=4), 3.0)
    axes = draw(shared, own, figure)
    assert "bar: 95 % interval;" in axes.get_xlabel()
    each = shared if which == "shared" else own
    estimates = [mark.get_xdata()[0] for mark in drawn(axes, f"{which} estimate")]
    intervals = [list(bar.get_xdata()) for bar in drawn(axes, f"{which} interval")]
    seeds = [points.get_offsets()[:, 0].tolist() for points in drawn(axes, f"{which} seeds")]
    assert estimates == each.effects["estimate"].tolist()
    assert intervals == each.effects[["low", "high"]].to_numpy().tolist()
    by_arm = each.differences.groupby("arm", sort=False)["difference"]
    assert seeds == [values.tolist() for _, values in by_arm]


def test_shared_stands_hollow_above_own_filled_in_the_arms_row(figure: Figure) -> None:
    axes = draw(make_findings(CHANGES), make_findings(CHANGES), figure)
    above, below = (drawn(axes, f"{which} estimate") for which in ("shared", "tuned"))
    ticks = axes.get_yticks()
    for row, one, two in zip(ticks, above, below, strict=True):
        assert row - 0.5 < one.get_ydata()[0] < two.get_ydata()[0] < row + 0.5
        assert one.get_markerfacecolor() == "white" != two.get_markerfacecolor()
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["strided_conv", "sgd"]


def test_one_that_has_no_result_says_so_beside_the_other(figure: Figure) -> None:
    own = make_findings(CHANGES, without_result=("sgd",))
    axes = draw(make_findings(CHANGES), own, figure)
    assert [text.get_text() for text in axes.texts].count("no pairs") == 1
    assert len(drawn(axes, "shared estimate")) == 2
    assert len(drawn(axes, "tuned estimate")) == 1


def test_one_seed_draws_marks_without_intervals(figure: Figure) -> None:
    axes = draw(make_findings(CHANGES, seeds=1), make_findings(CHANGES, seeds=1), figure)
    assert drawn(axes, "shared interval") == drawn(axes, "tuned interval") == []
    assert "interval" not in axes.get_xlabel()
    assert len(drawn(axes, "tuned estimate")) == 2


def test_a_seed_with_a_diverged_trial_is_a_cross_where_its_comparison_is(figure: Figure) -> None:
    shared, own = make_findings(CHANGES), make_findings(CHANGES)
    pairs = shared.differences
    diverged = (pairs["arm"] == "sgd") & (pairs["seed"] == 0)
    shared.differences = pairs.assign(
        diverged=diverged, difference=pairs["difference"].mask(diverged, -70.0)
    )
    axes = draw(shared, own, figure)
    (cross,) = drawn(axes, "diverged shared seeds")
    assert cross.get_offsets()[:, 0].tolist() == [-70.0]
    assert drawn(axes, "diverged tuned seeds") == []
    assert axes.get_xlim()[0] > -20
    both = {"shared": shared.differences, "tuned": own.differences}
    caption = paired_forest.caption(joined(shared, own), both, 0.5)
    assert "mean with 95 % interval, and below it" in caption
    assert "counts at chance level" in caption and "The axis ends" in caption


@pytest.mark.parametrize("count", [1, 20])
def test_numbers_never_overlap(figure: Figure, count: int) -> None:
    findings = make_findings(many_changes(count))
    figure.set_size_inches(*paired_forest.size(joined(findings, findings)))
    axes = draw(findings, findings, figure)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts if "n=" in text.get_text()]
    assert len(boxes) == 2 * count
    edges = sorted((box.y0, box.y1) for box in boxes)
    assert (np.diff([low for low, _ in edges]) > 0).all()
    assert all(one[1] <= two[0] for one, two in itertools.pairwise(edges))
