"""CIFAR-10 (Krizhevsky 2009) from whatever form of it is at hand.

Whatever the source, the decoded pixels are checked against the published digests, so that a
trial's hash names the very images it saw.
"""

import hashlib
import io
import os
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ablate.errors import DataError
from ablate.image_classification.cache_folder import cache_dir
from ablate.image_classification.data.image_data import ImageData

IMAGE_SHAPE = (32, 32, 3)
DOWNLOAD_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
# As published by the study that this project reproduces.
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2023, 0.1994, 0.2010)


class Part(NamedTuple):
    """The training or the test set: its name, size and the SHA-256 of its uint8 pixels, in
    official order, (N, 32, 32, 3).
    """

    name: str
    size: int
    digest: str


TRAIN = Part("train", 50_000, "47af8b02cfcfb6cdf3dbbd1969ad7f1b70f4413f6f80f437b020ee4e5bc8304a")
TEST = Part("test", 10_000, "f9b1e2130bab680db56eb06d886f7f1ad0f1183907ceff4659d1735c890f5b04")

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]
Images = tuple[Pixels, Labels]
"""Pixels (N, 32, 32, 3) and labels (N,)."""


def load(data_dir: Path | None = None) -> ImageData:
    """CIFAR-10 from `data_dir`, `ABLATE_DATA_DIR`, the user's cache, or a download.

    In each folder Hugging Face Parquet is looked for, then torchvision's `cifar-10-batches-py`.
    Decoded pixels are kept in the user's cache, memory-mapped from then on. Raises DataError when
    there is none, or when a file is damaged (named).
    """
    train, test = (_cached(part, data_dir) for part in (TRAIN, TEST))
    return ImageData(
        name="cifar10",
        train_images=_channels_first(train[0]),
        train_labels=train[1],
        test_images=_channels_first(test[0]),
        test_labels=test[1],
        mean=MEAN,
        std=STD,
    )


def _channels_first(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))


def _cached(part: Part, data_dir: Path | None) -> Images:
    """The part from the cache of decoded pixels, else decoded and put there."""
    path = cache_dir() / f"cifar10-{part.name}-{part.digest[:16]}.npy"
    rows = _read_cache(path, part)
    if rows is None:
        images = decode(part, _folders(data_dir))
        rows = np.concatenate(
            [images[1].astype(np.uint8)[:, None], images[0].reshape(part.size, -1)], axis=1
        )
        _write_cache(path, rows)
    return rows[:, 1:].reshape(part.size, *IMAGE_SHAPE), rows[:, 0].astype(np.int64)


def _read_cache(path: Path, part: Part) -> Pixels | None:
    """Rows of a label and its pixels, as in the official binary; None if absent or not whole."""
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    if rows.shape != (part.size, 1 + np.prod(IMAGE_SHAPE)) or rows.dtype != np.uint8:
        return None
    return rows if _digest(rows[:, 1:]) == part.digest else None


def _write_cache(path: Path, rows: Pixels) -> None:
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            np.save(file, rows, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:  # a cache that cannot be written costs seconds, not the run
        temporary.unlink(missing_ok=True)


def _folders(data_dir: Path | None) -> list[Path]:
    """Where to look, in order."""
    named = [data_dir, os.environ.get("ABLATE_DATA_DIR"), cache_dir()]
    return [Path(folder) for folder in named if folder]


def decode(part: Part, folders: Sequence[Path]) -> Images:
    """The part from the first folder that has it in any form, else downloaded. Raises DataError."""
    for folder in folders:
        for place in (folder, folder / "cifar10", folder / "plain_text"):
            if files := sorted(place.glob(f"{part.name}-*.parquet")):
                return _checked(part, files, partial(_from_parquet, part, files))
            if (batches := place / "cifar-10-batches-py").is_dir():
                return _checked(part, [batches], partial(_from_batches, part, batches))
    batches = download(folders) / "cifar-10-batches-py"
    return _checked(part, [batches], partial(_from_batches, part, batches))


def _checked(part: Part, files: Sequence[Path], read: Callable[[], Images]) -> Images:
    where = ", ".join(str(file) for file in files)
    try:
        pixels, labels = read()
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"{where} cannot be read as CIFAR-10: {error}. Copy it anew") from error
    if len(pixels) != part.size or len(labels) != part.size:
        raise DataError(
            f"{where} holds {len(pixels):,} images, but CIFAR-10's {part.name} set has "
            f"{part.size:,}: the file is cut off or is another data set"
        )
    if (found := _digest(pixels)) != part.digest:
        raise DataError(
            f"{where} does not hold CIFAR-10's {part.name} set: the SHA-256 of its pixels is "
            f"{found}, the published one {part.digest}. Copy it anew"
        )
    return pixels, labels


def _digest(pixels: Pixels) -> str:
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()


def _from_parquet(part: Part, files: Sequence[Path]) -> Images:
    """Hugging Face's layout: columns `img` (struct with `bytes`, a PNG) and `label`."""
    import pyarrow.parquet
    from rich.progress import track

    tables = [pyarrow.parquet.read_table(file) for file in files]
    columns = set(tables[0].column_names)
    image_column = "img" if "img" in columns else "image"
    images = [row["bytes"] for table in tables for row in table[image_column].to_pylist()]
    labels = [label for table in tables for label in table["label"].to_pylist()]
    pixels = np.empty((len(images), *IMAGE_SHAPE), dtype=np.uint8)
    title = f"Decoding CIFAR-10 ({part.name})"
    shown = track(images, title, transient=True, disable=not sys.stdout.isatty())
    for index, png in enumerate(shown):
        pixels[index] = _decoded(png)
    return pixels, np.array(labels, dtype=np.int64)


def _decoded(png: bytes) -> Pixels:
    from PIL import Image

    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def _from_batches(part: Part, folder: Path) -> Images:
    """Torchvision's layout: the official Python pickles, read without running what they say."""
    names = [f"data_batch_{n}" for n in range(1, 6)] if part.name == "train" else ["test_batch"]
    batches = list(_read_batches(folder, names))
    rows = np.concatenate([np.asarray(batch[b"data"], dtype=np.uint8) for batch in batches])
    labels = np.concatenate([np.asarray(batch[b"labels"], dtype=np.int64) for batch in batches])
    pixels = rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(pixels), labels


def _read_batches(folder: Path, names: Sequence[str]) -> Iterator[dict[bytes, Any]]:
    for name in names:
        path = folder / name
        try:
            with path.open("rb") as file:
                yield _ArrayUnpickler(file, encoding="bytes").load()
        except (OSError, EOFError, pickle.UnpicklingError, ValueError) as error:
            raise DataError(f"{path} cannot be read as CIFAR-10: {error}. Copy it anew") from error


class _ArrayUnpickler(pickle.Unpickler):
    """Builds numpy arrays and plain containers, and refuses everything else a pickle may name."""

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] == "numpy" and name in {"_reconstruct", "ndarray", "dtype"}:
            module = module.replace("numpy.core", "numpy._core")
            return super().find_class(module, name)
        if (module, name) == ("_codecs", "encode"):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it names {module}.{name}, which no data file needs")


def download(looked_in: Sequence[Path], url: str | None = None) -> Path:
    """Fetch CIFAR-10 into the user's cache by torchvision, with its progress bar and hash check;
    the folder it lies in. Raises DataError, saying the ways on, when it cannot be had.
    """
    from torchvision.datasets import CIFAR10

    class Source(CIFAR10):
        pass

    Source.url = url or DOWNLOAD_URL
    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        Source(str(folder), download=True)
    except Exception as error:
        places = ", ".join(str(place) for place in looked_in)
        raise DataError(
            f"no CIFAR-10 in {places}, and the download failed ({error}). Ways on:\n"
            "  --data-dir DIR (or ABLATE_DATA_DIR): a folder with Hugging Face's Parquet files "
            "or cifar-10-batches-py\n"
            "  --dataset digits: the embedded data set, which needs no network\n"
            f"  download {Source.url} elsewhere and unpack it into {folder}"
        ) from error
    return folder
