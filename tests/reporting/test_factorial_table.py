"""What the table of a factorial says."""

from typing import Any

from ablate.analysis.findings import analyse
from ablate.reporting.factorial_table import factorial_table
from ablate.study.schema import Factor
from tests.analysis.evidence import (
    MOMENTUM,
    NORM,
    OPTIMIZER,
    POOL,
    WIDTH,
    plan_of,
    records_of,
)
from tests.reporting.factory import factorial_rows, make_findings
from tests.reporting.test_tables import texts


def test_a_factorial_shows_main_effects_interactions_shares_and_aliases() -> None:
    findings = make_findings({"a": {"architecture.downsampling": "b", "optimizer": "sgd"}})
    findings.plan.arms[0].levels["initialization"] = "default"
    findings.factorial = factorial_rows()
    table = factorial_table(findings)
    assert table is not None
    assert texts(table) == [
        ["downsampling", "+0.50", "[0.10, 0.90]", "5", "0.030", "75.0 %", ""],
        [
            "downsampling × optimizer",
            "−0.25",
            "[0.10, 0.90]",
            "5",
            "0.030",
            "—",
            "optimizer × initialization",
        ],
    ]
    assert table.rows[0][0].note == "max_pool -> strided_conv"
    assert table.header[-1] == "Not told apart from"
    findings.arms["diverged"] = [0, 3]
    assert factorial_table(findings).caption.endswith(" 3 of a diverged.")  # type: ignore[union-attr]


def captions(*factors: Factor, without: str = "", **changes: Any) -> str:
    plan = plan_of(*factors, seeds=3, design="full_factorial", **changes)
    values = {
        arm.name: ["failed"] * 3
        if arm.name == without
        else [70.0 + place + 0.1 * (place * seed % 3) for seed in range(3)]
        for place, arm in enumerate(plan.arms)
    }
    table = factorial_table(analyse(plan, records_of(plan, values)))
    assert table is not None
    return table.caption


def test_the_caption_says_what_effects_are_averaged_over() -> None:
    assert "each averaged over all levels of the other factors, and" in captions(WIDTH, NORM)
    some = (
        "each averaged over those combinations of the other factors that have values at both "
        "levels, as not all combinations are there, and"
    )
    assert some in captions(OPTIMIZER, MOMENTUM, WIDTH)
    assert some in captions(WIDTH, POOL, forbid=[{"width": "wide", "pool": "mean"}])
    assert some in captions(WIDTH, POOL, without="wide, mean")


def test_the_caption_says_why_there_is_no_share() -> None:
    assert "squares)." in captions(WIDTH, POOL)
    findings = make_findings({"a": {"architecture.downsampling": "b", "optimizer": "sgd"}})
    findings.plan.arms[0].levels["initialization"] = "default"
    findings.factorial = factorial_rows()
    table = factorial_table(findings)
    assert table is not None
    assert table.caption.endswith(
        "squares); none where an interaction is not to be told from others, or trials are too few."
    )


def test_the_caption_says_what_the_share_of_an_aliased_effect_holds() -> None:
    """As of the main effects of a fraction, each with interactions."""
    findings = make_findings({"a": {"architecture.downsampling": "b", "optimizer": "sgd"}})
    findings.plan.arms[0].levels["initialization"] = "default"
    findings.factorial = factorial_rows().assign(share=0.25)
    table = factorial_table(findings)
    assert table is not None
    assert table.caption.endswith(
        "squares); that of an effect holds what it is not told apart from."
    )


def test_other_designs_have_no_factorial_table() -> None:
    assert factorial_table(make_findings()) is None
