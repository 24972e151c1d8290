"""The ablation table says what each arm runs, and what that comes to."""

import math

from ablate.reporting.ablation_table import ablation_table
from tests.reporting.factory import make_findings
from tests.reporting.test_tables import CHANGES, texts, with_unlike_seeds


def test_the_ablation_table_ticks_switches_and_names_levels() -> None:
    table = ablation_table(make_findings(CHANGES))
    assert table.header == (
        "Arm",
        "downsampling",
        "normalization",
        "Test accuracy (%)",
        "Seeds",
        "Difference (points)",
    )
    assert [row[:3] for row in texts(table)] == [
        ["baseline", "max_pool", "–"],
        ["strided_conv", "strided_conv", "–"],
        ["batch_norm", "max_pool", "✓"],
    ]
    assert [[cell.tone for cell in row[1:3]] for row in table.rows] == [
        ["muted", "muted"],
        ["strong", "muted"],
        ["muted", "strong"],
    ]


def test_the_ablation_table_names_the_level_that_another_factors_change_brings_along() -> None:
    findings = make_findings(CHANGES)
    study, (_, strided, normalized) = findings.plan.study, findings.plan.arms
    study.factors["architecture.normalization"].levels["with"] = {"bias": False}
    strided.settings = {"stride": 2, "bias": False}
    normalized.settings = {"bias": False}
    table = ablation_table(findings)
    assert [row[1:3] for row in texts(table)] == [
        ["max_pool", "–"],
        ["strided_conv", "✓"],
        ["max_pool", "✓"],
    ]
    assert [cell.tone for cell in table.rows[1][1:3]] == ["strong", "strong"]
    assert table.frame["architecture.normalization"].tolist() == ["without", "with", "with"]


def test_the_ablation_tables_difference_is_the_effect() -> None:
    findings = make_findings(CHANGES)
    frame = ablation_table(findings).frame
    assert math.isnan(frame["difference"][0])
    assert frame["difference"][1:].tolist() == findings.effects["estimate"].tolist()
    assert frame["difference_low"][1:].tolist() == findings.effects["low"].tolist()
    assert frame["mean"].tolist() == findings.arms["mean"].tolist()


def test_contexts_get_a_column_and_a_rule_between_them() -> None:
    table = ablation_table(make_findings(CHANGES, contexts=("good", "simple")))
    assert table.header[0] == "Context"
    assert [row for row in range(len(table.rows)) if table.starts_context(row)] == [3]


def test_an_arm_tells_how_many_of_its_trials_diverged() -> None:
    findings = make_findings({"sgd": {"optimizer": "sgd"}})
    findings.arms["diverged"] = [0, 3]
    findings.arms["failure_rate"] = [0.0, 60.0]
    assert [row[-2].note for row in ablation_table(findings).rows] == ["", "3 diverged (60 %)"]


def test_an_unpaired_difference_from_another_arm_says_both() -> None:
    findings = with_unlike_seeds("batch_norm")
    findings.effects["reference"] = ["baseline", "strided_conv"]
    assert ablation_table(findings).rows[2][-1].note == (
        "against strided_conv; Welch: seeds do not match, 3 against 4"
    )


def test_a_factor_named_like_another_column_keeps_its_own() -> None:
    frame = ablation_table(make_findings({"few": {"n": "few"}})).frame
    assert frame["factor.n"].tolist() == ["without", "few"]
    assert frame["n"].tolist() == [5, 5]
