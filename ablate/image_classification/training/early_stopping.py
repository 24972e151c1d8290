"""The published rule for stopping early, and which network is kept then."""

import itertools
from collections.abc import Sequence


def should_stop(validation_losses: Sequence[float], patience: int | None) -> bool:
    """Whether none of the last `patience` losses is below the one before it.

    Each loss is compared with its predecessor, not with the best (TDT4265 course report, 2019).
    validation_losses: in nats, oldest first. patience: in validations; None never stops.
    """
    if patience is None or len(validation_losses) <= patience:
        return False
    recent = validation_losses[-patience - 1 :]
    return all(later >= earlier for earlier, later in itertools.pairwise(recent))


def best_point(validation_losses: Sequence[float]) -> int:
    """Index of the least loss; of equal ones the first, which was had with the least training."""
    return min(range(len(validation_losses)), key=validation_losses.__getitem__)
