"""Which training images are held out for validation."""

import numpy as np
from numpy.typing import NDArray

from ablate.image_classification.streams import stream_seed

Indices = NDArray[np.int64]


def split_indices(
    labels: NDArray[np.int64], validation_fraction: float, seed: int, stratified: bool = False
) -> tuple[Indices, Indices]:
    """Indices of training and of validation images, disjoint and together all, drawn by seed.

    labels: (N,). stratified: every class gives the same share, rounded class by class.
    """
    random = np.random.Generator(np.random.PCG64(stream_seed(seed, "split")))
    groups = (
        [np.flatnonzero(labels == label) for label in np.unique(labels)]
        if stratified
        else [np.arange(len(labels))]
    )
    held_out = np.zeros(len(labels), dtype=bool)
    for group in groups:
        held_out[random.permutation(group)[: round(validation_fraction * len(group))]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
