"""Numbers that are equal but for rounding, of a mean or of single precision."""

import math

RELATIVE = 1e-6


def are_equal(one: float, other: float) -> bool:
    """Whether they are equal up to rounding."""
    return math.isclose(one, other, rel_tol=RELATIVE)
