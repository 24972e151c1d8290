"""Weights are named by path and by content."""

import hashlib
from pathlib import Path

import pytest

from ablate.errors import SettingsError
from ablate.image_classification.architecture import weights

CONTENT = b"tensors"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.safetensors"
    path.write_bytes(CONTENT)
    return path


def refusal(name: str) -> str:
    with pytest.raises(SettingsError) as caught:
        weights.pinned(name)
    return str(caught.value)


@pytest.mark.parametrize(
    "name", ["none", "imagenet", f"sha256:{DIGEST}", f"gone.pth@sha256:{DIGEST}"]
)
def test_words_and_what_is_pinned_need_no_file(name: str) -> None:
    assert weights.pinned(name) == name


def test_a_path_is_pinned_to_its_content(file: Path) -> None:
    assert weights.pinned(str(file)) == f"{file}@sha256:{DIGEST}"


def test_a_file_that_changes_is_another_one(file: Path) -> None:
    before = weights.pinned(str(file))
    file.write_bytes(b"other tensors")
    assert weights.pinned(str(file)) != before


def test_the_same_content_has_one_name_wherever_it_lies(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "b.pth"
    copy.write_bytes(CONTENT)
    for name in (str(file), str(copy), weights.pinned(str(file)), f"sha256:{DIGEST}"):
        assert weights.by_content(name) == f"sha256:{DIGEST}"


def test_a_run_that_keeps_one_trials_weights_is_named_by_its_folder(tmp_path: Path) -> None:
    records = tmp_path / "records"
    records.mkdir()
    (records / "ab.json").write_text("{}")
    assert refusal(str(tmp_path)) == (
        f"architecture.weights: {tmp_path} holds no weights\n"
        "    `keep_weights: true` in a study keeps them beside its records"
    )
    (records / "ab.safetensors").write_bytes(CONTENT)
    assert weights.pinned(str(tmp_path)) == f"{records}/ab.safetensors@sha256:{DIGEST}"
    (records / "cd.safetensors").write_bytes(CONTENT)
    assert refusal(str(tmp_path)) == (
        f"architecture.weights: {tmp_path} holds the weights of 2 networks\n"
        f"    name one: {records}/ab.safetensors, {records}/cd.safetensors"
    )


def test_a_missing_file_and_a_false_digest_are_refused() -> None:
    assert refusal("nowhere/a.pth") == (
        "architecture.weights: no file nowhere/a.pth\n"
        "    name a .pth or .safetensors file, a run that keeps its weights, 'imagenet' or 'none'"
    )
    assert refusal("a.pth@sha256:12") == (
        "architecture.weights: '12' is no SHA-256\n    give its 64 hexadecimal digits, or a path"
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x" * 5000, "File name too long"),
        ("~nobody_of_this_name/x", "Could not determine home directory"),
    ],
)
def test_a_path_that_cannot_be_looked_at_is_refused(name: str, reason: str) -> None:
    assert refusal(name) == (
        f"architecture.weights: no file {name}: {reason}\n"
        "    name a .pth or .safetensors file, a run that keeps its weights, 'imagenet' or 'none'"
    )
