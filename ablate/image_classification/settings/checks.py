"""What keys cannot be together: each is right by itself."""

from ablate.errors import Problem, SettingsError, did_you_mean, nearest
from ablate.image_classification.architecture.backbones import BACKBONES
from ablate.image_classification.architecture.layers import Shape, layer_list
from ablate.image_classification.architecture.spec import BackboneSpec
from ablate.image_classification.data.sources import DATASETS
from ablate.image_classification.settings.implied import (
    class_count,
    input_shape,
    split_sizes,
    train_size,
    training_images,
    validation_size,
)
from ablate.image_classification.settings.keys import (
    SMALLEST_BATCH,
    DataSettings,
    ImageClassificationSettings,
    TrainingSettings,
)


def check(settings: ImageClassificationSettings, shape: Shape | None = None) -> None:
    """Raises SettingsError, `where` being the key to change. shape: (channels, height, width) of
    the images that reach the network, where they are others than the settings say.
    """
    _check_data(settings, shape)
    _check_schedule(settings.training)


def _check_data(settings: ImageClassificationSettings, given: Shape | None) -> None:
    name = settings.data.dataset
    if name not in DATASETS:
        raise SettingsError(
            Problem("data.dataset", f"no data set named '{name}'", did_you_mean(name, DATASETS))
        )
    _check_classes(settings.data)
    shape = given or input_shape(settings)
    if (backbone := settings.architecture.backbone) is None:
        _check_convolutional(settings, shape)
    else:
        _check_backbone(backbone, settings.architecture.train_from, shape)
    _check_split(settings)
    _check_batches(settings)


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


def _check_split(settings: ImageClassificationSettings) -> None:
    held_out, images = validation_size(settings), train_size(settings)
    if held_out < 1:
        one = 1 / max(split_sizes(settings))
        problem = (f"holds out none of {images} training images", f"use at least {one:.1g}")
    elif images - held_out < SMALLEST_BATCH:
        problem = (f"leaves {images - held_out} of {images} images to train with", "use less")
    else:
        return
    raise SettingsError(Problem("data.validation_fraction", *problem))


def _check_batches(settings: ImageClassificationSettings) -> None:
    images, size = training_images(settings), settings.training.batch_size
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


def _check_convolutional(settings: ImageClassificationSettings, shape: Shape) -> None:
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
        layer_list(spec, shape, class_count(settings))
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
        fix = nearest(block, backbone.blocks) or f"its blocks are: {', '.join(backbone.blocks)}"
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
    if min(shape[1:]) < backbone.least_side:
        raise SettingsError(
            Problem(
                "data.image_size",
                f"{name} halves its maps until nothing is left of images of {shape[1]}x{shape[2]}",
                f"set data.image_size to {backbone.least_side} or more",
            )
        )


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
