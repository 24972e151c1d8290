"""Seeds as a person writes them."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from ablate.errors import Problem, StudyError

MOST_SEEDS = 10_000
_MOST_DIGITS = 18  # tables keep seeds in 64 bits
_RANGE = re.compile(rf"(\d{{1,{_MOST_DIGITS}}})(?:-(\d{{1,{_MOST_DIGITS}}}))?")
_HOW = "write them as 0-4, as 0-2,7 or as [0, 1]"


def parse_seeds(text: Any) -> tuple[int, ...]:
    """Seeds from `0-4`, `0-2,7`, a number, or a list of numbers, in the order given.

    Raises StudyError when there is none, one is written twice, or one is no whole number >= 0.
    """
    seeds = _listed(text) if isinstance(text, list | tuple) else _written(str(text))
    if not seeds:
        raise _error("there are no seeds", _HOW)
    seen: set[int] = set()
    for seed in seeds:
        if seed in seen:
            raise _error(f"seed {seed} is given twice", "give each seed once")
        seen.add(seed)
    return tuple(seeds)


def parse_seeds_option(text: str) -> tuple[int, ...]:
    """The same of `--seeds`, which errors name."""
    try:
        return parse_seeds(text)
    except StudyError as error:
        raise StudyError(
            *(problem._replace(where=f"--seeds {text}".rstrip()) for problem in error.problems)
        ) from None


def seeds_text(seeds: Sequence[int]) -> str:
    """Seeds as a person writes them, in their order: 7-9,0 of 7, 8, 9, 0."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ",".join(f"{a[0]}-{a[-1]}" if len(a) > 1 else str(a[0]) for a in parts)


def seeds_named(seeds: Collection[int]) -> str:
    """For a sentence, each by its number: "seed 1", "seeds 1, 2"."""
    return f"seed{'' if len(seeds) == 1 else 's'} {', '.join(map(str, seeds))}"


def _listed(values: Any) -> list[int]:
    for value in values:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise _error(f"{value!r} is no seed: a seed is a whole number from 0", _HOW)
        if value >= 10**_MOST_DIGITS:
            raise _error(f"{value} is no seed: a seed has at most {_MOST_DIGITS} digits", _HOW)
    _check_number(len(values))
    return list(values)


def _written(text: str) -> list[int]:
    seeds: list[int] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _RANGE.fullmatch(part)
        if match is None:
            raise _error(f"'{part}' is no seed and no range of seeds", _HOW)
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            raise _error(f"'{part}' runs backwards", f"write {last}-{first}")
        if last - first >= MOST_SEEDS:
            raise _error(f"'{part}' holds more than {MOST_SEEDS:,} seeds")
        _check_number(len(seeds) + last - first + 1)
        seeds.extend(range(first, last + 1))
    return seeds


def _check_number(seeds: int) -> None:
    if seeds > MOST_SEEDS:
        raise _error(f"{seeds:,} seeds are more than {MOST_SEEDS:,}")


def _error(message: str, fix: str = "") -> StudyError:
    return StudyError(Problem("seeds", message, fix))
