"""LaTeX macros: one a number, each name once and in letters alone."""

import re
from functools import partial

from ablate.reporting.formatting import setting
from ablate.reporting.macros import macros
from ablate.reporting.search_tables import best_points_table, count_table, importance_table
from ablate.reporting.tables import arm_table, effect_table
from ablate.reporting.verdict_table import verdict_table
from tests.reporting.factory import make_findings, make_verdict
from tests.reporting.search_factory import RATE, WIDTH, make_search_findings

macros_of = partial(macros, study="pooling")
DEFINITION = re.compile(r"^\\newcommand\{\\([A-Za-z]+)\}\{(.+)\}$")


def definitions(text: str) -> list[tuple[str, str]]:
    found = [DEFINITION.match(line) for line in text.splitlines()[1:]]
    return [match.groups() for match in found if match]  # type: ignore[misc]


def test_every_number_has_a_macro_written_as_in_the_report() -> None:
    findings = make_findings({"5x5": {"kernel": "5x5"}}, verdicts=(make_verdict(),))
    verdicts = verdict_table(findings)
    assert verdicts is not None
    named = dict(definitions(macros_of([verdicts, arm_table(findings), effect_table(findings)])))
    assert named["poolingVerdictOneEstimate"] == "2.41"
    assert named["poolingVerdictOneN"] == "5"
    assert named["poolingArmBaselineFivexFiveMean"] == f"{findings.arms['mean'][1]:.2f}"
    assert named["poolingEffectBaselineFivexFiveEstimate"] == (
        f"{findings.effects['estimate'][0]:.2f}".replace("-", r"\ensuremath{-}")
    )


def test_the_first_line_says_how_one_of_them_is_used() -> None:
    text = macros([arm_table(make_findings())], study="filter_size")
    first, name = text.splitlines()[0], definitions(text)[0][0]
    assert first == f"% Written by ablate; one macro a number. Use as \\{name}{{}}."
    assert name.startswith("filterSizeArm")


def test_names_are_unique_even_where_arms_differ_in_signs_alone() -> None:
    findings = make_findings({"a_b": {"kernel": "x"}, "a.b": {"kernel": "y"}})
    text = macros_of([arm_table(findings)])
    names = [name for name, _ in definitions(text)]
    assert len(names) == len(set(names)) == len(text.splitlines()) - 1


def test_a_table_of_two_words_has_a_name_in_letters_too() -> None:
    table = best_points_table(make_search_findings(arms=("baseline",), points=1))
    names = [name for name, _ in definitions(macros_of([table]))]
    assert "poolingBestPointBaselineBaselineValue" in names
    assert "poolingBestPointBaselineBaselineTrainingLearningRate" in names


def test_a_count_is_written_whole() -> None:
    findings = make_findings()
    findings.arms["diverged"] = 1
    named = dict(definitions(macros_of([arm_table(findings)])))
    assert named["poolingArmBaselineBaselineDiverged"] == "1"
    searched = make_search_findings(parameters=(RATE, WIDTH), arms=("baseline",), points=32)
    tables = [best_points_table(searched), count_table(searched), importance_table(searched)]
    named = dict(definitions(macros_of([table for table in tables if table is not None])))
    assert named["poolingBestPointBaselineBaselinePoints"] == "32"
    assert named["poolingPointCountBaselineBaselineCompleted"] == "32"
    assert named["poolingImportanceBaselineBaselineArchitectureWidthFanovaN"] == "32"
    assert named["poolingBestPointBaselineBaselineArchitectureWidth"].isdecimal()


def test_a_level_of_confidence_is_not_rounded_to_the_unit_of_its_claim() -> None:
    table = verdict_table(make_findings(verdicts=(make_verdict(confidence=0.975),)))
    assert table is not None
    assert dict(definitions(macros_of([table])))["poolingVerdictOneConfidence"] == "0.975"


def test_what_was_tried_is_written_as_in_the_table() -> None:
    searched = make_search_findings(parameters=(RATE,), arms=("baseline",), points=8)
    named = dict(definitions(macros_of([best_points_table(searched)])))
    tried = searched.best["value.training.learning_rate"][0]
    assert named["poolingBestPointBaselineBaselineTrainingLearningRate"] == setting(tried)


def test_numbers_without_a_unit_of_their_own_have_two_decimals() -> None:
    named = dict(definitions(macros_of([effect_table(make_findings())])))
    assert named["poolingEffectBaselineStridedConvHedgesG"] == r"\ensuremath{-}1.40"
    assert named["poolingEffectBaselineStridedConvProbabilityOfImprovement"] == "0.10"


def test_a_number_that_no_claim_has_keeps_its_macro() -> None:
    """What a paper cites must not be undefined once the last claim is decided."""
    table = verdict_table(make_findings(verdicts=(make_verdict(seeds_needed=None),)))
    assert table is not None
    assert dict(definitions(macros_of([table])))["poolingVerdictOneSeedsNeeded"] == "---"
