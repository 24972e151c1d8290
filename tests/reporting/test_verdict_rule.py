from typing import Any, get_args

import pytest

from ablate.reporting.verdict_rule import verdict_rule
from ablate.study.schema import Claim
from tests.reporting.factory import make_verdict


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, "lead of max_pool over strided; supported above 0.5 points, refuted below."),
        (
            {"kind": "no_difference", "wanted": "inside"},
            "lead of max_pool over strided; supported within ±0.5 points, refuted beyond.",
        ),
        (
            {"kind": "no_worse", "threshold": -0.5},
            "lead of max_pool over strided; supported above −0.5 points, refuted below.",
        ),
        (
            {"kind": "faster", "threshold": 0.0, "unit": "epochs"},
            "lead of max_pool over strided; supported above 0 epochs, refuted below.",
        ),
        (
            {"kind": "more_stable", "threshold": 0.0},
            "spread of strided over that of max_pool; supported above 0 points, refuted below.",
        ),
        (
            {"kind": "reaches", "arms": ("sgd",), "threshold": 75.0, "unit": "%"},
            "supported above 75 %, refuted below.",
        ),
        (
            {"kind": "reaches", "arms": ("sgd",), "wanted": "below", "unit": ""},
            "supported below 0.5, refuted above.",
        ),
        (
            {"kind": "interaction", "arms": tuple("abcd"), "wanted": "outside"},
            "lead of a over b, less that of c over d; supported beyond ±0.5 points, refuted "
            "within.",
        ),
        (
            {"kind": "interaction", "arms": tuple("abcd")},
            "lead of a over b, less that of c over d; supported above 0.5 points, refuted below.",
        ),
        (
            {"kind": "interaction", "arms": ("x, y", "y", "x", "baseline")},
            "lead of 'x, y' over 'y', less that of 'x' over 'baseline'; supported above 0.5 "
            "points, refuted below.",
        ),
        (
            {"kind": "largest_effect", "arms": ("a", "b", "c"), "threshold": 0.0},
            "supported above 0 points, refuted below.",
        ),
        ({"kind": "open", "threshold": None}, "lead of max_pool over strided."),
        ({"kind": "open", "threshold": None, "arms": ()}, ""),
        ({"arms": ()}, ""),
    ],
)
def test_says_what_is_compared_and_where_the_interval_must_lie(
    changes: dict[str, Any], rule: str
) -> None:
    assert verdict_rule(make_verdict(**({"arms": ("max_pool", "strided")} | changes))) == rule


def test_every_kind_of_claim_that_compares_two_arms_says_which_leads() -> None:
    kinds = {kind.model_fields["kind"].default for kind in get_args(get_args(Claim)[0])}
    of_two = kinds - {"reaches", "interaction", "largest_effect"}  # whose notes or sentences do
    for kind in of_two:
        assert " over " in verdict_rule(make_verdict(kind=kind, arms=("one", "two")))
