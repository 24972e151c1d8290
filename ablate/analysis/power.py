"""What it would take: seeds for a given power, and the effect that the present seeds could find.

Power is exact for normal differences of known standard deviation; the observed one stands for it.
Of a study that looks repeatedly it is that of the last look alone, and so never too high.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

from ablate.analysis.inference import ALPHA, Critical, critical_value
from ablate.records.asked_metrics import LARGEST

POWER = 0.8
MOST_SEEDS = 1000
_SPREADS = 400  # quantiles of the sample's standard deviation that an average is taken over


class Looking(NamedTuple):
    """How a study looks at its seeds: once, or after each."""

    critical: Critical = critical_value
    most_seeds: int = MOST_SEEDS


ONCE = Looking()


def power_of_difference(
    distance: float, sd: float, n: int, alpha: float = ALPHA, study: Looking = ONCE
) -> float:
    """Probability that the interval of level 1 - alpha lies wholly beyond a threshold from which
    the true mean is `distance` away (noncentral t).
    """
    if n < 2:
        return 0.0
    noncentrality = abs(distance) * np.sqrt(n) / sd
    return float(stats.nct.sf(study.critical(n, alpha), n - 1, noncentrality))


def power_of_all(
    leads: Iterable[tuple[float, float]], n: int, alpha: float = ALPHA, study: Looking = ONCE
) -> float:
    """At least so probable is it that all the intervals lie beyond their thresholds, however the
    leads hang together: 1 less the chances of each to miss (Bonferroni). leads: distance and
    standard deviation of each.
    """
    misses = (1 - power_of_difference(*lead, n, alpha, study) for lead in leads)
    return max(1 - sum(misses), 0.0)


def power_of_equivalence(
    margin: float,
    sd: float,
    n: int,
    alpha: float = ALPHA,
    mean: float = 0.0,
    study: Looking = ONCE,
) -> float:
    """Probability that the interval of level 1 - alpha lies within +-margin, averaged over the
    standard deviation that the sample will show (chi distribution). mean: the true one.
    """
    if n < 2:
        return 0.0
    quantiles = (np.arange(_SPREADS) + 0.5) / _SPREADS
    seen = sd * np.sqrt(stats.chi2.ppf(quantiles, n - 1) / (n - 1))
    reach = study.critical(n, alpha) * seen / np.sqrt(n)
    above, below = (
        stats.norm.cdf((end - mean) * np.sqrt(n) / sd) for end in (margin - reach, reach - margin)
    )
    return float(np.mean(np.clip(above - below, 0, None)))


def seeds_for_difference(
    distance: float, sd: float, alpha: float = ALPHA, study: Looking = ONCE
) -> int | None:
    """Seeds that settle it with 80 % power; None where more would be needed than there may be."""
    if not _is_spread(sd):
        return None
    return _fewest(lambda n: power_of_difference(distance, sd, n, alpha, study), study)


def seeds_for_all(
    leads: Sequence[tuple[float, float]], alpha: float = ALPHA, study: Looking = ONCE
) -> int | None:
    """Seeds that settle all of these together with 80 % power or more; else None. leads: as of
    `power_of_all`.
    """
    if not all(_is_spread(sd) for _, sd in leads):
        return None
    return _fewest(lambda n: power_of_all(leads, n, alpha, study), study)


def seeds_for_equivalence(
    margin: float, sd: float, alpha: float = ALPHA, mean: float = 0.0, study: Looking = ONCE
) -> int | None:
    """Seeds that show equivalence with 80 % power where the true mean is this, or None."""
    if not _is_spread(sd):
        return None
    return _fewest(lambda n: power_of_equivalence(margin, sd, n, alpha, mean, study), study)


def detectable_distance(
    sds: Sequence[float], n: int, alpha: float = ALPHA, study: Looking = ONCE
) -> float | None:
    """The distance that n seeds find in all of these together (see `power_of_all`), where each is
    so large.
    """
    if n < 2 or not all(map(_is_spread, sds)):
        return None
    reach = study.critical(n, alpha) * max(sds) / np.sqrt(n)
    if not np.isfinite(reach):
        return None

    def power_at(distance: float) -> float:
        return power_of_all([(distance, sd) for sd in sds], n, alpha, study)

    return _least(power_at, 0.0, reach)


def provable_margin(
    sd: float, n: int, alpha: float = ALPHA, mean: float = 0.0, study: Looking = ONCE
) -> float | None:
    """The smallest margin within which n seeds show equivalence with 80 % power, where the true
    mean is this; None where they show nothing, as under two seeds.
    """
    if n < 2 or not _is_spread(sd) or not np.isfinite(study.critical(n, alpha)):
        return None
    return _least(
        lambda margin: power_of_equivalence(margin, sd, n, alpha, mean, study),
        abs(mean),
        abs(mean) + sd,
    )


def _is_spread(sd: float) -> bool:
    """Whether a standard deviation says how seeds spread: not where all are equal, nor where one
    has exploded so far that its square is no number.
    """
    return bool(0 < sd <= LARGEST)


def _least(power_at: Callable[[float], float], low: float, high: float) -> float:
    """The smallest effect or margin above `low` with enough power, which rises with it. high: where
    the search begins.
    """
    while power_at(high) < POWER:
        high *= 2
    return float(optimize.brentq(lambda size: power_at(size) - POWER, low, high, rtol=1e-4))


def _fewest(power_at: Callable[[int], float], study: Looking) -> int | None:
    """The smallest n with enough power, by bisection: power rises with n."""
    if not power_at(study.most_seeds) >= POWER:
        return None
    low, high = 1, study.most_seeds
    while high - low > 1:
        middle = (low + high) // 2
        if power_at(middle) >= POWER:
            high = middle
        else:
            low = middle
    return high
