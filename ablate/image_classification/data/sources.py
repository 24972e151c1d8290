"""The data sets there are: what planning needs to know of each, and how to load it.

Imports neither torch nor numpy: a study is planned without data.
"""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ablate.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from ablate.image_classification.data.image_data import ImageData


class DatasetDescription(NamedTuple):
    """input_shape: (channels, height, width). class_names: by label. class_sizes: training images
    of each class, by label. digest: of the pixels, names the data in a trial's hash. module: where
    `load(data_dir) -> ImageData` is, and what its images are normalised by, MEAN and STD.
    """

    input_shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    class_sizes: tuple[int, ...]
    digest: str
    module: str

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)


DATASETS = {
    "cifar10": DatasetDescription(
        input_shape=(3, 32, 32),
        class_names=(
            "airplane",
            "automobile",
            "bird",
            "cat",
            "deer",
            "dog",
            "frog",
            "horse",
            "ship",
            "truck",
        ),
        class_sizes=(5_000,) * 10,
        digest="47af8b02cfcfb6cd+f9b1e2130bab680d",
        module="ablate.image_classification.data.cifar10",
    ),
    "digits": DatasetDescription(
        input_shape=(3, 32, 32),
        class_names=tuple("0123456789"),
        class_sizes=(142, 145, 141, 146, 144, 145, 144, 143, 139, 144),
        digest="fa3533ecbf98e1a0",
        module="ablate.image_classification.data.digits",
    ),
}


def load_data(name: str, data_dir: Path | None = None) -> "ImageData":
    """The data set of that name. Raises DataError when it is unknown, absent or damaged."""
    if name not in DATASETS:
        raise DataError(f"no data set named '{name}': {did_you_mean(name, DATASETS)}")
    data: ImageData = importlib.import_module(DATASETS[name].module).load(data_dir)
    return data


def normalisation(name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel, for pixel values from 0 to 1, by which a data
    set's images are normalised; without reading any. name: a key of DATASETS.
    """
    module = importlib.import_module(DATASETS[name].module)
    return module.MEAN, module.STD
