"""Where in a trial the values of a long table of results belong."""

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
    """The last of some points; a final value is after all others."""
    return max(places, key=lambda place: (not place, place))
