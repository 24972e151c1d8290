"""LaTeX macros: one a number, each name once and in letters alone."""

import re

from ablate.reporting.macros import macros
from ablate.reporting.search_tables import best_points_table
from ablate.reporting.tables import arm_table, effect_table
from ablate.reporting.verdict_table import verdict_table
from tests.reporting.factory import make_findings, make_verdict
from tests.reporting.search_factory import make_search_findings

DEFINITION = re.compile(r"^\\newcommand\{\\([A-Za-z]+)\}\{(.+)\}$")


def definitions(text: str) -> list[tuple[str, str]]:
    found = [DEFINITION.match(line) for line in text.splitlines()[1:]]
    return [match.groups() for match in found if match]  # type: ignore[misc]


def test_every_number_has_a_macro_written_as_in_the_report() -> None:
    findings = make_findings({"5x5": {"kernel": "5x5"}}, verdicts=(make_verdict(),))
    verdicts = verdict_table(findings)
    assert verdicts is not None
    named = dict(definitions(macros([verdicts, arm_table(findings), effect_table(findings)])))
    assert named["verdictOneEstimate"] == "2.41"
    assert named["verdictOneN"] == "5"
    assert named["armBaselineFivexFiveMean"] == f"{findings.arms['mean'][1]:.2f}"
    assert named["effectBaselineFivexFiveEstimate"] == (
        f"{findings.effects['estimate'][0]:.2f}".replace("-", r"\ensuremath{-}")
    )


def test_names_are_unique_even_where_arms_differ_in_signs_alone() -> None:
    findings = make_findings({"a_b": {"kernel": "x"}, "a.b": {"kernel": "y"}})
    text = macros([arm_table(findings)])
    names = [name for name, _ in definitions(text)]
    assert len(names) == len(set(names)) == len(text.splitlines()) - 1


def test_a_table_of_two_words_has_a_name_in_letters_too() -> None:
    table = best_points_table(make_search_findings(arms=("baseline",), points=1))
    names = [name for name, _ in definitions(macros([table]))]
    assert "bestPointBaselineBaselineValue" in names
    assert "bestPointBaselineBaselineTrainingLearningRate" in names
