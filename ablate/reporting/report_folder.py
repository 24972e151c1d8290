"""A report as files: report.md, report.html in one file, figures/*.png and *.svg, tables/*.csv and
*.tex.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ablate.atomic import write_atomically
from ablate.reporting import markup
from ablate.reporting.latex import latex
from ablate.reporting.macros import macros
from ablate.reporting.picture import Picture
from ablate.reporting.picture_folder import PICTURES_FOLDER
from ablate.reporting.table import Table

_FOLDED_ROWS = 60  # longer tables are folded away in the page


class Page(Protocol):
    """What every report has, whatever else its templates show."""

    @property
    def name(self) -> str:
        """Tells the report's numbers and tables from those of others, in a paper of several."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table, in the order of the page."""

    @property
    def cited(self) -> tuple[Table, ...]:
        """The tables whose numbers a paper may cite."""

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every figure, in the order of the page."""


def write_folder(page: Page, template: str, folder: Path) -> Path:
    """Write a report into `folder` (made if absent) and give the path of report.html.

    template: `<template>.md.jinja` and `<template>.html.jinja` show the page. Each file is replaced
    as a whole: a reader never sees half of one. Figures and tables of an earlier report that this
    one lacks go.
    """
    _write_files(folder / "figures", dict(_figure_files(page)))
    _write_files(folder / "tables", dict(_table_files(page)))
    write_atomically(folder / "report.md", _render(f"{template}.md.jinja", page).encode())
    write_atomically(folder / "report.html", _render(f"{template}.html.jinja", page).encode())
    return folder / "report.html"


def _figure_files(page: Page) -> Iterator[tuple[str, bytes]]:
    for picture in page.pictures:
        for kind, content in picture.files.items():
            yield f"{picture.name}.{kind}", content


def _table_files(page: Page) -> Iterator[tuple[str, bytes]]:
    for table in page.tables:
        yield f"{table.name}.csv", markup.csv(table).encode()
        yield f"{table.name}.tex", latex(table, page.name).encode()
    yield "numbers.tex", macros(page.cited, page.name).encode()


def _render(template: str, page: Page) -> str:
    environment = Environment(
        loader=PackageLoader("ablate.reporting"),
        autoescape=template.endswith(".html.jinja"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["markdown_text"] = markup.markdown_text
    environment.filters["markdown_table"] = markup.markdown
    environment.filters["data_uri"] = _data_uri
    environment.filters["breakable"] = _breakable
    environment.globals |= {"folded_rows": _FOLDED_ROWS, "pictures_folder": PICTURES_FOLDER}
    return environment.get_template(template).render(page=page)


def _data_uri(picture: Picture) -> Markup:
    """The picture inlined. An img element with SVG inside runs no scripts and loads nothing."""
    encoded = base64.b64encode(picture.files["svg"]).decode()
    return Markup(f"data:image/svg+xml;base64,{encoded}")


def _breakable(text: str) -> Markup:
    """Escaped text whose long names may break into lines where their words end."""
    escaped = str(escape(text))
    return Markup(re.sub(r"([_=/])(?=\w)", r"\1<wbr>", escaped))


def _write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_atomically(folder / name, content)
    for stale in folder.iterdir():
        if stale.name not in files and stale.suffix in {".png", ".svg", ".csv", ".tex"}:
            stale.unlink()
