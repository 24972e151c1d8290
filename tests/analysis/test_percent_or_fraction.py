"""A study and its trials that speak of percent and of fractions would differ by a hundred."""

from typing import Any

import pytest

from ablate.analysis.findings import analyse
from ablate.study.schema import Faster, Reaches
from ablate.workload import MetricDescription
from tests.analysis.evidence import WIDTH, arm, plan_of, records_of

IN_PERCENT = {"accuracy": MetricDescription(label="accuracy", unit="%")}


def told(values: dict[str, list[float]], **fields: Any) -> list[str]:
    plan = plan_of(WIDTH, **{"seeds": 2, "metric": "accuracy"} | fields)
    return [text for text in analyse(plan, records_of(plan, values)).warnings if "fraction" in text]


@pytest.mark.parametrize(
    "fields",
    [
        {"smallest_effect_of_interest": 0.5},
        {"claims": (Reaches(says="It learns.", arm=arm(), value=80),)},
        {"metrics": IN_PERCENT},
    ],
)
def test_recorded_fractions_of_what_is_in_percent_are_told(fields: dict[str, Any]):
    assert told({"baseline": [0.80, 0.81], "wide": [0.85, 0.86]}, **fields) == [
        "accuracy is in percent, by what the study says of it, and all that was recorded of "
        "it is at most 1: if these are fractions, verdicts on it are wrong. Let the workload give "
        "it in percent, or write the study's numbers for it as fractions."
    ]
    assert told({"baseline": [80.0, 81.0], "wide": [85.0, 86.0]}, **fields) == []


def test_fractions_of_a_study_that_speaks_of_fractions_are_fine():
    claim = Reaches(says="It learns.", arm=arm(), value=0.8)
    values = {"baseline": [0.80, 0.81], "wide": [0.85, 0.86]}
    assert told(values, claims=(claim,), smallest_effect_of_interest=0.005) == []


def test_fractions_stated_of_what_is_recorded_in_percent_are_told():
    claims = (
        Reaches(says="It learns.", arm=arm(), value=0.7),
        Faster(says="f", faster=arm(width="wide"), slower=arm(), curve="accuracy", threshold=0.6),
        Reaches(says="It learns well.", arm=arm(), value=70),
    )
    ending = " for accuracy, of which up to 86 is recorded: if that is a fraction, write "
    assert told({"baseline": [80.0, 81.0], "wide": [85.0, 86.0]}, claims=claims) == [
        f"Claim 1 speaks of 0.7{ending}70.",
        f"Claim 2 speaks of 0.6{ending}60.",
    ]
