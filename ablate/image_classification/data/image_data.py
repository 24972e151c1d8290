"""A data set in memory."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ImageData:
    """All images of a data set, as numpy arrays so that processes can share them without copies.

    train_images, test_images: uint8 (N, channels, height, width). train_labels, test_labels:
    int64 (N,). mean, std: of each channel, for pixel values from 0 to 1.
    """

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.int64]
    mean: tuple[float, ...]
    std: tuple[float, ...]
