"""Why trials, or points of a search, failed: reasons with their number, the commonest first."""

from collections import Counter
from collections.abc import Iterable

_MOST = 3
"""Different reasons that are told."""


def each_reason(reasons: Iterable[str], what: str) -> str:
    """Such as "ValueError: too wide (2 trials); OSError: full (1 trial)"; the number is left out
    where there is one reason.

    what: the noun of what failed, in the singular.
    """
    counted = Counter(reasons).most_common()
    told = [
        reason if len(counted) == 1 else f"{reason} ({_number(n, what)})" for reason, n in counted
    ]
    shown, more = told[:_MOST], len(told) - _MOST
    if more > 0:
        shown.append(f"and {_number(more, 'other reason')}")
    return "; ".join(shown)


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
