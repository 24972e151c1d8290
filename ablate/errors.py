"""Errors meant for the person at the keyboard.

Anything the user can cause and cure is an `AblateError`: the command line prints its problems and
exits with its exit code, without a traceback (`--debug` shows it). Everything else is a bug.
"""

import difflib
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple


class Problem(NamedTuple):
    """One thing that is wrong, where it is, and what would be right."""

    where: str  # "studies/pooling.yaml, line 7, factors.optimiser", or "" where there is no place
    message: str  # "no key named 'optimiser'"
    fix: str = ""  # "did you mean 'optimizer'?"
    about: Literal["value", "key"] = "value"  # of a setting: the key where there is none like it

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n    {self.fix}" if self.fix else text


class AblateError(Exception):
    """An expected error. Gathers every problem found, so that one run shows them all."""

    exit_code = 2

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(
            problem if isinstance(problem, Problem) else Problem("", problem)
            for problem in problems
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type, tuple[Problem, ...]]:
        return type(self), self.problems


class StudyError(AblateError):
    """The study file says something that cannot be meant."""


class SettingsError(AblateError):
    """A workload refuses its settings. `where` of each problem is the dotted settings key."""


class DataError(AblateError):
    """A data set is absent, damaged or not what it claims to be."""


class RecordError(AblateError):
    """A record or a run folder cannot be read."""


class DivergedError(Exception):
    """A trial's loss stopped being finite: a finding about the arm, not a failure of the program.

    facts: what the workload knows of the trial all the same, as under "facts" of final metrics.
    """

    def __init__(self, message: str, facts: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.facts = facts or {}


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The cure for a mistyped word: the nearest known word, else all of them."""
    words = sorted(known)
    return nearest(word, words) or f"known are: {', '.join(words)}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The cure for a mistyped word where a known one is near; None where none is."""
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else None
