"""Where in a trial the values of a long table of results belong."""

import itertools
import math
from collections.abc import Iterable

Position = tuple[float, ...]
"""Where in a trial a value belongs: an entry for each of the table's position columns, -inf where
the row leaves it open; () for a final value."""


def told_by_all(positions: Iterable[Position]) -> tuple[bool, ...]:
    """Of each column of positions, whether all points tell it; those that are final tell none."""
    told = [tuple(map(math.isfinite, position)) for position in positions if position]
    return tuple(all(of_one) for of_one in zip(*told, strict=True))


def last_place(places: Iterable[Position]) -> Position:
    """A final value is the last; of others, the last by the epoch or step that all of them tell."""
    own = list(places)
    by_all = told_by_all(own)
    return max(own, key=lambda place: (not place, *itertools.compress(place, by_all), place))
