"""A tuned study's report says everything twice, and which of the two it speaks of."""

from pathlib import Path

import pytest

from ablate.analysis.findings import Findings
from ablate.reporting.answer import answer
from ablate.reporting.macros import macros
from ablate.reporting.report import make_page, write_report
from ablate.reporting.table import Table
from ablate.reporting.tuned_tables import tuned_tables, tuned_trial_table, verdict_table
from ablate.study.schema import LargestEffect
from tests.analysis.evidence import arm
from tests.analysis.tuned_evidence import ADAM_WINS, SEARCHED, findings_of, tuned_study
from tests.reporting.factory import make_findings

SHARED = {"baseline": [80.0, 80.2, 80.4], "sgd": [60.0, 60.4, 60.2]}
OWN = {"sgd": [90.0, 90.1, 90.6]}


@pytest.fixture(scope="module")
def findings() -> Findings:
    points = SEARCHED | {"sgd": {1e-3: 40.0, 0.1: None, 0.9: 80.0}}
    return findings_of(SHARED, OWN, points=points)


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_a_claim_has_both_verdicts_in_one_row(findings: Findings) -> None:
    table = verdict_table(findings)
    assert table is not None
    assert table.header[2:8] == (
        "With shared settings", "Verdict", "p (adjusted)",
        "With own settings", "Verdict", "p (adjusted)",
    )  # fmt: skip
    ((_, _, shared, first, _, own, second, _, seeds),) = texts(table)
    assert shared.startswith("+20.00 points [")
    assert own.startswith("−10.03 points [")
    assert (first, second, seeds) == ("✓ supported", "✗ refuted", "3")
    (row,) = table.frame.to_dict("records")
    assert (row["verdict"], row["tuned_verdict"]) == ("supported", "refuted")
    assert (row["n"], row["tuned_n"]) == (3, 3)


def test_what_is_said_of_seeds_and_largest_effects_is_said_of_both_comparisons() -> None:
    largest = LargestEffect(says="SGD loses most.", change=arm(optimizer="sgd"))
    unsure = {"sgd": [79.0, 79.1, 79.6]}
    findings = findings_of(SHARED, unsure, plan=tuned_study(claims=(ADAM_WINS, largest)))
    assert {verdict.seeds_needed for verdict in findings.verdicts} == {None}
    assert findings.tuned.findings.verdicts[0].seeds_needed > 3
    page = make_page(findings, {})
    assert "Of a largest effect the estimate is the least of the leads" in page.verdicts.caption
    assert any("because a claim is undecided are a second look" in said for said in page.method)


def test_without_a_claim_there_is_no_table_of_verdicts() -> None:
    assert verdict_table(findings_of(SHARED, OWN, plan=tuned_study(claims=()))) is None


def test_effects_stand_side_by_side_with_their_change(findings: Findings) -> None:
    comparison, *_ = tuned_tables(findings)
    ((arm, shared, own, change, seeds),) = texts(comparison)
    assert (arm, seeds) == ("sgd", "3")
    assert shared.startswith("−20.00 [")
    assert own.startswith("+10.03 [")
    assert change.startswith("+30.03 [")
    assert comparison.rows[0][0].note == "against baseline"


def test_settings_say_what_was_tried_and_that_the_best_lies_at_the_edge(findings: Findings) -> None:
    _, settings, *_ = tuned_tables(findings)
    assert texts(settings) == [
        ["baseline", "training.rate", "0.001", "0.001", "70.00", "70.00", "3"],
        ["sgd", "training.rate", "0.001", "0.9", "40.00", "80.00", "3"],
    ]
    assert [cell.note for cell in settings.rows[1]][3:] == [
        "near the highest searched", "", "", "1 of them not completed",
    ]  # fmt: skip


def test_arms_and_trials_with_own_settings_have_tables_of_their_own(findings: Findings) -> None:
    _, _, arms, *_ = tuned_tables(findings)
    assert arms.name == "tuned_arms"
    assert [row[1] for row in texts(arms)] == ["80.20", "90.23"]
    trials = tuned_trial_table(findings)
    assert trials is not None
    assert trials.name == "tuned_trials"
    assert trials.frame["test_accuracy"].tolist() == [*SHARED["baseline"], *OWN["sgd"]]


def test_a_factorial_has_its_main_effects_with_own_settings_too() -> None:
    findings = findings_of(SHARED, OWN, plan=tuned_study(design="full_factorial"))
    (table,) = (table for table in tuned_tables(findings) if table.name == "tuned_factorial")
    assert texts(table)[0][:2] == ["optimizer", "+10.03"]


def test_the_tables_of_its_searches_come_last(findings: Findings) -> None:
    names = [table.name for table in tuned_tables(findings)]
    first = next(place for place, name in enumerate(names) if name.startswith("search_"))
    assert names[first:] == [
        "search_best_points", "search_point_counts", "search_points",
        "search_space",
    ]  # fmt: skip


def test_the_answer_says_which_comparison_it_speaks_of(findings: Findings) -> None:
    shared, own = answer(findings).split(". With settings of each arm's own, ")
    assert shared.startswith("With shared settings, the claim is supported; the effect of sgd on ")
    assert own.startswith("the claim is refuted; the effect of sgd on test accuracy is +10.03 ")


def test_a_study_that_is_not_tuned_has_none_of_it() -> None:
    findings = make_findings()
    assert tuned_tables(findings) == ()
    assert tuned_trial_table(findings) is None


def test_the_page_shows_and_exports_it_all(findings: Findings, tmp_path: Path) -> None:
    write_report(findings, tmp_path, {})
    text = (tmp_path / "report.md").read_text()
    assert text.index("## Verdicts") < text.index("## Shared and own settings")
    assert text.index("## Shared and own settings") < text.index("## Ablation")
    assert "![Effects on test accuracy with shared and with own settings](figures/" in text
    assert "With shared settings. Mean test accuracy over seeds" in text
    assert "With own settings. Mean test accuracy over seeds" in text
    assert "the claims of each share one error rate among themselves" in text
    assert "| trials with own settings | 6 completed of 6 |" in text
    page = (tmp_path / "report.html").read_text()
    assert '<section id="tuned">' in page
    assert page.count("<summary>6 trials</summary>") == 2
    names = {path.stem for path in (tmp_path / "tables").glob("*.csv")}
    assert names >= {"comparison", "tuned_settings", "tuned_arms", "tuned_trials", "verdicts"}
    figures = {path.stem for path in (tmp_path / "figures").glob("*.svg")}
    assert figures >= {"forest_shared_and_own", "response_rate"}


def test_its_numbers_have_macros_written_as_in_the_report(findings: Findings) -> None:
    cited = [table for table in make_page(findings, {}).tables if table.name == "comparison"]
    verdicts = verdict_table(findings)
    assert verdicts is not None
    text = macros([*cited, verdicts], "pooling")
    for line in (
        r"\newcommand{\poolingComparisonBaselineSgdChange}{30.03}",
        r"\newcommand{\poolingComparisonBaselineSgdSharedN}{3}",
        r"\newcommand{\poolingVerdictOneTunedN}{3}",
        r"\newcommand{\poolingVerdictOneTunedEstimate}{\ensuremath{-}10.03}",
    ):
        assert line in text.splitlines()


def test_the_page_says_what_the_study_starts_from(findings: Findings) -> None:
    (line,) = make_page(findings, {}).baselines
    ((name, settings),) = findings.plan.study.contexts.items()
    assert line == f"{name}: {', '.join(f'{key} {value}' for key, value in settings.items())}"
