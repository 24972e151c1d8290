"""CSV and Parquet files as rows of text, each of which remembers its line."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ablate.errors import Problem, RecordError

_PARQUET = b"PAR1"
_SEPARATORS = {";": "';'", "\t": "tabs", "|": "'|'"}
_LINES_SHOWN = 5


class Row(NamedTuple):
    """A row's cells by column, without white space around them; "" where a cell is empty."""

    line: int
    """In a CSV file, whose header is line 1; in a Parquet file the number of the row, from 1."""
    cells: Mapping[str, str]


class Table(NamedTuple):
    """A file's columns, in order and without those that have no name, and its rows."""

    source: str
    counted: str
    """What a row's number counts: "line" or "row"."""
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


class TableProblems:
    """Gathers what is wrong with a table. What is wrong alike in several lines is one problem."""

    def __init__(self, source: str, counted: str) -> None:
        """source: the file. counted: "line" or "row"."""
        self._source = source
        self._counted = counted
        self._lines: dict[tuple[str, str, str], list[int]] = {}

    def note(
        self, message: str, fix: str = "", *, lines: Sequence[int] = (), column: str | None = None
    ) -> None:
        """Note a problem of the whole file, of lines, of a column, or of cells."""
        place = "" if column is None else f", column '{column}'"
        self._lines.setdefault((place, message, fix), []).extend(lines)

    def raise_any(self) -> None:
        """Raises RecordError with all that was noted, from the first line to the last."""
        noted = sorted(self._lines.items(), key=lambda item: min(item[1], default=0))
        if noted:
            raise RecordError(
                *(
                    Problem(f"{self._source}{self._place(lines)}{column}", message, fix)
                    for (column, message, fix), lines in noted
                )
            )

    def _place(self, lines: Sequence[int]) -> str:
        if not lines:
            return ""
        shown = [str(line) for line in lines[:_LINES_SHOWN]]
        if len(lines) > _LINES_SHOWN:
            shown.append(f"{len(lines) - _LINES_SHOWN} more")
        return f", {self._counted}{'s' if len(lines) > 1 else ''} {joined(shown)}"


def joined(words: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def read_table(path: Path) -> Table:
    """The table in a CSV or Parquet file; which of the two it is, its content says.

    CSV: UTF-8, separated by commas, with a header. Raises RecordError when the file cannot be
    read, is neither, holds no rows, or has a row that does not fit its header.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecordError(Problem(str(path), f"cannot be read: {error.strerror}")) from None
    if content.startswith(_PARQUET):
        table = _read_parquet(path, content)
    else:
        table = _read_csv(path, content)
    if not table.rows:
        raise RecordError(Problem(str(path), "holds no rows below its header"))
    return table


def _read_csv(path: Path, content: bytes) -> Table:
    problems = TableProblems(str(path), "line")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        problems.note("is neither CSV nor Parquet", "save the table as CSV in UTF-8, or as Parquet")
        problems.raise_any()
    lines = list(_csv_lines(text, problems))
    if not lines:
        problems.note("is empty", "its first line names the columns")
        problems.raise_any()
    (line, header), *below = lines
    header = _header(header, line, problems)
    problems.raise_any()
    rows = tuple(_csv_row(line, cells, header, problems) for line, cells in below)
    problems.raise_any()
    return Table(str(path), "line", tuple(filter(None, header)), rows)


def _csv_lines(text: str, problems: TableProblems) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line that has any, under the line's number; where a quoted cell goes over
    several lines, the first.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield line, stripped
            line = reader.line_num + 1
    except csv.Error as error:
        problems.note(f"is not CSV: {error}", "check the quotes there", lines=[line])


def _header(header: list[str], line: int, problems: TableProblems) -> list[str]:
    for name, times in Counter(header).items():
        if name and times > 1:
            problems.note(f"column '{name}' is there {times} times", "keep one", lines=[line])
    if len(header) == 1:
        for separator, shown in _SEPARATORS.items():
            if separator in header[0]:
                problems.note(
                    f"its columns are separated by {shown}",
                    "separate them by commas",
                    lines=[line],
                )
    return header


def _csv_row(line: int, cells: list[str], header: list[str], problems: TableProblems) -> Row:
    while len(cells) > len(header) and not cells[-1]:
        cells.pop()
    if len(cells) != len(header):
        problems.note(
            f"has {len(cells)} cells, and the header has {len(header)}",
            "put a cell that holds a comma in quotes"
            if len(cells) > len(header)
            else "add what is missing, an empty cell where there is no value",
            lines=[line],
        )
        return Row(line, {})
    return Row(line, {name: cell for name, cell in zip(header, cells, strict=True) if name})


def _read_parquet(path: Path, content: bytes) -> Table:
    import pyarrow
    from pyarrow import parquet

    problems = TableProblems(str(path), "row")
    try:
        data = parquet.ParquetFile(io.BytesIO(content)).read()
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise RecordError(Problem(str(path), f"is no readable Parquet file: {reason}")) from None
    header = [str(name).strip() for name in data.schema.names]
    for name, times in Counter(header).items():
        if times > 1:
            problems.note(f"column '{name}' is there {times} times", "keep one")
    problems.raise_any()
    columns = [[_text(value) for value in _values(column)] for column in data.columns]
    rows = (dict(zip(header, cells, strict=True)) for cells in zip(*columns, strict=True))
    return Table(
        str(path),
        "row",
        tuple(header),
        tuple(Row(line, cells) for line, cells in enumerate(rows, start=1) if any(cells.values())),
    )


def _values(column: Any) -> list[Any]:
    """A Parquet column's values, as text where they are times beyond those that Python has."""
    try:
        values: list[Any] = column.to_pylist()
    except OverflowError:
        values = column.cast("string").to_pylist()
    return values


def _text(value: Any) -> str:
    """A value as CSV would hold it."""
    return "" if value is None else str(value).strip()
