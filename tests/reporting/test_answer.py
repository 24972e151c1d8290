"""The one sentence that a reader takes away."""

import numpy as np
import pandas as pd
import pytest

from ablate.reporting.answer import answer
from tests.reporting.factory import factorial_rows, make_findings, make_verdict


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


def test_an_effect_without_pairs_says_so_with_the_seeds_of_both_arms() -> None:
    findings = make_findings(seeds=3)
    findings.effects["method"] = "welch"
    findings.arms["n"] = [3, 2]
    assert answer(findings).endswith("], unpaired, 2 against 3 seeds, against baseline.")


def test_says_where_less_is_better() -> None:
    findings = make_findings()
    findings.plan.study.metric = "test_loss"
    assert answer(findings).startswith(
        "The effect of strided_conv on test loss (lower is better) is "
    )


def test_picks_the_largest_effect_whichever_its_sign() -> None:
    changes = {name: {name: "with"} for name in ("small", "large", "medium")}
    findings = make_findings(changes)
    findings.effects["estimate"] = [0.4, -3.0, 2.0]
    assert "the largest effect seen is that of large" in answer(findings).lower()


def test_an_effect_of_one_seed_is_no_headline_where_others_have_intervals() -> None:
    findings = make_findings({name: {name: "with"} for name in ("small", "single")})
    findings.effects["estimate"] = [-0.9, -10.0]
    findings.effects.loc[1, ["low", "high"]] = np.nan
    assert answer(findings).startswith(
        "The largest effect seen, of those with an interval, is that of small on test accuracy: "
        "−0.90 points ["
    )
    findings.effects["estimate"] = [0.0, -10.0]
    assert answer(findings).startswith(
        "The largest effect seen is that of single on test accuracy: "
    )


def test_the_largest_is_of_those_that_could_be_estimated() -> None:
    findings = make_findings({name: {name: "with"} for name in ("small", "large", "lost")})
    findings.effects["estimate"] = [0.4, -3.0, np.nan]
    assert answer(findings).startswith(
        "The largest effect seen, of those that could be estimated, is that of large on test "
        "accuracy: "
    )


def test_of_effects_that_are_all_zero_none_is_the_largest() -> None:
    findings = make_findings({name: {name: "with"} for name in ("small", "large")})
    findings.effects["estimate"] = 0.0
    assert answer(findings) == "No effect on test accuracy differs from 0."


def test_a_context_is_named_where_the_study_has_several() -> None:
    findings = make_findings(contexts=("A", "B"), without_result=())
    findings.effects.loc[findings.effects["context"] == "B", "estimate"] = np.nan
    assert answer(findings).startswith("The effect of strided_conv in A on test accuracy is ")
    alone = make_findings(contexts=("A", "B"), without_result=("strided_conv",))
    alone.effects["estimate"] = np.nan
    assert answer(alone).startswith("Test accuracy of baseline in A is ")


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (("supported",), "The claim is supported; "),
        (("refuted", "refuted"), "Both claims are refuted; "),
        (("refuted",) * 3, "All 3 claims are refuted; "),
        (
            ("open", "undecided", "supported", "supported"),
            "Of 4 claims, 2 are supported, 1 is undecided and 1 is open; ",
        ),
    ],
)
def test_counts_how_the_claims_fared(outcomes: tuple[str, ...], expected: str) -> None:
    assert answer(with_verdicts(*outcomes)).startswith(expected)


@pytest.mark.parametrize(
    ("early", "expected"),
    [
        ((True,), "The claim is supported (at an early look); "),
        ((True, False), "Both claims are supported (1 of them at an early look); "),
        ((False, False), "Both claims are supported; "),
    ],
)
def test_says_how_many_claims_are_settled_early(early: tuple[bool, ...], expected: str) -> None:
    verdicts = tuple(make_verdict(early=each) for each in early)
    assert answer(make_findings(verdicts=verdicts)).startswith(expected)


def test_those_settled_early_are_told_from_the_undecided() -> None:
    outcomes = [("supported", True), ("refuted", False), *[("undecided", False)] * 2]
    verdicts = tuple(make_verdict(verdict=verdict, early=early) for verdict, early in outcomes)
    assert answer(make_findings(verdicts=verdicts)).startswith(
        "Of 4 claims, 1 is supported, 1 is refuted and 2 are undecided (1 of the 2 settled at an "
        "early look); "
    )


def test_a_single_settled_claim_is_no_one_of_one() -> None:
    verdicts = make_verdict(early=True), make_verdict(verdict="undecided")
    assert answer(make_findings(verdicts=verdicts)).startswith(
        "Of 2 claims, 1 is supported and 1 is undecided (the settled one at an early look); "
    )


def test_trials_that_diverged_are_told_of_beside_the_largest_main_effect() -> None:
    findings = make_findings({"a": {"architecture.downsampling": "b", "optimizer": "sgd"}})
    findings.factorial = factorial_rows()
    findings.arms["diverged"] = [0, 3]
    assert answer(findings).endswith("+0.50 points [0.10, 0.90], n=5 seeds (3 of a diverged).")


def test_trials_that_diverged_are_told_of_beside_the_largest_effect() -> None:
    findings = make_findings({"a, b": {"architecture.downsampling": "c"}})
    findings.arms["diverged"] = [1, 3]
    assert answer(findings).endswith(
        "against 'baseline' (3 of 'a, b' and 1 of 'baseline' diverged)."
    )


def test_of_a_factorial_it_names_the_largest_main_effect_or_interaction() -> None:
    findings = make_findings({"a": {"architecture.downsampling": "b", "optimizer": "sgd"}})
    findings.factorial = factorial_rows()
    assert answer(findings) == (
        "The largest effect seen is the main effect of downsampling (max_pool -> strided_conv) on "
        "test accuracy: +0.50 points [0.10, 0.90], n=5 seeds."
    )


def test_of_effects_that_a_fraction_cannot_tell_apart_it_names_the_main_effect() -> None:
    findings = make_findings({"a": {"architecture.downsampling": "b", "optimizer": "sgd"}})
    main, interaction = factorial_rows().to_dict("records")
    size = 0.1 + 0.2  # more than 0.3 by its last bit
    findings.factorial = pd.DataFrame(
        [interaction | {"estimate": -size}, main | {"estimate": 0.3, "aliased_with": "optimizer"}]
    )
    assert answer(findings).startswith(
        "The largest effect seen is the main effect of downsampling "
    )


def test_the_largest_of_a_factorial_is_of_those_that_could_be_estimated() -> None:
    findings = make_findings({"a": {"architecture.downsampling": "b", "optimizer": "sgd"}})
    findings.factorial = factorial_rows().assign(aliased_with="")
    findings.factorial.loc[0, ["estimate", "low", "high"]] = np.nan
    assert answer(findings).startswith(
        "The largest effect seen, of those that could be estimated, is the interaction of "
        "downsampling × optimizer "
    )


def test_of_a_factorial_without_effects_none_is_the_largest() -> None:
    findings = make_findings({"a": {"architecture.downsampling": "b", "optimizer": "sgd"}})
    findings.factorial = factorial_rows().assign(estimate=0.0)
    assert answer(findings) == "No effect on test accuracy differs from 0."


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
