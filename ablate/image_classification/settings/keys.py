"""Every key that image classification understands.

Imports no torch: studies are validated and planned by this package alone.
"""

import math
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    StrictBool,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticKnownError

from ablate.image_classification.architecture.spec import ArchitectureSpec
from ablate.image_classification.data.sources import DATASETS

SMALLEST_BATCH = 2


class _Section(BaseModel):
    """The text below a key is what `ablate settings` says of it."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, bool):
            kinds = _kinds(cls.model_fields[str(info.field_name)].annotation)
            if bool not in kinds and not kinds.isdisjoint({int, float}):
                raise PydanticKnownError("int_type" if int in kinds else "float_type")
        return value


def _kinds(annotation: Any) -> set[Any]:
    """What a field may hold, as `PositiveInt | None` whole numbers or nothing."""
    if get_origin(annotation) in (Annotated, Union, UnionType):
        return set().union(*map(_kinds, get_args(annotation)))
    return {annotation} if isinstance(annotation, type) else set()


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
    stratified: StrictBool = False
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
    """Only one_cycle: with a warm-up, the first step's rate is the learning rate divided by
    this; with or without, the last one's is lower for it."""
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
    batch_size: int = Field(default=64, ge=SMALLEST_BATCH)
    """Images a step."""
    drop_last_batch: StrictBool = False
    """Leave out an epoch's last batch where it holds fewer images than the others. One of a single
    image is left out in any case: it has no batch statistics to normalise by."""
    epochs: int = Field(default=10, ge=1)
    """Passes over the training images, at most."""
    validations_per_epoch: int = Field(default=1, ge=1)
    """Validation points in an epoch, evenly spread."""
    early_stopping_patience: int | None = Field(default=None, ge=1)
    """Stop when none of the last so many validation losses is below the one before it, and keep
    the network of the best validation loss. null: run all epochs, keep the last network."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto: bfloat16 autocast where the device computes it natively, else float32; the environment
    variable ABLATE_PRECISION names the one of the two that it stands for."""
    compile: StrictBool = False
    """torch.compile the network."""
    cache_limit: NonNegativeFloat = 20.0
    """Only with frozen blocks: GB of disk that their outputs may take in the user's cache, so that
    they run once for each image. 0: they are not kept. No part of a trial's hash: the results
    differ by rounding alone, and by what training makes of it."""

    def images_per_epoch(self, images: int) -> int:
        """Those that an epoch's batches hold, of so many to train with."""
        rest = images % self.batch_size
        fewest = self.batch_size if self.drop_last_batch else SMALLEST_BATCH
        return images - rest if rest < fewest else images

    def planned_steps(self, images: int) -> int:
        """In all epochs, with so many images to train with."""
        return self.epochs * math.ceil(self.images_per_epoch(images) / self.batch_size)

    def one_cycle_peak(self, steps: int) -> int:
        """The step, of so many, that has the highest rate: 0 to steps - 1."""
        return max(0, round(self.one_cycle_warm_up * steps) - 1)

    @property
    def own_momentum(self) -> float:
        """Momentum under SGD, beta1 under Adam."""
        return self.momentum if self.optimizer == "sgd" else self.beta1


class ImageClassificationSettings(_Section):
    """All settings of a trial."""

    data: DataSettings = DataSettings()
    architecture: ArchitectureSpec = ArchitectureSpec()
    training: TrainingSettings = TrainingSettings()


def setting_keys() -> tuple[str, ...]:
    """Every settings key, dotted, section by section."""
    sections = ImageClassificationSettings.model_fields
    return tuple(f"{section}.{key}" for section in sections for key in section_keys([section]))


def section_keys(path: list[str]) -> list[str]:
    """The keys in a section, which is named by its path; [] is where a preset may stand, too."""
    model: Any = ImageClassificationSettings
    for part in path:
        model = model.model_fields[part].annotation
    return [*model.model_fields, *([] if path else ["preset"])]
