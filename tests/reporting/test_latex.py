"""Tables as LaTeX: complete, and no wider than a page's text."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from ablate.reporting.latex import latex
from ablate.reporting.table import Cell, Table
from tests.reporting.test_markup import TABLE

WIDTH = re.compile(r"p\{\\dimexpr ([\d.]+)\\linewidth-2\\tabcolsep\}")
NOTE = "lead of strided_conv_layer over baseline; supported above 0.5 points, refuted below."


def table_of(*rows: tuple[Cell, ...], numeric: frozenset[int] = frozenset()) -> Table:
    header = tuple(f"Column {place}" for place in range(len(rows[0])))
    return Table("odd", "Many.", header, rows, pd.DataFrame(), numeric=numeric)


@pytest.mark.parametrize("first", ["[H1] wide", "*wide", "wide [H1]"])
def test_a_row_of_latex_does_not_begin_like_an_option(first: str) -> None:
    table = replace(TABLE, rows=((Cell(first), *TABLE.rows[0][1:]),))
    rows = [line.strip() for line in latex(table, "pooling").splitlines()]
    (row,) = [line for line in rows if first.strip("[*") in line]
    assert not row.startswith(("[", "*"))


def test_it_is_a_booktabs_table_with_everything_escaped() -> None:
    assert latex(TABLE, "pooling") == (
        "% Written by ablate. Packages: booktabs, array, amssymb.\n"
        "\\begin{table}\n"
        "  \\centering\n"
        "  \\caption{50 \\% of x\\_1 \\& more.}\n"
        "  \\label{tab:pooling-odd}\n"
        "  \\footnotesize\\setlength{\\tabcolsep}{3pt}\n"
        "  \\begin{tabular}"
        "{>{\\raggedright\\arraybackslash}p{\\dimexpr 0.180\\linewidth-2\\tabcolsep}"
        ">{\\raggedleft\\arraybackslash}p{\\dimexpr 0.138\\linewidth-2\\tabcolsep}}\n"
        "    \\toprule\n"
        "    Arm & Value (\\%) \\\\\n"
        "    \\midrule\n"
        "    \\textbf{a\\textbar{}b \\ensuremath{<}script\\ensuremath{>}} "
        "& \\ensuremath{-}1.0 \\ensuremath{\\pm} 0.5 \\\\\n"
        "    \\addlinespace\n"
        "    c\\_d & --- \\newline {\\scriptsize 2 missing} \\\\\n"
        "    \\bottomrule\n"
        "  \\end{tabular}\n"
        "\\end{table}\n"
    )


def test_what_fits_without_wrapping_has_plain_columns() -> None:
    narrow = table_of((Cell("baseline"), Cell("1.5")), numeric=frozenset({1}))
    assert r"\begin{tabular}{lr}" in latex(narrow, "pooling")
    assert "footnotesize" not in latex(narrow, "pooling")
    wider = table_of(tuple(Cell("+1.234 [0.567, 8.901]") for _ in range(4)))
    assert r"\begin{tabular}{llll}" in latex(wider, "pooling")
    assert "footnotesize" in latex(wider, "pooling")


def test_columns_that_wrap_share_the_line() -> None:
    claim = Cell("A claim that says at some length which of two arms is the better one.")
    row = (claim, Cell("+5.07 points", note=NOTE[:50]), Cell("5"), Cell("< 0.001"))
    text = latex(table_of(*[row] * 2, numeric=frozenset({2, 3})), "pooling")
    claims, measured, seeds, p = (float(width) for width in WIDTH.findall(text))
    assert claims + measured + seeds + p == pytest.approx(1.0, abs=0.002)
    assert claims > measured > p > seeds


def test_a_column_whose_notes_are_sentences_has_them_beneath_over_the_whole_row() -> None:
    claim = Cell("A claim that says at some length which is better.", note="in good_model")
    rows = [(claim, Cell("+5.07", note=note), Cell("5")) for note in (NOTE, "", "2 missing")]
    text = latex(table_of(*rows, numeric=frozenset({2})), "pooling")
    assert r"in good\_model" in text
    assert text.count(r"\newline") == 3
    lines = [line.strip() for line in text.splitlines()]
    first = next(place for place, line in enumerate(lines) if line.endswith("+5.07 & 5 \\\\*"))
    assert lines[first + 1].startswith(r"\multicolumn{3}{>{\raggedright\arraybackslash}p{")
    assert lines[first + 1].endswith("0.5 points, refuted below.} \\\\")
    assert text.count(r"\multicolumn") == 2
    *columns, beneath, _ = map(float, WIDTH.findall(text))
    assert beneath == pytest.approx(sum(columns), abs=0.002)


def test_long_names_may_break_and_numbers_may_not() -> None:
    row = (Cell("strided_conv_layer", note=NOTE), Cell("−17.41 [−17.93, −16.88]"))
    text = latex(table_of(row, numeric=frozenset({1})), "pooling")
    assert r"strided\_\allowbreak{}conv\_\allowbreak{}layer" in text
    number = r"\ensuremath{-}17.41 [\ensuremath{-}17.93, \ensuremath{-}16.88]"
    assert number in text
    widths = [float(width) for width in WIDTH.findall(text)]
    assert widths[1] * 345 - 6 > len("−17.41 [−17.93, −16.88]") * 3.8


def test_what_cannot_fit_is_scaled() -> None:
    row = tuple(Cell("+0.043 [0.029, 0.063]") for _ in range(9))
    text = latex(table_of(row, numeric=frozenset(range(9))), "pooling")
    assert text.startswith("% Written by ablate. Packages: booktabs, array, amssymb, graphicx.\n")
    assert "  \\resizebox{\\linewidth}{!}{%\n  \\begin{tabular}" in text
    assert "  \\end{tabular}}\n" in text


def test_powers_of_ten_take_more_room_than_they_are_written_with() -> None:
    def width(number: str) -> float:
        row = (Cell(NOTE, note=NOTE), Cell(number))
        return float(WIDTH.findall(latex(table_of(row, numeric=frozenset({1})), "pooling"))[1])

    assert width("4.219e12 ± 0.048e12") > width("4.219312 ± 0.048312") + 0.05


def test_what_takes_more_than_a_page_goes_on_on_the_next() -> None:
    text = latex(table_of(*[(Cell("baseline"), Cell("1"))] * 46), "pooling")
    assert text.startswith("% Written by ablate. Packages: booktabs, array, amssymb, longtable.\n")
    assert r"\begin{table}" not in text
    assert text.count("Column 0 & Column 1") == 2
    assert r"\caption{Many.}\label{tab:pooling-odd} \\" in text
    assert "longtable" not in latex(table_of(*[(Cell("baseline"),)] * 45), "pooling")
    tall = table_of(*[(Cell("a", note=NOTE * 20), Cell("b", note=NOTE))] * 3)
    assert r"\begin{longtable}" in latex(tall, "pooling")


def test_a_long_table_that_cannot_fit_still_ends_with_the_line() -> None:
    row = tuple(Cell("+0.043 [0.029, 0.063]") for _ in range(9))
    text = latex(table_of(*[row] * 60, numeric=frozenset(range(9))), "pooling")
    assert "resizebox" not in text
    assert sum(map(float, WIDTH.findall(text))) == pytest.approx(1.0, abs=0.005)


def test_rows_with_second_lines_stand_apart() -> None:
    rows = [(Cell("a", note=NOTE),), (Cell("b"),), (Cell("c"),)]
    assert latex(table_of(*rows), "pooling").count(r"\addlinespace") == 2
