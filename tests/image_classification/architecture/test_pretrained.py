"""Weights from files and from a server of the test's own."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import get_model_weights

from ablate.errors import DataError
from ablate.image_classification.architecture import pretrained
from ablate.image_classification.architecture.backbones import BACKBONES
from ablate.image_classification.architecture.pretrained import load_weights
from ablate.image_classification.architecture.weights import pinned

TINY = "mobilenet_v3_small"


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    from torchvision.models import get_model

    torch.manual_seed(0)
    return dict(get_model(TINY, weights=None).state_dict())


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ABLATE_WEIGHTS_DIR", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def refusal(*arguments: Any) -> str:
    with pytest.raises(DataError) as caught:
        load_weights(*arguments)
    return str(caught.value)


class TestFiles:
    @pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
    def test_both_kinds_of_file_are_read(
        self, state: dict[str, torch.Tensor], tmp_path: Path, suffix: str
    ) -> None:
        path = tmp_path / f"weights{suffix}"
        torch.save(state, path) if suffix == ".pth" else save_file(state, path)
        found = load_weights(TINY, pinned(str(path)))
        assert set(found) == set(state)
        for name in ("features.0.0.weight", "features.0.1.num_batches_tracked"):
            assert np.array_equal(found[name], state[name].numpy())

    def test_weights_of_another_network_name_what_does_not_fit(self, tmp_path: Path) -> None:
        path = tmp_path / "a.safetensors"
        save_file({"conv1.weight": torch.ones(4, 3, 1, 1)}, path)
        text = refusal("resnet18", pinned(str(path)))
        assert text == (
            f"{path}: does not fit resnet18: it lacks bn1.weight, bn1.bias, bn1.running_mean and "
            "96 more; conv1.weight is 4x3x1x1, not 64x3x7x7\n"
            "    name weights of this network, by torchvision's names of its parts"
        )

    def test_a_file_that_has_changed_since_the_plan_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "a.safetensors"
        save_file({"a": torch.ones(1)}, path)
        planned = pinned(str(path))
        save_file({"a": torch.zeros(1)}, path)
        assert f"{path}: is damaged or another file: its SHA-256 is " in refusal(TINY, planned)

    def test_where_another_file_has_taken_its_path_it_is_found_by_its_content(
        self, state: dict[str, torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "a.safetensors"
        save_file(state, path)
        planned = pinned(str(path))
        (tmp_path / "folder").mkdir()
        path.rename(tmp_path / "folder" / "b.safetensors")
        save_file({"a": torch.zeros(1)}, path)
        monkeypatch.setenv("ABLATE_WEIGHTS_DIR", str(tmp_path / "folder"))
        assert set(load_weights(TINY, planned)) == set(state)

    def test_a_file_that_has_moved_is_found_by_its_content(
        self,
        state: dict[str, torch.Tensor],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        here, there = tmp_path / "here.safetensors", tmp_path / "folder" / "other.safetensors"
        save_file(state, here)
        planned = pinned(str(here))
        there.parent.mkdir()
        here.rename(there)
        assert refusal(TINY, planned) == (
            f"{here}: is not there\n"
            "    put it into a folder and name that by ABLATE_WEIGHTS_DIR: it is found by its "
            "content"
        )
        monkeypatch.setenv("ABLATE_WEIGHTS_DIR", str(there.parent))
        assert set(load_weights(TINY, planned)) == set(state)
        assert set(load_weights(TINY, f"sha256:{planned.rpartition(':')[2]}")) == set(state)

    def test_what_cannot_be_read_on_the_way_is_passed_over_and_named_in_the_end(
        self, state: dict[str, torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        here, folder = tmp_path / "here.safetensors", tmp_path / "folder"
        save_file(state, here)
        planned = pinned(str(here))
        folder.mkdir()
        unreadable = folder / "a.pth"
        unreadable.symlink_to("/proc/self/mem")  # that of a process: a file that nobody reads
        monkeypatch.setenv("ABLATE_WEIGHTS_DIR", str(folder))
        here.rename(folder / "other.safetensors")
        assert set(load_weights(TINY, planned)) == set(state)
        (folder / "other.safetensors").unlink()
        assert refusal(TINY, planned) == (
            f"{here}: is not there\n"
            "    put it into a folder and name that by ABLATE_WEIGHTS_DIR: it is found by its "
            f"content\n{unreadable}: cannot be read: Input/output error"
        )


class TestImageNet:
    @pytest.fixture
    def file(
        self,
        state: dict[str, torch.Tensor],
        server: tuple[Path, str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> Path:
        """What the server has; torchvision and the table of backbones name it."""
        folder, address = server
        torch.save(state, folder / "made_up.pth")
        digest = hashlib.sha256((folder / "made_up.pth").read_bytes()).hexdigest()
        path = (folder / "made_up.pth").rename(folder / f"made_up-{digest[:8]}.pth")
        entry = get_model_weights(TINY)["IMAGENET1K_V1"].value
        monkeypatch.setattr(entry, "url", f"{address}/{path.name}")
        monkeypatch.setitem(BACKBONES, TINY, BACKBONES[TINY]._replace(weights_file=path.name))
        return path

    def test_they_are_downloaded_once_and_taken_from_torchs_cache_then(
        self, file: Path, state: dict[str, torch.Tensor], tmp_path: Path, capsys: Any
    ) -> None:
        assert set(load_weights(TINY, "imagenet")) == set(state)
        file.unlink()
        assert set(load_weights(TINY, "imagenet")) == set(state)
        assert (tmp_path / "torch" / "hub" / "checkpoints" / file.name).is_file()
        assert capsys.readouterr().out == ""

    @pytest.mark.parametrize("place", ["ABLATE_WEIGHTS_DIR", "data_dir"])
    def test_a_copy_at_hand_needs_no_network(
        self,
        file: Path,
        state: dict[str, torch.Tensor],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        place: str,
    ) -> None:
        folder = tmp_path / "at_hand"
        folder.mkdir()
        file.rename(folder / file.name)
        if place == "ABLATE_WEIGHTS_DIR":
            monkeypatch.setenv(place, str(folder))
        data_dir = folder if place == "data_dir" else None
        assert set(load_weights(TINY, "imagenet", data_dir)) == set(state)

    def test_a_damaged_copy_at_hand_is_named(
        self, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ABLATE_WEIGHTS_DIR", str(file.parent))
        file.write_bytes(file.read_bytes()[:1000])
        text = refusal(TINY, "imagenet")
        assert text.startswith(f"{file}: is damaged or another file: its SHA-256 is ")
        assert text.endswith("...\n    remove it, or copy it anew")

    @pytest.mark.parametrize("what", ["truncated", "other content", "absent"])
    def test_a_download_that_fails_says_the_ways_on_and_leaves_nothing(
        self, file: Path, tmp_path: Path, what: str
    ) -> None:
        content = file.read_bytes()
        if what == "absent":
            file.unlink()
        else:
            file.write_bytes(content[:-100] if what == "truncated" else content + b"!")
        text = refusal(TINY, "imagenet")
        reason = "HTTP Error 404" if what == "absent" else "invalid hash value"
        assert f"and the download failed ({reason}" in text
        assert f"  ABLATE_WEIGHTS_DIR: a folder with {file.name}\n" in text
        assert "  --set architecture.weights=FILE: other weights of this network\n" in text
        assert (
            "  pretrain yourself: ablate run studies/pretrain.yaml, then "
            "--set architecture.weights=runs/pretrain (docs/transfer.md)\n"
        ) in text
        assert text.endswith(
            "\n`architecture.weights: none` is no such way: it starts from random values, and a "
            "study that compares other weights with these has nothing left to compare."
        )
        assert list((tmp_path / "torch" / "hub" / "checkpoints").iterdir()) == []

    def test_without_a_server_too(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        entry = get_model_weights(TINY)["IMAGENET1K_V1"].value
        monkeypatch.setattr(entry, "url", f"http://127.0.0.1:9/{file.name}")
        assert "and the download failed (<urlopen error" in refusal(TINY, "imagenet")


def test_the_folder_is_the_one_that_is_documented() -> None:
    page = Path(__file__).parents[3] / "docs" / "transfer.md"
    assert pretrained.WEIGHTS_FOLDER in page.read_text()
