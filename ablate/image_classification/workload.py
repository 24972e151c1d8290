"""The workload that ships: settings -> data, network, training loop -> metrics.

Planning imports this file without torch; `run` and `load_data` import what they need.
"""

import itertools
import math
import os
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ablate.errors import AblateError, DivergedError, Problem
from ablate.image_classification.architecture.cost import ForwardFlops, forward_flops
from ablate.image_classification.architecture.spec import NO_WEIGHTS
from ablate.image_classification.data.sources import DATASETS, load_data
from ablate.image_classification.settings import identity, resolving
from ablate.image_classification.settings.implied import (
    class_count,
    input_shape,
    normalization,
    train_size,
    validation_size,
)
from ablate.image_classification.settings.keys import ImageClassificationSettings
from ablate.image_classification.settings.resolving import parse
from ablate.image_classification.streams import stream_seed
from ablate.workload import MetricDescription, Resources, Settings, Wanted

if TYPE_CHECKING:
    import torch
    from torch import nn

    from ablate.image_classification.data.image_data import ImageData
    from ablate.image_classification.training.evaluation import Encode
    from ablate.image_classification.training.loop import Splits
    from ablate.image_classification.training.precision import Precision

Result = TypeVar("Result")

METRICS = {
    f"{which}_{kind}": MetricDescription(
        label=f"{which} {kind}",
        unit="%" if kind == "accuracy" else "nats",
        higher_is_better=kind == "accuracy",
    )
    for which in ("train", "validation", "test")
    for kind in ("accuracy", "loss")
} | {
    "generalization_gap": MetricDescription(
        label="gap between train and test accuracy",
        unit="%",
        higher_is_better=False,
        uses_test_data=True,
    ),
    "validation_accuracy_mean": MetricDescription(
        label="validation accuracy, mean over training", unit="%"
    ),
    "validation_loss_mean": MetricDescription(
        label="validation loss, mean over training", unit="nats", higher_is_better=False
    ),
    "validation_loss_roughness": MetricDescription(
        label="validation loss roughness", unit="nats", higher_is_better=False
    ),
    "validation_loss_rise": MetricDescription(
        label="rise of the validation loss from its best to the end",
        unit="nats",
        higher_is_better=False,
    ),
    "best_epoch": MetricDescription(
        label="epoch of best validation loss", unit="epochs", higher_is_better=False
    ),
    "epochs": MetricDescription(label="epochs trained", unit="epochs", higher_is_better=False),
    "train_seconds": MetricDescription(label="training time", unit="s", higher_is_better=False),
}


class ImageClassification:
    """See `ablate.workload.Workload`."""

    name = "image_classification"
    version = "1"
    metrics: Mapping[str, MetricDescription] = METRICS

    def resolve(self, settings: Mapping[str, Any]) -> Settings:
        return resolving.resolve(settings)

    def pinned(self, settings: Mapping[str, Any]) -> Settings:
        return resolving.pinned(settings)

    def identity(self, resolved: Settings) -> Settings:
        return identity.identity(resolved)

    def canonical(self, resolved: Settings) -> Any:
        return identity.canonical(resolved)

    def data_needed(self, resolved: Settings) -> tuple[str, ...]:
        checked = parse(resolved)
        weights = _weights_name(checked)
        return (checked.data.dataset, *([weights] if weights else []))

    def load_data(self, name: str, data_dir: Path | None) -> Any:
        if not name.startswith(_WEIGHTS):
            return load_data(name, data_dir)
        from ablate.image_classification.architecture.pretrained import load_weights

        backbone, _, weights = name.removeprefix(_WEIGHTS).partition(" ")
        return load_weights(backbone, weights, data_dir)

    def training_flops(self, resolved: Settings) -> float:
        checked = parse(resolved)
        recipe, validation = checked.training, validation_size(checked)
        train = train_size(checked) - validation
        return _forward_flops(checked).of_training(
            recipe.epochs * train,
            recipe.epochs * validation * recipe.validations_per_epoch,
            once=train + validation if recipe.cache_limit else None,
        )

    def device_check(self, resources: Resources) -> Callable[[], None] | None:
        if resources.gpus > 1:
            raise AblateError(
                Problem(
                    f"--gpus-per-trial {resources.gpus:g}",
                    f"a trial of {self.name} computes on one GPU; the others would idle",
                    "give each trial one GPU, or a share of one, such as 0.5",
                )
            )
        return _check_gpu if resources.gpus else None

    def run(
        self,
        settings: Settings,
        seed: int,
        resources: Resources,
        data: Mapping[str, Any],
        wanted: Wanted = Wanted(),
    ) -> Iterator[dict[str, Any]]:
        return _run(parse(settings), seed, resources, data, wanted)


WORKLOAD = ImageClassification()

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and standard deviation of ImageNet's channels, for values from 0 to 1, as torchvision's
weights were trained with."""

_WEIGHTS = "weights "
"""Begins the name of a backbone's weights, among the data that a trial reads."""


def _weights_name(settings: ImageClassificationSettings) -> str | None:
    spec = settings.architecture
    return None if spec.weights == NO_WEIGHTS else f"{_WEIGHTS}{spec.backbone} {spec.weights}"


def _check_gpu() -> None:
    from ablate.image_classification.training.device import check_gpu

    check_gpu()


def _run(
    settings: ImageClassificationSettings,
    seed: int,
    resources: Resources,
    data: Mapping[str, Any],
    wanted: Wanted,
) -> Iterator[dict[str, Any]]:
    import torch

    from ablate.image_classification.architecture.backbone_network import split
    from ablate.image_classification.training.device import choose_device, peak_memory, prepare
    from ablate.image_classification.training.frozen_part import encoder, kept_outputs
    from ablate.image_classification.training.loop import train
    from ablate.image_classification.training.precision import choose_precision, keep_float32_exact
    from ablate.image_classification.training.warm_up import warm_up

    torch.set_num_threads(max(1, int(resources.cpus)))
    device = choose_device(resources)
    prepare(device)
    keep_float32_exact()
    precision = choose_precision(settings.training.precision, device)
    network = _network(settings, seed, precision, data)
    parts = split(network, settings.architecture)
    encode = parts.frozen and encoder(parts.frozen, precision)
    splits = _splits(settings, data[settings.data.dataset], seed, device, encode)
    facts = _facts(settings, precision, splits)
    frozen_once = False
    if parts.frozen is not None:
        kept = yield from _told(kept_outputs(settings, splits, parts.frozen, precision))
        splits, frozen_once = kept or splits, kept is not None
        facts["provenance"]["frozen_part"] = "once" if frozen_once else "with every batch"
    points = []
    trained = parts.trained
    trainable = _compiled(trained) if settings.training.compile else trained
    flops = _forward_flops(settings)
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


def _compiled(network: "nn.Module") -> Any:
    """Dynamo stops compiling, without a word, where code has been compiled too often, and a worker
    comes by the same code in every trial: so it forgets those before.
    """
    import torch

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


def _splits(
    settings: ImageClassificationSettings,
    data: "ImageData",
    seed: int,
    device: "torch.device",
    encode: "Encode | None" = None,
) -> "Splits":
    """The data on the device. On the CPU the images are shared with all other trials, unchanged,
    but where classes are left out. encode: the frozen part of the network.
    """
    import torch

    from ablate.image_classification.data.classes import of_classes
    from ablate.image_classification.data.split import split_indices
    from ablate.image_classification.training.evaluation import ImageSet
    from ablate.image_classification.training.loop import Splits

    def channels(values: Sequence[float]) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float32, device=device).reshape(1, -1, 1, 1)

    data = of_classes(data, settings.data.classes)
    means, deviations = IMAGENET if normalization(settings) == "imagenet" else (data.mean, data.std)
    mean, scale = channels(means) * 255, 1 / (channels(deviations) * 255)
    side = settings.data.image_size
    side = None if input_shape(settings) == data.train_images.shape[1:] else side
    train, validation = split_indices(
        data.train_labels, settings.data.validation_fraction, seed, settings.data.stratified
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        train_images, train_labels, test_images, test_labels = (
            torch.from_numpy(array).to(device)
            for array in (data.train_images, data.train_labels, data.test_images, data.test_labels)
        )
    return Splits(
        images=ImageSet(train_images, train_labels, mean, scale, side, encode),
        test_images=ImageSet(test_images, test_labels, mean, scale, side, encode),
        train=torch.from_numpy(train).to(device),
        validation=torch.from_numpy(validation).to(device),
        test=torch.arange(len(test_labels), device=device),
    )


def _network(
    settings: ImageClassificationSettings,
    seed: int,
    precision: "Precision",
    data: Mapping[str, Any],
) -> "nn.Module":
    name = _weights_name(settings)
    return precision.place(initial_network(settings, seed, data[name] if name else None))


def initial_network(
    settings: ImageClassificationSettings, seed: int, weights: Mapping[str, Any] | None = None
) -> "nn.Module":
    """The network as a trial with these settings and seed starts, on the CPU.

    weights: arrays by name, those that a backbone starts from; without them it starts at random.
    """
    import torch

    from ablate.image_classification.architecture.builder import build_network

    def stream(*use: str | int) -> torch.Generator:
        return torch.Generator().manual_seed(stream_seed(seed, *use))

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        state = weights and {name: torch.from_numpy(value) for name, value in weights.items()}
    return build_network(
        settings.architecture, input_shape(settings), class_count(settings), stream, state
    )


def _final_metrics(
    network: "nn.Module",
    splits: "Splits",
    precision: "Precision",
    points: list[dict[str, float]],
    settings: ImageClassificationSettings,
) -> dict[str, float]:
    """The chosen network's exact scores, and what its course of training amounts to."""
    from ablate.image_classification.training.early_stopping import best_point
    from ablate.image_classification.training.evaluation import evaluate

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
        "validation_loss_roughness": _mean(rises),
        "validation_loss_rise": losses[-1] - min(losses),
        "validation_accuracy_mean": _mean([point["validation_accuracy"] for point in points]),
        "validation_loss_mean": _mean(losses),
    }


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0


def _facts(
    settings: ImageClassificationSettings, precision: "Precision", splits: "Splits"
) -> dict[str, Any]:
    """What is known of the metrics and of how they came about, but is no metric."""
    import torch

    from ablate.image_classification.training.device import device_name, gpu_facts

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


def _weights(network: "nn.Module") -> bytes:
    from safetensors.torch import save

    saved: bytes = save({name: value.contiguous() for name, value in network.state_dict().items()})
    return saved


def _forward_flops(settings: ImageClassificationSettings) -> ForwardFlops:
    return forward_flops(settings.architecture, input_shape(settings), class_count(settings))
