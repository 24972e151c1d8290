"""An accuracy in percent is no fraction, and none exceeds 100."""

from typing import Any

import pytest

from ablate.study.percentages import impossible_percentages
from ablate.study.schema import Faster, PublishedNumber, Reaches, Selector
from ablate.workload import MetricDescription
from tests.study.made_studies import POOL, study

KNOWN = {
    "test_accuracy": MetricDescription(label="test accuracy", unit="%"),
    "validation_accuracy": MetricDescription(label="validation accuracy", unit="%"),
    "test_error": MetricDescription(label="error", unit="%", higher_is_better=False),
    "accuracy_gap": MetricDescription(label="gap", unit="%", higher_is_better=False),
    "top1_share": MetricDescription(label="share"),
}


def refused(**keys: Any) -> list[tuple[Any, str, str]]:
    found = impossible_percentages(study({"pool": POOL}, **keys), KNOWN)
    return [(place, problem.message, problem.fix) for place, problem in found]


def reaches(value: float, metric: str = "test_accuracy") -> Reaches:
    return Reaches(says="a", metric=metric, arm=Selector(levels={}), value=value)


def test_what_a_claim_or_a_publication_gives_as_a_fraction_is_refused() -> None:
    arms = {"faster": Selector(levels={}), "slower": Selector(levels={"pool": "mean"})}
    claims = (reaches(0.9), Faster(says="b", threshold=0.7, **arms))
    published = (PublishedNumber(value=0.95, metric="test_accuracy", label="theirs"),)
    assert refused(claims=claims, published=published) == [
        (
            ("claims", 0, "value"),
            "0.9 is a fraction, and 'test_accuracy' is in percent",
            "write 90",
        ),
        (
            ("claims", 1, "threshold"),
            "0.7 is a fraction, and 'validation_accuracy' is in percent",
            "write 70",
        ),
        (
            ("published", 0, "value"),
            "0.95 is a fraction, and 'test_accuracy' is in percent",
            "write 95",
        ),
    ]


@pytest.mark.parametrize("value", [600, -3])
def test_what_no_accuracy_is_is_refused(value: float) -> None:
    (problem,) = refused(claims=(reaches(value),))
    assert problem[1:] == (f"'test_accuracy' is in percent, and never {value}", "")


@pytest.mark.parametrize(
    ("value", "metric"),
    [
        (90, "test_accuracy"),
        (0, "test_accuracy"),
        (0.9, "test_error"),
        (0.9, "accuracy_gap"),
        (0.9, "top1_share"),
        (0.9, "unheard_of"),
    ],
)
def test_all_else_may_be_of_any_size(value: float, metric: str) -> None:
    assert refused(claims=(reaches(value, metric),)) == []
