"""The embedded data set."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from ablate.errors import DataError
from ablate.image_classification.data import digits


def test_a_pixel_becomes_a_block_in_three_channels() -> None:
    images = np.zeros((2, 8, 8))
    images[1, 2, 7] = 16
    images[1, 0, 0] = 5
    large = digits.enlarged(images)
    expected = np.zeros((2, 3, 32, 32), dtype=np.uint8)
    expected[1, :, 8:12, 28:32] = 255
    expected[1, :, 0:4, 0:4] = 79  # 5 of 16, of 255, rounded down
    assert large.dtype == np.uint8
    assert np.array_equal(large, expected)


def test_every_fifth_image_of_each_class_is_for_testing() -> None:
    data = digits.load()
    target, images = load_digits().target, digits.enlarged(load_digits().images)
    for label in range(10):
        own = images[target == label]
        assert np.array_equal(data.test_images[data.test_labels == label], own[::5])
        rest = np.delete(own, np.s_[::5], axis=0)
        assert np.array_equal(data.train_images[data.train_labels == label], rest)


def test_they_are_normalised_by_mean_and_deviation_of_the_training_images() -> None:
    data = digits.load()
    values = data.train_images / 255
    assert data.mean == pytest.approx(values.mean(axis=(0, 2, 3)), abs=5e-5)
    assert data.std == pytest.approx(values.std(axis=(0, 2, 3)), abs=5e-5)


def test_other_digits_than_those_that_trials_are_named_after_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bunch = load_digits()
    bunch.images[0, 0, 0] += 1
    monkeypatch.setattr("sklearn.datasets.load_digits", lambda: bunch)
    with pytest.raises(DataError, match=r"^scikit-learn's digits have the digest [0-9a-f]{64}, "):
        digits.load()
