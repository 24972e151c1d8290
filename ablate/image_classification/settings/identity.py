"""What makes two trials one: what of their settings enters the hash, and what is computed."""

from typing import Any

from ablate.image_classification.architecture import weights
from ablate.image_classification.architecture.backbones import BACKBONES
from ablate.image_classification.architecture.spec import IMAGENET
from ablate.image_classification.architecture.spec import canonical as canonical_architecture
from ablate.image_classification.data.sources import DATASETS
from ablate.image_classification.settings.implied import (
    held_out,
    input_shape,
    normalization,
    training_images,
    unusual_channels,
    usual_normalization,
)
from ablate.image_classification.settings.keys import (
    DataSettings,
    ImageClassificationSettings,
    TrainingSettings,
)
from ablate.image_classification.settings.nesting import difference
from ablate.image_classification.settings.resolving import parse
from ablate.workload import Settings

VERSION = "1"
"""Raised when equal settings and seed come to mean other results."""


def identity(resolved: Settings) -> Settings:
    """What enters the hash: see `ablate.workload.Workload.identity`."""
    effective = _effective(parse(resolved))
    different = difference(
        effective.model_dump(mode="json"), ImageClassificationSettings().model_dump(mode="json")
    )
    name = effective.data.dataset
    data = {**different.get("data", {}), "dataset": name, "digest": DATASETS[name].digest}
    data |= unusual_channels(effective)
    if effective.architecture.weights == IMAGENET:
        backbone = BACKBONES[str(effective.architecture.backbone)]
        different["architecture"]["weights_digest"] = backbone.weights_digest
    return {**different, "data": data}


def canonical(resolved: Settings) -> Any:
    """What is computed: two arms of equal canonical form are one network by one recipe."""
    effective = _effective(parse(resolved))
    # In the hash these stay as given, so that trials already recorded keep theirs.
    as_run = _shortest_patience(effective.training) | _one_cycle_as_run(effective)
    training = effective.training.model_copy(update=as_run)
    form = effective.model_copy(update={"training": training}).model_dump(mode="json")
    form["data"]["validation_fraction"] = held_out(effective)
    return form


def _shortest_patience(training: TrainingSettings) -> Settings:
    """Of those that stop it where it is stopped; of a single validation, none chooses anything."""
    if training.early_stopping_patience is None:
        return {}
    if training.epochs * training.validations_per_epoch == 1:
        return {"early_stopping_patience": None}
    lasting = _lasting_patience(training)
    return {"early_stopping_patience": min(training.early_stopping_patience, lasting)}


def _one_cycle_as_run(settings: ImageClassificationSettings) -> Settings:
    """The keys of the cycle, alike for all that give each step the same rate: the highest one has
    a step of its own, the first and the last only where they are others.
    """
    training = settings.training
    if training.schedule != "one_cycle":
        return {}
    steps = training.planned_steps(training_images(settings))
    peak = training.one_cycle_peak(steps)
    start, final = training.one_cycle_start_divisor, training.one_cycle_final_divisor
    if peak == 0:
        start, final = 1.0, float(f"{start * final:.12g}")
    return {
        "one_cycle_warm_up": (peak + 1) / steps,
        "one_cycle_start_divisor": start,
        "one_cycle_final_divisor": 1.0 if peak == steps - 1 else final,
    }


def _lasting_patience(training: TrainingSettings) -> int:
    """The shortest patience, in validations, that never stops a training before its end."""
    return max(1, training.epochs * training.validations_per_epoch - 1)


def _effective(settings: ImageClassificationSettings) -> ImageClassificationSettings:
    """The same trial with each key that has no effect in it at its default."""
    defaults = TrainingSettings()
    training = settings.training.model_copy(
        update={key: getattr(defaults, key) for key in _without_effect(settings)}
    )
    architecture = canonical_architecture(settings.architecture)
    architecture = architecture.model_copy(
        update={"weights": weights.by_content(architecture.weights)}
    )
    return settings.model_copy(
        update={
            "data": _effective_data(settings),
            "training": training,
            "architecture": architecture,
        }
    )


def _effective_data(settings: ImageClassificationSettings) -> DataSettings:
    data, description = settings.data, DATASETS[settings.data.dataset]
    every_class = data.classes == tuple(range(description.classes))
    native = input_shape(settings) == description.input_shape
    usual = usual_normalization(settings) == normalization(settings) == "dataset"
    return data.model_copy(
        update={
            "classes": None if every_class else data.classes,
            "image_size": None if native else data.image_size,
            # Where it is ImageNet's, the hash says so.
            "normalization": None if usual else normalization(settings),
        }
    )


def _without_effect(settings: ImageClassificationSettings) -> list[str]:
    """The keys of training that change nothing under this optimizer and schedule and with so many
    images, or never do.
    """
    training = settings.training
    keys = ["momentum"] if training.optimizer == "adam" else ["beta1", "beta2", "epsilon"]
    keys.append("cache_limit")
    if training.drop_last_batch and not _drops_a_batch(settings):
        keys.append("drop_last_batch")
    if training.schedule != "one_cycle":
        keys += [key for key in TrainingSettings.model_fields if key.startswith("one_cycle_")]
    elif training.one_cycle_momentum == training.own_momentum:
        keys.append("one_cycle_momentum")
    return keys


def _drops_a_batch(settings: ImageClassificationSettings) -> bool:
    """Whether `drop_last_batch` leaves out a batch that would be trained on without it."""
    images = training_images(settings)
    without = settings.training.model_copy(update={"drop_last_batch": False})
    return settings.training.images_per_epoch(images) < without.images_per_epoch(images)
