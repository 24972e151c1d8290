"""A table as Markdown, as LaTeX (booktabs) and as CSV."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import TypeVar

from pylatexenc.latexencode import UnicodeToLatexEncoder

from ablate.reporting.formatting import MINUS
from ablate.reporting.table import Cell, Table

Item = TypeVar("Item")
_LONG = 40  # characters: a cell of more wraps in LaTeX

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "`": r"\textasciigrave{}",
    "|": r"\textbar{}",
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
    "−": r"\ensuremath{-}",
    "±": r"\ensuremath{\pm}",
    "✓": r"\ensuremath{\checkmark}",
    "✗": r"\ensuremath{\times}",
    "○": r"\ensuremath{\circ}",
    "×": r"\ensuremath{\times}",
    "→": r"\ensuremath{\rightarrow}",
    "–": "--",
    "—": "---",
}
_BEYOND = UnicodeToLatexEncoder(
    unknown_char_policy="unihex",
    unknown_char_warning=False,
    replacement_latex_protection="braces-all",
)
_POWER = re.compile(rf"(?<![\w.])({MINUS}?\d+(?:\.\d+)?)e({MINUS}?\d+)(?![\w.])")
"""A number as `formatting` writes one with a power of ten."""


def markdown_text(text: str) -> str:
    """Text that Markdown shows as it stands: no HTML, no links, no emphasis, one line."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    safe = re.sub(r"([\\`*|~$]|(?<![^\W_])_|_(?![^\W_]))", r"\\\1", safe).replace("](", r"]\(")
    return " ".join(safe.split())


def markdown(table: Table) -> str:
    """A pipe table; the small second line of a cell follows after a line break."""
    lines = [
        [markdown_text(title) for title in table.header],
        ["---:" if place in table.numeric else "---" for place in range(len(table.header))],
        *([_markdown_cell(cell) for cell in row] for row in table.rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _markdown_cell(cell: Cell) -> str:
    text = markdown_text(cell.text)
    if cell.tone not in ("plain", "muted"):
        text = f"**{text}**"
    return f"{text}<br><sub>{markdown_text(cell.note)}</sub>" if cell.note else text


def latex_text(text: str) -> str:
    """Text that LaTeX sets as it stands, with no package but amssymb: special characters are
    escaped, symbols and accents spelled as commands, and letters that LaTeX's own fonts lack given
    by their numbers.
    """
    return _latex_escaped(_on_one_line(text))


def latex_numbers(text: str) -> str:
    """The same, with numbers such as "1.20e8" set as powers of ten."""
    line, done, written = _on_one_line(text), 0, ""
    for found in _POWER.finditer(line):
        power = rf"{found[1]}\times 10^{{{found[2]}}}".replace(MINUS, "-")
        written += rf"{_latex_escaped(line[done : found.start()])}\ensuremath{{{power}}}"
        done = found.end()
    return written + _latex_escaped(line[done:])


def _on_one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _latex_escaped(text: str) -> str:
    """Character by character; two hyphens in a row must not become a dash."""
    pieces = re.split("(?<=-)(?=-)", text)
    return "{}".join("".join(map(_latex_character, piece)) for piece in pieces)


def _latex_character(character: str) -> str:
    if known := _LATEX.get(character):
        return known
    if character.isascii():
        return character
    if unicodedata.category(character) in ("Cc", "Cf"):  # shows nothing
        return ""
    if unicodedata.name(character, "").startswith("CYRILLIC"):  # would want another encoding
        return rf"\ensuremath{{\langle}}\texttt{{U+{ord(character):04X}}}\ensuremath{{\rangle}}"
    written: str = _BEYOND.unicode_to_latex(character)
    return written


def latex(table: Table, study: str) -> str:
    """A booktabs table environment (packages booktabs, array and amssymb), labelled with the
    study's name and the table's.
    """
    columns = _latex_columns(table)
    return "\n".join(
        [
            r"\begin{table}",
            r"  \centering",
            rf"  \caption{{{latex_text(table.caption)}}}",
            rf"  \label{{tab:{_label(study)}-{table.name}}}",
            rf"  \begin{{tabular}}{{{columns}}}",
            r"    \toprule",
            _latex_row(table.header, latex_text),
            r"    \midrule",
            *_latex_body(table),
            r"    \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _label(text: str) -> str:
    """In characters that LaTeX takes in a label."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in text)


def _latex_columns(table: Table) -> str:
    """A letter a column; one of long text or with second lines is a paragraph, so that it wraps."""
    wraps = [
        any(row[place].note or len(row[place].text) > _LONG for row in table.rows)
        for place in range(len(table.header))
    ]
    width = 0.7 / max(2, sum(wraps))
    return "".join(
        _latex_column(place in table.numeric, width if wrapped else None)
        for place, wrapped in enumerate(wraps)
    )


def _latex_column(numeric: bool, width: float | None) -> str:
    if width is None:
        return "r" if numeric else "l"
    side = "left" if numeric else "right"
    return rf">{{\ragged{side}\arraybackslash}}p{{{width:.2f}\linewidth}}"


def _latex_body(table: Table) -> Iterator[str]:
    for place, row in enumerate(table.rows):
        if table.starts_context(place):
            yield r"    \midrule"
        yield _latex_row(row, _latex_cell)


def _latex_row(row: tuple[Item, ...], write: Callable[[Item], str]) -> str:
    r"""One that begins with [ or * would be taken for an option of the \\ or \midrule before it."""
    cells = " & ".join(write(item) for item in row)
    return f"    {'{}' if cells.startswith(('[', '*')) else ''}{cells} \\\\"


def _latex_cell(cell: Cell) -> str:
    text = latex_numbers(cell.text)
    if cell.tone == "strong":
        text = rf"\textbf{{{text}}}"
    if not cell.note:
        return text
    return rf"{text} \newline {{\footnotesize {latex_text(cell.note)}}}"


def csv(table: Table) -> str:
    """The plain numbers, unrounded, missing ones empty."""
    text: str = table.frame.to_csv(index=False, lineterminator="\n")
    return text
