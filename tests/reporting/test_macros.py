"""LaTeX macros: one a number, each name once and in letters alone."""

import re
from functools import partial

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablate.reporting.formatting import setting
from ablate.reporting.macros import macros
from ablate.reporting.search_tables import best_points_table, count_table, importance_table
from ablate.reporting.table import Table
from ablate.reporting.tables import arm_table, effect_table, published_table
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


def test_above_the_numbers_of_a_row_stands_which_it_is() -> None:
    findings = make_findings({"rate=-0.5\nµ": {"rate": "-0.5"}})
    lines = macros_of([arm_table(findings)]).splitlines()
    assert [line for line in lines[1:] if line.startswith("%")] == [
        "% arms: baseline, baseline",
        "% arms: baseline, rate=-0.5 µ",
    ]
    assert lines[1] == "% arms: baseline, baseline"


def test_above_the_numbers_of_a_claim_stands_its_sentence() -> None:
    """Its number changes with its place in the study."""
    verdicts = verdict_table(make_findings(verdicts=(make_verdict(says="Wide\nis better."),)))
    assert verdicts is not None
    assert macros_of([verdicts]).splitlines()[1] == "% verdicts: 1, Wide is better."


def rows_named(*arms: str) -> list[str]:
    """What stands for each arm in the names of its numbers."""
    frame = pd.DataFrame({"arm": arms, "mean": [float(place) for place in range(len(arms))]})
    defined = definitions(macros_of([Table("arms", "", (), (), frame, keys=("arm",))]))
    return [re.sub(r"^poolingArm|Mean", "", name) for name, _ in defined]


@pytest.mark.parametrize(
    ("arm", "named"),
    [
        ("temperature=-1", "TemperatureMinusOne"),
        ("temperature=1", "TemperatureOne"),
        ("rate=1e-05", "RateOneeMinusZeroFive"),
        ("shift=−.5", "ShiftMinusPointFive"),
        ("a=1, b=-0.5", "AOneBMinusZeroPointFive"),
        ("max=-inf", "MaxMinusInf"),
        ("λ=0", "GreekSmallLetterLamdaZero"),
        ("名", "CjkUnifiedIdeographFiveFourZeroD"),
        ("\ue000", "CodeFiveSevenThreeFourFour"),
        ("strided_conv", "StridedConv"),
        ("resnet-18, pre-trained", "ResnetOneEightPreTrained"),
        ("training.learning_rate", "TrainingLearningRate"),
        ("widths=32-64", "WidthsThreeTwoSixFour"),
        ("+ schedule (100 %)", "ScheduleOneZeroZero"),
    ],
)
def test_a_name_says_signs_of_numbers_and_other_scripts(arm: str, named: str) -> None:
    assert rows_named(arm) == [named]


@pytest.mark.parametrize("study", ["end_to_end", "Endpoints", "trend"])
def test_no_name_begins_as_latex_lets_none_begin(study: str) -> None:
    names = [name for name, _ in definitions(macros([arm_table(make_findings())], study=study))]
    assert names
    assert not [name for name in names if name.startswith("end")]


@pytest.mark.parametrize(
    ("arms", "named"),
    [
        (("a_b", "a.b"), ["ALowLineB", "AFullStopB"]),
        (("5 %", "5"), ["FiveSpacePercentSign", "Five"]),
        (("x > 0", "x < 0"), None),
        (("relu", "Relu", "RELU"), None),
        (("1", "One"), None),
    ],
)
def test_arms_that_differ_in_signs_alone_keep_their_names_in_any_order(
    arms: tuple[str, ...], named: list[str] | None
) -> None:
    told = rows_named(*arms)
    assert named is None or told == named
    assert len(set(told)) == len(arms)
    assert rows_named(*reversed(arms)) == told[::-1]


@given(st.lists(st.text("aA1-. _+λ"), min_size=2, max_size=4, unique=True))
def test_no_two_arms_share_a_name(arms: list[str]) -> None:
    assert len(set(rows_named(*arms))) == len(arms)


def test_a_row_has_one_name_though_another_lacks_its_cost() -> None:
    frame = pd.DataFrame(
        {"arm": ["a_b", "a.b"], "mean": [1.0, 2.0], "core_seconds": [3.0, float("nan")]}
    )
    table = Table("arms", "", (), (), frame, keys=("arm",))
    assert [name for name, _ in definitions(macros_of([table]))] == [
        "poolingArmALowLineBMean",
        "poolingArmALowLineBCoreSeconds",
        "poolingArmAFullStopBMean",
    ]


def test_two_columns_that_differ_in_signs_alone_are_told_apart() -> None:
    frame = pd.DataFrame({"arm": ["x"], "a_b": [1.0], "a.b": [2.0]})
    table = Table("points", "", (), (), frame, keys=("arm",))
    assert definitions(macros_of([table])) == [
        ("poolingPointXALowLineB", "1.000"),
        ("poolingPointXAFullStopB", "2.000"),
    ]


def test_published_rows_of_one_label_are_told_apart_by_what_they_say() -> None:
    findings = make_findings()
    findings.published = pd.DataFrame(
        [
            ("ours", None, None, "test_accuracy", 79.4, 79.2, 78.8, 79.6, 5, ""),
            ("ours", "main", "wide", "test_accuracy", 81.0, 79.3, 78.9, 79.7, 5, ""),
            ("theirs", "main", "wide", "test_accuracy", 80.0, 79.3, 78.9, 79.7, 5, ""),
        ],
        columns=findings.published.columns,
    )
    published = published_table(findings)
    assert published is not None
    named = dict(definitions(macros_of([published])))
    assert named["poolingPublishedOursTestAccuracySevenNinePointFourMeasured"] == "79.20"
    assert named["poolingPublishedOursTestAccuracyMainWideEightOnePointZeroMeasured"] == "79.30"
    assert named["poolingPublishedTheirsTestAccuracyMeasured"] == "79.30"


def test_a_table_of_two_words_has_a_name_in_letters_too() -> None:
    table = best_points_table(make_search_findings(arms=("baseline",), points=1))
    names = [name for name, _ in definitions(macros_of([table]))]
    assert "poolingBestPointBaselineBaselineValue" in names
    assert "poolingBestPointBaselineBaselineTrainingLearningRate" in names


def test_numbers_have_the_decimals_of_their_row_and_thresholds_those_given() -> None:
    verdicts = verdict_table(make_findings(verdicts=(make_verdict(unit="", high=3.4567),)))
    findings = make_findings()
    findings.effects[["estimate", "low", "high"]] = [1.23456, -0.0123, 2.5]
    assert verdicts is not None
    named = dict(definitions(macros_of([verdicts, effect_table(findings)])))
    assert named["poolingVerdictOneHigh"] == "3.5"
    assert named["poolingVerdictOneThreshold"] == "0.5"
    assert named["poolingEffectBaselineStridedConvEstimate"] == "1.23"
    assert named["poolingEffectBaselineStridedConvLow"] == r"\ensuremath{-}0.01"


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
