"""What the table of a factorial says."""

import numpy as np
import pandas as pd

from ablate.reporting.factorial_table import factorial_table
from tests.reporting.factory import make_findings
from tests.reporting.test_tables import texts


def factorial_rows() -> pd.DataFrame:
    shared = {"context": "baseline", "n": 5, "low": 0.1, "high": 0.9, "p": 0.01, "p_holm": 0.03}
    return pd.DataFrame(
        [
            shared
            | {
                "effect": "architecture.downsampling",
                "kind": "main",
                "change": "max_pool -> strided_conv",
                "estimate": 0.5,
                "share": 0.75,
                "aliased_with": "",
            },
            shared
            | {
                "effect": "architecture.downsampling:optimizer",
                "kind": "interaction",
                "change": "",
                "estimate": -0.25,
                "share": np.nan,
                "aliased_with": "optimizer:initialization",
            },
        ]
    )


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


def test_other_designs_have_no_factorial_table() -> None:
    assert factorial_table(make_findings()) is None
