"""Learning-rate schedules by name: a new one is one function and one line.

Each is a function of the step alone, so nothing is carried from step to step.
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch

from ablate.image_classification.settings.keys import TrainingSettings


class Rates(NamedTuple):
    """What one optimizer step is taken with. momentum: SGD's, or Adam's beta1."""

    learning_rate: float
    momentum: float


def make_schedule(
    optimizer: torch.optim.Optimizer, settings: TrainingSettings, steps: int
) -> Iterator[None]:
    """Each `next` sets the rates of the optimizer's coming step; there are `steps` of them."""
    rates_at = SCHEDULES[settings.schedule]
    for step in range(steps):
        rates = rates_at(step, steps, settings)
        for group in optimizer.param_groups:
            # Plain numbers: fused kernels take them as arguments, so that no step waits for the
            # device, and the optimizer is outside of what torch.compile sees.
            group["lr"] = rates.learning_rate
            if "betas" in group:
                group["betas"] = (rates.momentum, *group["betas"][1:])
            else:
                group["momentum"] = rates.momentum
        yield


def _constant(step: int, steps: int, settings: TrainingSettings) -> Rates:
    return Rates(settings.learning_rate, settings.own_momentum)


def _cosine(step: int, steps: int, settings: TrainingSettings) -> Rates:
    """From the learning rate to zero, which would be reached one step after the last.

    Loshchilov and Hutter 2017 (arXiv 1608.03983), equation 5, without restarts.
    """
    rate = _eased(settings.learning_rate, 0.0, step / steps)
    return Rates(rate, settings.own_momentum)


def _one_cycle(step: int, steps: int, settings: TrainingSettings) -> Rates:
    """Up to the learning rate, and down to far below where it began.

    Smith and Topin 2018 (arXiv 1708.07120) rise and fall in straight lines and then let the rate
    die out; as in PyTorch's OneCycleLR, whose default shape this is, rise and fall are half a
    cosine each, and the fall goes all the way. The highest rate is at a step, never between two.
    Momentum moves against the rate (Smith 2018, arXiv 1803.09820) if one_cycle_momentum is given.
    """
    highest, own = settings.learning_rate, settings.own_momentum
    first = highest / settings.one_cycle_start_divisor
    last = first / settings.one_cycle_final_divisor
    lowest = own if settings.one_cycle_momentum is None else settings.one_cycle_momentum
    peak = settings.one_cycle_peak(steps)
    if step < peak:
        share = step / peak
        return Rates(_eased(first, highest, share), _eased(own, lowest, share))
    if step == peak:
        return Rates(highest, lowest)
    share = (step - peak) / (steps - 1 - peak)
    return Rates(_eased(highest, last, share), _eased(lowest, own, share))


def _eased(start: float, end: float, share: float) -> float:
    """Half a cosine from `start` (share 0) to `end` (share 1)."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


SCHEDULES: dict[str, Callable[[int, int, TrainingSettings], Rates]] = {
    "constant": _constant,
    "cosine": _cosine,
    "one_cycle": _one_cycle,
}
