"""Looking after every seed without paying for it in errors: the exact boundary for t statistics.

A repeated confidence interval (Jennison and Turnbull 1989, 1991) covers at every look at once:
mean +- c_n s/sqrt(n), where c_n spends the error rate evenly over the seeds up to a maximum that is
fixed beforehand (power family of Kim and DeMets 1987, exponent 1): alpha * n / n_max up to look n.

The boundary is exact for normal differences. With d the differences, w_n = sum(d)/sqrt(sum(d^2)) is
a Markov chain under no effect: w' = w cos(phi) + sin(phi), phi of density proportional to
cos(phi)^(n-1), whatever the spread; and t_n = sqrt(n-1) w / sqrt(n - w^2). So the density of |w|
inside the boundary is carried from look to look on a grid (Rom and McTague 2020).
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from ablate.analysis.inference import ALPHA
from ablate.records.looks import FIRST_LOOK

_CELLS = 600
_ANGLES = 20_001  # nodes of the table of phi's distribution

Floats = NDArray[np.float64]


Outcome = Literal["supported", "refuted"]


class GivenUp(NamedTuple):
    """Where a claim was given up, and how likely it would have been settled by the last look."""

    look: int
    chance: float


class Stop(NamedTuple):
    """Where a claim was settled, or, with no outcome, how it stands after the last look."""

    look: int
    """Seeds that the look was at."""
    level: float
    """The error rate that Holm's method leaves the claim there."""
    outcome: Outcome | None
    given_up: GivenUp | None = None


Settle = Callable[[int, int, float], Outcome | None]
"""The outcome of a member at a look, at an error rate; None while it is open."""
GiveUp = Callable[[int, int], float | None]
"""The chance of a member, at a look, that is too small to add seeds for; None where it is not."""


def _never(member: int, look: int) -> None:
    """Of claims that seeds are added for to the end."""


def stops(
    members: int, looks: Sequence[int], settle: Settle, give_up: GiveUp = _never
) -> list[Stop]:
    """Holm's method at every look of a family of claims that stop separately.

    At each look an open claim is held against ALPHA / (members - settled so far), until nothing
    changes. One that is given up counts as open, so that giving up never adds to errors; where
    others bring more seeds to its arms, it may still be settled.
    """
    settled: dict[int, Stop] = {}
    given_up: dict[int, GivenUp] = {}

    def level() -> float:
        return ALPHA / max(members - len(settled), 1)

    def left() -> list[int]:
        return [member for member in range(members) if member not in settled]

    for look in looks:
        at = level()
        while new := {m: Stop(look, at, found) for m in left() if (found := settle(m, look, at))}:
            settled |= new
            at = level()
        for member in left():
            if member not in given_up and (chance := give_up(member, look)) is not None:
                given_up[member] = GivenUp(look, chance)
    last = looks[-1] if looks else 0
    return [settled.get(m, Stop(last, level(), None, given_up.get(m))) for m in range(members)]


def boundary(max_seeds: int, alpha: float = ALPHA) -> dict[int, float]:
    """c_n for each look n = 3 ... max_seeds: |t_n| > c_n settles it, and over all looks together
    happens with probability alpha where there is nothing.

    Raises ValueError when max_seeds is under FIRST_LOOK.
    """
    if max_seeds < FIRST_LOOK:
        raise ValueError(f"looking starts with {FIRST_LOOK} seeds, which are more than {max_seeds}")
    return {n: critical_value(n, max_seeds, alpha) for n in range(FIRST_LOOK, max_seeds + 1)}


def critical_value(n: int, max_seeds: int, alpha: float = ALPHA) -> float:
    """c_n of `boundary`; NaN before the first look.

    It is reckoned no further than to n: of the maximum it needs the share alone. Seeds beyond the
    maximum cannot be: the maximum is fixed beforehand, and ValueError says so.
    """
    if n > max_seeds:
        raise ValueError(f"{n} seeds are more than the maximum of {max_seeds} set beforehand")
    return _boundary(alpha / max_seeds).critical(n) if n >= FIRST_LOOK else float("nan")


@cache
def _boundary(share: float) -> "_Boundary":
    return _Boundary(share)


class _Boundary:
    """c_n that loses `share` more of the error rate at each seed, as far as it was asked for."""

    def __init__(self, share: float) -> None:
        first = float(stats.t.ppf(1 - FIRST_LOOK * share / 2, FIRST_LOOK - 1))
        edge = _statistic_to_w(first, FIRST_LOOK)
        uniform = np.full(_CELLS, edge / np.sqrt(FIRST_LOOK) / _CELLS)  # as w_3 is
        self._share = share
        self._cells = _Cells(edge, uniform)
        self._critical = [first]

    def critical(self, n: int) -> float:
        """n: from FIRST_LOOK on."""
        for seeds in range(FIRST_LOOK + len(self._critical) - 1, n):
            self._cells = self._cells.next(seeds, self._share)
            self._critical.append(_w_to_statistic(self._cells.edge, seeds + 1))
        return self._critical[n - FIRST_LOOK]


class _Cells:
    """The probability of |w| in equal cells from 0 to the boundary."""

    def __init__(self, edge: float, mass: Floats) -> None:
        self.edge = edge
        self.mass = mass
        self._middle = (np.arange(len(mass)) + 0.5) * edge / len(mass)

    def next(self, n: int, spend: float) -> "_Cells":
        """From n seeds to n + 1, with a boundary that `spend` is lost at."""
        staying = self.mass.sum() - spend
        table = _AngleTable(n)

        def inside(edge: float) -> float:
            return float(self.mass @ table.within(self._middle, edge))

        top = np.sqrt(n + 1.0)
        edge = float(optimize.brentq(lambda y: inside(y) - staying, 0.0, top, xtol=1e-13))
        ends = np.linspace(0.0, edge, len(self.mass) + 1)
        reached = np.array([inside(end) for end in ends])
        return _Cells(edge, np.diff(reached))


class _AngleTable:
    """The distribution of phi at the step from n to n + 1 seeds."""

    def __init__(self, n: int) -> None:
        self._phi = np.linspace(-np.pi / 2, np.pi / 2, _ANGLES)
        half = special.betainc(0.5, n / 2, np.sin(self._phi) ** 2) / 2
        self._below = 0.5 + np.sign(self._phi) * half

    def within(self, w: Floats, edge: float) -> Floats:
        """Probability that |w'| <= edge, from each w >= 0."""
        return self._at_most(w, edge) - self._at_most(w, -edge)

    def _at_most(self, w: Floats, y: float) -> Floats:
        """Along phi, w' = sqrt(1 + w^2) sin(phi + psi) rises to its top and may fall again."""
        psi = np.arctan(w)
        angle = np.arcsin(np.clip(y / np.sqrt(1 + w**2), -1.0, 1.0))
        rising = np.interp(angle - psi, self._phi, self._below)
        falling = 1 - np.interp(np.pi - angle - psi, self._phi, self._below)
        return np.asarray(np.minimum(rising + falling, 1.0))


def _statistic_to_w(t: float, n: int) -> float:
    return float(t * np.sqrt(n / (n - 1 + t**2)))


def _w_to_statistic(w: float, n: int) -> float:
    return float(np.sqrt(n - 1) * w / np.sqrt(n - w**2))
