"""LaTeX itself takes what is written for it, wherever it is installed."""

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from ablate.reporting.latex import latex
from ablate.reporting.latex_text import latex_text
from ablate.reporting.table import Cell, Table

ROOT = Path(__file__).parents[2]
REPORTS = ROOT / "reports"
PACKAGES = "booktabs,array,amssymb,longtable,graphicx"
NOTE = "lead of strided_conv_layer over baseline; supported above 0.5 points, refuted below."

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX is installed"),
]


def compiled(body: str, folder: Path) -> str:
    """What pdflatex says of a document with this body; raises where it ends with an error."""
    document = rf"\documentclass{{article}}\usepackage{{{PACKAGES}}}"
    return _run(f"{document}\n\\begin{{document}}\n{body}\n\\end{{document}}", folder)


def _run(document: str, folder: Path) -> str:
    (folder / "page.tex").write_text(document)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout


@pytest.mark.parametrize("report", sorted(path.parent.name for path in REPORTS.glob("*/tables")))
def test_the_tables_and_macros_of_committed_reports_compile(report: str, tmp_path: Path) -> None:
    tables = sorted((REPORTS / report / "tables").glob("*.tex"))
    assert tables
    compiled("\n".join(f"\\input{{{path}}}\\clearpage" for path in tables), tmp_path)


def test_the_page_that_the_documentation_shows_compiles(tmp_path: Path) -> None:
    (example,) = re.findall(
        r"```latex\n(.*?)```", (ROOT / "docs/reports.md").read_text(), re.DOTALL
    )
    _run(example.replace("{reports/", f"{{{REPORTS}/"), tmp_path)


def test_whatever_letter_there_is_compiles(tmp_path: Path) -> None:
    blocks = [(0x20, 0x3000), (0xA000, 0xA100), (0xF900, 0x10000), (0x1D400, 0x1D800)]
    letters = {latex_text(chr(code)) for block in blocks for code in range(*block)}
    shown = sorted(letter for letter in letters if r"\texttt{U+" not in letter)
    assert len(shown) > 1000
    output = compiled("\n\n".join(shown), tmp_path)
    assert "Missing character" not in output + (tmp_path / "page.log").read_text(errors="replace")


@pytest.mark.parametrize("rows", [2, 60])
@pytest.mark.parametrize("columns", [1, 3, 12])
@pytest.mark.parametrize("note", ["", "2 missing", NOTE])
def test_tables_of_any_shape_compile(rows: int, columns: int, note: str, tmp_path: Path) -> None:
    row = (Cell("[H1] *strided_conv_layer*", "strong", note),) * columns
    header = tuple(f"Core-hours {place}" for place in range(columns))
    numeric = frozenset(range(1, columns))
    table = Table("odd", "50 % of x_1.", header, (row,) * rows, pd.DataFrame(), numeric=numeric)
    compiled(latex(table, "a_study"), tmp_path)
