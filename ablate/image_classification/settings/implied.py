"""What settings say of images before any is read: their shape, number, classes, normalisation."""

from typing import Any, Literal

from ablate.image_classification.architecture.backbones import (
    BACKBONES,
    IMAGENET_CHANNELS,
    Channels,
)
from ablate.image_classification.architecture.layers import Shape
from ablate.image_classification.architecture.spec import IMAGENET
from ablate.image_classification.data.sources import DATASETS
from ablate.image_classification.settings.keys import ImageClassificationSettings

CHANNELS = "channels"
"""Key under which a trial's identity names unusual constants of normalisation."""


def input_shape(settings: ImageClassificationSettings) -> Shape:
    """(channels, height, width) of the images as they reach the network."""
    channels, *own = DATASETS[settings.data.dataset].input_shape
    side = settings.data.image_size
    return (channels, *own) if side is None else (channels, side, side)


def class_count(settings: ImageClassificationSettings) -> int:
    """Number of classes to tell apart."""
    return len(settings.data.classes or range(DATASETS[settings.data.dataset].classes))


def normalization(settings: ImageClassificationSettings) -> Literal["dataset", "imagenet"]:
    """Whose mean and standard deviation images are normalised by: "imagenet" means those of the
    backbone's ImageNet weights.
    """
    return settings.data.normalization or usual_normalization(settings)


def usual_normalization(
    settings: ImageClassificationSettings,
) -> Literal["dataset", "imagenet"]:
    """Whose mean and standard deviation it is where the settings name none."""
    return "imagenet" if settings.architecture.weights == IMAGENET else "dataset"


def channels(settings: ImageClassificationSettings, own: Channels) -> Channels:
    """What images are normalised by. own: of the data set."""
    return own if normalization(settings) == "dataset" else _imagenet_channels(settings)


def unusual_channels(settings: ImageClassificationSettings) -> dict[str, Any]:
    """For names of what is computed: what "imagenet" stands for where that is not ImageNet's."""
    found = _imagenet_channels(settings)
    if normalization(settings) == "dataset" or found == IMAGENET_CHANNELS:
        return {}
    return {CHANNELS: [list(values) for values in found]}


def _imagenet_channels(settings: ImageClassificationSettings) -> Channels:
    backbone = settings.architecture.backbone
    return IMAGENET_CHANNELS if backbone is None else BACKBONES[backbone].channels


def train_size(settings: ImageClassificationSettings) -> int:
    """Number of images to train and to validate with."""
    return sum(_class_sizes(settings))


def training_images(settings: ImageClassificationSettings) -> int:
    """Number of images to train with, without those held out for validation."""
    return train_size(settings) - validation_size(settings)


def validation_size(settings: ImageClassificationSettings) -> int:
    """Number of images held out for validation."""
    return sum(held_out(settings))


def held_out(settings: ImageClassificationSettings) -> tuple[int, ...]:
    """The same of each group that is split by itself, rounded as `split_indices` does."""
    fraction = settings.data.validation_fraction
    return tuple(round(fraction * images) for images in split_sizes(settings))


def split_sizes(settings: ImageClassificationSettings) -> tuple[int, ...]:
    """Number of images in each group that is split by itself."""
    return _class_sizes(settings) if settings.data.stratified else (train_size(settings),)


def _class_sizes(settings: ImageClassificationSettings) -> tuple[int, ...]:
    sizes = DATASETS[settings.data.dataset].class_sizes
    chosen = settings.data.classes
    return sizes if chosen is None else tuple(sizes[label] for label in chosen)
