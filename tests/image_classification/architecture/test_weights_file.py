"""A file of weights is tensors by name, and nothing of it is run."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from ablate.errors import DataError
from ablate.image_classification.architecture.weights_file import read_state


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("ran"),)


def test_a_file_that_runs_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "evil.pth"
    torch.save({"a": Evil()}, path)
    with pytest.raises(DataError, match=r"evil\.pth: cannot be read as weights: Weights only"):
        read_state(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"epoch": 3, "a": torch.ones(1)}, "its entry 'epoch' is no tensor"),
        ([torch.ones(1)], "it is no state dict"),
    ],
)
def test_what_is_no_state_dict_is_refused_with_the_reason(
    tmp_path: Path, content: Any, reason: str
) -> None:
    path = tmp_path / "a.pth"
    torch.save(content, path)
    with pytest.raises(DataError) as caught:
        read_state(path)
    assert str(caught.value) == (
        f"{path}: cannot be read as weights: {reason}\n"
        "    it must be a state dict (names and tensors) as .pth or .safetensors"
    )


def test_half_precision_comes_as_float32(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2, dtype=torch.bfloat16)}, tmp_path / "a.safetensors")
    assert read_state(tmp_path / "a.safetensors")["a"].dtype == np.float32


def test_parameters_are_read_as_their_values(tmp_path: Path) -> None:
    torch.save({"a": nn.Parameter(torch.ones(2))}, tmp_path / "a.pth")
    assert read_state(tmp_path / "a.pth")["a"].tolist() == [1, 1]


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_damaged_file_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"no weights at all")
    with pytest.raises(DataError, match=f"{path}: cannot be read as weights: ."):
        read_state(path)
