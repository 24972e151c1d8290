"""What the seeds settle: t intervals, the decisions they allow, and Holm's method.

Arrays in, arrays out, seeds on the last axis: a simulation sends thousands of studies through the
very code that decides one. Methods and error rates: docs/statistics.md.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

ALPHA = 0.05
"""Error rate of a family of claims; intervals of single effects have level 1 - ALPHA."""


class Sample(NamedTuple):
    """Mean over n seeds with its standard error, both in the metric's unit."""

    mean: Floats
    standard_error: Floats
    n: int

    @property
    def sd(self) -> Floats:
        """Standard deviation of a single seed's value, not below the floor for ties."""
        return np.asarray(self.standard_error * np.sqrt(self.n))


class Decision(NamedTuple):
    """p: the smallest error rate at which the interval settles the claim; supported: which way."""

    p: Floats
    supported: NDArray[np.bool_]


def summarise(values: Any, floor: float = 0.0) -> Sample:
    """The sample of values (..., seeds).

    floor: least standard deviation believed (see `tie_floor`); NaN where it is not known, which
    leaves without a standard error (NaN) what has no spread of its own. So does one seed.
    """
    values = np.asarray(values, dtype=np.float64)
    n = values.shape[-1]
    if n == 0:
        missing = np.full(values.shape[:-1], np.nan)
        return Sample(missing, missing, 0)
    sd = standard_deviation(values)
    believed = np.where(sd > 0, np.fmax(sd, floor), np.maximum(sd, floor))
    return Sample(values.mean(axis=-1), believed / np.sqrt(n), n)


def standard_deviation(values: Any) -> Floats:
    """Of what values (..., seeds) are a sample of; NaN of one seed. Of equal values it is 0, where
    the rounding of their mean would leave some 1e-16 of them.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.shape[-1] < 2:
        return np.full(values.shape[:-1], np.nan)
    return np.where(np.ptp(values, axis=-1) > 0, values.std(axis=-1, ddof=1), 0.0)


def tie_floor(resolution: float, *weights: float) -> float:
    """Standard deviation that rounding alone gives a sum of arms' values with these weights.

    resolution: step in which the metric changes, g. A rounded value has sd g/sqrt(12), a difference
    of two g/sqrt(6): seeds that happen to tie must not look like certainty.
    """
    return resolution * float(np.sqrt(np.square(weights).sum() / 12))


def distances_from_median(values: Any) -> Floats:
    """How far each value lies from its arm's median (Brown and Forsythe 1974).

    values: (..., seeds), at least one.
    """
    values = np.asarray(values, dtype=np.float64)
    return np.asarray(np.abs(values - np.median(values, axis=-1, keepdims=True)))


def critical_value(n: int, alpha: float = ALPHA) -> float:
    """c_n: how many standard errors the interval reaches to either side; NaN under two seeds."""
    return float(stats.t.ppf(1 - alpha / 2, n - 1)) if n > 1 else float("nan")


Critical = Callable[[int, float], float]
"""c_n from n and the error rate: `critical_value`, or that of looking repeatedly."""


def interval(
    sample: Sample, alpha: float = ALPHA, critical: Critical = critical_value
) -> tuple[Floats, Floats]:
    """Both ends of the t interval of level 1 - alpha (Student 1908); NaN under two seeds."""
    half = critical(sample.n, alpha) * sample.standard_error
    return sample.mean - half, sample.mean + half


def exceeds(sample: Sample, threshold: float) -> Decision:
    """Whether the mean lies above a threshold: supported where the whole interval does, refuted
    where the whole interval lies below.
    """
    above, below = _beyond(sample, threshold), _beyond(_mirrored(sample), -threshold)
    return Decision(_capped(2 * np.minimum(above, below)), np.asarray(above <= below))


def equivalent(sample: Sample, margin: float) -> Decision:
    """Whether the mean lies within +-margin: two one-sided t tests (Schuirmann 1987) support it,
    an interval wholly outside refutes it. margin >= 0.
    """
    inside = np.maximum(_beyond(sample, -margin), _beyond(_mirrored(sample), -margin))
    outside = np.minimum(_beyond(sample, margin), _beyond(_mirrored(sample), margin))
    return Decision(_capped(2 * np.minimum(inside, outside)), np.asarray(inside <= outside))


def differs(sample: Sample, by: float) -> Decision:
    """Whether the mean lies outside +-by, in either direction: the opposite of `equivalent`."""
    decision = equivalent(sample, by)
    return Decision(decision.p, ~decision.supported)


def among(decision: Decision, possible: Collection[str]) -> Decision:
    """The decision where evidence is bounded from one side: an outcome that is not possible is
    never come to, and without any there is nothing to decide (p is NaN).

    possible: of "supported" and "refuted".
    """
    if not possible:
        return decision._replace(p=np.full_like(decision.p, np.nan))
    leaning = np.where(decision.supported, "supported" in possible, "refuted" in possible)
    return decision._replace(p=np.asarray(np.where(leaning, decision.p, 1.0)))


def all_exceed(leads: Sequence[Sample], of: int | None = None) -> Decision:
    """Whether the mean lead over every rival lies above zero. leads: one sample a rival.

    of: how many rivals there are, where some have no sample; then it can be refuted alone.
    Supported where all intervals lie above zero (intersection-union, Berger 1982: no correction);
    refuted where one lies below, at the error rate divided by the number of rivals. That is where
    `least_interval` lies above or below zero.
    """
    support = np.max([_beyond(lead, 0.0) for lead in leads], axis=0)
    refute = np.min([_beyond(_mirrored(lead), 0.0) for lead in leads], axis=0)
    refute = refute * (of or len(leads))
    least = np.min([lead.mean for lead in leads], axis=0)  # one that is behind can support nothing
    decision = Decision(_capped(2 * np.minimum(support, refute)), np.asarray(least > 0))
    return decision if of in (None, len(leads)) else among(decision, ("refuted",))


def least_interval(
    leads: Sequence[Sample],
    alpha: float = ALPHA,
    critical: Critical = critical_value,
    of: int | None = None,
) -> tuple[Floats, Floats]:
    """Both ends of an interval of level 1 - alpha for the least of the mean leads.

    Its lower end is the lowest one of all; its upper end too, each at alpha by the number of leads.
    of: how many there are, where some have no sample; then the upper end alone is of all of them.
    """
    share = alpha / (of or len(leads))
    low = np.min([interval(lead, alpha, critical)[0] for lead in leads], axis=0)
    high = np.min([interval(lead, share, critical)[1] for lead in leads], axis=0)
    return low, high


def holm(p: Any) -> Floats:
    """The p values adjusted for their family by Holm's method (1979). p: (..., members).

    A member without a p value (NaN) still counts as one, and keeps none.
    """
    p = np.asarray(p, dtype=np.float64)
    known = np.where(np.isnan(p), 1.0, p)
    order = np.argsort(known, axis=-1, kind="stable")
    members = p.shape[-1]
    stepped = np.take_along_axis(known, order, axis=-1) * (members - np.arange(members))
    adjusted = np.empty_like(known)
    np.put_along_axis(adjusted, order, np.maximum.accumulate(stepped, axis=-1), axis=-1)
    return np.where(np.isnan(p), np.nan, np.minimum(adjusted, 1.0))


def holm_levels(p: Any) -> Floats:
    """The error rate at which Holm's method looks at each member of a family. p: (members,).

    Members settled before it no longer count: ALPHA / (members - settled so far). The interval at
    this level settles a claim exactly when its adjusted p is at most ALPHA.
    """
    adjusted = holm(p)
    members = len(adjusted)
    settled = adjusted <= ALPHA  # NaN is not
    before = np.full(members, int(settled.sum()))
    for position, member in enumerate(np.argsort(np.where(settled, p, np.inf), kind="stable")):
        if settled[member]:
            before[member] = position
    return np.asarray(ALPHA / np.maximum(members - before, 1))


def _beyond(sample: Sample, threshold: float) -> Floats:
    """One-sided p value of the mean lying above the threshold; NaN under two seeds.

    Without any spread, which only a metric of unlimited resolution can have, it is 0, 1/2 or 1.
    """
    distance = sample.mean - threshold
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(
            sample.standard_error > 0,
            distance / sample.standard_error,
            np.where(distance == 0, 0.0, np.sign(distance) * np.inf),
        )
    statistic = np.where(np.isnan(sample.standard_error), np.nan, statistic)
    return np.asarray(stats.t.sf(statistic, max(sample.n - 1, 1)))


def _mirrored(sample: Sample) -> Sample:
    return sample._replace(mean=-sample.mean)


def _capped(p: Floats) -> Floats:
    return np.asarray(np.minimum(p, 1.0))
