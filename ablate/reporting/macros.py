"""One LaTeX macro a number, so that a paper's text cites the table instead of a copied digit."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ablate.reporting import formatting
from ablate.reporting.markup import latex_text
from ablate.reporting.table import Table

_DIGITS = dict(
    zip(
        "0123456789",
        ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"),
        strict=True,
    )
)

_COSTS = {"core_seconds", "gpu_seconds", "flops", "core_hours", "gpu_hours"}


def macros(tables: Iterable[Table]) -> str:
    r"""Definitions such as `\newcommand{\effectBaselineSgdEstimate}{-5.32}`.

    A name is made of the table, its key columns and the number's column, in letters alone (TeX
    allows no digits); where two would be the same, later ones get a trailing letter.
    """
    lines = ["% Written by ablate; one macro a number. Use as \\effectBaselineSgdEstimate{}."]
    taken: set[str] = set()
    for table in tables:
        numeric = [
            column
            for column in table.frame.columns
            if column not in table.keys
            and (column in table.formats or pd.api.types.is_numeric_dtype(table.frame[column]))
            and not pd.api.types.is_bool_dtype(table.frame[column])
        ]
        for row in table.frame.to_dict("records"):
            for column in numeric:
                if column in _COSTS and formatting.is_missing(row[column]):
                    continue  # of results from elsewhere: a paper cites no unknown cost
                name = _unused(_name(table, row, str(column)), taken)
                lines.append(f"\\newcommand{{\\{name}}}{{{_value(table, row, str(column))}}}")
    return "\n".join(lines) + "\n"


def _name(table: Table, row: Mapping[Any, Any], column: str) -> str:
    parts = [_letters(str(row[key])) for key in table.keys] + [_letters(column)]
    first = _letters(table.name.rstrip("s"))
    return first[:1].lower() + first[1:] + "".join(parts)


def _letters(text: str) -> str:
    spelled = "".join(_DIGITS.get(character, character) for character in text)
    words = "".join(c if c.isascii() and c.isalpha() else " " for c in spelled).split()
    return "".join(word[0].upper() + word[1:] for word in words)


def _unused(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "x"
    taken.add(name)
    return name


def _value(table: Table, row: Mapping[Any, Any], column: str) -> str:
    in_own_unit = formatting.number_in(str(row.get("unit") or ""))
    return latex_text(table.formats.get(column, in_own_unit)(row[column]))
