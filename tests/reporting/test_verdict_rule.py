from typing import Any

import pytest

from ablate.reporting.verdict_rule import verdict_rule
from tests.reporting.factory import make_verdict


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, "max_pool over strided; supported above 0.5 points, refuted below."),
        (
            {"kind": "no_difference", "wanted": "inside"},
            "max_pool over strided; supported within ±0.5 points, refuted beyond.",
        ),
        (
            {"kind": "no_worse", "threshold": -0.5},
            "max_pool over strided; supported above −0.5 points, refuted below.",
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
            "supported beyond ±0.5 points, refuted within.",
        ),
        ({"kind": "open", "threshold": None}, "max_pool over strided."),
        ({"kind": "open", "threshold": None, "arms": ()}, ""),
        ({"arms": ()}, ""),
    ],
)
def test_says_what_is_compared_and_where_the_interval_must_lie(
    changes: dict[str, Any], rule: str
) -> None:
    assert verdict_rule(make_verdict(**({"arms": ("max_pool", "strided")} | changes))) == rule
