"""What the forest plot draws is what its table says."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from ablate.reporting.figures import forest
from ablate.reporting.figures.drawn_intervals import EVERY_LOOK
from ablate.reporting.figures.palette import arm_styles
from tests.reporting.factory import make_findings, many_changes
from tests.reporting.figures.conftest import drawn

CHANGES = {
    "strided_conv": {"architecture.downsampling": "strided_conv"},
    "average_pool": {"architecture.downsampling": "average_pool"},
    "sgd": {"optimizer": "sgd"},
}


def draw(findings, figure: Figure, **options):  # type: ignore[no-untyped-def]
    axes = figure.subplots()
    styles = arm_styles([arm.name for arm in findings.plan.arms], ["baseline"])
    forest.draw(
        findings.effects,
        findings.differences,
        axes,
        styles,
        label="test accuracy",
        unit="points",
        **{"smallest_effect_of_interest": 0.5} | options,
    )
    return axes


def test_estimates_intervals_and_seeds_stand_where_the_table_says(figure: Figure) -> None:
    findings = make_findings(CHANGES)
    axes = draw(findings, figure)
    estimates = [mark.get_xdata()[0] for mark in drawn(axes, "estimate")]
    intervals = [list(bar.get_xdata()) for bar in drawn(axes, "interval")]
    seeds = [points.get_offsets()[:, 0].tolist() for points in drawn(axes, "seeds")]
    assert estimates == findings.effects["estimate"].tolist()
    assert intervals == findings.effects[["low", "high"]].to_numpy().tolist()
    by_arm = findings.differences.groupby("arm", sort=False)["difference"]
    assert seeds == [values.tolist() for _, values in by_arm]


def test_rows_are_labelled_and_grouped_by_factor(figure: Figure) -> None:
    axes = draw(make_findings(CHANGES), figure)
    labels = [label.get_text() for label in axes.get_yticklabels()]
    texts = {text.get_text() for text in axes.texts}
    assert labels == ["strided_conv", "average_pool", "sgd"]
    assert {"architecture.downsampling", "optimizer"} <= texts


def test_contexts_of_an_arm_stand_together(figure: Figure) -> None:
    axes = draw(make_findings(CHANGES, contexts=("good", "simple")), figure)
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[:2] == ["strided_conv, in good", "strided_conv, in simple"]
    assert len(labels) == 6


def test_the_band_spans_the_smallest_effect_of_interest(figure: Figure) -> None:
    axes = draw(make_findings(CHANGES), figure)
    band = axes.patches[0]
    assert (band.get_x(), band.get_x() + band.get_width()) == (-0.5, 0.5)


def with_diverged(findings):  # type: ignore[no-untyped-def]
    """The same findings, with two seeds of sgd at chance level."""
    pairs = findings.differences
    diverged = (pairs["arm"] == "sgd") & (pairs["seed"] < 2)
    findings.differences = pairs.assign(
        diverged=diverged, difference=pairs["difference"].mask(diverged, -70.0)
    )
    effects = findings.effects
    effects.loc[effects["arm"] == "sgd", ["estimate", "low", "high"]] = [-29.0, -80.0, 22.0]
    return findings


def test_a_seed_with_a_diverged_trial_is_a_cross_and_the_axis_ends_before_it(
    figure: Figure,
) -> None:
    plain = draw(make_findings(CHANGES), figure).get_xlim()
    figure.clear()
    findings = with_diverged(make_findings(CHANGES))
    axes = draw(findings, figure)
    (crosses,) = drawn(axes, "diverged seeds")
    assert crosses.get_offsets()[:, 0].tolist() == [-70.0, -70.0]
    assert [len(points.get_offsets()) for points in drawn(axes, "seeds")] == [5, 5, 3]
    assert axes.get_xlim()[0] >= plain[0] - 1
    assert len(drawn(axes, "beyond")) == 2
    text = "×: a trial diverged, at chance level; arrow: beyond the axis"
    assert text in axes.get_xlabel()
    assert forest.caption("Effect", findings.effects, findings.differences, 0.0) == (
        "Effect on the same seeds: mean with 95 % interval, and below it one small mark a seed. A "
        "× is a seed with a trial that diverged: it counts at chance level, also in the mean. "
        "The axis ends where measurements do; an arrow, or a number beside a ×, tells what lies "
        "beyond it."
    )


def test_nothing_is_said_of_divergence_where_there_is_none(figure: Figure) -> None:
    findings = make_findings(CHANGES)
    axes = draw(findings, figure)
    assert "×" not in axes.get_xlabel() and drawn(axes, "diverged seeds") == []
    assert forest.caption("Effect", findings.effects, findings.differences, 0.5) == (
        "Effect on the same seeds: mean with 95 % interval, and below it one small mark a seed. "
        "The grey band holds effects too small to be of interest."
    )


def test_of_one_seed_no_interval_is_told_of(figure: Figure) -> None:
    findings = make_findings(CHANGES, seeds=1)
    axes = draw(findings, figure)
    assert "large mark: mean; small marks: one seed each" in axes.get_xlabel()
    assert forest.caption("Effect", findings.effects, findings.differences, 0.0) == (
        "Effect on the same seeds: mean, without an interval, as there is one seed, and below it "
        "one small mark a seed."
    )


def test_what_intervals_are_is_said_below_the_axis_and_in_the_caption(figure: Figure) -> None:
    findings = make_findings(CHANGES)
    axes = draw(findings, figure)
    assert "large mark: mean; bar: 95 % interval; small marks: one seed each" in axes.get_xlabel()
    figure.clear()
    axes = draw(findings, figure, kind=EVERY_LOOK)
    assert "large mark: mean;\nbar: repeated 95 % interval;\nsmall marks" in axes.get_xlabel()
    caption = forest.caption("Effect", findings.effects, findings.differences, 0.0, EVERY_LOOK)
    assert caption == (
        "Effect on the same seeds: mean with repeated 95 % interval, and below it one small mark a "
        "seed."
    )


def test_of_seeds_that_do_not_match_no_pairs_are_told_of(figure: Figure) -> None:
    findings = make_findings(CHANGES)
    findings.effects["method"] = "welch"
    findings.differences = findings.differences[:0]
    axes = draw(findings, figure)
    assert "large mark: mean; bar: 95 % interval\n" in axes.get_xlabel()
    numbers = [text.get_text() for text in axes.texts if "[" in text.get_text()]
    assert numbers
    assert all(text.endswith("  unpaired") for text in numbers)
    caption = forest.caption("Effect", findings.effects, findings.differences, 0.0)
    assert caption == "Effect, of which no seeds match: mean with 95 % interval."
    findings.effects.loc[0, "method"] = "paired"
    caption = forest.caption("Effect", findings.effects, findings.differences, 0.0)
    assert caption == "Effect on the same seeds, where they match: mean with 95 % interval."


def test_one_seed_draws_a_mark_without_an_interval(figure: Figure) -> None:
    axes = draw(make_findings(CHANGES, seeds=1), figure)
    assert len(drawn(axes, "estimate")) == 3
    assert drawn(axes, "interval") == []


def test_an_arm_without_results_says_so(figure: Figure) -> None:
    axes = draw(make_findings(CHANGES, without_result=("sgd",)), figure)
    assert [text.get_text() for text in axes.texts].count("no pairs") == 1
    assert len(drawn(axes, "estimate")) == 2


LONG = ("a network of many layers, trained on other data before " * 2, "simple")


@pytest.mark.parametrize(
    ("count", "contexts"), [(1, ("baseline",)), (39, ("baseline",)), (3, LONG)]
)
def test_rows_never_overlap(figure: Figure, count: int, contexts: tuple[str, ...]) -> None:
    findings = make_findings(many_changes(count), contexts=contexts)
    width, height = forest.size(findings.effects)
    figure.set_size_inches(width, height)
    axes = draw(findings, figure)
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in axes.get_yticklabels()]
    bottoms, tops = np.array([box.y0 for box in boxes]), np.array([box.y1 for box in boxes])
    assert (bottoms[:-1] >= tops[1:]).all()


def test_a_dollar_sign_in_a_name_is_no_formula(figure: Figure) -> None:
    axes = draw(make_findings({"$\\x": {"optimizer": "$\\x"}}), figure)
    figure.draw_without_rendering()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["$\\x"]
