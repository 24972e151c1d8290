"""How a number is written, everywhere in a report.

Every function returns text for people, with a true minus sign, and MISSING where there is no
number: a report never shows "nan".
"""

import math
import textwrap
from collections.abc import Callable
from decimal import Decimal
from typing import Any, SupportsFloat

from ablate.analysis.inference import ALPHA
from ablate.study.yaml_source import scalar_name

MISSING = "—"
MINUS = "−"

Writer = Callable[[Any], str]
"""How the numbers of a column are written, without their unit; MISSING where there is none."""

_DECIMALS = {"%": 2, "points": 2, "nats": 4, "epochs": 1, "steps": 0}
"""Of a unit, at least: small numbers get more, until two digits tell them."""
_NOISE = -9
"""Magnitude of what rounding alone leaves in numbers of these units."""
_LEAST_MAGNITUDE, _LARGEST_MAGNITUDE = -5, 6
"""Of a number; smaller and larger ones are written with a power of ten."""
_LARGEST_OF_UNIT = 14
"""The same of a number in a unit with decimals of its own."""
_ROUND_OFF = 1e-12
"""What is narrower than this share of its numbers is no spread."""
_MORE_AT_MOST = 4
"""Decimals that an interval's end gets to be told from a bound."""
_ONE = {"points": "point", "epochs": "epoch", "steps": "step"}
"""Units of more than one."""
_PREFIXES = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def is_missing(value: SupportsFloat | None) -> bool:
    """Whether there is no finite number to write: None, NaN, NA or an infinity."""
    if value is None:
        return True
    try:
        return not math.isfinite(float(value))
    except (TypeError, ValueError):
        return True


def number(value: SupportsFloat | None, unit: str = "", *, signed: bool = False) -> str:
    """A number with as many decimals as its unit deserves, without the unit.

    unit: of a MetricDescription ("%", "nats", ...), or "points" for differences of percentages,
    small ones of which keep two digits; others, seconds among them, give four significant digits
    at least. signed: show a plus sign too.
    """
    if value is None or is_missing(value):
        return MISSING
    return _with_sign(_plain(float(value), unit), signed)


def number_in(unit: str) -> Writer:
    """`number` in one unit, for a column whose numbers all have it."""
    return lambda value: number(value, unit)


def ratio(value: SupportsFloat | None, *, signed: bool = False) -> str:
    """A number without a unit, with two decimals: Hedges' g, a probability, a share of one."""
    if value is None or is_missing(value):
        return MISSING
    return _with_sign(f"{float(value):.2f}", signed)


def confidence(value: SupportsFloat | None) -> str:
    """The level of an interval, in as many digits as tell it from its neighbours: "0.975"."""
    return MISSING if value is None or is_missing(value) else f"{float(value):.4g}"


def interval(
    low: SupportsFloat | None,
    high: SupportsFloat | None,
    unit: str = "",
    *,
    told_from: SupportsFloat | None = None,
) -> str:
    """An interval in brackets, "[−0.10, 0.94]"; MISSING unless both ends are numbers."""
    if is_missing(low) or is_missing(high):
        return MISSING
    ends = [alike(end, low, high, unit, told_from=told_from) for end in (low, high)]
    return f"[{', '.join(ends)}]"


def alike(
    value: SupportsFloat | None,
    low: SupportsFloat | None,
    high: SupportsFloat | None,
    unit: str = "",
    *,
    signed: bool = False,
    told_from: SupportsFloat | None = None,
) -> str:
    """A number as its interval is written: with decimals for two digits of half its width, though
    not with fewer than its unit deserves, and with the interval's power of ten. As `number` where
    there is no interval. told_from: a bound, of which and of whose negative a reader must
    see on what side the interval's ends lie.
    """
    if value is None or low is None or high is None or is_missing(low) or is_missing(high):
        return number(value, unit, signed=signed)
    ends = float(low), float(high)
    spread = abs(ends[1] / 2 - ends[0] / 2)
    return _by_spread(float(value), spread, ends, unit, signed, told_from)


def with_interval(
    value: SupportsFloat | None,
    low: SupportsFloat | None,
    high: SupportsFloat | None,
    unit: str = "",
    *,
    signed: bool = False,
) -> str:
    """A number and its interval, where there is one, under a header that names the unit:
    "+0.42 [−0.10, 0.94]".
    """
    text = alike(value, low, high, unit, signed=signed)
    between = interval(low, high, unit)
    return text if between == MISSING else f"{text} {between}"


def estimate(
    value: SupportsFloat | None,
    low: SupportsFloat | None,
    high: SupportsFloat | None,
    unit: str = "",
    *,
    signed: bool = True,
    n: SupportsFloat | None = None,
    told_from: SupportsFloat | None = None,
) -> str:
    """A value with what belongs to it: "+0.42 points [−0.10, 0.94], n=5 seeds".

    The interval and the number of seeds are left out where there are none.
    """
    if is_missing(value):
        return MISSING
    text = with_unit(alike(value, low, high, unit, signed=signed, told_from=told_from), unit)
    if not (is_missing(low) or is_missing(high)):
        text += f" {interval(low, high, unit, told_from=told_from)}"
    return f"{text}, {seeds(n)}" if n is not None and not is_missing(n) else text


def with_unit(text: str, unit: str) -> str:
    """Written number and unit: "79.40 %", "0.5 points", "1 point"; MISSING stays alone."""
    if text == MISSING or not unit:
        return text
    return f"{text} {_ONE.get(unit, unit) if text == '1' else unit}"


def with_bracket(label: str, unit: str) -> str:
    """What an axis or a column says: "test accuracy (%)"."""
    return f"{label} ({unit})" if unit else label


def mean_and_spread(mean: SupportsFloat | None, sd: SupportsFloat | None, unit: str = "") -> str:
    """Both, as in "79.40 ± 0.31"; the mean alone where one seed gives no spread."""
    if mean is None or sd is None or is_missing(mean) or is_missing(sd):
        return number(mean, unit)
    both = float(mean), float(sd)
    return " ± ".join(_by_spread(each, both[1], both, unit) for each in both)


def p_value(value: SupportsFloat | None) -> str:
    """Three decimals, as in "0.012", and more where it would read as the 0.05 that it is not;
    "< 0.001" below that.
    """
    if value is None or is_missing(value):
        return MISSING
    p = float(value)
    decimals = next((d for d in range(3, 7) if p == ALPHA or round(p, d) != ALPHA), 3)
    return "< 0.001" if p < 0.001 else f"{p:.{decimals}f}"


def count(value: SupportsFloat | None) -> str:
    """A whole number: "5", "1,200"."""
    return MISSING if value is None or is_missing(value) else f"{round(float(value)):,}"


def seeds(n: SupportsFloat) -> str:
    """As in "n=5 seeds" or "n=1 seed"."""
    return f"n={count(n)} seed" + ("" if round(float(n)) == 1 else "s")


def hours(value: SupportsFloat | None) -> str:
    """Hours: two decimals, three below a tenth."""
    if value is None or is_missing(value):
        return MISSING
    return (
        f"{float(value):,.2f}" if float(value) >= 0.1 or not float(value) else f"{float(value):.3f}"
    )


def scaled(value: SupportsFloat | None, unit: str) -> str:
    """A large quantity with an SI prefix: "1.25 PFLOPs"."""
    if value is None or is_missing(value):
        return MISSING
    for factor, prefix in _PREFIXES:
        if abs(float(value)) >= factor:
            return f"{float(value) / factor:.3g} {prefix}{unit}".replace("-", MINUS)
    return f"{float(value):.3g} {unit}".replace("-", MINUS)


def as_given(value: SupportsFloat | None) -> str:
    """A number that a study gives, with all the digits it was given with: "99.996", "−1e−5"."""
    if value is None or is_missing(value):
        return MISSING
    value = float(value)
    return _short_power(f"{value:.15g}").replace("-", MINUS)


def setting(value: object) -> str:
    """A value of a setting, a number with four significant digits: "0.0026", "1e-5", "none"."""
    if isinstance(value, float):
        return _short_power(f"{value:.4g}")
    return scalar_name(value) or "[]"


def sentence_case(text: str) -> str:
    """First letter raised, the rest as it is (an acronym stays one)."""
    return text[:1].upper() + text[1:]


def shortened(text: str, width: int) -> str:
    """At most `width` characters, the last of them dots where more follow."""
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"


def wrap(label: str, width: int) -> str:
    """A label in lines of at most `width` characters, broken at spaces, after `_`, `=`, `,`, `+`,
    `.` or `/` where possible.
    """
    marked = label
    for separator in "_=,+./":
        marked = marked.replace(separator, separator + "\u200b")
    pieces = [piece for word in marked.split(" ") for piece in _pieces(word, width)]
    lines = [""]
    for piece, starts_word in pieces:
        glue = " " if starts_word and lines[-1] else ""
        if len(lines[-1]) + len(glue) + len(piece) <= width or not lines[-1]:
            lines[-1] += glue + piece
        else:
            lines.append(piece)
    return "\n".join(lines)


def _pieces(word: str, width: int) -> list[tuple[str, bool]]:
    parts = [cut for part in word.split("\u200b") for cut in textwrap.wrap(part, width) or [part]]
    return [(part, index == 0) for index, part in enumerate(parts) if part]


def _with_sign(text: str, signed: bool) -> str:
    """The digits with a true minus sign, and with a plus where asked; zero has neither."""
    if not text.strip("-0."):
        return text.lstrip("-")
    sign = "+" if signed and not text.startswith("-") else ""
    return sign + text.replace("-", MINUS)


def _by_spread(
    value: float,
    spread: float,
    others: tuple[float, ...],
    unit: str,
    signed: bool = False,
    told_from: SupportsFloat | None = None,
) -> str:
    """A number among others, the largest of which decides on their common power of ten, and their
    spread on the decimals: for two of its digits, and a few more where one of them would read as
    zero or as what it is to be told from, as the side on which an interval's end lies is what a
    reader looks for.
    """
    largest = max(map(abs, others))
    if is_missing(value) or not spread > _ROUND_OFF * largest:
        return number(value, unit, signed=signed)
    power = _magnitude(largest) if _needs_power(_magnitude(largest), unit) else 0
    decimals = max(_DECIMALS.get(unit, 0) if not power else 0, power - _magnitude(spread) + 1)
    smallest = min(abs(other) for other in others if other) / 10.0**power
    decimals += next((more for more in (0, 1) if round(smallest, decimals + more)), 2)
    decimals += _more_decimals(decimals, power, others, told_from)
    mantissa = f"{Decimal(value).scaleb(-power):.{decimals}f}"
    return _with_sign(mantissa, signed) + (f"e{power}".replace("-", MINUS) if power else "")


def _more_decimals(
    decimals: int, power: int, ends: tuple[float, ...], bound: SupportsFloat | None
) -> int:
    """As many as it takes until no end reads as the bound, or its negative, that it is apart from;
    none where even the most would not show it.
    """
    if bound is None or is_missing(bound):
        return 0
    pairs = [
        (end / 10.0**power, side / 10.0**power)
        for end in ends
        for side in (float(bound), -float(bound))
        if not math.isclose(end, side, rel_tol=_ROUND_OFF)
    ]
    for more in range(_MORE_AT_MOST + 1):
        digits = decimals + more
        if all(round(end, digits) != round(side, digits) for end, side in pairs):
            return more
    return 0


def _magnitude(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else _NOISE - 1


def _needs_power(magnitude: int, unit: str) -> bool:
    if unit in _DECIMALS:
        return _NOISE <= magnitude < _LEAST_MAGNITUDE or magnitude > _LARGEST_OF_UNIT
    return not _LEAST_MAGNITUDE <= magnitude <= _LARGEST_MAGNITUDE


def _plain(value: float, unit: str) -> str:
    magnitude = _magnitude(value)
    if not value and unit not in _DECIMALS:
        return "0"
    if _needs_power(magnitude, unit):
        return _short_power(f"{value:.3e}")
    if unit in _DECIMALS:
        fine = magnitude >= _NOISE and not value.is_integer()
        return f"{value:.{max(_DECIMALS[unit], 1 - magnitude if fine else 0)}f}"
    return f"{value:.{max(3 - magnitude, 0)}f}"


def _short_power(text: str) -> str:
    """As in "1e-5" for "1e-05"; what has no power of ten as it is."""
    mantissa, marker, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if marker else text
