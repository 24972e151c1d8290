"""A part of a data set: the images of some of its classes."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ablate.image_classification.data.image_data import ImageData


def of_classes(data: ImageData, classes: tuple[int, ...] | None) -> ImageData:
    """The images of these classes, in their order, labelled 0, 1, ... in the classes' order.

    classes: labels, each once and ascending; None: the data set as it is, not copied.
    """
    if classes is None:
        return data
    train, test = (np.isin(labels, classes) for labels in (data.train_labels, data.test_labels))
    return replace(
        data,
        train_images=data.train_images[train],
        train_labels=_renumbered(data.train_labels[train], classes),
        test_images=data.test_images[test],
        test_labels=_renumbered(data.test_labels[test], classes),
    )


def _renumbered(labels: NDArray[np.int64], classes: tuple[int, ...]) -> NDArray[np.int64]:
    return np.searchsorted(np.asarray(classes), labels).astype(np.int64)
