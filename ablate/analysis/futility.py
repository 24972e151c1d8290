"""Whether looking on is worth it: the chance that an open claim is settled at its last look."""

import numpy as np
from scipy import stats

from ablate.analysis.inference import ALPHA, Critical, Sample
from ablate.analysis.reading import Reading

FROM_SEEDS = 6
"""Fewer say too little of the spread to give a claim up."""
LEAST_CHANCE = 0.1
_FUTURES = stats.norm.ppf((np.arange(400) + 0.5) / 400)
"""Quantiles of what the seeds to come may bring, in standard errors."""


def too_small_a_chance(reading: Reading, critical: Critical, max_seeds: int) -> float | None:
    """`chance_of_settling` where it is too small to add seeds for; else None."""
    if reading.sample.n < FROM_SEEDS:
        return None
    chance = chance_of_settling(reading, critical, max_seeds)
    return chance if chance is not None and chance < LEAST_CHANCE else None


def chance_of_settling(reading: Reading, critical: Critical, max_seeds: int) -> float | None:
    """Conditional power: the probability, from 0 to 1, that the interval at the last look settles
    the claim, to whichever side, where the seeds to come are like those so far. The mean and the
    standard deviation seen stand for the true ones (the current trend of Lan and Wittes 1988).

    It is reckoned at the error rate that the claim would have once all others of its family are
    settled: what it has by then is not known, and never more. The leads of a largest effect are
    taken to move together. None where the seeds so far tell nothing, or none are to come.
    """
    if not reading.possible:
        return 0.0
    if not reading.is_decidable or reading.sample.n >= max_seeds:
        return None
    ahead = reading._replace(
        sample=_at_the_end(reading.sample, max_seeds),
        leads=tuple(_at_the_end(lead, max_seeds) for lead in reading.leads),
    )
    supported, refuted = ahead.settles(*ahead.interval(ALPHA, critical))
    return float(np.mean(supported | refuted))


def _at_the_end(sample: Sample, max_seeds: int) -> Sample:
    """What the sample may have become, one mean a quantile."""
    drift = sample.sd * np.sqrt(max_seeds - sample.n) / max_seeds
    error = np.full_like(_FUTURES, sample.sd / np.sqrt(max_seeds))
    return Sample(sample.mean + drift * _FUTURES, error, max_seeds)
