"""Tables as Markdown show text as it stands, and as CSV all digits."""

import html
import io

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ablate.reporting import markup
from ablate.reporting.table import Cell, Table
from ablate.reporting.tables import arm_table
from tests.reporting.factory import make_findings

TABLE = Table(
    "odd",
    "50 % of x_1 & more.",
    ("Arm", "Value (%)"),
    (
        (Cell("a|b <script>", "strong"), Cell("−1.0 ± 0.5")),
        (Cell("c_d"), Cell("—", note="2 missing")),
    ),
    pd.DataFrame({"arm": ["a|b <script>", "c_d"], "value": [-1.0, None]}),
    numeric=frozenset({1}),
)


def test_markdown_escapes_and_aligns() -> None:
    assert markup.markdown(TABLE) == (
        "| Arm | Value (%) |\n"
        "| --- | ---: |\n"
        "| **a\\|b &lt;script&gt;** | −1.0 ± 0.5 |\n"
        "| c_d | —<br><sub>2 missing</sub> |"
    )


def test_markdown_text_makes_no_links() -> None:
    assert markup.markdown_text("[here](javascript:x)\n`code`") == (
        "[here]\\(javascript:x) \\`code\\`"
    )


@given(st.text("ab1 _*~`[]()<>&|\\!#$-\n"))
@example("_mean_ __all__ ~~no~~ a_b a__b")
def test_markdown_text_is_shown_as_it_stands(text: str) -> None:
    reader = MarkdownIt("commonmark").enable("strikethrough")
    shown = html.unescape(reader.renderInline(markup.markdown_text(text)))
    assert shown == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    ["1. small net", "12) a", "1.", "1.5 e", "+ norm", "- a", "-", "---", "#", "## a", "[a]: b"],
)
def test_markdown_text_begins_no_list_and_no_heading(text: str) -> None:
    shown = MarkdownIt("commonmark").render(markup.markdown_text(text))
    assert shown == f"<p>{text}</p>\n"


def test_dollars_of_markdown_set_no_mathematics() -> None:
    assert markup.markdown_text("costs $5 against $6") == "costs \\$5 against \\$6"


def test_csv_keeps_every_digit_and_leaves_missing_numbers_empty() -> None:
    findings = make_findings(without_result=("strided_conv",))
    text = markup.csv(arm_table(findings))
    assert "nan" not in text.lower()
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(text)), findings.arms)
