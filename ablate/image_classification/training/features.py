"""The output of a network's frozen part, computed once for each image and kept on disk.

A frozen part gives the same for an image every time, so that what it gives can stand for the image
from then on: ten epochs cost one pass. A file is named by all that its numbers depend on, filled
block by block behind a count that survives a kill, and mapped into memory by every trial that
needs it.

    <cache>/features/<key>.rows    the numbers, image after image, channels last
    <cache>/features/<key>.json    how many images they are of, and what they are
    <cache>/features/<key>.lock    held by the one process that fills it
    <cache>/features/room.lock     held by who looks for room for its own
"""

import json
import math
import os
import shutil
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from filelock import FileLock, Timeout
from torch import Tensor

from ablate.atomic import write_atomically
from ablate.digest import content_digest
from ablate.duration import duration
from ablate.image_classification.training.evaluation import Inputs, evaluation_batch

FORMAT = 1
ROOM_LOCK = "room.lock"
GIGABYTE = 1e9
SYNC_SECONDS = 5.0  # at most so much work is lost with the process
NOTICE_SECONDS = 2.0
RESIDENT_SHARE = 0.25  # several trials may share a GPU, and each trains a network there
_STORED: dict[torch.dtype, Any] = {
    torch.float32: np.float32,
    torch.bfloat16: np.uint16,  # numpy has none; the bits are kept
    torch.float16: np.float16,
}


class FeatureSet(NamedTuple):
    """Outputs of the frozen part, in the place of the images of a data set.

    features: (N, ..., channels), on the device where they fit, else mapped from a file;
    labels: int64 (N,) on the device.
    """

    features: Tensor
    labels: Tensor

    @property
    def values(self) -> int:
        """See `Inputs`."""
        return int(self.features[0].numel())

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """See `Inputs`."""
        rows = self.features.index_select(0, indices.to(self.features.device))
        inputs = rows.to(self.labels.device).movedim(-1, 1)
        return inputs, self.labels.index_select(0, indices)


class Content(NamedTuple):
    """key: all that the numbers depend on, as plain values. what: the same, for reading, as in
    "the output of resnet18 before layer4".
    """

    key: Mapping[str, Any]
    what: str

    @property
    def file_stem(self) -> str:
        """Names the files."""
        return content_digest({"format": FORMAT, **self.key}, 20)


def kept_features(
    sets: Sequence[Inputs],
    content: Content,
    folder: Path,
    limit: float,
    clock: Callable[[], float] = time.monotonic,
) -> Generator[str, None, list[FeatureSet] | None]:
    """What the frozen part makes of all images, from the folder, or computed and put there.

    sets: their batches are outputs of the frozen part. limit: GB that the folder may hold; what
    was used longest ago makes room. Yields what is going on, in words; returns a FeatureSet for
    each set, or None where there is no room for them, which it says: the frozen part then has to
    run anew with every batch. Another process that fills the same file is waited for, and a fill
    that was cut off goes on.
    """
    first = _rows(sets[0], torch.zeros(1, dtype=torch.int64, device=sets[0].labels.device))
    file = _File(
        folder / f"{content.file_stem}.rows",
        count=sum(len(part.labels) for part in sets),
        shape=tuple(first.shape[1:]),
        dtype=first.dtype,
    )
    refusal = None
    if file.done() < file.count:
        try:
            refusal = yield from _filled(file, sets, content, limit, clock)
        except OSError as error:
            refusal = f"{folder} cannot be written to ({error.strerror or error})"
    mapped = file.mapped() if refusal is None else None
    if mapped is None:
        refusal = refusal or f"another trial has made room for its own in {folder}"
        yield f"{content.what} is computed anew for every batch: {refusal}"
        return None
    ends = np.cumsum([len(part.labels) for part in sets])
    rows = torch.tensor_split(mapped, ends[:-1].tolist())
    return [
        FeatureSet(_resident(part, images.labels.device), images.labels)
        for part, images in zip(rows, sets, strict=True)
    ]


def _free_memory(device: torch.device) -> int:
    """Bytes."""
    return int(torch.cuda.mem_get_info(device)[0])


def _resident(
    rows: Tensor,
    device: torch.device,
    free: Callable[[torch.device], int] = _free_memory,
) -> Tensor:
    """The rows, in a GPU's own memory where a share of what is free there holds them: else every
    batch is gathered and sent by the CPU.
    """
    fits = device.type != "cpu" and rows.nbytes <= RESIDENT_SHARE * free(device)
    return rows.to(device) if fits else rows


@dataclass(frozen=True)
class _File:
    """The file of one content. shape, dtype: of the numbers of one image."""

    path: Path
    count: int
    shape: tuple[int, ...]
    dtype: torch.dtype

    @property
    def row_bytes(self) -> int:
        return int(math.prod(self.shape) * np.dtype(_STORED[self.dtype]).itemsize)

    @property
    def size(self) -> int:
        return self.count * self.row_bytes

    @property
    def lock_path(self) -> Path:
        return self.path.with_suffix(".lock")

    def done(self) -> int:
        """Images whose numbers are safely there."""
        try:
            noted = json.loads(self._count_path.read_text())
            whole = self.path.stat().st_size >= noted["images"] * self.row_bytes
        except (OSError, ValueError, KeyError, TypeError):
            return 0
        return int(noted["images"]) if whole and noted["row"] == self._row else 0

    def reserve(self) -> None:
        """Have the file at its full size, by which others count it before it is filled."""
        if not self.done():
            self._count_path.unlink(missing_ok=True)  # of a damaged file, which would look whole
        with self.path.open("ab") as rows:
            rows.truncate(self.size)

    def note_done(self, images: int, content: Content) -> None:
        """Once this returns, so many images outlive a kill."""
        text = json.dumps({"images": images, "row": self._row, "content": dict(content.key)})
        write_atomically(self._count_path, text.encode())

    def mapped(self) -> Tensor | None:
        """(count, *shape), for reading, which counts as a use; None where it is gone by now."""
        stored = _STORED[self.dtype]
        try:
            rows = np.memmap(self.path, stored, mode="r", shape=(self.count, *self.shape))
        except (OSError, ValueError):  # removed since it was seen whole
            return None
        if self.done() < self.count:  # begun anew since then: at its full size, and of zeros
            return None
        with suppress(OSError):
            os.utime(self.path)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
            return torch.from_numpy(rows).view(self.dtype)

    @property
    def _row(self) -> list[Any]:
        return [*self.shape, str(self.dtype)]

    @property
    def _count_path(self) -> Path:
        return self.path.with_suffix(".json")


def _filled(
    file: _File,
    sets: Sequence[Inputs],
    content: Content,
    limit: float,
    clock: Callable[[], float],
) -> Generator[str, None, str | None]:
    """Fill the file, or wait while another process does. Returns why it cannot be kept, or None."""
    if file.size > limit * GIGABYTE:
        return f"{_would_take(file)}, and training.cache_limit is {limit:g} GB"
    file.path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file.lock_path, thread_local=False)
    while True:
        try:
            lock.acquire(timeout=NOTICE_SECONDS)
            break
        except Timeout:
            share = f"{100 * file.done() / file.count:.0f} %"
            yield f"waits for {content.what}, which another trial computes: {share}"
    try:
        if file.done() == file.count:
            return None
        with FileLock(file.path.with_name(ROOM_LOCK)):  # two that look at once would both fit
            if refusal := _room_refused(file, limit):
                return refusal
            file.reserve()
        yield from _fill(file, sets, content, clock)
        return None
    finally:
        lock.release()


def _fill(
    file: _File, sets: Sequence[Inputs], content: Content, clock: Callable[[], float]
) -> Iterator[str]:
    begin = done = file.done()
    going_on = f", going on after {done:,}" if done else ""
    yield (
        f"computes {content.what} once for {file.count:,} images{going_on}: "
        f"{_gigabytes(file.size)} in {file.path.parent}"
    )
    started = synced = told = clock()
    with file.path.open("r+b") as rows:
        rows.seek(done * file.row_bytes)
        for images, indices in _batches(sets, done):
            block = _rows(images, indices)
            rows.write(block.view(torch.uint8).numpy().data)
            done += len(indices)
            now = clock()
            if done == file.count or now - synced >= SYNC_SECONDS:
                rows.flush()
                os.fsync(rows.fileno())
                file.note_done(done, content)
                synced = now
            if now - told >= NOTICE_SECONDS:
                left = (now - started) / (done - begin) * (file.count - done)
                yield f"{content.what}: {100 * done / file.count:.0f} %, {duration(left)} left"
                told = now


def _batches(sets: Sequence[Inputs], done: int) -> Iterator[tuple[Inputs, Tensor]]:
    """All images after the first `done`, set by set."""
    for images in sets:
        count, size = len(images.labels), evaluation_batch(images)
        for begin in range(min(done, count), count, size):
            end = min(begin + size, count)
            yield images, torch.arange(begin, end, device=images.labels.device)
        done -= min(done, count)


def _rows(images: Inputs, indices: Tensor) -> Tensor:
    """What the frozen part makes of these images, as it is stored."""
    outputs, _ = images.batch(indices)
    return outputs.movedim(1, -1).contiguous().cpu()


def _room_refused(file: _File, limit: float) -> str | None:
    """Remove what was used longest ago, until the file fits into limit and disk; what is being
    filled stays. Returns why it does not fit, or None.
    """
    folder = file.path.parent
    others = [path for path in folder.glob("*.rows") if path != file.path]
    others.sort(key=lambda path: path.stat().st_mtime)
    total = file.size + sum(path.stat().st_size for path in others)

    def missing_on_disk() -> bool:
        return file.size - file.done() * file.row_bytes > shutil.disk_usage(folder).free

    for path in others:
        if total <= limit * GIGABYTE and not missing_on_disk():
            return None
        with suppress(Timeout, OSError), FileLock(path.with_suffix(".lock"), timeout=0):
            size = path.stat().st_size
            for part in (path.with_suffix(".json"), path):  # a trial that maps it keeps it
                part.unlink(missing_ok=True)
            total -= size
    if total > limit * GIGABYTE:
        return f"{_would_take(file)} beside what others fill, and cache_limit is {limit:g} GB"
    if missing_on_disk():
        free = shutil.disk_usage(folder).free
        return f"{_would_take(file)}, and {folder} has {_gigabytes(free)} left"
    return None


def _would_take(file: _File) -> str:
    return f"it would take {_gigabytes(file.size)}"


def _gigabytes(size: int) -> str:
    return f"{size / GIGABYTE:.1f} GB" if size >= 0.1 * GIGABYTE else f"{size / 1e6:.1f} MB"
