"""A table as LaTeX (booktabs), as wide as a page's text at most."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from ablate.reporting.latex_text import POWER, latex_numbers, latex_text
from ablate.reporting.table import Cell, Table

Item = TypeVar("Item")
_LINE = 345.0  # points: the text's width in LaTeX's own article class, which is narrow
_NORMAL, _SMALL = 5.0, 4.25  # points: a digit of \normalsize and of \footnotesize
_NARROW, _WIDER = set("ijlftrI.,:;'|!()[]/ "), set("mwMW%@<>=+&−±×✓✗○—→")
_BOLD = 1.15
_TIMES_TEN = 3.0  # digits that a power of ten is wider than its e
_GAP, _SMALL_GAP = 6.0, 3.0  # points on either side of a column
_PAGE = 45  # lines of \footnotesize that a table may have on one page with its caption
_PIECE, _CUT = 12, 18  # letters: of a word that may break at its signs, and of one anywhere
_WIDE = 20.0  # digits: of a column of text in a table that is scaled down
_SENTENCE = 60  # letters of a note from which on a column is too narrow for it


@dataclass(frozen=True)
class _Layout:
    """How a table's columns share the line.

    widths: of paragraphs, in points without the gaps; None where no cell has to wrap.
    beneath: what stands under each row over the whole of its width, or nothing.
    """

    widths: tuple[float, ...] | None
    beneath: tuple[str, ...]
    is_small: bool
    is_scaled: bool = False
    is_long: bool = False


def latex(table: Table, study: str) -> str:
    """A table environment, or a longtable where it takes more than a page, labelled with the
    study's name and the table's. The packages that it needs stand at its head.
    """
    table, beneath = _sentences_beneath(table)
    layout = _layout(table, beneath)
    packages = ["booktabs", "array", "amssymb"]
    packages += ["longtable"] if layout.is_long else []
    packages += ["graphicx"] if layout.is_scaled else []
    name = f"tab:{_label(study)}-{table.name}"
    write = _long if layout.is_long else _floating
    head = f"% Written by ablate. Packages: {', '.join(packages)}."
    return "\n".join([head, *write(table, layout, name), ""])


def _floating(table: Table, layout: _Layout, name: str) -> Iterator[str]:
    yield r"\begin{table}"
    yield r"  \centering"
    yield rf"  \caption{{{latex_text(table.caption)}}}"
    yield rf"  \label{{{name}}}"
    yield from _size(layout)
    if layout.is_scaled:
        yield r"  \resizebox{\linewidth}{!}{%"
    yield rf"  \begin{{tabular}}{{{_columns(table, layout)}}}"
    yield r"    \toprule"
    yield _row(table.header, latex_text)
    yield r"    \midrule"
    yield from _body(table, layout)
    yield r"    \bottomrule"
    yield rf"  \end{{tabular}}{'}' if layout.is_scaled else ''}"
    yield r"\end{table}"


def _long(table: Table, layout: _Layout, name: str) -> Iterator[str]:
    header = _row(table.header, latex_text)
    yield r"\begingroup"
    yield from _size(layout)
    yield r"  \setlength{\LTcapwidth}{\linewidth}"
    yield rf"\begin{{longtable}}{{{_columns(table, layout)}}}"
    yield rf"  \caption{{{latex_text(table.caption)}}}\label{{{name}}} \\"
    yield from (r"    \toprule", header, r"    \midrule", r"  \endfirsthead")
    yield from (r"    \toprule", header, r"    \midrule", r"  \endhead")
    yield from (r"    \bottomrule", r"  \endfoot")
    yield from _body(table, layout)
    yield r"\end{longtable}"
    yield r"\endgroup"


def _size(layout: _Layout) -> Iterator[str]:
    if layout.is_small:
        yield rf"  \footnotesize\setlength{{\tabcolsep}}{{{_SMALL_GAP:g}pt}}"


def _sentences_beneath(table: Table) -> tuple[Table, tuple[str, ...]]:
    """The table without the notes of columns that have sentences for notes, and those notes row
    by row.
    """
    places = {
        place for row in table.rows for place, cell in enumerate(row) if len(cell.note) > _SENTENCE
    }
    beneath = tuple(
        " ".join(cell.note for place, cell in enumerate(row) if place in places and cell.note)
        for row in table.rows
    )
    rows = tuple(
        tuple(replace(cell, note="") if place in places else cell for place, cell in enumerate(row))
        for row in table.rows
    )
    return replace(table, rows=rows), beneath


def _has_notes(table: Table, beneath: tuple[str, ...]) -> bool:
    return any(beneath) or any(cell.note for row in table.rows for cell in row)


def _layout(table: Table, beneath: tuple[str, ...]) -> _Layout:
    """Numbers keep to one line; text wraps where all of it does not fit beside them."""
    columns = [_Column(table, place) for place in range(len(table.header))]
    natural = [column.natural for column in columns]
    wraps = _has_notes(table, beneath)
    for small, digit, gap in ((False, _NORMAL, _GAP), (True, _SMALL, _SMALL_GAP)):
        if not wraps and sum(natural) * digit + 2 * gap * len(columns) <= _LINE:
            return _Layout(None, beneath, small, is_long=len(table.rows) > _PAGE)
    room = _LINE / _SMALL - 2 * _SMALL_GAP / _SMALL * len(columns)
    least = [column.least for column in columns]
    is_scaled = sum(least) > room
    wanted = [column.wanted for column in columns]
    widths = _for_scaling(least, wanted) if is_scaled else _shared_out(room, least, wanted)
    lines = sum(_lines(row, widths) for row in table.rows)
    lines += sum(math.ceil(_width(text) / room) for text in beneath)
    is_long = lines > _PAGE
    if is_scaled and is_long:  # a longtable cannot be scaled
        widths = [width * room / sum(widths) for width in widths]
    points = tuple(width * _SMALL for width in widths)
    return _Layout(points, beneath, True, is_scaled and not is_long, is_long)


class _Column:
    """Widths of a column in digits: with nothing wrapped, with all that may, and as wanted
    where something must.
    """

    def __init__(self, table: Table, place: int) -> None:
        cells = [row[place] for row in table.rows]
        is_numeric = place in table.numeric
        parts = [(table.header[place].replace("-", "- "), 1.0)]  # where LaTeX breaks of itself
        parts += [(cell.text, _BOLD if cell.tone == "strong" else 1.0) for cell in cells]
        parts += [(cell.note, 1.0) for cell in cells]
        whole = {cell.text for cell in cells if is_numeric or len(cell.text) <= _PIECE}
        self.natural = max(weight * _width(text) for text, weight in parts)
        self.least = max(
            weight * _width(piece)
            for text, weight in parts
            for piece in ([text] if text in whole else _pieces(text) or [""])
        )
        self.wanted = self.least if is_numeric else self.natural


def _width(text: str) -> float:
    """About how many digits a text is wide, which is what counts here."""
    return _TIMES_TEN * len(POWER.findall(text)) + sum(
        0.65 if c in _NARROW else 1.6 if c in _WIDER else 1.4 if c.isupper() else 1.0 for c in text
    )


def _for_scaling(least: list[float], wanted: list[float]) -> list[float]:
    """Of a table that is scaled to the line's width as a whole: the narrower, the better read."""
    return [
        max(short, _WIDE) if full > _WIDE else short
        for short, full in zip(least, wanted, strict=True)
    ]


def _shared_out(room: float, least: list[float], wanted: list[float]) -> list[float]:
    """Beyond its least width every column gets a like share of what it wants."""
    more = sum(wanted) - sum(least)
    share = min(1.0, (room - sum(least)) / more) if more else 0.0
    return [short + share * (full - short) for short, full in zip(least, wanted, strict=True)]


def _lines(row: tuple[Cell, ...], widths: list[float]) -> int:
    texts = [(cell.text, cell.note) for cell in row]
    return max(
        sum(math.ceil(_width(text) / width) for text in both)
        for both, width in zip(texts, widths, strict=True)
    )


def _pieces(text: str) -> list[str]:
    """What stays together: words, of long ones what ends with a sign, of very long ones a dozen
    letters.
    """
    return [
        piece[start : start + _PIECE] if len(piece) > _CUT else piece
        for word in text.split()
        for piece in (re.split(r"(?<=[_=/,+-])", word) if len(word) > _PIECE else [word])
        for start in (range(0, len(piece), _PIECE) if len(piece) > _CUT else [0])
    ]


def _label(text: str) -> str:
    """In characters that LaTeX takes in a label."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in text)


def _columns(table: Table, layout: _Layout) -> str:
    places = range(len(table.header))
    if layout.widths is None:
        return "".join("r" if place in table.numeric else "l" for place in places)
    return "".join(
        _paragraph(width, layout, ragged="left" if place in table.numeric else "right")
        for place, width in zip(places, layout.widths, strict=True)
    )


def _paragraph(width: float, layout: _Layout, *, ragged: str) -> str:
    """A column of text that wraps. width: in points; ragged: the side where lines end unevenly."""
    share = rf"\dimexpr {(width + 2 * _SMALL_GAP) / _LINE:.3f}\linewidth-2\tabcolsep"
    measure = f"{width:.0f}pt" if layout.is_scaled else share
    return rf">{{\ragged{ragged}\arraybackslash}}p{{{measure}}}"


def _body(table: Table, layout: _Layout) -> Iterator[str]:
    has_notes = _has_notes(table, layout.beneath)
    for number, (row, beneath) in enumerate(zip(table.rows, layout.beneath, strict=True)):
        if table.starts_context(number):
            yield r"    \midrule"
        elif number and has_notes:
            yield r"    \addlinespace"
        cells = tuple(
            _cell(cell, layout.widths is not None and place not in table.numeric)
            for place, cell in enumerate(row)
        )
        yield _row(cells, str) + ("*" if beneath else "")
        if beneath:
            yield _sentence(beneath, layout)


def _sentence(text: str, layout: _Layout) -> str:
    """A row of one cell, which no page break parts from the row above it."""
    widths = layout.widths or ()
    width = sum(widths) + 2 * _SMALL_GAP * (len(widths) - 1)
    column = _paragraph(width, layout, ragged="right")
    return rf"    \multicolumn{{{len(widths)}}}{{{column}}}{{\scriptsize {_breakable(text)}}} \\"


def _row(row: tuple[Item, ...], write: Callable[[Item], str]) -> str:
    r"""One that begins with [ or * would be taken for an option of the \\ or \midrule before it."""
    cells = " & ".join(write(item) for item in row)
    return f"    {'{}' if cells.startswith(('[', '*')) else ''}{cells} \\\\"


def _cell(cell: Cell, wraps: bool) -> str:
    text = _breakable(cell.text) if wraps else latex_numbers(cell.text)
    if cell.tone == "strong":
        text = rf"\textbf{{{text}}}"
    if not cell.note:
        return text
    return rf"{text} \newline {{\scriptsize {_breakable(cell.note)}}}"


def _breakable(text: str) -> str:
    """Long names may break where `_pieces` has them end."""
    words = (
        r"\allowbreak{}".join(map(latex_text, _pieces(word)))
        if len(word) > _PIECE and latex_numbers(word) == latex_text(word)
        else latex_numbers(word)
        for word in text.split()
    )
    return " ".join(words)
