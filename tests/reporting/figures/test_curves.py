"""Learning curves follow their tables, together for few arms and apart for many."""

import math

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ablate.reporting.figures import curves
from ablate.reporting.figures.palette import arm_styles
from tests.reporting.factory import make_findings, many_changes
from tests.reporting.figures.conftest import drawn


def draw(findings, figure: Figure):  # type: ignore[no-untyped-def]
    styles = arm_styles([arm.name for arm in findings.plan.arms], ["baseline"])
    tables = {part: findings.curves[f"{part}_accuracy"] for part in ("validation", "train")}
    curves.draw(tables, figure, styles, references=["baseline"], label="accuracy", unit="%")
    return figure.axes


def test_lines_and_bands_are_the_tables(figure: Figure) -> None:
    findings = make_findings()
    validation, _ = draw(findings, figure)
    table = findings.curves["validation_accuracy"]
    for line, band, (_, curve) in zip(
        drawn(validation, "mean"),
        drawn(validation, "band"),
        table.groupby("arm", sort=False),
        strict=True,
    ):
        assert line.get_xdata().tolist() == curve["epoch"].tolist()
        assert line.get_ydata().tolist() == curve["mean"].tolist()
        edge = {tuple(vertex) for vertex in band.get_paths()[0].vertices.tolist()}
        assert set(zip(curve["epoch"], curve["low"], strict=True)) <= edge
        assert set(zip(curve["epoch"], curve["high"], strict=True)) <= edge


@pytest.mark.parametrize("changes", [1, 9])
def test_an_axis_of_percentages_ends_at_100(figure: Figure, changes: int) -> None:
    findings = make_findings(many_changes(changes))
    for table in findings.curves.values():
        table["mean"] = 90 + table["epoch"]
        table["low"], table["high"] = table["mean"] - 3, table["mean"] + 3
    first, *_ = draw(findings, figure)
    assert 100 <= first.get_ylim()[1] < 101


@pytest.mark.parametrize(("step", "whole"), [(1.0, True), (0.3, False)])
def test_between_whole_epochs_there_are_no_ticks(figure: Figure, step: float, whole: bool) -> None:
    findings = make_findings()
    for name, table in findings.curves.items():
        findings.curves[name] = table[table["epoch"] <= 3].assign(epoch=table["epoch"] * step)
    first, *_ = draw(findings, figure)
    assert all(tick % 1 == 0 for tick in first.get_xticks()) == whole


def test_axes_carry_units(figure: Figure) -> None:
    validation, training = draw(make_findings(), figure)
    assert validation.get_ylabel() == "accuracy (%)"
    assert (validation.get_xlabel(), training.get_xlabel()) == ("epoch", "epoch")
    assert training.get_title(loc="left") == "training"


def test_an_arm_that_is_called_thin_has_a_line_like_others_in_the_legend(figure: Figure) -> None:
    draw(make_findings({"thin": {"width": "thin"}, "wide": {"width": "wide"}}), figure)
    (legend,) = figure.legends
    assert len({line.get_linewidth() for line in legend.get_lines()}) == 1


def test_the_legend_of_many_arms_shows_the_baselines_line_thin(figure: Figure) -> None:
    draw(make_findings(many_changes(9)), figure)
    (legend,) = figure.legends
    widths = [line.get_linewidth() for line in legend.get_lines()]
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts[-1] == "thin: the baseline"
    assert widths[-1] < min(widths[:-1])


def test_one_seed_has_no_band(figure: Figure) -> None:
    draw(make_findings(seeds=1), figure)
    assert drawn(figure, "band") == []
    assert len(drawn(figure, "mean")) == 4


@pytest.mark.parametrize(("changes", "panels"), [(1, 2), (39, 40)])
def test_many_arms_get_axes_of_their_own(figure: Figure, changes: int, panels: int) -> None:
    axes = draw(make_findings(many_changes(changes)), figure)
    assert sum(panel.axison for panel in axes) == panels


def test_where_seeds_end_the_mean_of_those_left_is_a_thin_piece_of_its_own(figure: Figure) -> None:
    findings = make_findings()
    table = findings.curves["validation_accuracy"]
    assert "thin line" not in curves.caption([table])
    arm = table["arm"] == "baseline"
    epochs = sorted(table.loc[arm, "epoch"])
    last, before = arm & (table["epoch"] == epochs[-1]), arm & (table["epoch"] == epochs[-2])
    table.loc[last, "n"], table.loc[before, "n"] = 1, 2
    assert "a thin line is the mean of those that are" in curves.caption([table])
    validation, training = draw(findings, figure)
    pieces = [line.get_xdata().tolist() for line in drawn(validation, "rest")]
    assert pieces == [[epochs[-2]], [epochs[-1]]]
    assert drawn(validation, "mean")[0].get_xdata().tolist() == epochs[:-2]
    assert drawn(training, "rest") == []


def test_pieces_before_and_after_all_seeds_are_not_joined(figure: Figure) -> None:
    findings = make_findings()
    table = findings.curves["validation_accuracy"]
    arm = table["arm"] == "baseline"
    epochs = sorted(table.loc[arm, "epoch"])
    table.loc[arm & table["epoch"].isin([epochs[0], epochs[-1]]), "n"] = 1
    validation, _ = draw(findings, figure)
    pieces = [line.get_xdata().tolist() for line in drawn(validation, "rest")]
    assert pieces == [[epochs[0]], [epochs[-1]]]


def test_one_seed_is_called_one_seed() -> None:
    tables = make_findings(seeds=1).curves.values()
    assert curves.caption(tables) == "Each curve is of one seed, so that there is no band."


@pytest.mark.parametrize(
    ("reach", "unit", "cut"), [(0.1, "%", False), (500, "", True), (2.0, "%", True)]
)
def test_bands_that_are_cut_off_are_told_of(reach: float, unit: str, cut: bool) -> None:
    table = make_findings().curves["validation_accuracy"]
    table["mean"] = 89 + table["epoch"]
    table["low"], table["high"] = table["mean"] - reach, table["mean"] + reach
    assert curves.cuts_bands({"validation": table}, unit) == cut
    assert ("cut off" in curves.caption([table], cut)) == cut


def test_contexts_whose_axes_differ_are_told_of() -> None:
    table = make_findings().curves["validation_accuracy"]
    both = pd.concat([table, table.assign(context="other")])
    assert curves.own_axes({"validation": table}) == ""
    assert curves.own_axes({"validation": both}) == " Each context has a vertical axis of its own."


def test_a_wide_band_does_not_squeeze_the_curves_flat(figure: Figure) -> None:
    findings = make_findings()
    for table in findings.curves.values():
        table["mean"] *= 0.8  # far from 100 %, where the axis ends anyway
        table["low"], table["high"] = table["mean"] - 500, table["mean"] + 500
    validation, _ = draw(findings, figure)
    means = [findings.curves[f"{part}_accuracy"]["mean"] for part in ("validation", "train")]
    lowest, highest = (extreme(mean for table in means for mean in table) for extreme in (min, max))
    room = 0.25 * (highest - lowest)
    assert validation.get_ylim() == pytest.approx((lowest - room, highest + room))


def test_many_arms_of_several_contexts_begin_a_row_and_a_scale_for_each(figure: Figure) -> None:
    findings = make_findings(many_changes(9))
    tables = {
        "validation": pd.concat(
            [
                table.assign(
                    context=context, mean=size * table["mean"], low=math.nan, high=math.nan
                )
                for table in [findings.curves["validation_accuracy"]]
                for context, size in (("small", 1.0), ("large", 1000.0))
            ]
        )
    }
    styles = arm_styles([arm.name for arm in findings.plan.arms], ["baseline"])
    curves.draw(tables, figure, styles, references=["baseline"], label="loss", unit="")
    shown = [axes for axes in figure.axes if axes.axison]
    of_small, of_large = shown[:10], shown[10:]
    assert [len(figure.axes), len(of_large)] == [24, 10]  # six rows of four
    assert all(axes.get_title(loc="left").endswith("in large") for axes in of_large)
    (small,), (large,) = ({axes.get_ylim() for axes in own} for own in (of_small, of_large))
    assert large[1] > 100 * small[1]


def drawn_with_a_loss_that_explodes(figure: Figure, unit: str, *, positive: bool = True) -> Axes:
    findings = make_findings()
    for table in findings.curves.values():
        table["mean"] = 1 + 1 / table["epoch"]
        table.loc[table["arm"] != "baseline", "mean"] *= 1e6 if positive else -1e6
        table["low"] = table["high"] = math.nan
    tables = {"validation": findings.curves["validation_accuracy"]}
    styles = arm_styles([arm.name for arm in findings.plan.arms], ["baseline"])
    curves.draw(tables, figure, styles, references=["baseline"], label="loss", unit=unit)
    return figure.axes[0]


def test_a_loss_that_explodes_does_not_squeeze_the_others_flat(figure: Figure) -> None:
    axes = drawn_with_a_loss_that_explodes(figure, "")
    assert axes.get_yscale() == "log"
    means = [line.get_ydata() for line in drawn(axes, "mean")]
    low, high = axes.get_ylim()
    assert all(low < min(mean) and max(mean) < high for mean in means)
    assert low > 0.1
    assert axes.get_ylabel() == "loss\n(log scale)"
    figure.draw_without_rendering()
    assert {"1", "1e6"} <= {text.get_text() for text in axes.get_yticklabels()}


@pytest.mark.parametrize(("unit", "positive"), [("%", True), ("", False)])
def test_percentages_and_what_is_below_zero_have_a_linear_axis(
    figure: Figure, unit: str, positive: bool
) -> None:
    axes = drawn_with_a_loss_that_explodes(figure, unit, positive=positive)
    assert axes.get_yscale() == "linear"
