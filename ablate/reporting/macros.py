"""One LaTeX macro a number, so that a paper's text cites the table instead of a copied digit."""

from collections.abc import Collection, Iterable, Mapping
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


def macros(tables: Iterable[Table], study: str) -> str:
    r"""Definitions such as `\newcommand{\poolingEffectBaselineSgdEstimate}{-5.32}`.

    A name is made of the study, so that a paper may cite several, the table, its key columns and
    the number's column, in letters alone (TeX allows no digits); where two would be the same, later
    ones get a trailing letter.
    """
    values: dict[str, str] = {}
    for table in tables:
        numeric = [
            column
            for column in table.frame.columns
            if column not in table.keys
            and (column in table.formats or pd.api.types.is_numeric_dtype(table.frame[column]))
            and not pd.api.types.is_bool_dtype(table.frame[column])
        ]
        for row in table.frame.to_dict("records"):
            of_row = [str(row[key]) for key in table.keys]
            for column in numeric:
                if column in _COSTS and formatting.is_missing(row[column]):
                    continue  # of results from elsewhere: a paper cites no unknown cost
                name = _unused(_name(study, table.name, (*of_row, str(column))), values)
                values[name] = _value(table, row, str(column))
    use = f" Use as \\{next(iter(values))}{{}}." if values else ""
    lines = [f"\\newcommand{{\\{name}}}{{{value}}}" for name, value in values.items()]
    return "\n".join([f"% Written by ablate; one macro a number.{use}", *lines]) + "\n"


def _name(study: str, table: str, words: Iterable[str]) -> str:
    name = "".join(_letters(part) for part in (study, table.rstrip("s"), *words))
    return name[:1].lower() + name[1:]


def _letters(text: str) -> str:
    spelled = "".join(_DIGITS.get(character, character) for character in text)
    words = "".join(c if c.isascii() and c.isalpha() else " " for c in spelled).split()
    return "".join(word[0].upper() + word[1:] for word in words)


def _unused(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "x"
    return name


def _value(table: Table, row: Mapping[Any, Any], column: str) -> str:
    in_own_unit = formatting.number_in(str(row.get("unit") or ""))
    return latex_text(table.formats.get(column, in_own_unit)(row[column]))
