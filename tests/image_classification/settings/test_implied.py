"""What settings say of images agrees with what is done to the images."""

import numpy as np
import pytest

from ablate.image_classification.data.sources import DATASETS
from ablate.image_classification.data.split import split_indices
from ablate.image_classification.settings.implied import train_size, validation_size
from ablate.image_classification.settings.keys import DataSettings, ImageClassificationSettings


@pytest.mark.parametrize("fraction", [0.003, 0.007, 0.1, 0.15, 0.5])
@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("classes", [None, [0, 3, 8]])
def test_the_number_held_out_is_what_the_split_holds_out(
    fraction: float, stratified: bool, classes: list[int] | None
) -> None:
    data = DataSettings.model_validate(
        {
            "dataset": "digits",
            "validation_fraction": fraction,
            "stratified": stratified,
            "classes": classes,
        }
    )
    sizes = DATASETS["digits"].class_sizes
    labels = np.repeat(range(10), sizes)
    labels = labels[np.isin(labels, range(10) if classes is None else classes)]
    train, validation = split_indices(labels, fraction, 0, stratified)
    settings = ImageClassificationSettings(data=data)
    assert validation_size(settings) == len(validation)
    assert train_size(settings) == len(train) + len(validation)
