"""Training one network once, as an iterator of validation points."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from ablate.errors import DivergedError
from ablate.image_classification.architecture.cost import ForwardFlops
from ablate.image_classification.settings.keys import TrainingSettings
from ablate.image_classification.streams import stream_seed
from ablate.image_classification.training.early_stopping import best_point, should_stop
from ablate.image_classification.training.evaluation import Inputs, Score, evaluate
from ablate.image_classification.training.optimizers import make_optimizer
from ablate.image_classification.training.precision import Precision
from ablate.image_classification.training.schedules import make_schedule
from ablate.stopwatch import Stopwatch

FINITE_CHECK_EVERY = 100  # steps; on a GPU each check waits for the device


@dataclass(frozen=True)
class Splits:
    """The image sets of a trial and, on its device, which images are for what.

    train, validation: int64 indices into `images`; test: into `test_images`.
    """

    images: Inputs
    test_images: Inputs
    train: Tensor
    validation: Tensor
    test: Tensor


@dataclass
class Progress:
    """How far the training has come."""

    images_seen: int = 0
    flops: float = 0.0
    validation_losses: list[float] = field(default_factory=list)
    best_weights: dict[str, Tensor] | None = None


def train(
    network: nn.Module,
    splits: Splits,
    settings: TrainingSettings,
    precision: Precision,
    seed: int,
    forward_flops: ForwardFlops,
    test_curve: bool = False,
    frozen_once: bool = False,
) -> Iterator[dict[str, float]]:
    """Train `network` in place, one dictionary a validation point.

    forward_flops: of one image. frozen_once: the frozen part has passed all images already, which
    counts as one pass, whoever made it; else it runs anew with every batch. Each dictionary holds
    epoch (fractional), images (seen so far), seconds and flops (training and validation so far;
    neither scoring the test set nor the time until the next point is asked for), train_loss and
    train_accuracy (running averages since the last point, dropout active), validation_loss and
    validation_accuracy, and test_loss and test_accuracy with `test_curve`. Losses in nats,
    accuracies in percent.

    With early stopping the network ends at its best validation loss, else at its last. Raises
    DivergedError when a loss is not finite.
    """
    watch, progress = Stopwatch(), Progress()
    optimizer = make_optimizer(network.parameters(), settings)
    schedule = make_schedule(optimizer, settings, settings.planned_steps(len(splits.train)))
    once = len(splits.train) + len(splits.validation) if frozen_once else None
    # Dropout draws from the global generator: its stream depends on the seed alone.
    torch.manual_seed(stream_seed(seed, "dropout"))
    for epoch in range(settings.epochs):
        for position, steps in _portions(splits.train, settings, seed, epoch):
            running = train_steps(network, optimizer, schedule, splits.images, steps, precision)
            validation = evaluate(network, splits.images, splits.validation, precision)
            progress.images_seen += sum(len(step) for step in steps)
            progress.flops = forward_flops.of_training(
                progress.images_seen,
                len(splits.validation) * (len(progress.validation_losses) + 1),
                once,
            )
            _note_validation(progress, network, validation, settings)
            point = {
                "epoch": epoch + position,
                "images": float(progress.images_seen),
                "seconds": watch.seconds(),
                "flops": progress.flops,
                **_named("train", running),
                **_named("validation", validation),
            }
            with watch.paused():
                if test_curve:
                    test = evaluate(network, splits.test_images, splits.test, precision)
                    point |= _named("test", test)
                yield point
            if should_stop(progress.validation_losses, settings.early_stopping_patience):
                break
        else:
            continue
        break
    if progress.best_weights is not None:
        network.load_state_dict(progress.best_weights)


def _portions(
    train: Tensor, settings: TrainingSettings, seed: int, epoch: int
) -> Iterator[tuple[float, list[Tensor]]]:
    """The epoch's batches in the order of its own stream, cut into one portion a validation, each
    with the share of the epoch that is done after it.
    """
    generator = torch.Generator().manual_seed(stream_seed(seed, "order", epoch))
    order = torch.randperm(len(train), generator=generator).to(train.device)
    used = order[: settings.images_per_epoch(len(train))]
    steps = list(train[used].split(settings.batch_size))
    count = settings.validations_per_epoch
    ends = [round(len(steps) * part / count) for part in range(count + 1)]
    for part, (begin, end) in enumerate(itertools.pairwise(ends), start=1):
        yield part / count, steps[begin:end]


def train_steps(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: Iterator[None],
    data: Inputs,
    steps: list[Tensor],
    precision: Precision,
) -> Score:
    """One optimizer step for each batch of indices; the mean score over their images."""
    network.train()
    loss_sum = torch.zeros((), device=data.labels.device)
    correct = torch.zeros((), dtype=torch.int64, device=data.labels.device)
    for number, indices in enumerate(steps, start=1):
        images, labels = data.batch(indices)
        with precision.autocast():
            logits = network(images)
        loss = functional.cross_entropy(logits.float(), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        next(schedule)
        optimizer.step()
        with torch.no_grad():
            loss_sum += loss.detach() * len(indices)
            correct += (logits.argmax(dim=1) == labels).sum()
        if number % FINITE_CHECK_EVERY == 0:
            _check_finite(float(loss_sum), "training")
    count = sum(len(step) for step in steps)
    _check_finite(float(loss_sum), "training")
    return Score(loss=float(loss_sum) / count, accuracy=100 * int(correct) / count)


def _note_validation(
    progress: Progress, network: nn.Module, score: Score, settings: TrainingSettings
) -> None:
    _check_finite(score.loss, "validation")
    progress.validation_losses.append(score.loss)
    if settings.early_stopping_patience is None:
        return
    if best_point(progress.validation_losses) == len(progress.validation_losses) - 1:
        weights = network.state_dict().items()
        progress.best_weights = {name: value.detach().clone() for name, value in weights}


def _check_finite(loss: float, which: str) -> None:
    if not math.isfinite(loss):
        raise DivergedError(f"the {which} loss is {loss}")


def _named(which: str, score: Score) -> dict[str, float]:
    return {f"{which}_loss": score.loss, f"{which}_accuracy": score.accuracy}
