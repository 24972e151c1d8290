"""The step in which a metric changes, read off its values."""

import math
from decimal import Decimal

import numpy as np

from ablate.analysis.inference import Floats

_EXACT = {*range(7), 10, 11, 12}
"""Most significant digits of values that were cut there, by half a unit of the last at most: seven
to nine are those that single precision is printed with, and more than twelve those of double
precision, each with its rounding."""
_ROUND_OFF = 2e-7
"""Relative error of a value that was computed in single precision."""
_GAPS = 16
"""The least ones; more would say the same."""
_CLEAR = 4
"""Times the error of a gap, that a step is at least: of less, any values are multiples apart."""
_CHANCE = 0.05
"""At most, that random values would have been taken for multiples of a step."""
_TIED = 2 / 3
"""Share of values that are distinct, at most, where ties tell of a step: none is by chance then."""
_MOST_STEPS = 4096


def step_of(values: Floats) -> float:
    """The largest step of which all differences of values are multiples, up to the rounding of what
    is written, if that is not by chance, as it is not where many values tie: it is that in which
    the metric changes, or a multiple of it; else the unit of the last digit. NaN where all are
    equal.

    values: (any number,), finite. Of values with all their digits a step of less than a 4096th of
    the smallest difference, or one that single precision would blur, is not looked for: what is
    given then is the least that was.
    """
    distinct = np.unique(values)
    written = [Decimal(repr(float(value))) for value in distinct]
    if max(map(significant_digits, written), default=0) in _EXACT:
        are_tied = len(distinct) <= _TIED * values.size
        return _of_written(written, math.inf if are_tied else _CHANCE)
    return _of_computed(distinct)


def significant_digits(number: Decimal) -> int:
    """With how many a number is written, but for zeros at its end."""
    return len(number.normalize().as_tuple().digits)


def _of_written(values: list[Decimal], most_chance: float) -> float:
    """values: distinct, ascending; most_chance: as of `_common_step`. Steps of 100/300 points are
    0.33 and 0.34 in two decimals: to the letter they are multiples of 0.01 alone.
    """
    if len(values) < 2:
        return math.nan
    unit = Decimal(1).scaleb(min(int(value.as_tuple().exponent) for value in values))
    counts = [int((value - values[0]) / unit) for value in values]
    divisor: float = math.gcd(*counts)
    if divisor < _CLEAR:
        gaps = np.diff(np.array(counts, dtype=np.float64))
        found = _common_step(gaps, np.ones_like(gaps), most_chance)  # half a unit at each end
        divisor = max(divisor, found or 0)
    return divisor * float(unit)


def _of_computed(values: Floats) -> float:
    """values: distinct, ascending."""
    gaps, errors = np.diff(values), _ROUND_OFF * np.maximum(*np.abs([values[1:], values[:-1]]))
    apart = gaps > 5 * errors
    if not apart.any():
        return math.nan
    least = float(gaps[apart].min())
    return _common_step(gaps[apart], errors[apart]) or least / _MOST_STEPS


def _common_step(gaps: Floats, errors: Floats, most_chance: float = math.inf) -> float | None:
    """The largest step of which all gaps are multiples, each up to its error. None if there is
    none that random gaps would have had with less than most_chance. gaps: positive.
    """
    order = np.argsort(gaps, kind="stable")[:_GAPS]
    ranges = [(float(gaps[i] - errors[i]), float(gaps[i] + errors[i])) for i in order]
    least, error = float(gaps[order[0]]), float(errors[order[0]])
    if len(ranges) == 1:
        return least
    chance = 0.0
    for count in range(1, _MOST_STEPS + 1):
        first = (ranges[0][0] / count, ranges[0][1] / count)
        if least < _CLEAR * error * count:
            return None
        chance += _chance_of_multiples(first, ranges[1:])
        if chance > most_chance:
            return None
        within = _within(first, ranges[1:])
        if within is not None:
            return min(max(least / count, within[0]), within[1])
    return None


Range = tuple[float, float]
"""Of a number that is not known exactly: from low to high."""


def _chance_of_multiples(step: Range, ranges: list[Range]) -> float:
    """That numbers without any step hit a multiple in each range."""
    low, high = step
    told = [each for each in ranges if each[1] / low * (high - low) < low]  # else it always does
    return math.prod(min(1.0, (end - start) / low) for start, end in told)


def _within(step: Range, ranges: list[Range]) -> Range | None:
    """The part of a step's range in which each of the others holds a multiple of it, if any."""
    low, high = step
    for start, end in ranges:
        fewest, most = math.ceil(start / high), math.floor(end / low)
        if fewest > most:
            return None
        if fewest == most:  # else it does not tell the step apart from its neighbours
            low, high = max(low, start / most), min(high, end / most)
            if low > high:
                return None
    return low, high
