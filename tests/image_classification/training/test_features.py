"""The outputs of a frozen part on disk: computed once, whatever comes between."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from filelock import FileLock
from torch import Tensor

from ablate.image_classification.training import features
from ablate.image_classification.training.features import Content, FeatureSet, kept_features

CONTENT = Content({"weights": "a"}, "the output of a network before its end")


class Fake:
    """Images 0 to N - 1, whose output is their number and its square on a map of 2x3."""

    def __init__(self, count: int, begin: int = 0, dtype: torch.dtype = torch.float32) -> None:
        self.labels = torch.arange(count)
        self.values = 2**22  # four images a batch
        self.asked: list[int] = []
        self._begin, self._dtype = begin, dtype
        self.fails_at: int | None = None

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        if self.fails_at is not None and self.fails_at in indices:
            raise KeyboardInterrupt
        self.asked += indices.tolist()
        numbers = (indices + self._begin).to(self._dtype)
        maps = torch.stack([numbers, numbers**2], dim=1)
        return maps[:, :, None, None].expand(-1, 2, 2, 3), self.labels[indices]


class Told(NamedTuple):
    sets: list[FeatureSet] | None
    words: list[str]


def told(work: Generator[str, None, list[FeatureSet] | None]) -> Told:
    words = []
    while True:
        try:
            words.append(next(work))
        except StopIteration as end:
            return Told(end.value, words)


def kept(folder: Path, *sets: Fake, limit: float = 1.0, **options: Any) -> Told:
    return told(kept_features(sets, options.pop("content", CONTENT), folder, limit, **options))


def in_full(images: Fake) -> Tensor:
    return Fake(len(images.labels), images._begin, images._dtype).batch(images.labels)[0]


@pytest.fixture
def at_every_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "SYNC_SECONDS", 0.0)


def test_a_file_that_another_has_begun_anew_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has its full size at once, and holds zeros."""
    kept(tmp_path, Fake(10))
    (rows,), (count,) = tmp_path.glob("*.rows"), tmp_path.glob("*.json")
    memmap = np.memmap

    def just_after(*arguments: Any, **options: Any) -> Any:
        size = rows.stat().st_size
        rows.unlink()
        count.unlink()
        rows.write_bytes(bytes(size))
        return memmap(*arguments, **options)

    monkeypatch.setattr(np, "memmap", just_after)
    sets, words = kept(tmp_path, Fake(10))
    assert sets is None
    assert words[-1].endswith(f"another trial has made room for its own in {tmp_path}")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_is_kept_is_what_the_frozen_part_gives(tmp_path: Path, dtype: torch.dtype) -> None:
    train, test = Fake(10, dtype=dtype), Fake(3, begin=10, dtype=dtype)
    sets, words = kept(tmp_path, train, test)
    assert sets is not None
    for found, images in zip(sets, (train, test), strict=True):
        inputs, labels = found.batch(torch.tensor([2, 0]))
        assert inputs.dtype == dtype
        assert torch.equal(inputs, in_full(images)[[2, 0]])
        assert labels.tolist() == [2, 0]
        assert found.values == 12
    size = 13 * 12 * (4 if dtype == torch.float32 else 2)
    assert words[0] == (
        f"computes {CONTENT.what} once for 13 images: {size / 1e6:.1f} MB in {tmp_path}"
    )


def test_the_second_time_nothing_is_computed_but_one_image_for_its_shape(tmp_path: Path) -> None:
    kept(tmp_path, Fake(10))
    again = Fake(10)
    sets, words = kept(tmp_path, again)
    assert again.asked == [0]
    assert words == []
    assert sets is not None and torch.equal(sets[0].batch(again.labels)[0], in_full(again))


def test_other_content_has_another_file(tmp_path: Path) -> None:
    kept(tmp_path, Fake(10))
    other = Fake(10)
    kept(tmp_path, other, content=Content({"weights": "b"}, CONTENT.what))
    assert len(other.asked) == 11
    assert len(list(tmp_path.glob("*.rows"))) == 2


@pytest.mark.usefixtures("at_every_block")
@pytest.mark.parametrize("set_", [0, 1])
def test_a_fill_that_was_cut_off_goes_on_where_it_was(tmp_path: Path, set_: int) -> None:
    cut = [Fake(10), Fake(10, begin=10)]
    cut[set_].fails_at = 5
    with pytest.raises(KeyboardInterrupt):
        kept(tmp_path, *cut)
    train, test = Fake(10), Fake(10, begin=10)
    sets, words = kept(tmp_path, train, test)
    done = 4 if set_ == 0 else 14
    assert f"once for 20 images, going on after {done}: " in words[0]
    assert train.asked[1:] + [10 + i for i in test.asked] == list(range(done, 20))
    assert sets is not None
    assert torch.equal(sets[1].batch(test.labels)[0], in_full(test))
    assert torch.equal(sets[0].batch(train.labels)[0], in_full(train))


def test_a_process_that_is_killed_loses_one_block_at_most(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys\n"
        "from tests.image_classification.training import test_features as here\n"
        "here.features.SYNC_SECONDS = 0.0\n"
        "images = here.Fake(10)\n"
        "images.batch = here.killed_at(images.batch, 8)\n"
        "here.kept(pathlib.Path(sys.argv[1]), images)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, timeout=200)
    assert done.returncode == -signal.SIGKILL
    images = Fake(10)
    sets, words = kept(tmp_path, images)
    assert "going on after 8" in words[0]
    assert sets is not None and torch.equal(sets[0].batch(images.labels)[0], in_full(images))


def killed_at(batch: Callable[..., Any], image: int) -> Callable[..., Any]:
    """As `batch`, until that image is asked for."""

    def killed(indices: Tensor) -> Any:
        if image in indices:
            os.kill(os.getpid(), signal.SIGKILL)
        return batch(indices)

    return killed


@pytest.mark.usefixtures("at_every_block")
@pytest.mark.parametrize("harm", ["count", "rows", "shape"])
def test_a_damaged_file_is_filled_anew(tmp_path: Path, harm: str) -> None:
    kept(tmp_path, Fake(10))
    (count,), (rows,) = tmp_path.glob("*.json"), tmp_path.glob("*.rows")
    if harm == "count":
        count.write_text("{")
    elif harm == "rows":
        os.truncate(rows, 20)
    else:
        count.write_text(json.dumps(json.loads(count.read_text()) | {"row": [7, "torch.int8"]}))
    images = Fake(10)
    sets, _ = kept(tmp_path, images)
    assert images.asked[1:] == list(range(10))
    assert sets is not None and torch.equal(sets[0].batch(images.labels)[0], in_full(images))


class TestRoom:
    def test_over_the_limit_it_says_so_and_keeps_nothing(self, tmp_path: Path) -> None:
        sets, words = kept(tmp_path / "f", Fake(10), limit=1e-7)
        assert sets is None
        assert words == [
            f"{CONTENT.what} is computed anew for every batch: it would take 0.0 MB, and "
            "training.cache_limit is 1e-07 GB"
        ]
        assert not (tmp_path / "f").exists()

    def test_so_it_does_where_the_disk_is_full(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = shutil.disk_usage(tmp_path)._replace(free=100)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
        sets, words = kept(tmp_path, Fake(10))
        assert sets is None
        assert words[0].endswith(f"and {tmp_path} has 0.0 MB left")

    def test_so_it_does_where_the_folder_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "f").write_text("a file")
        sets, words = kept(tmp_path / "f", Fake(10))
        assert sets is None
        assert f"{tmp_path / 'f'} cannot be written to (" in words[0]

    def test_what_was_used_longest_ago_makes_room(self, tmp_path: Path) -> None:
        contents = [Content({"number": number}, CONTENT.what) for number in range(3)]
        room_for_two = 2.5 * 10 * 12 * 4 / 1e9
        for age, content in zip((30, 10), contents, strict=False):
            kept(tmp_path, Fake(10), content=content, limit=room_for_two)
            then = time.time() - age
            os.utime(tmp_path / f"{content.file_stem}.rows", (then, then))
        kept(tmp_path, Fake(10), content=contents[0], limit=room_for_two)  # used again
        kept(tmp_path, Fake(10), content=contents[2], limit=room_for_two)
        assert {path.stem for path in tmp_path.glob("*.rows")} == {
            contents[0].file_stem,
            contents[2].file_stem,
        }

    def test_rows_of_a_fill_that_was_killed_before_its_first_count_make_room(
        self, tmp_path: Path
    ) -> None:
        left = tmp_path / "of_a_killed_fill.rows"
        left.write_bytes(bytes(1000))
        sets, _ = kept(tmp_path, Fake(10), limit=1.5 * 10 * 12 * 4 / 1e9)
        assert sets is not None and not left.exists()

    def test_what_another_process_fills_stays_and_counts(self, tmp_path: Path) -> None:
        other = tmp_path / "other.rows"
        other.write_bytes(bytes(1000))
        with FileLock(other.with_suffix(".lock")):
            sets, words = kept(tmp_path, Fake(10), limit=1.5 * 10 * 12 * 4 / 1e9)
        assert sets is None and other.exists()
        assert "beside what others fill" in words[0]

    def test_of_two_fills_at_once_the_first_counts_at_its_full_size(self, tmp_path: Path) -> None:
        limit = 1.5 * 10 * 12 * 4 / 1e9
        first = kept_features([Fake(10)], CONTENT, tmp_path, limit)
        next(first)  # it is about to compute its first image
        sets, words = kept(tmp_path, Fake(10), limit=limit, content=Content({"b": 1}, CONTENT.what))
        assert sets is None
        assert "beside what others fill" in words[0]
        assert told(first).sets is not None

    def test_what_is_older_makes_room_on_a_full_disk_too(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        older = tmp_path / "older.rows"
        older.write_bytes(bytes(1000))
        usage = shutil.disk_usage(tmp_path)
        free = lambda path: usage._replace(free=0 if older.exists() else 1000)  # noqa: E731
        monkeypatch.setattr(shutil, "disk_usage", free)
        sets, _ = kept(tmp_path, Fake(10))
        assert sets is not None and not older.exists()

    def test_rows_removed_since_they_were_seen_are_computed_with_every_batch(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept(tmp_path, Fake(10))
        done = features._File.done

        def removed(self: features._File) -> int:
            count = done(self)
            self.path.unlink()
            return count

        monkeypatch.setattr(features._File, "done", removed)
        sets, words = kept(tmp_path, Fake(10))
        assert sets is None
        assert words[0].endswith(f"another trial has made room for its own in {tmp_path}")


def test_progress_is_told_with_the_time_left(tmp_path: Path) -> None:
    seconds = iter(range(0, 1000, 3))
    _, words = kept(tmp_path, Fake(10), clock=lambda: float(next(seconds)))
    assert words[1:] == [
        f"{CONTENT.what}: 40 %, 4 s left",
        f"{CONTENT.what}: 80 %, 2 s left",
        f"{CONTENT.what}: 100 %, 0 s left",
    ]


def test_another_trial_that_needs_the_same_waits_and_computes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "NOTICE_SECONDS", 0.05)
    tmp_path.mkdir(exist_ok=True)
    other = FileLock(tmp_path / f"{CONTENT.file_stem}.lock", thread_local=False)
    other.acquire()
    results: list[Told] = []
    images = Fake(10)
    waiting = threading.Thread(target=lambda: results.append(kept(tmp_path, images)))
    waiting.start()
    time.sleep(0.3)
    (tmp_path / "elsewhere").mkdir()
    kept(tmp_path / "elsewhere", Fake(10))
    for path in (tmp_path / "elsewhere").glob("*.[rj]*"):  # the other one is done
        shutil.copy(path, tmp_path)
    other.release()
    waiting.join(20)
    ((sets, words),) = results
    assert set(words) == {f"waits for {CONTENT.what}, which another trial computes: 0 %"}
    assert images.asked == [0]
    assert sets is not None and torch.equal(sets[0].batch(images.labels)[0], in_full(images))


@pytest.mark.parametrize(("free", "where"), [(4_000, "meta"), (3_999, "cpu")])
def test_a_device_of_its_own_memory_holds_the_rows_where_a_quarter_of_it_is_enough(
    free: int, where: str
) -> None:
    rows = torch.zeros(250, 1)  # 1,000 bytes
    assert features._resident(rows, torch.device("meta"), lambda _: free).device.type == where


def test_the_cpu_reads_the_mapped_rows_themselves() -> None:
    rows = torch.zeros(2, 3)
    assert features._resident(rows, torch.device("cpu")) is rows
