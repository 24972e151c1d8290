"""What the command line shows: results on standard output, remarks on standard error."""

import codecs
import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

WIDTH_OF_A_FILE = 160  # columns; a file has no width of its own to wrap at
_MINUS = "\N{MINUS SIGN}"
_PLAINLY = "ablate.plainly"


def write_whatever_can_be_written() -> None:
    """Let standard output have "-" for a minus sign and "?" for any other that its encoding lacks:
    it would refuse the whole sentence, once everything is computed. Standard error never does.
    """
    codecs.register_error(_PLAINLY, _plainly)
    # A stream that stands in for a file has no encoding; one that is not strict was set up so.
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors=_PLAINLY)


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join("-" if sign == _MINUS else "?" for sign in lacking), error.end


def console(stderr: bool = False) -> "Console":
    """Where rich output goes."""
    from rich.console import Console

    found = Console(stderr=stderr, emoji=False)  # `:fire:` may be part of a name
    if not found.is_terminal:
        found.width = WIDTH_OF_A_FILE
    return found


def show(text: str) -> None:
    """A sentence of the result."""
    console().print(text, markup=False, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """A remark that is no part of the result."""
    console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)


def show_warnings(warnings: Iterable[str]) -> None:
    """What the reader of a result should know."""
    for warning in warnings:
        say(f"Mind this: {warning}")


def show_table(
    header: tuple[str, ...], rows: list[tuple[str, ...]], right: tuple[int, ...] = ()
) -> None:
    """A table. right: positions of columns that stand to the right."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for position, title in enumerate(header):
        number = position in right or title in ("trials", "recorded")
        table.add_column(title, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console().print(table)


def show_paths(paths: tuple[Path, ...]) -> None:
    """Of every file, and of their folder last."""
    for path in (*paths, paths[-1].parent):
        typer.echo(path)
