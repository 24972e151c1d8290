"""Several attempts at one trial in a long table of results, and how a course of training ended."""

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ablate.records.results_positions import Position, told_by_all
from ablate.records.results_rows import NOT_ENDED, Reading
from ablate.records.store import FINISHED


def ended_as_their_last(readings: list[Reading]) -> list[Reading]:
    """The rows of one course of training with the status that its last point gives: trackers write
    it into the last row alone, or what it was at the time into each. What ended goes before what
    failed, and that before what had not ended. Rows of several attempts, and of two endings of
    which neither goes before the other, as they are.
    """
    last = {(reading.status, reading.error) for reading in _last(readings)}
    known = {ending for ending in last if ending[1] != NOT_ENDED} or last
    told = {ending for ending in known if ending[0] in FINISHED} or known
    if len(told) != 1 or _are_several_attempts(readings):
        return readings
    ((status, error),) = told
    return [reading._replace(status=status, error=error) for reading in readings]


def _are_several_attempts(readings: Sequence[Reading]) -> bool:
    """By a point that is there twice, or two endings that each stand at several points, unless what
    ended goes on where what failed broke off.
    """
    points: Counter[tuple[str, Position]] = Counter()
    places: dict[str, set[Position]] = {}
    for reading in readings:
        for value in reading.values:
            points[value.metric, value.position] += 1
            if reading.gives_status and reading.error != NOT_ENDED:
                places.setdefault(reading.status, set()).add(value.position)
    if max(points.values(), default=0) > 1:
        return True
    return sum(len(own) > 1 for own in places.values()) > 1 and not _is_resumed(places)


def _is_resumed(places: Mapping[str, set[Position]]) -> bool:
    """Whether all points of what failed lie before all of what ended. places: by status."""
    by_all = told_by_all(itertools.chain(*places.values()))
    if "failed" not in places or len(places) != 2 or not any(by_all):
        return False
    of_status = {
        status: [tuple(itertools.compress(place, by_all)) for place in own if place]
        for status, own in places.items()
    }
    failed = of_status.pop("failed")
    (ended,) = of_status.values()
    return bool(failed and ended) and max(failed) < min(ended)


def _last(readings: Iterable[Reading]) -> list[Reading]:
    """Of the rows that give a status those at the last point, whatever their order: by the epoch or
    step that all of them tell. Where some tell the one and some the other, or neither as they are
    final, the last of each. A row without a number, whose point is not known, is one of them.
    """
    given = [reading for reading in readings if reading.gives_status]
    positions = [each.values[0].position if each.values else () for each in given]
    told = [tuple(map(math.isfinite, position)) for position in positions]
    by_all = told_by_all(positions)
    kinds: dict[tuple[bool, ...], dict[Position, list[Reading]]] = {}
    for reading, position, kind in zip(given, positions, told, strict=True):
        if position and any(by_all):
            position, kind = tuple(itertools.compress(position, by_all)), by_all
        kinds.setdefault(kind, {}).setdefault(position, []).append(reading)
    return [reading for places in kinds.values() for reading in places[max(places)]]


def of_untold_attempts(attempt: Sequence[Reading], readings: Sequence[Reading]) -> list[Reading]:
    """Rows of the time before an ending, where those of the attempt that ended are its last point
    alone: of several attempts, any may have gone on to it.
    """
    places: dict[str, set[Position]] = {}
    for reading in attempt:
        for value in reading.values:
            places.setdefault(value.metric, set()).add(value.position)
    if any(len(own) > 1 for own in places.values()):
        return []
    at_the_end = set().union(*places.values())
    return [
        reading
        for reading in readings
        if reading.error == NOT_ENDED
        if any(value.position and value.position not in at_the_end for value in reading.values)
    ]
