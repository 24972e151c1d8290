"""CIFAR-10 in every form that it comes in: six images of it, but where the real one is at hand."""

import hashlib
import io
import os
import pickle
import struct
import tarfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from PIL import Image

from ablate.errors import DataError
from ablate.image_classification.data import cifar10
from ablate.image_classification.data.cifar10 import Images, Part, decode

CUT_OFF = "the file is cut off or is another data set"


def digest(values: NDArray[Any]) -> str:
    return hashlib.sha256(values.tobytes()).hexdigest()


def made_up(seed: int, count: int) -> Images:
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    return pixels, random.integers(0, 10, count, dtype=np.int64)


def part_of(name: str, images: Images) -> Part:
    return Part(name, len(images[0]), digest(images[0]), digest(images[1]))


TRAIN_IMAGES, TEST_IMAGES = made_up(0, 10), made_up(1, 6)
TRAIN, TEST = part_of("train", TRAIN_IMAGES), part_of("test", TEST_IMAGES)


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ABLATE_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setattr(cifar10, "DOWNLOAD_URL", "http://127.0.0.1:9/nothing.tar.gz")
    monkeypatch.setattr(cifar10, "TRAIN", TRAIN)
    monkeypatch.setattr(cifar10, "TEST", TEST)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "caches" / "ablate"


def png(image: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def write_parquet(
    folder: Path, name: str, images: Images, column: str = "img", shards: int = 1
) -> list[Path]:
    """As the Hugging Face hub lays it out."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for shard, rows in enumerate(np.array_split(np.arange(len(images[0])), shards)):
        pngs = [{"bytes": png(images[0][row]), "path": None} for row in rows]
        table = pa.table({column: pngs, "label": images[1][rows].tolist()})
        paths.append(folder / f"{name}-{shard:05}-of-{shards:05}.parquet")
        pq.write_table(table, paths[-1])
    return paths


Write = Callable[[Path, dict[bytes, Any]], None]


def write_batches(place: Path, name: str, images: Images, write: Write | None = None) -> Path:
    """As the official archive has it: the training set in five files, the test set in one."""
    folder = place / "cifar-10-batches-py"
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"data_batch_{n}" for n in range(1, 6)] if name == "train" else ["test_batch"]
    for file, rows in zip(
        names, np.array_split(np.arange(len(images[0])), len(names)), strict=True
    ):
        data = images[0][rows].transpose(0, 3, 1, 2).reshape(len(rows), -1)
        batch = {b"batch_label": b"a batch", b"labels": images[1][rows].tolist(), b"data": data}
        (write or by_python_2)(folder / file, batch)
    return folder


def by_python_3(path: Path, batch: dict[bytes, Any]) -> None:
    path.write_bytes(pickle.dumps(batch, protocol=2))


def with_the_old_module_name(path: Path, batch: dict[bytes, Any]) -> None:
    text = pickle.dumps(batch, protocol=2)
    old = text.replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")
    assert old != text
    path.write_bytes(old)


def by_python_2(path: Path, batch: dict[bytes, Any]) -> None:
    with path.open("wb") as file:
        _Python2Pickler(file, protocol=2).dump(batch)


_reconstruct = np.empty(0).__reduce__()[0]


class _Python2Pickler(pickle._Pickler):
    """Byte for byte as Python 2 and its numpy wrote the official files: strings are bytes, and a
    dtype's flags are numbers.
    """

    dispatch = dict(pickle._Pickler.dispatch)
    names = {
        _reconstruct: b"numpy.core.multiarray\n_reconstruct\n",
        np.ndarray: b"numpy\nndarray\n",
        np.dtype: b"numpy\ndtype\n",
    }

    def save_string(self, text: bytes) -> None:
        short = len(text) < 256
        self.write(b"U" + bytes([len(text)]) if short else b"T" + struct.pack("<i", len(text)))
        self.write(text)
        self.memoize(text)

    def save_name(self, named: Any, name: str | None = None) -> None:
        self.write(b"c" + self.names[named])
        self.memoize(named)

    save_global = save_name
    dispatch[bytes] = save_string
    dispatch[type] = save_name

    def reducer_override(self, thing: Any) -> Any:
        if isinstance(thing, np.ndarray):
            state = (1, thing.shape, thing.dtype, False, thing.tobytes())
            return _reconstruct, (np.ndarray, (0,), b"b"), state
        if isinstance(thing, np.dtype):
            return np.dtype, (b"u1", 0, 1), (3, b"|", None, None, None, -1, -1, 0)
        return NotImplemented


def equal(found: Images, expected: Images) -> bool:
    assert (found[0].dtype, found[1].dtype) == (np.uint8, np.int64)
    return np.array_equal(found[0], expected[0]) and np.array_equal(found[1], expected[1])


def refusal(part: Part, *folders: Path) -> str:
    with pytest.raises(DataError) as caught:
        decode(part, folders)
    return str(caught.value)


class TestParquet:
    @pytest.mark.parametrize("column", ["img", "image"])
    @pytest.mark.parametrize("place", ["", "cifar10", "plain_text"])
    def test_pixels_and_labels_are_those_of_the_files(
        self, tmp_path: Path, column: str, place: str
    ) -> None:
        write_parquet(tmp_path / place, "train", TRAIN_IMAGES, column)
        write_parquet(tmp_path / place, "test", TEST_IMAGES, column)
        assert equal(decode(TRAIN, [tmp_path]), TRAIN_IMAGES)
        assert equal(decode(TEST, [tmp_path]), TEST_IMAGES)

    def test_several_files_follow_each_other_by_name(self, tmp_path: Path) -> None:
        last_first = reversed(write_parquet(tmp_path / "a", "train", TRAIN_IMAGES, shards=3))
        (tmp_path / "b").mkdir()
        for path in last_first:
            path.rename(tmp_path / "b" / path.name)
        assert equal(decode(TRAIN, [tmp_path / "b"]), TRAIN_IMAGES)

    def test_of_several_files_the_one_that_is_no_parquet_is_named(self, tmp_path: Path) -> None:
        _, damaged, _ = write_parquet(tmp_path, "train", TRAIN_IMAGES, shards=3)
        damaged.write_bytes(b"a page that says: not found")
        text = refusal(TRAIN, tmp_path)
        assert text.startswith(f"{damaged} cannot be read as CIFAR-10: ")
        assert "Parquet magic bytes not found" in text
        assert text.endswith("not a parquet file. Copy it anew")

    def test_a_file_that_is_cut_off_is_named(self, tmp_path: Path) -> None:
        (path,) = write_parquet(tmp_path, "test", TEST_IMAGES)
        path.write_bytes(path.read_bytes()[:-1000])
        assert refusal(TEST, tmp_path).startswith(f"{path} cannot be read as CIFAR-10: ")

    def test_other_columns_are_told(self, tmp_path: Path) -> None:
        path = tmp_path / "test-00000-of-00001.parquet"
        pq.write_table(pa.table({"picture": [b""], "label": [1]}), path)
        assert refusal(TEST, tmp_path) == (
            f"{path} cannot be read as CIFAR-10: its columns are picture, label, not img and "
            "label. Copy it anew"
        )

    @pytest.mark.parametrize("image", [b"no picture", None])
    def test_a_file_with_an_image_that_is_none_is_named(
        self, tmp_path: Path, image: bytes | None
    ) -> None:
        _, second = write_parquet(tmp_path, "test", TEST_IMAGES, shards=2)
        table = pa.table({"img": [{"bytes": image, "path": ""}] * 3, "label": [1, 2, 3]})
        pq.write_table(table, second)
        assert refusal(TEST, tmp_path).startswith(
            f"{second} cannot be read as CIFAR-10: cannot identify image file"
        )

    def test_a_missing_label_is_no_number(self, tmp_path: Path) -> None:
        (path,) = write_parquet(tmp_path, "test", TEST_IMAGES)
        table = pq.read_table(path)
        labels = pa.array([None, *TEST_IMAGES[1].tolist()[1:]])
        pq.write_table(table.set_column(1, "label", labels), path)
        assert refusal(TEST, tmp_path).startswith(f"{path} cannot be read as CIFAR-10: ")


class TestBatches:
    @pytest.mark.parametrize("write", [by_python_2, by_python_3, with_the_old_module_name])
    @pytest.mark.parametrize("place", ["", "cifar10", "plain_text"])
    def test_they_are_the_same_images_as_in_parquet(
        self, tmp_path: Path, write: Write, place: str
    ) -> None:
        for name, images in (("train", TRAIN_IMAGES), ("test", TEST_IMAGES)):
            write_batches(tmp_path / "pickles" / place, name, images, write)
            write_parquet(tmp_path / "parquet", name, images)
        for part in (TRAIN, TEST):
            from_pickles = decode(part, [tmp_path / "pickles"])
            assert equal(from_pickles, decode(part, [tmp_path / "parquet"]))

    def test_a_file_that_is_cut_off_is_named(self, tmp_path: Path) -> None:
        path = write_batches(tmp_path, "train", TRAIN_IMAGES) / "data_batch_3"
        path.write_bytes(path.read_bytes()[:-10])
        assert refusal(TRAIN, tmp_path).startswith(f"{path} cannot be read as CIFAR-10: ")
        path.write_bytes(b"")
        assert refusal(TRAIN, tmp_path) == (
            f"{path} cannot be read as CIFAR-10: Ran out of input. Copy it anew"
        )

    def test_a_file_that_is_absent_is_named(self, tmp_path: Path) -> None:
        folder = write_batches(tmp_path, "train", TRAIN_IMAGES)
        (folder / "data_batch_5").unlink()
        assert refusal(TRAIN, tmp_path) == (
            f"{folder / 'data_batch_5'} cannot be read as CIFAR-10: [Errno 2] No such file or "
            f"directory: '{folder / 'data_batch_5'}'. Copy it anew"
        )

    @pytest.mark.parametrize("content", [[1, 2], {b"data": np.zeros((1, 3072), np.uint8)}])
    def test_other_content_is_told(self, tmp_path: Path, content: Any) -> None:
        path = write_batches(tmp_path, "test", TEST_IMAGES) / "test_batch"
        by_python_3(path, content)
        assert refusal(TEST, tmp_path) == (
            f"{path} cannot be read as CIFAR-10: it is no dictionary of data and labels. "
            "Copy it anew"
        )

    def test_images_of_another_size_are_told(self, tmp_path: Path) -> None:
        path = write_batches(tmp_path, "test", TEST_IMAGES) / "test_batch"
        by_python_3(path, {b"data": np.zeros((1, 28 * 28), np.uint8), b"labels": [1]})
        assert refusal(TEST, tmp_path).startswith(
            f"{path} cannot be read as CIFAR-10: cannot reshape array of size 784 into shape"
        )


class Evil:
    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._call


class TestForgedBatches:
    @pytest.mark.parametrize(
        ("evil", "named"),
        [
            (Evil(os.system, "touch ran"), "posix.system"),
            (Evil(eval, "open('ran', 'w')"), "__builtin__.eval"),
            (Evil(getattr, Path("ran"), "touch"), "__builtin__.getattr"),
            (Evil(np.memmap, "ran", "uint8", "w+", 0, 1), "numpy.memmap"),
        ],
    )
    def test_a_pickle_that_runs_code_is_refused_before_it_does(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evil: Evil, named: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        path = write_batches(tmp_path, "test", TEST_IMAGES) / "test_batch"
        by_python_3(path, {b"labels": evil, b"data": TEST_IMAGES[0]})
        assert refusal(TEST, tmp_path) == (
            f"{path} cannot be read as CIFAR-10: it names {named}, which no data file needs. "
            "Copy it anew"
        )
        assert not (tmp_path / "ran").exists()

    def test_not_even_a_module_of_numpy_is_imported_for_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import numpy

        (tmp_path / "left_behind.py").write_text("open('ran', 'w').close()\nndarray = list\n")
        monkeypatch.setattr(numpy, "__path__", [*numpy.__path__, str(tmp_path)])
        monkeypatch.chdir(tmp_path)
        folder = write_batches(tmp_path, "test", TEST_IMAGES)
        (folder / "test_batch").write_bytes(b"\x80\x02cnumpy.left_behind\nndarray\n.")
        assert "it names numpy.left_behind.ndarray, which no data" in refusal(TEST, tmp_path)
        assert not (tmp_path / "ran").exists()

    def test_its_bytes_go_through_no_codec_but_those_of_text(self, tmp_path: Path) -> None:
        folder = write_batches(tmp_path, "test", TEST_IMAGES)
        rot13 = b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86R."
        (folder / "test_batch").write_bytes(rot13)
        assert "'rot13' is not a text encoding" in refusal(TEST, tmp_path)


Writer = Callable[[Path, str, Images], Any]


@pytest.mark.parametrize("write", [write_parquet, write_batches])
class TestContent:
    def test_other_pixels_are_refused_with_both_digests(
        self, tmp_path: Path, write: Writer
    ) -> None:
        pixels = TEST_IMAGES[0].copy()
        pixels[3, 2, 1, 0] ^= 1
        written = write(tmp_path, "test", (pixels, TEST_IMAGES[1]))
        assert refusal(TEST, tmp_path) == (
            f"{name_of(written)} does not hold CIFAR-10's test set: the SHA-256 of its pixels is "
            f"{digest(pixels)}, the published one {TEST.digest}. Copy it anew"
        )

    def test_other_labels_are_refused_with_both_digests(
        self, tmp_path: Path, write: Writer
    ) -> None:
        labels = TEST_IMAGES[1].copy()
        labels[3] += 256  # the same number in a byte
        written = write(tmp_path, "test", (TEST_IMAGES[0], labels))
        assert refusal(TEST, tmp_path) == (
            f"{name_of(written)} does not hold CIFAR-10's test set: the SHA-256 of its labels is "
            f"{digest(labels)}, the known one {TEST.label_digest}. Copy it anew"
        )

    @pytest.mark.parametrize("count", [1, 5])
    def test_another_number_of_images_is_told(
        self, tmp_path: Path, write: Writer, count: int
    ) -> None:
        written = write(tmp_path, "test", (TEST_IMAGES[0][:count], TEST_IMAGES[1][:count]))
        assert refusal(TEST, tmp_path) == (
            f"{name_of(written)} holds {count} images, but CIFAR-10's test set has 6: {CUT_OFF}"
        )


def name_of(written: Path | list[Path]) -> Path:
    return written if isinstance(written, Path) else written[0]


def test_labels_for_some_of_the_images_are_told(tmp_path: Path) -> None:
    path = write_batches(tmp_path, "test", TEST_IMAGES) / "test_batch"
    by_python_3(path, {b"data": TEST_IMAGES[0].reshape(6, -1), b"labels": [1, 2]})
    assert refusal(TEST, tmp_path) == (
        f"{path.parent} holds 6 images and 2 labels, but CIFAR-10's test set has 6: {CUT_OFF}"
    )


class TestPlaces:
    """Folders are told apart by what is wrong with their files."""

    def broken(self, folder: Path) -> Path:
        (path,) = write_parquet(folder, "train", TRAIN_IMAGES)
        path.write_bytes(b"")
        return path

    def test_the_folder_that_is_named_comes_before_the_variable_and_that_before_the_cache(
        self, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        named, variable = tmp_path / "named", tmp_path / "variable"
        monkeypatch.setenv("ABLATE_DATA_DIR", str(variable))
        in_order = [self.broken(folder) for folder in (named, variable, cache)]
        for path in in_order:
            with pytest.raises(DataError) as caught:
                cifar10.load(named)
            assert str(caught.value).startswith(f"{path} cannot be read as CIFAR-10")
            path.unlink()
        with pytest.raises(DataError) as caught:
            cifar10.load(named)
        assert str(caught.value).startswith(
            f"no CIFAR-10 in {named}, {variable}, {cache}, and the download failed ("
        )

    def test_parquet_comes_before_batches(self, tmp_path: Path) -> None:
        write_batches(tmp_path, "train", TRAIN_IMAGES)
        path = self.broken(tmp_path)
        assert refusal(TRAIN, tmp_path).startswith(f"{path} cannot")

    def test_each_part_may_lie_elsewhere(self, tmp_path: Path) -> None:
        write_parquet(tmp_path / "a", "train", TRAIN_IMAGES)
        write_batches(tmp_path / "b", "test", TEST_IMAGES)
        folders = [tmp_path / "a", tmp_path / "b"]
        assert equal(decode(TRAIN, folders), TRAIN_IMAGES)
        assert equal(decode(TEST, folders), TEST_IMAGES)


def test_images_come_channels_first_and_with_the_published_mean(tmp_path: Path) -> None:
    write_parquet(tmp_path, "train", TRAIN_IMAGES)
    write_parquet(tmp_path, "test", TEST_IMAGES)
    data = cifar10.load(tmp_path)
    assert data.train_images.shape == (10, 3, 32, 32)
    for image, row, column, channel in ((0, 0, 0, 0), (9, 31, 5, 2), (4, 7, 30, 1)):
        expected = TRAIN_IMAGES[0][image, row, column, channel]
        assert data.train_images[image, channel, row, column] == expected
    assert np.array_equal(data.test_images, np.moveaxis(TEST_IMAGES[0], 3, 1))
    assert np.array_equal(data.train_labels, TRAIN_IMAGES[1])
    assert np.array_equal(data.test_labels, TEST_IMAGES[1])
    assert data.train_images.flags.c_contiguous
    assert (data.mean, data.std) == ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))


class TestCache:
    @pytest.fixture
    def source(self, tmp_path: Path) -> Path:
        write_parquet(tmp_path / "source", "train", TRAIN_IMAGES)
        write_parquet(tmp_path / "source", "test", TEST_IMAGES)
        return tmp_path / "source"

    @pytest.fixture
    def decoded(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The parts that were decoded."""
        noted: list[str] = []

        def noting(part: Part, folders: Sequence[Path]) -> Images:
            noted.append(part.name)
            return decode(part, folders)

        monkeypatch.setattr(cifar10, "decode", noting)
        return noted

    def test_what_was_decoded_once_is_not_decoded_again(
        self, source: Path, decoded: list[str], cache: Path
    ) -> None:
        first, again = cifar10.load(source), cifar10.load(None)
        assert decoded == ["train", "test"]
        for name in ("train_images", "train_labels", "test_images", "test_labels"):
            one, other = getattr(first, name), getattr(again, name)
            assert np.array_equal(one, other) and one.dtype == other.dtype
        files = sorted(path.name for path in cache.iterdir())
        assert files == [
            f"cifar10-test-{TEST.digest[:16]}.npy",
            f"cifar10-train-{TRAIN.digest[:16]}.npy",
        ]

    @pytest.mark.parametrize(
        "harm",
        [
            lambda content: content[:-1],
            lambda content: content[:100],
            lambda content: b"",
            lambda content: content[:-1] + bytes([content[-1] ^ 1]),  # of a pixel
            lambda content: content[:128] + bytes([content[128] ^ 1]) + content[129:],  # of a label
            # What Python's parser raises on these is no ValueError.
            lambda content: content.replace(b"}", b" ", 1),
            lambda content: content.replace(b"{'descr': '|u1'", b",1             ", 1),
            lambda content: content.replace(b"{'descr'", b"{b'desc'", 1),
            lambda content: b"PK\x03\x04" + content[4:],
        ],
    )
    def test_a_damaged_file_is_ignored_and_written_again(
        self,
        source: Path,
        decoded: list[str],
        cache: Path,
        harm: Callable[[bytes], bytes],
    ) -> None:
        cifar10.load(source)
        file = cache / f"cifar10-train-{TRAIN.digest[:16]}.npy"
        whole = file.read_bytes()
        damaged = harm(whole)
        assert damaged != whole
        file.write_bytes(damaged)
        data = cifar10.load(source)
        assert decoded == ["train", "test", "train"]
        assert np.array_equal(data.train_images, np.moveaxis(TRAIN_IMAGES[0], 3, 1))
        assert np.array_equal(data.train_labels, TRAIN_IMAGES[1])
        assert file.read_bytes() == whole

    @pytest.mark.parametrize("place", ["caches", "caches/ablate"])
    def test_a_cache_that_cannot_be_written_costs_no_run(
        self, source: Path, decoded: list[str], tmp_path: Path, place: str
    ) -> None:
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text("a file, where a folder should be")
        for _ in range(2):
            data = cifar10.load(source)
            assert np.array_equal(data.test_labels, TEST_IMAGES[1])
        assert decoded == ["train", "test"] * 2

    def test_a_disk_that_is_full_costs_no_run_and_keeps_no_half_file(
        self, source: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(descriptor: int) -> None:
            raise OSError("No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        assert np.array_equal(cifar10.load(source).test_labels, TEST_IMAGES[1])
        assert list(cache.iterdir()) == []


class TestDownload:
    @pytest.fixture
    def archive(
        self, server: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Path:
        """What the server has, and its hash."""
        folder, address = server
        batches = write_batches(tmp_path / "unpacked", "train", TRAIN_IMAGES)
        write_batches(tmp_path / "unpacked", "test", TEST_IMAGES)
        path = folder / "six-images.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            tar.add(batches, batches.name)
        md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        monkeypatch.setattr(cifar10, "DOWNLOAD_URL", f"{address}/{path.name}")
        monkeypatch.setattr(cifar10, "DOWNLOAD_MD5", md5)
        return path

    def ways_on(self, cache: Path) -> str:
        return (
            "Ways on:\n"
            "  --data-dir DIR (or ABLATE_DATA_DIR): a folder with Hugging Face's Parquet files or "
            "cifar-10-batches-py\n"
            "  --dataset digits: the embedded data set, which needs no network\n"
            f"  download {cifar10.DOWNLOAD_URL} elsewhere and unpack it into {cache}"
        )

    def test_both_parts_come_with_one_download(
        self, archive: Path, cache: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert equal(decode(TRAIN, [cache]), TRAIN_IMAGES)
        archive.unlink()
        assert equal(decode(TEST, [cache]), TEST_IMAGES)
        assert [path.name for path in cache.iterdir()] == ["cifar-10-batches-py"]
        assert capsys.readouterr().out == ""

    def test_what_another_process_has_downloaded_meanwhile_stays(
        self, archive: Path, cache: Path, tmp_path: Path
    ) -> None:
        theirs = write_batches(cache, "test", TEST_IMAGES)
        assert cifar10.download([]) == cache
        assert [path.name for path in theirs.iterdir()] == ["test_batch"]

    def test_what_a_killed_download_has_left_is_removed_and_a_young_ones_stays(
        self, archive: Path, cache: Path
    ) -> None:
        for name, age in (("cifar10-old", 2), ("cifar10-young", 0)):
            left = cache / name / "half.tar.gz"
            left.parent.mkdir(parents=True)
            left.touch()
            os.utime(left.parent, (time.time() - age * 86_400,) * 2)
        assert cifar10.download([]) == cache
        assert sorted(path.name for path in cache.iterdir()) == [
            "cifar-10-batches-py", "cifar10-young"
        ]  # fmt: skip

    @pytest.mark.parametrize("what", ["other content", "cut off", "absent"])
    def test_one_that_fails_says_the_ways_on_and_leaves_nothing(
        self, archive: Path, cache: Path, tmp_path: Path, what: str
    ) -> None:
        content = archive.read_bytes()
        archive.write_bytes(content + b"!" if what == "other content" else content[:-100])
        if what == "absent":
            archive.unlink()
        reason = "HTTP Error 404: File not found"
        reason = reason if what == "absent" else "File not found or corrupted."
        assert refusal(TRAIN, tmp_path) == (
            f"no CIFAR-10 in {tmp_path}, and the download failed ({reason}). {self.ways_on(cache)}"
        )
        assert list(cache.iterdir()) == []

    def test_one_that_is_broken_off_while_unpacking_is_not_taken_for_the_data_set(
        self, archive: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken_off(member: Any, *arguments: Any, **options: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(tarfile.TarFile, "makefile", broken_off)
            with pytest.raises(KeyboardInterrupt):
                cifar10.download([])
        assert list(cache.iterdir()) == []
        assert equal(decode(TRAIN, [cache]), TRAIN_IMAGES)

    def test_without_a_server_the_ways_on_are_told(self, tmp_path: Path, cache: Path) -> None:
        text = refusal(TRAIN, tmp_path)
        assert text.startswith(
            f"no CIFAR-10 in {tmp_path}, and the download failed (<urlopen error"
        )
        assert text.endswith(f"). {self.ways_on(cache)}")

    def test_without_a_cache_folder_too(self, archive: Path, tmp_path: Path, cache: Path) -> None:
        (tmp_path / "caches").write_text("a file")
        text = refusal(TRAIN, tmp_path)
        assert text.startswith(f"no CIFAR-10 in {tmp_path}, and the download failed ([Errno ")
        assert text.endswith(f"). {self.ways_on(cache)}")


def test_what_is_downloaded_is_what_torchvision_downloads() -> None:
    from torchvision.datasets import CIFAR10

    assert (CIFAR10.url, CIFAR10.tgz_md5) == (UNPATCHED_URL, cifar10.DOWNLOAD_MD5)
    assert CIFAR10.base_folder == cifar10.BATCHES_FOLDER


UNPATCHED_URL = cifar10.DOWNLOAD_URL
UNPATCHED_PARTS = cifar10.TRAIN, cifar10.TEST


@pytest.mark.slow
@pytest.mark.timeout(900)  # 15 seconds, but on a machine that is busy
def test_the_real_data_set_is_what_is_known_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, real_data_dir: Path
) -> None:
    monkeypatch.setattr(cifar10, "TRAIN", UNPATCHED_PARTS[0])
    monkeypatch.setattr(cifar10, "TEST", UNPATCHED_PARTS[1])
    monkeypatch.setattr(cifar10, "download", lambda folders: pytest.skip(NOT_THERE))
    (tmp_path / "caches").write_text("no cache: 184 MB stay unwritten")
    data = cifar10.load(real_data_dir)
    assert data.train_images.shape == (50_000, 3, 32, 32)
    assert data.test_images.shape == (10_000, 3, 32, 32)
    assert (data.train_images.dtype, data.train_labels.dtype) == (np.uint8, np.int64)
    assert np.bincount(data.train_labels).tolist() == [5_000] * 10
    assert np.bincount(data.test_labels).tolist() == [1_000] * 10
    assert data.train_labels[:10].tolist() == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]
    assert data.test_labels[:10].tolist() == [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]
    # Of all pixels, and so of their order among channels.
    mean = data.train_images.mean(axis=(0, 2, 3), dtype=np.float64) / 255
    assert mean == pytest.approx([0.49139968, 0.48215841, 0.44653091], abs=1e-8)


NOT_THERE = "no CIFAR-10 under ABLATE_DATA_DIR"


@pytest.fixture
def real_data_dir() -> Path:
    """Read before the tests forget the variable."""
    if not DATA_DIR:
        pytest.skip("ABLATE_DATA_DIR is not set")
    return Path(DATA_DIR)


DATA_DIR = os.environ.get("ABLATE_DATA_DIR")
