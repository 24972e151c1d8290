"""The images of a trial, on its device."""

import warnings
from collections.abc import Sequence

import torch

from ablate.image_classification.data.classes import of_classes
from ablate.image_classification.data.image_data import ImageData
from ablate.image_classification.data.split import split_indices
from ablate.image_classification.settings.implied import channels, input_shape
from ablate.image_classification.settings.keys import ImageClassificationSettings
from ablate.image_classification.training.evaluation import Encode, ImageSet
from ablate.image_classification.training.loop import Splits


def image_sets(
    settings: ImageClassificationSettings,
    data: ImageData,
    seed: int,
    device: torch.device,
    encode: Encode | None = None,
) -> Splits:
    """The data on the device. On the CPU the images are shared with all other trials, unchanged,
    but where classes are left out. encode: the frozen part of the network.
    """

    def shaped(values: Sequence[float]) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float32, device=device).reshape(1, -1, 1, 1)

    data = of_classes(data, settings.data.classes)
    means, deviations = channels(settings, (data.mean, data.std))
    mean, scale = shaped(means) * 255, 1 / (shaped(deviations) * 255)
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
