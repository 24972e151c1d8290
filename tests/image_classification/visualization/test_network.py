"""The network is the trial's at its start, or has the weights of a file."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import get_model, resnet18

from ablate.errors import AblateError
from ablate.image_classification.architecture.weights import digest_of
from ablate.image_classification.initial_network import initial_network
from ablate.image_classification.settings.keys import ImageClassificationSettings
from ablate.image_classification.settings.resolving import parse
from ablate.image_classification.visualization.network import load_network


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
    state["stage1.convolution1.weight"] = torch.zeros(4, 3, 7, 7)
    save_file(state, path)
    with pytest.raises(AblateError) as caught:
        load_network(settings, 0, path)
    assert str(caught.value) == (
        f"{path}: holds the weights of another network: it lacks stage1.convolution1.bias; also "
        "holds extra; stage1.convolution1.weight is 4x3x7x7, not 4x3x3x3\n"
        "    name its network with --preset, and what differs from that with --set"
    )


def test_what_is_no_file_of_weights_is_refused(
    settings: ImageClassificationSettings, tmp_path: Path
) -> None:
    path = tmp_path / "epoch.pth"
    torch.save({"epoch": 3}, path)
    with pytest.raises(AblateError) as caught:
        load_network(settings, 0, path)
    assert str(caught.value) == (
        f"{path}: cannot be read as weights: its entry 'epoch' is no tensor\n"
        "    it must be a state dict (names and tensors) as .pth or .safetensors"
    )


def test_a_last_layer_of_other_classes_and_missing_counts_hinder_nothing(tmp_path: Path) -> None:
    settings = parse(
        {"architecture": {"backbone": "resnet18"}, "data": {"dataset": "digits", "image_size": 32}}
    )
    torch.manual_seed(0)
    whole = resnet18(weights=None).state_dict()
    assert whole["fc.weight"].shape == (1000, 512)
    old = {name: value for name, value in whole.items() if "num_batches" not in name}
    assert len(old) < len(whole)
    torch.save(old, tmp_path / "resnet18.pth")
    network = load_network(settings, 3, tmp_path / "resnet18.pth")
    found = network.state_dict()
    assert all(torch.equal(found[name], old[name]) for name in old if not name.startswith("fc."))
    start = initial_network(settings, 3).state_dict()
    assert torch.equal(found["fc.weight"], start["fc.weight"])


def test_weights_that_settings_name_are_looked_for_in_the_data_folder_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ABLATE_WEIGHTS_DIR", raising=False)
    path = tmp_path / "lake.pth"
    state = get_model("mobilenet_v3_small", weights=None).state_dict()
    torch.save(state, path)
    settings = parse(
        {
            "architecture": {
                "backbone": "mobilenet_v3_small",
                "weights": f"sha256:{digest_of(path)}",
            },
            "data": {"dataset": "digits"},
        }
    )
    found = load_network(settings, 0, data_dir=tmp_path).state_dict()
    assert torch.equal(found["features.0.0.weight"], state["features.0.0.weight"])
