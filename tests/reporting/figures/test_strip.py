"""The strip plot shows every trial and joins the trials of a seed."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from ablate.reporting.figures import strip, theme
from ablate.reporting.figures.palette import arm_styles
from tests.reporting.factory import make_findings, many_changes
from tests.reporting.figures.conftest import drawn


def draw(findings, figure: Figure):  # type: ignore[no-untyped-def]
    styles = arm_styles([arm.name for arm in findings.plan.arms], ["baseline"])
    strip.draw(
        findings.trials,
        findings.arms,
        figure,
        styles,
        metric="test_accuracy",
        label="test accuracy",
        unit="%",
    )
    return figure.axes


def test_every_trial_is_a_point(figure: Figure) -> None:
    findings = make_findings()
    (axes,) = draw(findings, figure)
    seeds = np.concatenate([points.get_offsets()[:, 0] for points in drawn(axes, "seeds")])
    assert seeds.tolist() == findings.trials["test_accuracy"].tolist()


def test_a_line_joins_the_trials_of_a_seed(figure: Figure) -> None:
    findings = make_findings()
    (axes,) = draw(findings, figure)
    lines = [line.get_xdata().tolist() for line in drawn(axes, "pair")]
    by_seed = findings.trials.groupby("seed")["test_accuracy"]
    assert lines == [values.tolist() for _, values in by_seed]


def test_means_and_intervals_are_the_arm_tables(figure: Figure) -> None:
    findings = make_findings()
    (axes,) = draw(findings, figure)
    assert [mark.get_xdata()[0] for mark in drawn(axes, "mean")] == findings.arms["mean"].tolist()
    bars = [list(bar.get_xdata()) for bar in drawn(axes, "interval")]
    assert bars == findings.arms[["low", "high"]].to_numpy().tolist()


EVERY_TRIAL = "Every trial, and each arm's mean with 95 % interval."
LINES = (
    " Lines join the trials of one seed: where they run alongside each other, the seed moved all "
    "arms alike, and pairing removes that spread."
)


def test_lines_are_told_of_where_any_is_drawn(figure: Figure) -> None:
    findings = make_findings(without_result=("baseline",))
    (axes,) = draw(findings, figure)
    assert "joined" not in axes.get_xlabel()
    caption = strip.caption(findings.trials, findings.arms, "test_accuracy", "%")
    assert caption == ("Every trial that has a value, and each arm's mean with 95 % interval.")
    whole = make_findings()
    caption = strip.caption(whole.trials, whole.arms, "test_accuracy", "%")
    assert caption == f"{EVERY_TRIAL}{LINES}"


def test_arms_of_other_seeds_are_not_joined(figure: Figure) -> None:
    findings = make_findings()
    findings.trials.loc[findings.trials["arm"] == "strided_conv", "seed"] += 10
    draw(findings, figure)
    caption = strip.caption(findings.trials, findings.arms, "test_accuracy", "%")
    assert caption == EVERY_TRIAL


def test_of_one_seed_no_interval_is_told_of(figure: Figure) -> None:
    findings = make_findings(seeds=1)
    (axes,) = draw(findings, figure)
    assert axes.get_xlabel().endswith("; large mark: mean")
    caption = strip.caption(findings.trials, findings.arms, "test_accuracy", "%")
    assert caption == (
        "Every trial, and each arm's mean, without an interval, as there is one seed. The line "
        "joins the trials of one seed."
    )


def test_an_interval_beyond_100_percent_is_said_to_be_cut_off() -> None:
    findings = make_findings()
    findings.arms.loc[0, "high"] = 101.0
    told = " An interval that reaches beyond 0 or 100 % is cut off where the axis ends."
    for unit, end in (("%", told), ("", "")):
        caption = strip.caption(findings.trials, findings.arms, "test_accuracy", unit)
        assert caption == f"{EVERY_TRIAL}{LINES}{end}"


def test_what_intervals_are_is_said_below_the_axis(figure: Figure) -> None:
    (axes,) = draw(make_findings(), figure)
    assert axes.get_xlabel().endswith("; large mark: mean; bar: 95 % interval")


def test_each_context_has_its_panel(figure: Figure) -> None:
    findings = make_findings(many_changes(39), contexts=("good", "simple"))
    panels = draw(findings, figure)
    assert [axes.get_title(loc="left") for axes in panels] == ["good", "simple"]
    assert [len(axes.get_yticklabels()) for axes in panels] == [40, 40]


@pytest.mark.parametrize(("apart", "scales"), [(3.0, 1), (60.0, 2)])
def test_contexts_share_a_scale_where_each_stays_readable_and_say_so_where_not(
    figure: Figure, apart: float, scales: int
) -> None:
    findings = make_findings(contexts=("good", "simple"))
    for table, columns in (
        (findings.trials, ["test_accuracy"]),
        (findings.arms, ["mean", "low", "high"]),
    ):
        table.loc[table["context"] == "simple", columns] -= apart
    panels = draw(findings, figure)
    assert len({axes.get_xlim() for axes in panels}) == scales
    said = "each panel has a scale of its own" in panels[-1].get_xlabel()
    assert said == (scales > 1)


def test_a_context_without_results_leaves_the_scale_to_the_others(figure: Figure) -> None:
    findings = make_findings(contexts=("good", "simple"))
    alone = draw(make_findings(), theme.new_figure(8, 6))[0].get_xlim()
    for table, columns in (
        (findings.trials, ["test_accuracy"]),
        (findings.arms, ["mean", "low", "high"]),
    ):
        table.loc[table["context"] == "simple", columns] = np.nan
    good, simple = draw(findings, figure)
    assert good.get_xlim() == simple.get_xlim() == pytest.approx(alone)


def with_diverged(findings):  # type: ignore[no-untyped-def]
    """The same findings, with the first two seeds of strided_conv at chance level."""
    trials, arms = findings.trials, findings.arms
    diverged = (trials["arm"] == "strided_conv") & (trials["seed"] < 2)
    trials.loc[diverged, ["status", "test_accuracy"]] = ["diverged", 10.0]
    arms.loc[arms["arm"] == "strided_conv", ["mean", "low", "high"]] = [50.0, 5.0, 95.0]
    return findings


def test_a_diverged_trial_is_a_cross_that_no_line_leads_to(figure: Figure) -> None:
    findings = with_diverged(make_findings(many_changes(3) | {"strided_conv": {"pool": "conv"}}))
    (axes,) = draw(findings, figure)
    (crosses,) = drawn(axes, "diverged")
    assert crosses.get_offsets()[:, 0].tolist() == [10.0, 10.0]
    assert all(10.0 not in line.get_xdata() for line in drawn(axes, "pair"))
    assert axes.get_xlim()[0] > 60
    texts = [text.get_text() for text in axes.texts if text.get_text()]
    assert texts == ["mean 50.00", "2 at 10.00"]
    assert "×: a trial that diverged, at chance level; arrow: beyond" in axes.get_xlabel()
    caption = strip.caption(findings.trials, findings.arms, "test_accuracy", "%")
    assert "counts at chance level" in caption and "The axis ends" in caption


def test_an_arm_without_results_says_so(figure: Figure) -> None:
    findings = make_findings(without_result=("strided_conv",))
    (axes,) = draw(findings, figure)
    assert [text.get_text() for text in axes.texts] == ["no result"]
