"""The step in which a metric changes, read off its values."""

import math
from decimal import Decimal

import numpy as np

from ablate.analysis.inference import Floats

_EXACT = {*range(7), 10, 11, 12}
"""Most significant digits of values that are exact: seven to nine are those that single precision
is printed with, and more than twelve those of double precision, each with its rounding."""
_ROUND_OFF = 2e-7
"""Relative error of a value that was computed in single precision."""
_GAPS = 16
"""The least ones; more would say the same."""
_MOST_STEPS = 4096


def step_of(values: Floats) -> float:
    """The largest step of which all differences of values are multiples: it is that in which the
    metric changes, or a multiple of it. NaN where all values are equal.

    values: (any number,), finite. Of values with all their digits a step of less than a 4096th of
    the smallest difference, or one that single precision would blur, is not looked for: what is
    given then is the least that was.
    """
    distinct = np.unique(values)
    written = [Decimal(repr(float(value))) for value in distinct]
    if max(map(significant_digits, written), default=0) in _EXACT:
        return _of_written(written)
    return _of_computed(distinct)


def significant_digits(number: Decimal) -> int:
    """With how many a number is written, but for zeros at its end."""
    return len(number.normalize().as_tuple().digits)


def _of_written(values: list[Decimal]) -> float:
    """values: distinct, ascending."""
    if len(values) < 2:
        return math.nan
    unit = Decimal(1).scaleb(min(int(value.as_tuple().exponent) for value in values))
    return float(math.gcd(*(int((value - values[0]) / unit) for value in values[1:])) * unit)


def _of_computed(values: Floats) -> float:
    """values: distinct, ascending."""
    gaps, errors = np.diff(values), _ROUND_OFF * np.maximum(*np.abs([values[1:], values[:-1]]))
    apart = gaps > 5 * errors
    if not apart.any():
        return math.nan
    order = np.argsort(gaps[apart])[:_GAPS]
    gaps, errors = gaps[apart][order], errors[apart][order]
    tolerances = errors + gaps * errors[0] / gaps[0]  # of the gap, and of the step taken so often
    for count in range(1, _MOST_STEPS + 1):
        step = gaps[0] / count
        clear = tolerances < step / 10
        off = np.abs(gaps - step * np.round(gaps / step))
        if (off <= tolerances)[clear].all():
            return float(step)
    return float(step)
