"""A data set of some classes alone."""

import numpy as np

from ablate.image_classification.data import digits
from ablate.image_classification.data.classes import of_classes
from ablate.image_classification.data.sources import DATASETS


def test_the_images_of_the_classes_stay_in_order_and_are_numbered_anew() -> None:
    data = digits.load()
    part = of_classes(data, (3, 7))
    for which in ("train", "test"):
        images, labels = (getattr(part, f"{which}_{kind}") for kind in ("images", "labels"))
        before, old = (getattr(data, f"{which}_{kind}") for kind in ("images", "labels"))
        wanted = (old == 3) | (old == 7)
        assert np.array_equal(images, before[wanted])
        assert np.array_equal(labels, np.where(old[wanted] == 3, 0, 1))
        assert labels.dtype == np.int64
    assert (part.mean, part.std) == (data.mean, data.std)


def test_all_classes_are_the_data_set_itself() -> None:
    data = digits.load()
    assert of_classes(data, None) is data


def test_planning_knows_how_many_images_each_class_has() -> None:
    found = np.bincount(digits.load().train_labels)
    assert tuple(found) == DATASETS["digits"].class_sizes
    for description in DATASETS.values():
        assert len(description.class_sizes) == description.classes
