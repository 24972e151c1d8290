"""One trial: settings -> data, network, training loop -> metrics and facts."""

import itertools
import math
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import torch
from safetensors.torch import save
from torch import nn

from ablate.errors import DivergedError
from ablate.image_classification.architecture.backbone_network import split
from ablate.image_classification.data.sources import DATASETS
from ablate.image_classification.flops import image_flops
from ablate.image_classification.image_sets import image_sets
from ablate.image_classification.initial_network import initial_network
from ablate.image_classification.needed_data import weights_name
from ablate.image_classification.settings.implied import class_count
from ablate.image_classification.settings.keys import ImageClassificationSettings
from ablate.image_classification.training.device import (
    choose_device,
    device_name,
    gpu_facts,
    peak_memory,
    prepare,
)
from ablate.image_classification.training.early_stopping import best_point
from ablate.image_classification.training.evaluation import evaluate
from ablate.image_classification.training.frozen_part import encoder, kept_outputs
from ablate.image_classification.training.host_memory import keep_freed_memory
from ablate.image_classification.training.loop import Splits, train
from ablate.image_classification.training.precision import (
    Precision,
    choose_precision,
    keep_float32_exact,
)
from ablate.image_classification.training.warm_up import warm_up
from ablate.workload import Resources, Wanted

Result = TypeVar("Result")


def run_trial(
    settings: ImageClassificationSettings,
    seed: int,
    resources: Resources,
    data: Mapping[str, Any],
    wanted: Wanted,
) -> Iterator[dict[str, Any]]:
    """Train and score a network: see `ablate.workload.Workload.run`.

    data: what `needed_data` names. Raises DivergedError, with the facts, when a loss is not finite.
    """
    torch.set_num_threads(max(1, int(resources.cpus)))
    keep_freed_memory()
    device = choose_device(resources)
    prepare(device)
    keep_float32_exact()
    precision = choose_precision(settings.training.precision, device)
    name = weights_name(settings)
    weights = data[name] if name else None
    network = precision.place(initial_network(settings, seed, weights))
    parts = split(network, settings.architecture)
    encode = parts.frozen and encoder(parts.frozen, precision)
    splits = image_sets(settings, data[settings.data.dataset], seed, device, encode)
    facts = _facts(settings, precision, splits)
    frozen_once = False
    if parts.frozen is not None:
        kept = yield from _told(kept_outputs(settings, splits, parts.frozen, precision))
        splits, frozen_once = kept or splits, kept is not None
        facts["provenance"]["frozen_part"] = "once" if frozen_once else "with every batch"
    points = []
    trained = parts.trained
    trainable = _compiled(trained) if settings.training.compile else trained
    flops = image_flops(settings)
    warm_up(trainable, splits, settings.training, precision)
    try:
        for point in train(
            trainable,
            splits,
            settings.training,
            precision,
            seed,
            flops,
            wanted.test_curve,
            frozen_once,
        ):
            points.append(point)
            yield point
    except DivergedError as error:
        raise DivergedError(str(error), facts) from None
    finally:
        facts["provenance"] |= peak_memory(device)
    final = _final_metrics(trained, splits, precision, points, settings)
    final["train_seconds"] = points[-1]["seconds"]
    if wanted.weights:
        facts["weights"] = _weights(network)
    yield {**final, "facts": facts}


def _compiled(network: nn.Module) -> Any:
    """Dynamo stops compiling, without a word, where code has been compiled too often, and a worker
    comes by the same code in every trial: so it forgets those before.
    """
    torch.compiler.reset()
    compiled: Any = torch.compile(network)
    return compiled


def _told(work: Generator[str, None, Result]) -> Generator[dict[str, Any], None, Result]:
    """The words of some work as rows, and its result."""
    while True:
        try:
            yield {"doing": next(work)}
        except StopIteration as end:
            result: Result = end.value
            return result


def _final_metrics(
    network: nn.Module,
    splits: Splits,
    precision: Precision,
    points: list[dict[str, float]],
    settings: ImageClassificationSettings,
) -> dict[str, float]:
    """The chosen network's exact scores, and what its course of training amounts to: one validation
    has no roughness.
    """
    train = evaluate(network, splits.images, splits.train, precision)
    test = evaluate(network, splits.test_images, splits.test, precision)
    losses = [point["validation_loss"] for point in points]
    best = best_point(losses)
    chosen = points[best if settings.training.early_stopping_patience is not None else -1]
    rises = [max(0.0, after - before) for before, after in itertools.pairwise(losses)]
    return {
        "train_loss": train.loss,
        "train_accuracy": train.accuracy,
        "validation_loss": chosen["validation_loss"],
        "validation_accuracy": chosen["validation_accuracy"],
        "test_loss": test.loss,
        "test_accuracy": test.accuracy,
        "generalization_gap": train.accuracy - test.accuracy,
        "best_epoch": points[best]["epoch"],
        "epochs": points[-1]["epoch"],
        **({"validation_loss_roughness": _mean(rises)} if rises else {}),
        "validation_loss_rise": losses[-1] - min(losses),
        "validation_accuracy_mean": _mean([point["validation_accuracy"] for point in points]),
        "validation_loss_mean": _mean(losses),
    }


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _facts(
    settings: ImageClassificationSettings, precision: Precision, splits: Splits
) -> dict[str, Any]:
    """What is known of the metrics and of how they came about, but is no metric."""
    sizes = {"train": len(splits.train), "validation": len(splits.validation)}
    sizes["test"] = len(splits.test)
    description = DATASETS[settings.data.dataset]
    chance = {}
    for which in sizes:
        chance[f"{which}_accuracy"] = 100 / class_count(settings)
        chance[f"{which}_loss"] = math.log(class_count(settings))
    chance["validation_accuracy_mean"] = chance["validation_accuracy"]
    chance["validation_loss_mean"] = chance["validation_loss"]
    gpu = gpu_facts(precision.device)
    return {
        "chance_level": chance,
        "metric_resolution": {f"{which}_accuracy": 100 / size for which, size in sizes.items()},
        "provenance": {
            "precision": precision.name,
            "device": device_name(precision.device),
            "threads": torch.get_num_threads(),
            "dataset": settings.data.dataset,
            "data_digest": description.digest,
            "images": sizes,
            "torch": torch.__version__,
            "process": os.getpid(),
            **({"gpu": gpu} if gpu else {}),
        },
    }


def _weights(network: nn.Module) -> bytes:
    saved: bytes = save({name: value.contiguous() for name, value in network.state_dict().items()})
    return saved
