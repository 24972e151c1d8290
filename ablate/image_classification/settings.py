"""Every key that image classification understands, and what of it enters a trial's hash.

Imports no torch: studies are validated and planned by this file alone.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    ValidationError,
    field_validator,
)

from ablate.errors import Problem, SettingsError, did_you_mean
from ablate.image_classification.architecture import weights
from ablate.image_classification.architecture.backbones import BACKBONES
from ablate.image_classification.architecture.layers import Shape, layer_list
from ablate.image_classification.architecture.presets import PRESETS
from ablate.image_classification.architecture.spec import (
    IMAGENET,
    ArchitectureSpec,
    BackboneSpec,
)
from ablate.image_classification.architecture.spec import canonical as canonical_architecture
from ablate.image_classification.data.sources import DATASETS
from ablate.refused_values import in_words
from ablate.workload import Settings

Number = int | float
_SMALLEST_BATCH = 2


class _Section(BaseModel):
    """The text below a key is what `ablate settings` says of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class DataSettings(_Section):
    """Which images, how they reach the network, and how validation images are held out of the
    training set.
    """

    dataset: str = Field(default="cifar10", json_schema_extra={"enum": [*DATASETS]})
    """Which images; digits are small, and embedded."""
    classes: tuple[NonNegativeInt, ...] | None = Field(default=None, min_length=2)
    """Labels of the classes to tell apart; they are numbered anew, from 0, in ascending order, and
    the images of other classes are left out. null: all."""
    image_size: PositiveInt | None = None
    """Height and width that images are brought to, by bilinear interpolation, in pixels. null:
    their own."""
    normalization: Literal["dataset", "imagenet"] | None = None
    """Whose mean and standard deviation images are normalised by. null: the data set's own, or
    ImageNet's where a backbone has ImageNet weights."""
    validation_fraction: float = Field(default=0.1, gt=0, lt=1)
    """Share of the training images held out for validation, drawn by seed."""
    stratified: bool = False
    """Hold out the same share of every class."""

    @field_validator("classes", mode="after")
    @classmethod
    def _ascending(cls, value: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if value is not None and len(set(value)) < len(value):
            raise ValueError("a class is named twice")
        return value and tuple(sorted(value))


class TrainingSettings(_Section):
    """The recipe."""

    optimizer: Literal["sgd", "adam"] = "sgd"
    """Stochastic gradient descent, or Adam (Kingma and Ba 2015)."""
    learning_rate: float = Field(default=0.05, gt=0)
    """The rate of every step, or what a schedule starts from (cosine) or rises to (one_cycle)."""
    schedule: Literal["constant", "cosine", "one_cycle"] = "constant"
    """How the learning rate changes from step to step; one_cycle: Smith and Topin 2018, arXiv
    1708.07120. It spans the planned epochs: where training stops early, the rest of the schedule
    is not reached."""
    one_cycle_warm_up: float = Field(default=0.3, ge=0, lt=1)
    """Only one_cycle: share of the steps in which the rate rises."""
    one_cycle_start_divisor: float = Field(default=25.0, gt=1)
    """Only one_cycle with a warm-up: the first step's rate is the learning rate divided by
    this."""
    one_cycle_final_divisor: float = Field(default=1e4, ge=1)
    """Only one_cycle: the last step's rate is the learning rate divided by this and by
    one_cycle_start_divisor."""
    one_cycle_momentum: float | None = Field(default=None, gt=0, lt=1)
    """Only one_cycle: what momentum (SGD) or beta1 (Adam) falls to while the rate rises, and comes
    back from; not above it. null: it stays as it is."""
    momentum: float = Field(default=0.0, ge=0, lt=1)
    """Only SGD: the share of the last step that is added to the next."""
    beta1: float = Field(default=0.9, ge=0, lt=1)
    """Only Adam: decay of the gradient's running mean."""
    beta2: float = Field(default=0.999, ge=0, lt=1)
    """Only Adam: decay of the squared gradient's running mean."""
    epsilon: float = Field(default=1e-8, gt=0)
    """Only Adam: added to the denominator."""
    weight_decay: float = Field(default=0.0, ge=0)
    """L2 penalty added to the gradient, in both optimizers."""
    batch_size: int = Field(default=64, ge=_SMALLEST_BATCH)
    """Images a step."""
    epochs: int = Field(default=10, ge=1)
    """Passes over the training images, at most."""
    validations_per_epoch: int = Field(default=1, ge=1)
    """Validation points in an epoch, evenly spread."""
    early_stopping_patience: int | None = Field(default=None, ge=1)
    """Stop when none of the last so many validation losses is below the one before it, and keep
    the network of the best validation loss. null: run all epochs, keep the last network."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto: bfloat16 autocast where the device computes it natively, else float32."""
    compile: bool = False
    """torch.compile the network."""
    cache_limit: NonNegativeFloat = 20.0
    """Only with frozen blocks: GB of disk that their outputs may take in the user's cache, so that
    they run once for each image. 0: they are not kept. No part of a trial's hash: the results are
    equal, up to rounding."""

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

    A file of weights is named with its content (see `architecture/weights.py`). Raises
    SettingsError, `where` being the dotted key of each mistake.
    """
    given = nested(settings)
    preset = given.pop("preset", None)
    if preset is not None:
        given = merged(_preset(preset), given)
    resolved = parse(given).model_dump(mode="json")
    resolved["architecture"]["weights"] = weights.pinned(resolved["architecture"]["weights"])
    return resolved


def _preset(name: Any) -> Settings:
    if isinstance(name, str) and name in PRESETS:
        return PRESETS[name]
    if isinstance(name, list | Mapping):
        message = f"must be the name of a preset, not {name!r}"
        raise SettingsError(Problem("preset", message, f"known are: {', '.join(sorted(PRESETS))}"))
    raise SettingsError(
        Problem("preset", f"no preset named {name!r}", did_you_mean(str(name), PRESETS))
    )


def pinned(settings: Mapping[str, Any]) -> Settings:
    """See `ablate.workload.Workload.pinned`."""
    return {
        key: weights.pinned(value) if key == weights.KEY and isinstance(value, str) else value
        for key, value in settings.items()
    }


def parse(settings: Settings) -> ImageClassificationSettings:
    """The settings as a checked model. Raises SettingsError."""
    without_digest = merged(settings, {})
    for section, digest in (("data", "digest"), ("architecture", "weights_digest")):
        if isinstance(without_digest.get(section), dict):
            without_digest[section].pop(digest, None)  # `identity` adds it for the hash
    try:
        checked = ImageClassificationSettings.model_validate(without_digest)
    except ValidationError as error:
        raise SettingsError(*_problems(error)) from None
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
    if (backbone := effective.architecture.backbone) is not None:
        difference["architecture"] |= weights.identity(backbone, effective.architecture.weights)
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
    usual = _usual_normalization(settings) == normalization(settings) == "dataset"
    return data.model_copy(
        update={
            "classes": None if every_class else data.classes,
            "image_size": None if native else data.image_size,
            # Where it is ImageNet's, the hash says so.
            "normalization": None if usual else normalization(settings),
        }
    )


def _without_effect(training: TrainingSettings) -> list[str]:
    """The keys that change nothing under this optimizer and schedule, or never do."""
    keys = ["momentum"] if training.optimizer == "adam" else ["beta1", "beta2", "epsilon"]
    keys.append("cache_limit")
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
    _check_classes(settings.data)
    if (backbone := settings.architecture.backbone) is None:
        _check_convolutional(settings)
    else:
        _check_backbone(backbone, settings.architecture.train_from, input_shape(settings))
    _check_split(settings)
    _check_batches(settings)


def _check_split(settings: ImageClassificationSettings) -> None:
    held_out, images = validation_size(settings), train_size(settings)
    if held_out < 1:
        one = 1 / max(_split_sizes(settings))
        problem = (f"holds out none of {images} training images", f"use at least {one:.1g}")
    elif images - held_out < _SMALLEST_BATCH:
        problem = (f"leaves {images - held_out} of {images} images to train with", "use less")
    else:
        return
    raise SettingsError(Problem("data.validation_fraction", *problem))


def _check_batches(settings: ImageClassificationSettings) -> None:
    images, size = train_size(settings) - validation_size(settings), settings.training.batch_size
    batches = images // size
    if not batches:
        message = f"a batch of {size} is more than the {images} images to train with"
        raise SettingsError(Problem("training.batch_size", message, f"use at most {images}"))
    if batches < settings.training.validations_per_epoch:
        raise SettingsError(
            Problem(
                "training.validations_per_epoch",
                f"an epoch has only {batches} batches",
                f"use at most {batches}, or a smaller training.batch_size",
            )
        )


def _check_classes(data: DataSettings) -> None:
    count = DATASETS[data.dataset].classes
    unknown = [label for label in data.classes or () if label >= count]
    if unknown:
        raise SettingsError(
            Problem(
                "data.classes",
                f"{data.dataset} has no class {unknown[0]}",
                f"its classes are 0 to {count - 1}",
            )
        )


def _check_convolutional(settings: ImageClassificationSettings) -> None:
    spec, defaults = settings.architecture, BackboneSpec()
    for key in BackboneSpec.model_fields:
        if getattr(spec, key) != getattr(defaults, key):
            raise SettingsError(
                Problem(
                    f"architecture.{key}",
                    f"is {getattr(spec, key)}, but only a backbone has {key}",
                    "name one, as in architecture.backbone: resnet18",
                )
            )
    try:
        layer_list(spec, input_shape(settings), class_count(settings))
    except ValueError as error:
        raise SettingsError(Problem("architecture", str(error))) from None


def _check_backbone(name: str, block: str | None, shape: Shape) -> None:
    if name not in BACKBONES:
        message = f"no backbone named '{name}'"
        raise SettingsError(
            Problem("architecture.backbone", message, did_you_mean(name, BACKBONES))
        )
    backbone = BACKBONES[name]
    if block is not None and block not in backbone.blocks:
        near = did_you_mean(block, backbone.blocks)
        fix = near if near.startswith("did") else f"its blocks are: {', '.join(backbone.blocks)}"
        raise SettingsError(
            Problem("architecture.train_from", f"{name} has no block named '{block}'", fix)
        )
    if shape[0] != 3:
        message = f"{name} takes images of 3 channels, and these have {shape[0]}"
        raise SettingsError(Problem("architecture.backbone", message))
    if backbone.side is not None and shape[1:] != (backbone.side, backbone.side):
        raise SettingsError(
            Problem(
                "data.image_size",
                f"{name} takes images of {backbone.side}x{backbone.side} alone, since its "
                f"position embedding has an entry for each of their patches; these are "
                f"{shape[1]}x{shape[2]}",
                f"set data.image_size to {backbone.side}",
            )
        )


def input_shape(settings: ImageClassificationSettings) -> Shape:
    """(channels, height, width) of the images as they reach the network."""
    channels, *own = DATASETS[settings.data.dataset].input_shape
    side = settings.data.image_size
    return (channels, *own) if side is None else (channels, side, side)


def class_count(settings: ImageClassificationSettings) -> int:
    """Number of classes to tell apart."""
    return len(settings.data.classes or range(DATASETS[settings.data.dataset].classes))


def normalization(settings: ImageClassificationSettings) -> Literal["dataset", "imagenet"]:
    """Whose mean and standard deviation images are normalised by."""
    return settings.data.normalization or _usual_normalization(settings)


def _usual_normalization(
    settings: ImageClassificationSettings,
) -> Literal["dataset", "imagenet"]:
    return "imagenet" if settings.architecture.weights == IMAGENET else "dataset"


def train_size(settings: ImageClassificationSettings) -> int:
    """Number of images to train and to validate with."""
    return sum(_class_sizes(settings))


def validation_size(settings: ImageClassificationSettings) -> int:
    """Number of images held out for validation, rounded as `split_indices` does."""
    fraction = settings.data.validation_fraction
    return sum(round(fraction * images) for images in _split_sizes(settings))


def _split_sizes(settings: ImageClassificationSettings) -> tuple[int, ...]:
    """Number of images in each group that is split by itself."""
    return _class_sizes(settings) if settings.data.stratified else (train_size(settings),)


def _class_sizes(settings: ImageClassificationSettings) -> tuple[int, ...]:
    sizes = DATASETS[settings.data.dataset].class_sizes
    chosen = settings.data.classes
    return sizes if chosen is None else tuple(sizes[label] for label in chosen)


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


def _problems(error: ValidationError) -> Iterator[Problem]:
    details = error.errors()
    for detail in details:
        # A list is said to be too short where an entry is refused, too.
        below = len(detail["loc"]) + 1
        entries = (other["loc"] for other in details if len(other["loc"]) == below)
        if detail["type"] != "too_short" or detail["loc"] not in (loc[:-1] for loc in entries):
            yield _problem(detail)


def _problem(detail: Any) -> Problem:
    path = [str(part) for part in detail["loc"]]
    where = ".".join(path)
    if detail["type"] == "extra_forbidden":
        section = ".".join(path[:-1])
        known = _keys(path[:-1])
        place = f" in {section}" if section else ""
        elsewhere = [f"'{key}'" for key in setting_keys() if key.endswith(f".{path[-1]}")]
        nearest = did_you_mean(path[-1], known)
        fix = f"did you mean {' or '.join(elsewhere)}?" if elsewhere else nearest
        return Problem(where, f"no setting named '{path[-1]}'{place}", fix)
    if detail["type"] == "literal_error":
        levels = detail["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return Problem(
            where, f"{detail['input']!r} is not a level", did_you_mean(str(detail["input"]), levels)
        )
    return Problem(where, in_words(detail, _items(path)))


def _items(path: list[str]) -> str:
    """What the list that a key may be holds."""
    section, *key = path
    model = ImageClassificationSettings.model_fields[section].annotation
    field = getattr(model, "model_fields", {}).get(".".join(key))
    return "numbers" if field and float in _inside(field.annotation) else "whole numbers"


def _inside(annotation: Any) -> set[Any]:
    """The types that an annotation is made of."""
    parts = get_args(annotation)
    return {annotation}.union(*map(_inside, parts))


def setting_keys() -> tuple[str, ...]:
    """Every settings key, dotted, section by section."""
    sections = ImageClassificationSettings.model_fields
    return tuple(f"{section}.{key}" for section in sections for key in _keys([section]))


def _keys(path: list[str]) -> list[str]:
    model: Any = ImageClassificationSettings
    for part in path:
        model = model.model_fields[part].annotation
    return [*model.model_fields, *([] if path else ["preset"])]
