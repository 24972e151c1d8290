"""What a process does once, done before a trial's clock starts."""

import copy
import itertools
from contextlib import AbstractContextManager, suppress

import torch
from torch import Tensor, nn

from ablate.errors import DivergedError
from ablate.image_classification.settings.keys import TrainingSettings
from ablate.image_classification.training.evaluation import evaluate, evaluation_batch
from ablate.image_classification.training.loop import Splits, train_steps
from ablate.image_classification.training.optimizers import make_optimizer
from ablate.image_classification.training.precision import Precision


def warm_up(
    network: nn.Module, splits: Splits, settings: TrainingSettings, precision: Precision
) -> None:
    """Train a copy of the network for one step, and score it on one batch, without a trace in the
    network or in any stream of randomness.

    Libraries are loaded, kernels chosen and networks compiled when first used. In the seconds of
    training that would count against whichever trial a process happens to begin with, most often
    the baseline's.
    """
    used = splits.train[: settings.images_per_epoch(len(splits.train))]
    train = _one_of_each_size(used, settings.batch_size)
    validation = _one_of_each_size(splits.validation, evaluation_batch(splits.images))
    if not settings.compile:  # which compiles anew for another size
        train, validation = train[:1], validation[:1]
    other = copy.deepcopy(network)
    optimizer = make_optimizer(other.parameters(), settings)
    with _random_streams_kept(precision.device), suppress(DivergedError):
        train_steps(other, optimizer, itertools.repeat(None), splits.images, train, precision)
        for part in validation:
            evaluate(other, splits.images, part, precision)


def _one_of_each_size(indices: Tensor, size: int) -> list[Tensor]:
    """The batches that indices make, one of each size: a full one, and the rest if there is one."""
    batches: dict[int, Tensor] = {}
    for batch in indices.split(size):
        batches.setdefault(len(batch), batch)
    return list(batches.values())


def _random_streams_kept(device: torch.device) -> AbstractContextManager[None]:
    kept: AbstractContextManager[None] = torch.random.fork_rng(
        devices=[] if device.type == "cpu" else [device]
    )
    return kept
