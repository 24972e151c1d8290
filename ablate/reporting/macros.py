"""One LaTeX macro a number, so that a paper's text cites the table instead of a copied digit."""

import hashlib
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ablate.reporting import formatting
from ablate.reporting.latex_text import latex_numbers
from ablate.reporting.table import Table

_DIGITS = dict(
    zip(
        "0123456789",
        ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"),
        strict=True,
    )
)
_MINUS = re.compile(r"((?<![A-Za-z0-9-])|(?<=\d[eE]))-(?=\.?\d|inf\b)")
"""A sign, of a number or an exponent; a hyphen within a word is none."""
_POINT = re.compile(r"(?<![A-Za-z])\.(?=\d)")
_COSTS = {"core_seconds", "gpu_seconds", "flops", "core_hours", "gpu_hours"}


@dataclass(frozen=True)
class _Number:
    table: Table
    row: Mapping[Any, Any]
    column: str

    def keys(self, also: Iterable[str] = ()) -> list[str]:
        """What names the row, as it stands."""
        told = [key for key in also if not _is_nothing(self.row[key])]
        return [str(self.row[key]) for key in (*self.table.keys, *told)]

    @property
    def is_unknown_cost(self) -> bool:
        """Of results from elsewhere: a paper cites none."""
        return self.column in _COSTS and formatting.is_missing(self.row[self.column])

    @property
    def title(self) -> str:
        words = [*self.keys(self.table.apart), *(str(self.row[name]) for name in self.table.says)]
        return " ".join(f"{self.table.name}: {', '.join(words)}".split())


def macros(tables: Iterable[Table], study: str) -> str:
    r"""Definitions such as `\newcommand{\poolingEffectBaselineSgdEstimate}{-5.32}`.

    A name is made of the study, so that a paper may cite several, the table, its key columns and
    the number's column, in letters alone (TeX allows no digits). It does not depend on the order of
    rows, but for claims, which are named by their number in the study. A comment above the numbers
    of a row says which it is, in its own signs.
    """
    numbers = [number for table in tables for number in _numbers(table)]
    # A row that stands twice gives the same numbers twice.
    written = dict.fromkeys(
        (number.title, name, _value(number))
        for name, number in zip(_names(numbers, study), numbers, strict=True)
        if not number.is_unknown_cost
    )
    use = f" Use as \\{next(iter(written))[1]}{{}}." if written else ""
    lines = [f"% Written by ablate; one macro a number.{use}"]
    for title, row in itertools.groupby(written, lambda macro: macro[0]):
        lines.append(f"% {title}")
        lines += [f"\\newcommand{{\\{name}}}{{{value}}}" for _, name, value in row]
    return "\n".join(lines) + "\n"


def _numbers(table: Table) -> Iterator[_Number]:
    cited = {*table.formats, *(name for span in table.spans for name in span.columns)}
    numeric = [
        column
        for column in table.frame.columns
        if column not in table.keys
        and (column in cited or pd.api.types.is_numeric_dtype(table.frame[column]))
        and not pd.api.types.is_bool_dtype(table.frame[column])
    ]
    for row in table.frame.to_dict("records"):
        yield from (_Number(table, row, str(column)) for column in numeric)


def _names(numbers: Sequence[_Number], study: str) -> list[str]:
    """Those of equal names are all told apart in the same way: by what else tells their rows, by
    every sign in their keys and then their columns, or at last by a digest.
    """
    ways: tuple[Callable[[_Number], Iterable[str]], ...] = (
        lambda number: (*number.keys(), number.column),
        lambda number: (*number.keys(number.table.apart), number.column),
        lambda number: (*map(_every_sign, number.keys(number.table.apart)), number.column),
        lambda number: map(_every_sign, (*number.keys(number.table.apart), number.column)),
        lambda number: (*number.keys(), number.column, _digest(number)),
    )
    names = [""] * len(numbers)
    for way in ways:
        shared = Counter(names)
        names = [
            _name(study, number.table.name, way(number)) if shared[name] > 1 or not name else name
            for name, number in zip(names, numbers, strict=True)
        ]
    return names


def _name(study: str, table: str, words: Iterable[str]) -> str:
    name = "".join(_letters(part) for part in (study, table.rstrip("s"), *words))
    if name.lower().startswith("end"):  # LaTeX defines none of these
        name = f"The{name}"
    return name[:1].lower() + name[1:]


def _is_nothing(value: object) -> bool:
    return value is None or value is pd.NA or value != value


def _letters(text: str) -> str:
    """Words with raised first letters: digits, signs of numbers and all that is not ASCII are
    spelled out, other signs part words.
    """
    text = _POINT.sub(" Point ", _MINUS.sub(" Minus ", text.replace(formatting.MINUS, "-")))
    named = "".join(c if c.isascii() else _sign_name(c) for c in text)
    spelled = "".join(_DIGITS.get(character, character) for character in named)
    words = "".join(c if c.isalpha() else " " for c in spelled).split()
    return "".join(word[0].upper() + word[1:] for word in words)


def _every_sign(text: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else _sign_name(c) for c in text)


def _sign_name(character: str) -> str:
    """As in " Greek Small Letter Alpha "; of one that Unicode does not name, its number."""
    name = unicodedata.name(character, f"Code {ord(character)}").replace("-", " ")
    return f" {name.title()} "


def _digest(number: _Number) -> str:
    """Ten letters for what tells a row, its capital letters too."""
    digest = hashlib.sha256(repr(number.keys(number.table.apart)).encode()).hexdigest()
    return "".join(chr(ord("a") + int(c, 16)) for c in digest[:10])


def _value(number: _Number) -> str:
    table, row, column = number.table, number.row, number.column
    own_unit = str(row.get("unit") or "")
    for span in table.spans:
        if column in span.columns:
            unit = own_unit if span.unit is None else span.unit
            bound = row[span.threshold] if span.threshold else None
            ends = row[span.low], row[span.high]
            return latex_numbers(formatting.alike(row[column], *ends, unit, told_from=bound))
    return latex_numbers(table.formats.get(column, formatting.number_in(own_unit))(row[column]))
