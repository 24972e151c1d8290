"""What the columns of a table of results mean, told by their names.

Names are those of the study, or such names as experiment trackers export: with a prefix, which is
no part of the name and says whether the column holds settings or metrics.
"""

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ablate.errors import did_you_mean, nearest
from ablate.records.asked_metrics import absent_metrics, asked_metrics
from ablate.records.table_file import Table, TableProblems, joined
from ablate.study.plan import Plan
from ablate.study.schema import Factor, Study
from ablate.study.yaml_source import scalar_name

_PREFIXES: Mapping[str, Literal["setting", "metric"]] = {
    "config.": "setting",
    "config/": "setting",
    "params.": "setting",
    "tags.": "setting",
    "summary.": "metric",
    "metrics.": "metric",
}
_INDEX = re.compile(r"Unnamed: \d+|__index_level_\d+__")
NOTHING_GIVEN = {"", "-", "na", "n/a", "#n/a"}
"""Cells, in small letters, that say as little as an empty one, unless a level is called so."""
NO_NUMBER_GIVEN = {*NOTHING_GIVEN, "null", "none"}
"""The same where a number would stand."""


@dataclass(frozen=True)
class ResultColumns:
    """The column of each thing that a table of results tells; None where there is none."""

    seed: str | None
    arm: str | None
    context: str | None
    """Looked for only where the study has several."""
    factors: Mapping[str, str]
    """Factor -> column."""
    status: str | None
    metrics: Mapping[str, str]
    """Metric -> column, of a wide table."""
    metric: str | None
    """Of a long table: the column that names the metric; `value` holds its number."""
    value: str | None
    positions: Mapping[str, str]
    """Of a long table: "epoch" and "step" -> the column that tells where in a trial a value
    belongs."""
    ignored: tuple[str, ...]
    """Columns that tell nothing of these."""

    @property
    def is_long(self) -> bool:
        """Whether a row holds one metric."""
        return self.metric is not None


class _Column(NamedTuple):
    name: str
    key: str
    """The name without its prefix."""
    kind: Literal["setting", "metric", None]


def find_columns(table: Table, plan: Plan, problems: TableProblems) -> ResultColumns:
    """What each column means. Notes what is missing, and what may mean two things."""
    study = plan.study
    columns = [_column(name) for name in table.columns]
    settings = [column for column in columns if column.kind != "metric"]
    factors = {
        name: column
        for name, factor in study.factors.items()
        if (
            column := _find(
                _not_of_others(settings, study, factor),
                name,
                problems,
                nested=True,
                key=_own_key(factor),
            )
        )
    }
    # A factor may be called like what any table tells: a seed, a state, a metric, an epoch.
    others = [column for column in columns if column.name not in factors.values()]

    def setting(word: str, nested: bool = False) -> str | None:
        untaken = [column for column in others if column.kind != "metric"]
        return _find(untaken, word, problems, nested=nested)

    def named(word: str) -> str | None:
        plain = [column for column in others if column.kind is None]
        return _find(plain, word, problems)

    found = {
        "seed": setting("seed", nested=True),
        "arm": setting("arm"),
        "context": setting("context") if len(study.contexts) > 1 else None,
        "status": named("status") or named("state"),
        "metric": named("metric") or named("tag"),
        "value": named("value"),
    }
    positions: dict[str, str] = {}
    if found["metric"] and found["value"]:
        positions = {word: column for word in ("epoch", "step") if (column := named(word))}
    else:
        found |= {"metric": None, "value": None}
    claimed = {*factors.values(), *found.values(), *positions.values()}
    left = [column for column in columns if column.name not in claimed]
    metrics: dict[str, str] = {}
    if found["metric"] is None:
        metrics = _metric_columns(table, left, asked_metrics(plan), problems)
    result = ResultColumns(
        **found,
        factors=factors,
        metrics=metrics,
        positions=positions,
        ignored=tuple(column.name for column in left if column.name not in metrics.values()),
    )
    _note_missing(result, plan, problems)
    _note_untold_factors(result, plan, problems)
    return result


def metric_name(column: str, asked: Iterable[str]) -> str:
    """The metric that a name stands for: itself where the study asks for it, else without its
    prefix.
    """
    return column if column in asked else _column(column).key


def number_in(cell: str) -> float | None:
    """The number in a cell, which may be infinite or NaN; None where the cell gives none. Raises
    ValueError when it holds anything else.
    """
    if cell.lower() in NO_NUMBER_GIVEN:
        return None
    if "_" in cell:  # which Python allows between digits
        raise ValueError(cell)
    return float(cell)


def _column(name: str) -> _Column:
    for prefix, kind in _PREFIXES.items():
        if name.startswith(prefix) and name != prefix:
            return _Column(name, name.removeprefix(prefix), kind)
    return _Column(name, name, None)


def _not_of_others(columns: Iterable[_Column], study: Study, factor: Factor) -> list[_Column]:
    """The columns that are not, by their names, those of settings which the factor does not set."""
    levels = [settings for each in study.factors.values() for settings in each.levels.values()]
    every = {key for settings in (*study.contexts.values(), *levels) for key in settings}
    own = {key for settings in factor.levels.values() for key in settings}
    others = [key.split(".") for key in every - own]
    return [
        column
        for column in columns
        if not any(_parts(column)[-len(key) :] == key for key in others if len(key) > 1)
    ]


def _own_key(factor: Factor) -> str | None:
    """The settings key of a factor that is one with its levels; None of one with named levels."""
    sets = [(key, level, value) for level, s in factor.levels.items() for key, value in s.items()]
    keys = {key for key, level, value in sets if level == scalar_name(value)}
    return keys.pop() if len(keys) == 1 and len(sets) == len(factor.levels) else None


def _find(
    columns: Sequence[_Column],
    word: str,
    problems: TableProblems,
    *,
    nested: bool = False,
    key: str | None = None,
) -> str | None:
    """The column of that key; else of that name; else in other capitals; else, if nested, whose
    last part it is, unless it is the whole key of another setting.
    """
    whole = key.split(".") if key else []
    ways = (
        [column.name for column in columns if key and _parts(column) == whole],
        [column.name for column in columns if column.key == word],
        [column.name for column in columns if column.key.lower() == word.lower()],
        [
            column.name
            for column in columns
            if nested and _parts(column)[-1] == word and _may_be(_parts(column), whole)
        ],
    )
    names: list[str] = next(filter(None, ways), [])
    if len(names) > 1:
        _note_ambiguous(names, word, problems)
    return names[0] if names else None


def _may_be(parts: list[str], key: list[str]) -> bool:
    """Whether a column can be that of a key of several parts: each may lie deeper than the other,
    but `encoder.dropout` is not `decoder.dropout`.
    """
    shared = min(len(parts), len(key))
    return shared < 2 or parts[-shared:] == key[-shared:]


def _parts(column: _Column) -> list[str]:
    return re.split(r"[./]" if column.kind == "setting" else r"\.", column.key)


def _metric_columns(
    table: Table, columns: Iterable[_Column], asked: Collection[str], problems: TableProblems
) -> dict[str, str]:
    """Metric -> column: the metrics asked for, and whatever else is numbers alone. Where an
    export marks its metrics by a prefix, other columns are metrics only if asked for.
    """
    marked = any(column.kind == "metric" for column in columns)
    found: dict[str, list[str]] = {}
    for column in columns:
        name = metric_name(column.name, asked)
        told = column.kind == "metric" or not (marked or column.kind or _INDEX.fullmatch(name))
        if (name in asked and column.kind != "setting") or (told and _is_numeric(table, column)):
            found.setdefault(name, []).append(column.name)
    for name, names in found.items():
        if len(names) > 1:
            _note_ambiguous(names, name, problems)
    return {name: names[0] for name, names in found.items()}


def _is_numeric(table: Table, column: _Column) -> bool:
    try:
        numbers = [number_in(row.cells[column.name]) for row in table.rows]
    except ValueError:
        return False
    return any(number is not None and math.isfinite(number) for number in numbers)


def _note_ambiguous(names: list[str], word: str, problems: TableProblems) -> None:
    quoted = joined([f"'{name}'" for name in names])
    problems.note(f"columns {quoted} could each be '{word}'", "rename or remove all but one")


def _note_untold_factors(columns: ResultColumns, plan: Plan, problems: TableProblems) -> None:
    """Where levels tell the arms, a factor without a column: its column may have another name, and
    then rows of all its levels would count as the reference.
    """
    untold = [name for name in plan.study.factors if name not in columns.factors]
    if columns.arm is not None or not columns.factors:
        return
    others = [*columns.ignored, *columns.metrics]
    for name in untold:
        reference = dict.fromkeys(
            arm.levels[name] for arm in plan.arms if arm.is_reference and name in arm.levels
        )
        quoted = " or ".join(f"'{level}'" for level in reference)
        problems.note(
            f"no column gives the factor '{name}'",
            f"{_near(name, others)}add a column '{name}', whose cells may be empty where it is "
            f"{quoted}, or a column 'arm'",
        )


def _near(word: str, others: Collection[str]) -> str:
    """A cure by one of the others, followed by another: that which ends in the word, else the near
    one; empty where there is none.
    """
    for other in others:
        if _parts(_column(other))[-1] == word:
            return f"call '{other}' '{word}', if it is that; else "
    cure = nearest(word, others)
    return f"{cure} Else " if cure else ""


def _note_missing(columns: ResultColumns, plan: Plan, problems: TableProblems) -> None:
    study = plan.study
    if columns.seed is None:
        taken = columns.factors.get("seed") == "seed"
        problems.note(
            "no column gives the seeds",
            "'seed' is the column of the factor of that name: give the factor another name, or its "
            "column the whole key"
            if taken
            else "add a column 'seed' of whole numbers",
        )
    if study.factors and columns.arm is None and not columns.factors:
        problems.note(
            "no column names the arms",
            f"{_near(next(iter(study.factors)), [*columns.ignored, *columns.metrics])}"
            f"add a column 'arm', or one a factor: {', '.join(study.factors)}",
        )
    if len(study.contexts) > 1 and columns.context is None:
        problems.note(
            "no column says which baseline a row belongs to",
            f"add a column 'context' with {', '.join(study.contexts)}",
        )
    absent = {} if columns.is_long else absent_metrics(study, columns.metrics)
    for metric, words in absent.items():
        problems.note(
            f"no column gives {words}",
            did_you_mean(metric, columns.metrics)
            if columns.metrics
            else f"add a column '{metric}'",
        )
