from typing import Any

import pytest

from ablate.reporting.verdict_table import verdict_table
from tests.reporting.factory import make_findings, make_verdict
from tests.reporting.test_tables import texts


def test_a_study_without_claims_has_no_verdict_table() -> None:
    assert verdict_table(make_findings()) is None


def test_a_verdict_row_holds_the_evidence() -> None:
    table = verdict_table(make_findings(verdicts=(make_verdict(),)))
    assert table is not None
    assert texts(table) == [
        [
            "Strided convolution in place of max pooling costs accuracy.",
            "a significant drop",
            "+2.41 points [1.37, 3.45]",
            "✓ supported",
            "5",
            "0.006",
            "0.83",
        ]
    ]


@pytest.mark.parametrize(("kind", "told"), [("largest_effect", True), ("difference", False)])
def test_the_caption_explains_the_two_ends_of_a_largest_effect(kind: str, told: bool) -> None:
    findings = make_findings(verdicts=(make_verdict(kind=kind),))
    table = verdict_table(findings)
    assert table is not None
    told_by = (
        "upper ends, as any one rival refutes, at the error rate divided by the number of rivals"
    )
    assert (told_by in table.caption) == told


def test_a_bound_just_above_what_supports_a_claim_does_not_read_as_that() -> None:
    table = verdict_table(make_findings(verdicts=(make_verdict(low=0.5004),)))
    assert table is not None
    assert table.rows[0][2].text == "+2.4100 points [0.5004, 3.4500]"


def test_an_undecided_verdict_says_what_it_would_take() -> None:
    verdict = make_verdict(
        verdict="undecided",
        leaning="refuted",
        seeds_needed=12,
        detectable_effect=3.3,
        note="Close.",
    )
    table = verdict_table(make_findings(verdicts=(verdict,)))
    assert table is not None
    assert table.rows[0][2].note == (
        "95 % interval; lead of baseline over strided_conv; supported above 0.5 points, refuted "
        "below. "
        "Close. 12 seeds would give 80 % power to refute it, were effect and spread as seen. "
        "n=5 seeds could have found 3.30 points with 80 % power."
    )


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("difference", "found 3.30 points"),
        ("no_difference", "shown equality within ±3.30 points"),
        ("no_worse", "ruled out a loss of 3.30 points"),
    ],
)
def test_what_the_seeds_could_have_shown_depends_on_what_is_claimed(kind: str, found: str) -> None:
    undecided = {"verdict": "undecided", "detectable_effect": 3.3}
    table = verdict_table(make_findings(verdicts=(make_verdict(kind=kind, **undecided),)))
    assert table is not None
    assert table.rows[0][2].note.endswith(f"n=5 seeds could have {found} with 80 % power.")


def test_where_no_number_of_seeds_is_enough_the_verdict_says_so() -> None:
    verdict = make_verdict(verdict="undecided", leaning="supported", too_few_seeds=1000)
    table = verdict_table(make_findings(verdicts=(verdict,)))
    assert table is not None
    assert table.rows[0][2].note.endswith(
        "Not even 1,000 seeds would give 80 % power to support it, were effect and spread as seen."
    )


def test_each_verdict_names_the_level_of_its_interval() -> None:
    levels = (0.95, 1 - 0.05 / 3, 0.995, None)
    verdicts = tuple(make_verdict(confidence=level) for level in levels)
    table = verdict_table(make_findings(verdicts=verdicts))
    assert table is not None
    named = [row[2].note.partition("; lead")[0] for row in table.rows]
    assert named[:3] == ["95 % interval", "98.33 % interval", "99.5 % interval"]
    assert named[3].startswith("lead of baseline over strided_conv")


def test_an_open_verdict_without_evidence_has_dashes() -> None:
    nothing = dict.fromkeys(("estimate", "low", "high", "p", "p_adjusted", "core_hours"))
    verdict = make_verdict(verdict="open", published=None, n=0, **nothing)
    table = verdict_table(make_findings(verdicts=(verdict, make_verdict(core_hours=None))))
    assert table is not None
    assert texts(table)[0][1:] == ["—", "—", "○ open", "0", "—"]


def test_p_values_that_no_claim_has_are_left_out() -> None:
    """As where claims are looked at after every seed."""
    without = make_verdict(p=None, p_adjusted=None)
    table = verdict_table(make_findings(verdicts=(without, without)))
    assert table is not None
    assert table.header == ("Claim", "Published", "Measured", "Verdict", "Seeds", "Core-hours")
    assert (table.numeric, texts(table)[0][-1]) == ({4, 5}, "0.83")
    assert table.frame["p_adjusted"].isna().all()


def test_what_was_computed_on_gpus_cost_gpu_hours() -> None:
    table = verdict_table(make_findings(verdicts=(make_verdict(gpu_hours=0.25),)))
    assert table is not None
    assert (table.header[-1], texts(table)[0][-1]) == ("GPU-hours", "0.25")
    assert verdict_table(make_findings(verdicts=(make_verdict(),))).header[-1] == "Core-hours"


def test_hours_that_nobody_knows_are_left_out() -> None:
    known, unknown = make_verdict(), make_verdict(core_hours=None)
    table = verdict_table(make_findings(verdicts=(unknown, unknown)))
    assert table is not None
    assert (table.header[-1], table.numeric, len(table.rows[0])) == ("p (adjusted)", {4, 5}, 6)
    assert "Hours" not in table.caption
    table = verdict_table(make_findings(verdicts=(known, unknown)))
    assert table is not None
    assert [row[-1] for row in texts(table)] == ["0.83", "—"]


@pytest.mark.parametrize(
    ("changes", "shared"),
    [
        ({}, True),
        ({"arms": ("baseline", "batch_norm")}, True),
        ({"arms": ("a", "b")}, False),
        ({"context": "other"}, False),
    ],
)
def test_the_caption_says_that_claims_share_arms(changes: dict[str, Any], shared: bool) -> None:
    table = verdict_table(make_findings(verdicts=(make_verdict(), make_verdict(**changes))))
    assert table is not None
    assert shared == table.caption.endswith(
        " Hours are those of a claim's arms, and arms that several claims share count in each."
    )


@pytest.mark.parametrize(
    ("kinds", "said"),
    [(("difference", "reaches"), True), (("more_stable",), False), (("reaches",), False)],
)
def test_the_caption_says_which_lead_is_positive_where_there_are_leads(
    kinds: tuple[str, ...], said: bool
) -> None:
    table = verdict_table(make_findings(verdicts=tuple(make_verdict(kind=k) for k in kinds)))
    assert table is not None
    lead = "A lead is positive where the arm that is named first is better."
    assert (lead in table.caption) == said
