"""Every key that image classification understands, and what of it enters a trial's hash.

Imports no torch: studies are validated and planned by this file alone.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ablate.errors import Problem, SettingsError, did_you_mean
from ablate.image_classification.architecture.layers import layer_list
from ablate.image_classification.architecture.presets import PRESETS
from ablate.image_classification.architecture.spec import ArchitectureSpec
from ablate.image_classification.architecture.spec import canonical as canonical_architecture
from ablate.image_classification.data.sources import DATASETS
from ablate.workload import Settings

Number = int | float


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DataSettings(_Section):
    """Which images, and how validation images are held out of the training set."""

    dataset: str = "cifar10"
    validation_fraction: float = Field(default=0.1, gt=0, lt=1)
    """Share of the training images held out for validation, drawn by seed."""
    stratified: bool = False
    """Hold out the same share of every class."""


class TrainingSettings(_Section):
    """The recipe."""

    optimizer: Literal["sgd", "adam"] = "sgd"
    learning_rate: float = Field(default=0.05, gt=0)
    """The rate of every step, or what a schedule starts from (cosine) or rises to (one_cycle)."""
    schedule: Literal["constant", "cosine", "one_cycle"] = "constant"
    """How the learning rate changes from step to step; see `training/schedules.py`. It spans the
    planned epochs: where training stops early, the rest of the schedule is not reached."""
    one_cycle_warm_up: float = Field(default=0.3, ge=0, lt=1)
    """Only one_cycle, as all of its keys: share of the steps in which the rate rises."""
    one_cycle_start_divisor: float = Field(default=25.0, gt=1)
    """The first step's rate is the learning rate divided by this."""
    one_cycle_final_divisor: float = Field(default=1e4, ge=1)
    """The last step's rate is the first one's divided by this."""
    one_cycle_momentum: float | None = Field(default=None, gt=0, lt=1)
    """What momentum (SGD) or beta1 (Adam) falls to while the rate rises, and comes back from;
    not above it. None: it stays as it is."""
    momentum: float = Field(default=0.0, ge=0, lt=1)
    """SGD only."""
    beta1: float = Field(default=0.9, ge=0, lt=1)
    """Adam only, as beta2 and epsilon."""
    beta2: float = Field(default=0.999, ge=0, lt=1)
    epsilon: float = Field(default=1e-8, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    """L2 penalty added to the gradient, in both optimizers."""
    batch_size: int = Field(default=64, ge=2)
    epochs: int = Field(default=10, ge=1)
    validations_per_epoch: int = Field(default=1, ge=1)
    early_stopping_patience: int | None = Field(default=None, ge=1)
    """Stop when none of the last so many validation losses is below the one before it, and keep
    the network of the best validation loss. None: run all epochs, keep the last network."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto: bfloat16 autocast where the device computes it natively, else float32."""
    compile: bool = False
    """torch.compile the network."""

    @property
    def own_momentum(self) -> float:
        """Momentum under SGD, beta1 under Adam."""
        return self.momentum if self.optimizer == "sgd" else self.beta1


class ImageClassificationSettings(_Section):
    """All settings of a trial."""

    data: DataSettings = DataSettings()
    architecture: ArchitectureSpec = ArchitectureSpec()
    training: TrainingSettings = TrainingSettings()


def resolve(settings: Mapping[str, Any]) -> Settings:
    """Complete settings from nested or dotted ones; `preset` fills what is not given.

    Raises SettingsError, `where` being the dotted key of each mistake.
    """
    given = nested(settings)
    preset = given.pop("preset", None)
    if preset is not None:
        if preset not in PRESETS:
            raise SettingsError(
                Problem("preset", f"no preset named {preset!r}", did_you_mean(str(preset), PRESETS))
            )
        given = merged(PRESETS[preset], given)
    return parse(given).model_dump(mode="json")


def parse(settings: Settings) -> ImageClassificationSettings:
    """The settings as a checked model. Raises SettingsError."""
    without_digest = merged(settings, {})
    if isinstance(without_digest.get("data"), dict):
        without_digest["data"].pop("digest", None)  # `identity` adds it for the hash
    try:
        checked = ImageClassificationSettings.model_validate(without_digest)
    except ValidationError as error:
        raise SettingsError(*(_problem(detail) for detail in error.errors())) from None
    _check_data(checked)
    _check_schedule(checked.training)
    return checked


def identity(resolved: Settings) -> Settings:
    """What enters the hash: see `ablate.workload.Workload.identity`."""
    effective = _effective(parse(resolved))
    difference = _difference(
        effective.model_dump(mode="json"), ImageClassificationSettings().model_dump(mode="json")
    )
    name = effective.data.dataset
    data = {**difference.get("data", {}), "dataset": name, "digest": DATASETS[name].digest}
    return {**difference, "data": data}


def canonical(resolved: Settings) -> Any:
    """What is computed: two arms of equal canonical form are one network by one recipe."""
    return _effective(parse(resolved)).model_dump(mode="json")


def _effective(settings: ImageClassificationSettings) -> ImageClassificationSettings:
    """The same trial with each key that has no effect in it at its default."""
    defaults = TrainingSettings()
    training = settings.training.model_copy(
        update={key: getattr(defaults, key) for key in _without_effect(settings.training)}
    )
    architecture = canonical_architecture(settings.architecture)
    return settings.model_copy(update={"training": training, "architecture": architecture})


def _without_effect(training: TrainingSettings) -> list[str]:
    """The keys that change nothing under this optimizer and schedule."""
    keys = ["momentum"] if training.optimizer == "adam" else ["beta1", "beta2", "epsilon"]
    if training.schedule != "one_cycle":
        keys += [key for key in TrainingSettings.model_fields if key.startswith("one_cycle_")]
    elif training.one_cycle_momentum == training.own_momentum:
        keys.append("one_cycle_momentum")
    return keys


def _check_schedule(training: TrainingSettings) -> None:
    lowest, own = training.one_cycle_momentum, training.own_momentum
    if training.schedule == "one_cycle" and lowest is not None and lowest > own:
        key = "training.momentum" if training.optimizer == "sgd" else "training.beta1"
        raise SettingsError(
            Problem(
                "training.one_cycle_momentum",
                f"{lowest} lies above {key}, {own}, from which it is to fall",
                f"raise {key}, or leave one_cycle_momentum out",
            )
        )


def _check_data(settings: ImageClassificationSettings) -> None:
    name = settings.data.dataset
    if name not in DATASETS:
        raise SettingsError(
            Problem("data.dataset", f"no data set named '{name}'", did_you_mean(name, DATASETS))
        )
    data = DATASETS[name]
    try:
        layer_list(settings.architecture, data.input_shape, data.classes)
    except ValueError as error:
        raise SettingsError(Problem("architecture", str(error))) from None
    batches = (data.train_size - validation_size(settings)) // settings.training.batch_size
    if batches < settings.training.validations_per_epoch:
        raise SettingsError(
            Problem(
                "training.validations_per_epoch",
                f"an epoch has only {batches} batches",
                f"use at most {batches}, or a smaller training.batch_size",
            )
        )


def validation_size(settings: ImageClassificationSettings) -> int:
    """Number of images held out for validation."""
    return round(settings.data.validation_fraction * DATASETS[settings.data.dataset].train_size)


def nested(settings: Mapping[str, Any]) -> Settings:
    """{"a.b": 1, "a": {"c": 2}} -> {"a": {"b": 1, "c": 2}}; later entries win."""
    result: Settings = {}
    for key, value in settings.items():
        *parents, last = key.split(".")
        entry: Settings = {last: nested(value) if isinstance(value, Mapping) else value}
        for parent in reversed(parents):
            entry = {parent: entry}
        result = merged(result, entry)
    return result


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> Settings:
    """A deep copy of `base` with the entries of `over` laid on top, section by section."""
    result = {
        key: merged(value, {}) if isinstance(value, Mapping) else value
        for key, value in base.items()
    }
    for key, value in over.items():
        below = result.get(key)
        if isinstance(value, Mapping):
            result[key] = merged(below if isinstance(below, Mapping) else {}, value)
        else:
            result[key] = value
    return result


def _difference(settings: Settings, defaults: Settings) -> Settings:
    """The entries of `settings` that differ from `defaults`, section by section."""
    result: Settings = {}
    for key, value in settings.items():
        default = defaults.get(key)
        if isinstance(value, dict) and isinstance(default, dict):
            if below := _difference(value, default):
                result[key] = below
        elif value != default:
            result[key] = value
    return result


def _problem(detail: Any) -> Problem:
    path = [str(part) for part in detail["loc"]]
    where = ".".join(path)
    if detail["type"] == "extra_forbidden":
        section = ".".join(path[:-1])
        known = _keys(path[:-1])
        place = f" in {section}" if section else ""
        return Problem(
            where, f"no setting named '{path[-1]}'{place}", did_you_mean(path[-1], known)
        )
    if detail["type"] == "literal_error":
        levels = detail["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return Problem(
            where, f"{detail['input']!r} is not a level", did_you_mean(str(detail["input"]), levels)
        )
    message = detail["msg"].removeprefix("Value error, ")
    return Problem(where, f"{message} (it is {detail['input']!r})")


def _keys(path: list[str]) -> list[str]:
    model: Any = ImageClassificationSettings
    for part in path:
        model = model.model_fields[part].annotation
    return [*model.model_fields, *([] if path else ["preset"])]
