"""Tables as Markdown and LaTeX show text as it stands."""

import html
import io
from dataclasses import replace

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


@pytest.mark.parametrize("first", ["[H1] wide", "*wide", "wide [H1]"])
def test_a_row_of_latex_does_not_begin_like_an_option(first: str) -> None:
    table = replace(TABLE, rows=((Cell(first), *TABLE.rows[0][1:]),))
    rows = [line.strip() for line in markup.latex(table, "pooling").splitlines()]
    (row,) = [line for line in rows if first.strip("[*") in line]
    assert not row.startswith(("[", "*"))


def test_dollars_of_markdown_set_no_mathematics() -> None:
    assert markup.markdown_text("costs $5 against $6") == "costs \\$5 against \\$6"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (r"a_b & 5 % #1 $x$ {y} ^ ~ \ `t`", r"a\_b \& 5 \% \#1 \$x\$ \{y\} \textasciicircum{} "
         r"\textasciitilde{} \textbackslash{} \textasciigrave{}t\textasciigrave{}"),
        ("a|b < c", r"a\textbar{}b \ensuremath{<} c"),
        ("λ → ∞, β₂", r"{\ensuremath{\lambda}} \ensuremath{\rightarrow} {\ensuremath{\infty}}, "
         r"{\ensuremath{\beta}}{\ensuremath{_2}}"),
        ("Café e\u0301", r"Caf{\'e} {\'e}"),
        ("--fast ---x a-b", "-{}-fast -{}-{}-x a-b"),
        ("名 й", r"\ensuremath{\langle}\texttt{U+540D}\ensuremath{\rangle} "
         r"\ensuremath{\langle}\texttt{U+0439}\ensuremath{\rangle}"),
        ("a\u200bb\n c", "ab c"),
        ("rate 1e8", "rate 1e8"),
    ],
)  # fmt: skip
def test_latex_text_is_set_as_it_stands(text: str, written: str) -> None:
    assert markup.latex_text(text) == written
    assert written.isascii()


@given(st.text())
def test_latex_text_is_ascii_with_its_braces_closed(text: str) -> None:
    written = markup.latex_text(text)
    assert written.isascii()
    bare = written.replace(r"\{", "").replace(r"\}", "")
    assert bare.count("{") == bare.count("}")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("−1.70e12 Pa [−1.76e12, 2.00e−9]", r"\ensuremath{-1.70\times 10^{12}} Pa "
         r"[\ensuremath{-1.76\times 10^{12}}, \ensuremath{2.00\times 10^{-9}}]"),
        ("rate1e8 x1.5e8y −0.5 3", r"rate1e8 x1.5e8y \ensuremath{-}0.5 3"),
    ],
)  # fmt: skip
def test_latex_numbers_with_a_power_of_ten_are_set_as_such(text: str, written: str) -> None:
    assert markup.latex_numbers(text) == written


def test_latex_is_a_booktabs_table_with_everything_escaped() -> None:
    assert markup.latex(TABLE, "pooling") == (
        "\\begin{table}\n"
        "  \\centering\n"
        "  \\caption{50 \\% of x\\_1 \\& more.}\n"
        "  \\label{tab:pooling-odd}\n"
        "  \\begin{tabular}{l>{\\raggedleft\\arraybackslash}p{0.35\\linewidth}}\n"
        "    \\toprule\n"
        "    Arm & Value (\\%) \\\\\n"
        "    \\midrule\n"
        "    \\textbf{a\\textbar{}b \\ensuremath{<}script\\ensuremath{>}} "
        "& \\ensuremath{-}1.0 \\ensuremath{\\pm} 0.5 \\\\\n"
        "    c\\_d & --- \\newline {\\footnotesize 2 missing} \\\\\n"
        "    \\bottomrule\n"
        "  \\end{tabular}\n"
        "\\end{table}\n"
    )


def test_csv_keeps_every_digit_and_leaves_missing_numbers_empty() -> None:
    findings = make_findings(without_result=("strided_conv",))
    text = markup.csv(arm_table(findings))
    assert "nan" not in text.lower()
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(text)), findings.arms)
