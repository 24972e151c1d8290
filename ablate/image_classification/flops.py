"""What a trial computes, from its settings alone."""

from ablate.image_classification.architecture.cost import ForwardFlops, forward_flops
from ablate.image_classification.settings.implied import (
    class_count,
    input_shape,
    train_size,
    training_images,
    validation_size,
)
from ablate.image_classification.settings.keys import ImageClassificationSettings


def image_flops(settings: ImageClassificationSettings) -> ForwardFlops:
    """FLOPs of one image's way through the network."""
    return forward_flops(settings.architecture, input_shape(settings), class_count(settings))


def training_flops(settings: ImageClassificationSettings) -> float:
    """FLOPs of all epochs, their validations included."""
    recipe, validation = settings.training, validation_size(settings)
    return image_flops(settings).of_training(
        recipe.epochs * recipe.images_per_epoch(training_images(settings)),
        recipe.epochs * validation * recipe.validations_per_epoch,
        once=train_size(settings) if recipe.cache_limit else None,
    )
