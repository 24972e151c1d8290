"""The one sentence that a reader takes away."""

import numpy as np
import pytest

from ablate.reporting.answer import answer
from tests.reporting.factory import make_findings, make_verdict
from tests.reporting.test_factorial_table import factorial_rows


def with_verdicts(*outcomes: str):
    return make_findings(verdicts=tuple(make_verdict(verdict=outcome) for outcome in outcomes))


def test_names_the_effect_with_interval_seeds_and_reference() -> None:
    findings = make_findings(seeds=3)
    effect = findings.effects.iloc[0]
    expected = (
        "The effect of strided_conv on test accuracy is "
        f"−{-effect['estimate']:.2f} points [−{-effect['low']:.2f}, "
    )
    assert answer(findings).startswith(expected)
    assert answer(findings).endswith("n=3 seeds, against baseline.")


def test_picks_the_largest_effect_whichever_its_sign() -> None:
    changes = {name: {name: "with"} for name in ("small", "large", "medium")}
    findings = make_findings(changes)
    findings.effects["estimate"] = [0.4, -3.0, 2.0]
    assert "the largest effect is that of large" in answer(findings).lower()


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (("supported",), "The claim is supported; "),
        (("refuted", "refuted"), "All 2 claims are refuted; "),
        (
            ("open", "undecided", "supported", "supported"),
            "Of 4 claims, 2 are supported, 1 is undecided and 1 is open; ",
        ),
    ],
)
def test_counts_how_the_claims_fared(outcomes: tuple[str, ...], expected: str) -> None:
    assert answer(with_verdicts(*outcomes)).startswith(expected)


def test_of_a_factorial_it_names_the_largest_main_effect_or_interaction() -> None:
    findings = make_findings({"a": {"architecture.downsampling": "b", "optimizer": "sgd"}})
    findings.factorial = factorial_rows()
    assert answer(findings) == (
        "Largest is the main effect of downsampling (max_pool -> strided_conv) on test accuracy: "
        "+0.50 points [0.10, 0.90], n=5 seeds."
    )


def test_says_so_when_nothing_has_a_result() -> None:
    findings = make_findings(without_result=("strided_conv", "baseline"))
    findings.effects["estimate"] = np.nan
    assert answer(findings) == "No trial has a result."


def test_says_what_the_only_arm_with_a_result_has() -> None:
    findings = make_findings(without_result=("strided_conv",))
    findings.effects["estimate"] = np.nan
    found = answer(findings)
    assert found.startswith(f"Test accuracy of baseline is {findings.arms['mean'][0]:.2f} % [")
    assert found.endswith("], n=5 seeds; there is nothing yet to compare it with.")
