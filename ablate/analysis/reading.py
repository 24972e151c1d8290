"""A claim as a statement about the mean of one sample, and what its family makes of it."""

from typing import Any, Literal, NamedTuple

import numpy as np

from ablate.analysis import inference
from ablate.analysis.inference import ALPHA, Critical, Decision, Sample
from ablate.analysis.sequential import GivenUp, Outcome
from ablate.study.arms import Arm

Where = Literal["above", "below", "outside", "inside"]
Detects = Literal["effect", "loss", "margin", "nothing"]
"""What so many seeds could have found: an effect beyond the threshold, a loss to rule out, a margin
to be shown; nothing where it is a level that is asked for."""


class Reading(NamedTuple):
    """A claim as a statement about one sample's mean, before its family is known."""

    sample: Sample
    """What is shown: the estimate comes from it, and the interval where there are no leads."""
    decision: Decision
    threshold: float | None
    unit: str
    arms: tuple[Arm, ...]
    note: str = ""
    wanted: Where = "above"
    """Where the interval must come to lie for support: beyond the threshold, or to +-threshold."""
    leads: tuple[Sample, ...] = ()
    """Of a largest effect: the lead over each rival that is known; the sample is the least of them.
    """
    lead_count: int = 0
    """Of a largest effect: how many leads there are, known or not."""
    least_seeds: int = 2
    """Fewer decide nothing."""
    possible: tuple[Outcome, ...] = ("supported", "refuted")
    """What this sample can settle: one that is known from below alone refutes nothing."""
    detects: Detects = "effect"

    @property
    def is_decidable(self) -> bool:
        return bool(np.isfinite(self.decision.p))

    def interval(
        self, level: float, critical: Critical = inference.critical_value
    ) -> tuple[Any, Any]:
        """Both ends of the interval that settles the claim at this error rate."""
        if self.leads:
            return inference.least_interval(self.leads, level, critical, of=self.lead_count)
        return inference.interval(self.sample, level, critical)

    def outcome(self, low: Any, high: Any) -> Outcome | None:
        """What an interval settles; None where it leaves the claim open."""
        supported, refuted = self.settles(low, high)
        return "supported" if supported else "refuted" if refuted else None

    def settles(self, low: Any, high: Any) -> tuple[Any, Any]:
        """Of each interval whether it supports the claim, and whether it refutes it."""
        threshold = self.threshold or 0.0
        if self.wanted in ("above", "below"):
            above, below = np.greater(low, threshold), np.less(high, threshold)
            supported, refuted = (above, below) if self.wanted == "above" else (below, above)
        else:
            inside = np.greater(low, -threshold) & np.less(high, threshold)
            outside = np.greater_equal(low, threshold) | np.less_equal(high, -threshold)
            supported, refuted = (inside, outside) if self.wanted == "inside" else (outside, inside)
        return supported & ("supported" in self.possible), refuted & ("refuted" in self.possible)


class Stand(NamedTuple):
    """A claim as its family's error rate leaves it."""

    reading: Reading
    level: float = ALPHA
    """The error rate of the interval beside the verdict."""
    outcome: Outcome | None = None
    p_adjusted: float | None = None
    critical: Critical = inference.critical_value
    course: tuple[Reading, ...] = ()
    """The readings at each look, of a study that looks repeatedly."""
    given_up: GivenUp | None = None

    @property
    def is_open(self) -> bool:
        """Whether more seeds are wanted for it."""
        return self.outcome is None and self.given_up is None


def undecided() -> Decision:
    """Of what these seeds cannot decide."""
    return Decision(np.asarray(np.nan), np.asarray(False))


def leaning_alone(decision: Decision) -> Decision:
    """The same of what these seeds cannot decide, and only lean to."""
    return decision._replace(p=np.full_like(decision.p, np.nan))


def finite(value: Any) -> float | None:
    """The number, or None where there is none."""
    return None if value is None or not np.isfinite(value) else float(value)
