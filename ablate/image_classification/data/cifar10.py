"""CIFAR-10 (Krizhevsky 2009) from whatever form of it is at hand.

Whatever the source, the decoded pixels are checked against the published digests, and the labels
against their own, so that a trial's hash names the very images it saw.
"""

import hashlib
import io
import math
import os
import pickle
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ablate.atomic import write_atomically
from ablate.errors import DataError
from ablate.image_classification.cache_folder import cache_dir
from ablate.image_classification.data.image_data import ImageData

IMAGE_SHAPE = (32, 32, 3)
BATCHES_FOLDER = "cifar-10-batches-py"
DOWNLOAD_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
DOWNLOAD_MD5 = "c58f30108f718f92721af3b95e74349a"  # as published beside it
# As published by the study that this project reproduces.
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2023, 0.1994, 0.2010)


class Part(NamedTuple):
    """The training or the test set: its name, size and, in official order, the SHA-256 of its uint8
    pixels, (N, 32, 32, 3), and of its int64 labels.
    """

    name: str
    size: int
    digest: str
    label_digest: str


TRAIN = Part(
    "train",
    50_000,
    "47af8b02cfcfb6cdf3dbbd1969ad7f1b70f4413f6f80f437b020ee4e5bc8304a",
    "f5cfe00b0f00968c0cc5ff3b1d2de51b10e33efa277c2986f4e0fa63e58c9f4f",
)
TEST = Part(
    "test",
    10_000,
    "f9b1e2130bab680db56eb06d886f7f1ad0f1183907ceff4659d1735c890f5b04",
    "cbb7365de8ed11f05cc4c3a1e7f78144127c5e851efd83762fb18202461230bb",
)

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]
Images = tuple[Pixels, Labels]
"""Pixels (N, 32, 32, 3) and labels (N,)."""


def load(data_dir: Path | None = None) -> ImageData:
    """CIFAR-10 from `data_dir`, `ABLATE_DATA_DIR`, the user's cache, or a download.

    In each folder Hugging Face Parquet is looked for, then torchvision's `cifar-10-batches-py`.
    Decoded pixels are kept in the user's cache. Raises DataError when there is none, or when a file
    is damaged (named).
    """
    train, test = (_cached(part, data_dir) for part in (TRAIN, TEST))
    return ImageData(
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
    shape = (part.size, 1 + math.prod(IMAGE_SHAPE))
    header = _npy_header(shape)
    try:
        with path.open("rb") as file:
            if file.read(len(header)) != header:
                return None
        rows: Pixels = np.memmap(path, np.uint8, mode="r", offset=len(header), shape=shape)
    except (OSError, ValueError):
        return None
    return rows if _mismatch(part, rows[:, 1:], rows[:, 0]) is None else None


def _npy_header(shape: tuple[int, ...]) -> bytes:
    """What `np.save` puts before uint8 values. It is compared, not parsed: on a damaged header
    `np.load` raises whatever Python's parser does.
    """
    empty = io.BytesIO()
    description = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(empty, description)
    return empty.getvalue()


def _write_cache(path: Path, rows: Pixels) -> None:
    with suppress(OSError):  # a cache that cannot be written costs seconds, not the run
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, _npy_header(rows.shape) + rows.tobytes())


def _folders(data_dir: Path | None) -> list[Path]:
    """Where to look, in order."""
    named = [data_dir, os.environ.get("ABLATE_DATA_DIR"), cache_dir()]
    return [Path(folder) for folder in named if folder]


def decode(part: Part, folders: Sequence[Path]) -> Images:
    """The part from the first folder that has it in any form, else downloaded. Raises DataError."""
    for folder in folders:
        for place in (folder, folder / "cifar10", folder / "plain_text"):
            if files := sorted(place.glob(f"{part.name}-*.parquet")):
                return _checked(part, files, _from_parquet(part, files))
            if (batches := place / BATCHES_FOLDER).is_dir():
                return _checked(part, [batches], _from_batches(part, batches))
    batches = download(folders) / BATCHES_FOLDER
    return _checked(part, [batches], _from_batches(part, batches))


def _checked(part: Part, files: Sequence[Path], images: Images) -> Images:
    where = ", ".join(str(file) for file in files)
    pixels, labels = images
    if len(pixels) != part.size or len(labels) != part.size:
        raise DataError(
            f"{where} holds {_count(images)}, but CIFAR-10's {part.name} set has "
            f"{part.size:,}: the file is cut off or is another data set"
        )
    if mismatch := _mismatch(part, pixels, labels):
        raise DataError(
            f"{where} does not hold CIFAR-10's {part.name} set: {mismatch}. Copy it anew"
        )
    return images


def _count(images: Images) -> str:
    pixels, labels = images
    unlike = f" and {len(labels):,} labels" if len(labels) != len(pixels) else ""
    return f"{len(pixels):,} images{unlike}"


def _mismatch(part: Part, pixels: Pixels, labels: NDArray[Any]) -> str | None:
    """What of these differs from the part, or None."""
    if (found := _digest(pixels)) != part.digest:
        return f"the SHA-256 of its pixels is {found}, the published one {part.digest}"
    if (found := _digest(labels.astype(np.int64))) != part.label_digest:
        return f"the SHA-256 of its labels is {found}, the known one {part.label_digest}"
    return None


def _digest(values: NDArray[Any]) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """Whatever goes wrong while `file` is read, as a DataError that names it."""
    try:
        yield
    except Exception as error:
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise DataError(f"{file} cannot be read as CIFAR-10: {reason}. Copy it anew") from error


def _from_parquet(part: Part, files: Sequence[Path]) -> Images:
    """Hugging Face's layout: columns `img` (struct with `bytes`, a PNG) and `label`."""
    from rich.progress import track

    images: list[tuple[Path, bytes]] = []
    labels: list[Labels] = []
    for file in files:
        with _naming(file):
            pngs, its_labels = _columns(file)
        images += ((file, png) for png in pngs)
        labels.append(its_labels)
    pixels = np.empty((len(images), *IMAGE_SHAPE), dtype=np.uint8)
    title = f"Decoding CIFAR-10 ({part.name})"
    shown = track(images, title, transient=True, disable=not sys.stdout.isatty())
    for index, (file, png) in enumerate(shown):
        with _naming(file):
            pixels[index] = _decoded(png)
    return pixels, np.concatenate(labels)


def _columns(file: Path) -> tuple[list[bytes], Labels]:
    """The PNGs and the labels of a Parquet file. Raises ValueError where it has other columns."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(file)
    names = table.column_names
    image_column = "img" if "img" in names else "image"
    if not {image_column, "label"} <= set(names):
        raise ValueError(f"its columns are {', '.join(names)}, not img and label")
    pngs = [row["bytes"] for row in table[image_column].to_pylist()]
    return pngs, np.array(table["label"].to_pylist(), dtype=np.int64)


def _decoded(png: bytes) -> Pixels:
    from PIL import Image

    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def _from_batches(part: Part, folder: Path) -> Images:
    """Torchvision's layout: the official Python pickles, read without running what they say."""
    names = [f"data_batch_{n}" for n in range(1, 6)] if part.name == "train" else ["test_batch"]
    rows, labels = zip(*(_batch(folder / name) for name in names), strict=True)
    pixels = np.concatenate(rows).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(pixels), np.concatenate(labels)


def _batch(path: Path) -> Images:
    """Pixels, (N, 3 * 32 * 32), channel by channel, and labels."""
    with _naming(path):
        with path.open("rb") as file:
            batch = _ArrayUnpickler(file, encoding="bytes").load()
        if not isinstance(batch, dict) or not {b"data", b"labels"} <= set(batch):
            raise ValueError("it is no dictionary of data and labels")
        rows = np.asarray(batch[b"data"], dtype=np.uint8).reshape(-1, math.prod(IMAGE_SHAPE))
        labels = np.asarray(batch[b"labels"], dtype=np.int64)
    return rows, labels


class _ArrayUnpickler(pickle.Unpickler):
    """Builds numpy arrays and plain containers, and refuses everything else a pickle may name."""

    def find_class(self, module: str, name: str) -> Any:
        # To look for a name is to import its module, which runs it: so modules are compared whole.
        known = (module.replace("numpy.core", "numpy._core", 1), name)
        if known in _ARRAY_PARTS:
            return super().find_class(*known)
        if known == ("_codecs", "encode"):  # how Python 3 writes bytes for Python 2
            return str.encode
        raise pickle.UnpicklingError(f"it names {module}.{name}, which no data file needs")


_ARRAY_PARTS = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy._core.multiarray", "_reconstruct"),
}


_ASIDE = "cifar10-"
_DAY = 24 * 3600.0


def download(looked_in: Sequence[Path]) -> Path:
    """Fetch CIFAR-10 into the user's cache by torchvision, with its progress bar and hash check;
    the folder it lies in. Raises DataError, saying the ways on, when it cannot be had.
    """
    from torchvision.datasets.utils import download_and_extract_archive

    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_left(folder)
        # Aside, so that what is cut off is not taken for the data set by the next run.
        with TemporaryDirectory(prefix=_ASIDE, dir=folder) as aside:
            download_and_extract_archive(DOWNLOAD_URL, aside, md5=DOWNLOAD_MD5)
            try:
                (Path(aside) / BATCHES_FOLDER).replace(folder / BATCHES_FOLDER)
            except OSError:  # another process may have been faster
                if not (folder / BATCHES_FOLDER).is_dir():
                    raise
    except Exception as error:
        places = ", ".join(str(place) for place in looked_in)
        raise DataError(
            f"no CIFAR-10 in {places}, and the download failed ({error}). Ways on:\n"
            "  --data-dir DIR (or ABLATE_DATA_DIR): a folder with Hugging Face's Parquet files "
            f"or {BATCHES_FOLDER}\n"
            "  --dataset digits: the embedded data set, which needs no network\n"
            f"  download {DOWNLOAD_URL} elsewhere and unpack it into {folder}"
        ) from error
    return folder


def _remove_left(folder: Path) -> None:
    """What a download that was killed has left; a younger one may be going on."""
    for left in folder.glob(f"{_ASIDE}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _DAY:
                shutil.rmtree(left)
