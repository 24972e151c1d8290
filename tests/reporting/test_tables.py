"""What the tables say, and that they say it of partial findings too."""

import math

import pandas as pd
import pytest

from ablate.reporting import tables
from ablate.reporting.ablation_table import ablation_table
from ablate.reporting.factorial_table import factorial_table
from ablate.reporting.table import Table
from tests.reporting.factory import factorial_rows, make_findings
from tests.reporting.test_diverged_pairs import CONTEXTS, found

CHANGES = {
    "strided_conv": {"architecture.downsampling": "strided_conv"},
    "batch_norm": {"architecture.normalization": "with"},
}


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_a_baseline_is_what_effects_are_measured_against() -> None:
    """In `leave_one_out` the full recipe, whatever is written as the baseline."""
    plan = make_findings(CHANGES, contexts=("good", "simple")).plan
    plan.study.contexts.update(good={"dropout": 0.5, "width": 8}, simple={"dropout": 0.1})
    plan.arms[0].settings = {"dropout": 0.5, "width": 64}
    plan.arms[3].is_reference = False
    assert tables.baselines(plan) == ("good: dropout 0.5, width 64", "simple: dropout 0.1")


def test_p_values_that_no_effect_has_are_left_out() -> None:
    findings = make_findings(CHANGES)
    findings.effects["p_holm"] = [math.nan, 0.5]
    with_one = tables.effect_table(findings)
    findings.effects["p_holm"] = math.nan
    table = tables.effect_table(findings)
    assert with_one is not None and table is not None
    at = with_one.header.index("p (Holm)")
    assert table.header == with_one.header[:at] + with_one.header[at + 1 :]
    assert texts(table) == [row[:at] + row[at + 1 :] for row in texts(with_one)]
    assert [table.header[column] for column in sorted(table.numeric)] == [
        with_one.header[column] for column in sorted(with_one.numeric) if column != at
    ]


def test_an_effect_against_another_arm_says_so() -> None:
    findings = make_findings(CHANGES)
    findings.effects["reference"] = ["baseline", "strided_conv"]
    notes = [row[1].note for row in tables.effect_table(findings).rows]
    assert notes == ["", "against strided_conv"]


def test_trials_that_diverged_are_told_of_beside_the_seeds_of_an_effect() -> None:
    findings = make_findings(CHANGES)
    findings.arms["diverged"] = [1, 3, 0]
    rows = tables.effect_table(findings).rows  # type: ignore[union-attr]
    assert [row[4].note for row in rows] == [
        "3 of strided_conv and 1 of baseline diverged",
        "1 of baseline diverged",
    ]


def test_trials_that_diverged_are_told_of_in_the_contexts_whose_change_they_are_of() -> None:
    table = tables.context_table(found({("large", "mean", 1)}, contexts=CONTEXTS))
    assert table is not None
    notes = {(row[1].text, row[2].text): row[5].note for row in table.rows if row[5].note}
    assert notes == {
        ("max -> mean", "large"): "1 with a trial that diverged",
        ("mean -> stride", "large"): "1 with a trial that diverged",
    }


def test_an_effect_says_what_else_its_arm_brings_along_and_when_steps_made_its_interval() -> None:
    findings = make_findings(CHANGES)
    findings.effects["reference"] = ["baseline", "strided_conv"]
    findings.effects["also"] = ["", "rate: 0.05"]
    findings.effects["step"] = [0.0100000000001, math.nan]
    rows = tables.effect_table(findings).rows  # type: ignore[union-attr]
    assert [row[1].note for row in rows] == ["", "also rate: 0.05; against strided_conv"]
    assert [row[3].note for row in rows] == [
        "as wide as steps of 0.01 points would make it: seeds agree more closely",
        "",
    ]


def with_unlike_seeds(*unpaired: str):  # type: ignore[no-untyped-def]
    findings = make_findings(CHANGES)
    findings.effects["method"] = [
        "welch" if arm in unpaired else "paired" for arm in findings.effects["arm"]
    ]
    findings.arms["n"] = [5, 4, 3]
    return findings


@pytest.mark.parametrize(
    ("unpaired", "caption", "notes"),
    [
        ((), "; the difference is paired by seed, with its 95 % interval.", ["", ""]),
        (
            ("strided_conv",),
            "; the difference is paired by seed, or that of the means where seeds do not match, "
            "with its 95 % interval.",
            ["Welch: seeds do not match, 4 against 5", ""],
        ),
        (
            ("strided_conv", "batch_norm"),
            "; the difference is that of the means, unpaired as seeds do not match, with its 95 % "
            "interval.",
            ["Welch: seeds do not match, 4 against 5", "Welch: seeds do not match, 3 against 5"],
        ),
    ],
)
def test_tables_claim_pairs_only_where_there_are_some(
    unpaired: tuple[str, ...], caption: str, notes: list[str]
) -> None:
    findings = with_unlike_seeds(*unpaired)
    table = ablation_table(findings)
    assert caption in table.caption
    assert [row[-1].note for row in table.rows[1:]] == notes
    assert [row[4].note for row in tables.effect_table(findings).rows] == notes


def test_an_arm_without_results_has_dashes_and_says_what_is_missing() -> None:
    findings = make_findings(CHANGES, without_result=("batch_norm",))
    row = tables.arm_table(findings).rows[2]
    assert [cell.text for cell in row] == ["batch_norm", "—", "—", "0", "—", "—"]
    assert row[3].note == "5 missing"
    assert texts(tables.effect_table(findings))[1][2:] == ["—", "—", "0", "—", "—", "—"]


@pytest.mark.parametrize(
    ("metric", "written"),
    [("test_loss", "est loss (lower is better) "), ("test_accuracy", "est accuracy ")],
)
def test_captions_say_where_less_is_better(metric: str, written: str) -> None:
    more = {"sgd": {"optimizer": "sgd"}, "he": {"initialization": "he"}}
    findings = make_findings(CHANGES | more, contexts=("good", "simple"))
    findings.plan.study.metric = metric
    findings.factorial = factorial_rows()
    makers = (
        ablation_table, tables.arm_table, tables.effect_table, tables.context_table,
        factorial_table,
    )  # fmt: skip
    for table in (make(findings) for make in makers):
        assert table is not None
        assert written in table.caption.replace(",", " "), table.name


def test_published_numbers_stand_beside_measured_ones_in_their_units() -> None:
    findings = make_findings()
    findings.published = pd.DataFrame(
        [
            ("GoodModel", "baseline", "baseline", "test_accuracy", 79.4, 79.234, 78.8, 79.6, 5, ""),
            ("GoodModel", None, None, "test_loss", 0.744095, *[math.nan] * 3, 0, "not run"),
        ],
        columns=findings.published.columns,
    )
    table = tables.published_table(findings)
    assert table is not None
    assert table.header == ("Published as", "Arm", "Metric", "Published", "Measured", "Seeds")
    assert texts(table) == [
        ["GoodModel", "baseline", "test accuracy", "79.4 %", "79.23 % [78.80, 79.60]", "5"],
        ["GoodModel", "—", "test loss", "0.744095 nats", "—", "0"],
    ]
    assert table.numeric == {3, 4, 5}
    assert table.frame["unit"].tolist() == ["%", "nats"]


def test_a_published_number_stands_beside_the_context_of_what_was_measured() -> None:
    findings = make_findings(CHANGES, contexts=("good", "simple"))
    findings.published = pd.DataFrame(
        [("ours", "simple", "batch_norm", "test_accuracy", 79.4, 79.234, 78.8, 79.6, 5, "")],
        columns=findings.published.columns,
    )
    table = tables.published_table(findings)
    assert table is not None
    assert table.header[1:3] == ("Context", "Arm")
    assert texts(table)[0][:3] == ["ours", "simple", "batch_norm"]


def test_factor_names_are_short_unless_two_would_be_equal() -> None:
    assert tables.short_factor_names(["a.rate", "b.rate", "b.size"]) == {
        "a.rate": "a.rate",
        "b.rate": "b.rate",
        "b.size": "size",
    }


def test_what_was_computed_on_gpus_says_so_of_each_arm_and_in_all() -> None:
    findings = make_findings()
    on_cores = tables.arm_table(findings)
    assert "GPU-seconds a trial" not in on_cores.header
    findings.arms["gpu_seconds"] = 36.0
    table = tables.arm_table(findings)
    assert table.header[-3:] == ("Core-seconds a trial", "GPU-seconds a trial", "FLOPs a trial")
    assert texts(table)[0][-2] == "36.00"
    trials = findings.trials.assign(gpu_seconds=3600.0)
    rows = dict(texts(tables.provenance_table(trials, trials, {})))
    assert float(rows["GPU-hours"]) == len(trials)
    assert "GPU-hours" not in dict(
        texts(tables.provenance_table(findings.trials, findings.trials, {}))
    )


def test_what_results_from_elsewhere_cost_is_left_out() -> None:
    findings = make_findings()
    for costs in (findings.arms, findings.trials):
        costs[["core_seconds", "gpu_seconds", "flops"]] = math.nan
    table = tables.arm_table(findings)
    assert table.header == ("Arm", "Test accuracy (%)", "95 % interval", "Seeds")
    assert table.caption == "Mean test accuracy over seeds."
    assert {len(row) for row in table.rows} == {4}
    trials = tables.trial_table(findings)
    assert trials.header == ("Arm", "Seed", "Status", "Test accuracy (%)", "Record")
    assert (trials.numeric, {len(row) for row in trials.rows}) == ({1, 3}, {5})
    rows = dict(texts(tables.provenance_table(findings.trials, findings.trials, {})))
    assert list(rows) == ["trials"]


def test_exported_trials_have_the_levels_that_they_ran_with() -> None:
    findings = make_findings(
        {"sgd": {"optimizer": "sgd"}, "momentum": {"momentum": "0.9"}}, seeds=2
    )
    findings.plan.study.factors["momentum"].when = {"optimizer": "sgd"}
    exported = tables.trial_table(findings).frame.fillna("")
    assert exported["factor.optimizer"].tolist() == ["without"] * 2 + ["sgd"] * 2 + ["without"] * 2
    assert exported["factor.momentum"].tolist() == [""] * 2 + ["without"] * 2 + [""] * 2
    assert ablation_table(findings).frame["momentum"].fillna("").tolist() == ["", "without", ""]
    assert findings.trials["factor.momentum"].tolist()[-1] == "0.9"


def test_flops_that_no_workload_counts_are_left_out() -> None:
    findings = make_findings()
    findings.arms["flops"] = 0.0
    assert tables.arm_table(findings).header[-1] == "Core-seconds a trial"


def test_a_study_of_one_arm_has_no_effects_and_no_differences() -> None:
    findings = make_findings()
    findings.plan.arms = findings.plan.arms[:1]
    findings.arms, findings.effects = findings.arms[:1], findings.effects[:0]
    assert tables.effect_table(findings) is None
    table = ablation_table(findings)
    assert table.header == ("Arm", "downsampling", "Test accuracy (%)", "Seeds")
    assert table.caption == (
        "Test accuracy as mean ± standard deviation over seeds. Levels in bold differ from the "
        "baseline."
    )
    assert (table.numeric, {len(row) for row in table.rows}) == ({2, 3}, {4})


def test_costs_say_where_trials_of_one_arm_took_very_different_times() -> None:
    findings = make_findings()
    findings.trials["flops"] = 1e12
    findings.trials["core_seconds"] = 100.0
    assert tables.uneven_times(findings) == ""
    findings.trials.loc[0, "core_seconds"] = 220.0
    findings.trials.loc[1, ["core_seconds", "flops"]] = 300.0, 3e12  # three times the work
    told = " For the same computation, trials of one arm took up to 2.2 times as long as others: "
    assert tables.uneven_times(findings).startswith(told)
    assert told in tables.arm_table(findings).caption
    findings.trials["flops"] = math.nan
    assert tables.uneven_times(findings) == ""
