"""What planning knows of the data sets is what they are."""

import hashlib
import importlib

import numpy as np
import pytest

from ablate.errors import DataError
from ablate.image_classification.data import cifar10, digits
from ablate.image_classification.data.sources import DATASETS, load_data, normalisation


def test_the_digits_are_as_they_are_described() -> None:
    known, data = DATASETS["digits"], load_data("digits")
    assert data.train_images.shape == (1_433, *known.input_shape)
    assert data.test_images.shape == (364, *known.input_shape)
    assert tuple(np.bincount(data.train_labels)) == known.class_sizes
    assert (len(data.train_labels), len(data.test_labels)) == (1_433, 364)
    assert set(data.train_labels) == set(data.test_labels) == set(range(known.classes))
    assert normalisation("digits") == (data.mean, data.std)


def test_the_digits_are_named_by_the_digest_that_is_checked() -> None:
    assert digits.DIGEST.startswith(DATASETS["digits"].digest)
    assert len(DATASETS["digits"].digest) == 16


def test_cifar10_is_named_by_both_digests_that_are_checked() -> None:
    parts = (cifar10.TRAIN, cifar10.TEST)
    assert DATASETS["cifar10"].digest == "+".join(part.digest[:16] for part in parts)
    assert all(len(bytes.fromhex(part.digest)) == hashlib.sha256().digest_size for part in parts)


def test_cifar10_has_the_shape_that_its_reader_makes() -> None:
    known = DATASETS["cifar10"]
    height, width, channels = cifar10.IMAGE_SHAPE
    assert known.input_shape == (channels, height, width)
    assert sum(known.class_sizes) == cifar10.TRAIN.size == 50_000
    assert cifar10.TEST.size == 10_000
    assert normalisation("cifar10") == (cifar10.MEAN, cifar10.STD)


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_is_described_in_full(name: str) -> None:
    known = DATASETS[name]
    assert len(set(known.class_names)) == known.classes == len(known.class_sizes)
    assert callable(importlib.import_module(known.module).load)
    assert all(len(values) == known.input_shape[0] for values in normalisation(name))


def test_an_unknown_data_set_is_refused_with_the_nearest() -> None:
    with pytest.raises(DataError) as caught:
        load_data("cifar")
    assert str(caught.value) == "no data set named 'cifar': did you mean 'cifar10'?"
