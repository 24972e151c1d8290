"""The network is the trial's at its start, or has the weights of a file."""

import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from ablate.errors import AblateError
from ablate.image_classification.settings.keys import ImageClassificationSettings
from ablate.image_classification.settings.resolving import parse
from ablate.image_classification.visualization.network import load_network
from ablate.image_classification.workload import initial_network


@pytest.fixture(scope="module")
def settings() -> ImageClassificationSettings:
    return parse({"architecture": {"filters": [4]}, "data": {"dataset": "digits"}})


@pytest.fixture
def network(settings: ImageClassificationSettings) -> nn.Module:
    return initial_network(settings, 5)


def same(one: nn.Module, other: nn.Module) -> bool:
    states = one.state_dict(), other.state_dict()
    return all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_without_a_file_it_is_as_a_trial_of_its_seed_starts(
    settings: ImageClassificationSettings, network: nn.Module
) -> None:
    assert same(load_network(settings, 5), network)
    assert not same(load_network(settings, 6), network)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_weights_come_from_a_file(
    settings: ImageClassificationSettings, network: nn.Module, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"weights{suffix}"
    write = save_file if suffix == ".safetensors" else torch.save
    write(network.state_dict(), path)
    loaded = load_network(settings, 0, path)
    assert same(loaded, network)
    assert not loaded.training


def test_weights_of_another_network_are_refused(
    settings: ImageClassificationSettings, network: nn.Module, tmp_path: Path
) -> None:
    path = tmp_path / "other.safetensors"
    state = network.state_dict()
    del state["stage1.convolution1.bias"]
    state["extra"] = torch.zeros(1)
    state["classifier.output.bias"] = torch.zeros(3)
    save_file(state, path)
    with pytest.raises(AblateError) as caught:
        load_network(settings, 0, path)
    assert str(caught.value) == (
        f"{path}: holds the weights of another network: it lacks stage1.convolution1.bias, and it "
        "has extra besides, and classifier.output.bias has the shape (3,), not (10,)\n"
        "    name its network with --preset, and what differs from that with --set"
    )


class Malice:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("touched"),)  # type: ignore[return-value]


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("content", ["damaged", "no weights", "malice"])
def test_a_file_that_holds_no_weights_is_refused_and_not_run(
    settings: ImageClassificationSettings,
    suffix: str,
    content: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / f"weights{suffix}"
    if content == "damaged" or suffix == ".safetensors":
        path.write_bytes(b"not weights at all")
    else:
        torch.save({"epoch": 3} if content == "no weights" else {"weight": Malice()}, path)
    with pytest.raises(AblateError) as caught:
        load_network(settings, 0, path)
    assert re.match(
        rf"{re.escape(str(path))}: (cannot be read as weights: .+|holds no weights: .+)",
        str(caught.value),
    )
    assert not Path("touched").exists()
