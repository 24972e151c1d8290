"""scikit-learn's handwritten digits as 32x32 colour images: the embedded data set.

Source: Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits (UCI). No network.
"""

import hashlib
from pathlib import Path

import numpy as np

from ablate.errors import DataError
from ablate.image_classification.data.image_data import ImageData

TEST_EVERY = 5
DIGEST = "fa3533ecbf98e1a09c1a2ae9a078b56e86a1254ecad36c6ae1a5ba28caef233d"
# Of the training images, computed once.
MEAN = (0.3046,) * 3
STD = (0.3762,) * 3


def load(data_dir: Path | None = None) -> ImageData:
    """The 1,797 digits; a fixed fifth of every class is the test set. `data_dir` is not needed.
    Raises DataError when scikit-learn's copy is not the one that trials are named after.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = enlarged(bunch.images)
    found = hashlib.sha256(images.tobytes()).hexdigest()
    if found != DIGEST:
        raise DataError(f"scikit-learn's digits have the digest {found}, not the known {DIGEST}")
    labels = bunch.target.astype(np.int64)
    test = _test_mask(labels)
    return ImageData(
        train_images=images[~test],
        train_labels=labels[~test],
        test_images=images[test],
        test_labels=labels[test],
        mean=MEAN,
        std=STD,
    )


def enlarged(images: np.ndarray) -> np.ndarray:
    """images: (N, 8, 8) of values 0 to 16. Returns uint8 (N, 3, 32, 32): every pixel repeated in a
    4x4 block and in three channels, 16 becoming 255. Integers only, so exact everywhere.
    """
    grey = (images.astype(np.int64) * 255 // 16).astype(np.uint8)
    large = grey.repeat(4, axis=1).repeat(4, axis=2)
    return np.repeat(large[:, None], 3, axis=1)


def _test_mask(labels: np.ndarray) -> np.ndarray:
    """True for every fifth image of each class: the same for every trial."""
    mask = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        mask[np.flatnonzero(labels == label)[::TEST_EVERY]] = True
    return mask
