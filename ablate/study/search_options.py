"""What a search is asked for, and what it does where nothing is said."""

from dataclasses import dataclass
from typing import Literal

SchedulerName = Literal["asha", "median_stopping"]
"""What may stop poor trials early; what each does: `ablate.tuning.schedulers`."""


@dataclass(frozen=True)
class SearchOptions:
    """How an arm is searched. All but `storage` changes what is found.

    No model of pydantic, so that `--help` knows the defaults and answers at once; `search_arms`
    checks the values.
    """

    trials: int = 32
    """Points an arm, those of earlier calls included."""
    seeds: tuple[int, ...] = (100,)
    """A point has one trial a seed. Not a study's own seeds, whose comparison they would bias: a
    setting chosen on a seed looks better on that seed than on others."""
    metric: str | None = None
    """What a point is worth, as a mean over its seeds. None: the study's metric, a `test_` metric
    giving way to its `validation_` counterpart."""
    sampler: str = "tpe"
    seed: int = 0
    """Of the sampler; all arms start with the same random points."""
    scheduler: str | None = None
    """Stops poor trials early, which then count as pruned; None: none is stopped."""
    grace_period: int | None = None
    """Validation points before a trial may be stopped; None: 1. Goes with a scheduler."""
    storage: str | None = None
    """A database's URL, or a journal's path. None: a journal in the run folder."""

    @property
    def looks_after(self) -> int | None:
        """Validation points before a trial may be stopped; None where none is."""
        return None if self.scheduler is None else self.grace_period or 1


DEFAULTS = SearchOptions()
