"""Settings: what is refused, what enters the hash, what counts as the same trial."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ablate.errors import SettingsError
from ablate.image_classification.data.sources import DATASETS
from ablate.image_classification.data.split import split_indices
from ablate.image_classification.settings import (
    DataSettings,
    ImageClassificationSettings,
    canonical,
    identity,
    merged,
    nested,
    pinned,
    resolve,
    train_size,
    validation_size,
)


def message_of(settings: dict[str, object]) -> str:
    with pytest.raises(SettingsError) as caught:
        resolve(settings)
    return str(caught.value)


def test_unknown_key_names_the_nearest_one() -> None:
    assert message_of({"training.learning_rat": 0.1}) == (
        "training.learning_rat: no setting named 'learning_rat' in training\n"
        "    did you mean 'learning_rate'?"
    )


def test_unknown_level_names_the_nearest_one() -> None:
    assert message_of({"architecture.downsampling": "strided"}) == (
        "architecture.downsampling: 'strided' is not a level\n    did you mean 'strided_conv'?"
    )


def test_a_key_without_its_section_or_in_a_wrong_one_is_told_where_it_belongs() -> None:
    assert "did you mean 'training.epochs'?" in message_of({"epochs": 2})
    assert "did you mean 'architecture.filters'?" in message_of({"training.filters": [8]})
    assert "'data.normalization' or 'architecture.normalization'?" in message_of(
        {"normalization": "none"}
    )


def test_every_mistake_is_reported_at_once() -> None:
    text = message_of({"training.epochs": 0, "training.optimizer": "adm", "data.fold": 1})
    assert text.count("\n    ") == 2
    assert "training.epochs" in text
    assert "training.optimizer" in text
    assert "data.fold" in text


def test_unknown_preset_and_data_set_name_the_nearest() -> None:
    assert "did you mean 'good_model'?" in message_of({"preset": "godmodel"})
    assert "did you mean 'cifar10'?" in message_of({"data.dataset": "cifar"})


@pytest.mark.parametrize("preset", [["good_model"], {"a": "b"}, []])
def test_a_preset_is_one_name(preset: object) -> None:
    assert message_of({"preset": preset}) == (
        f"preset: must be the name of a preset, not {preset!r}\n"
        "    known are: good_model, goodest_model, resnet18, simple_model"
    )


def test_network_too_deep_for_the_images_is_refused_with_the_reason() -> None:
    text = message_of({"architecture.filters": [8] * 6})
    assert text.startswith("architecture: filters has 6 entries")


def test_more_validations_than_batches_are_refused() -> None:
    text = message_of({"data.dataset": "digits", "training.validations_per_epoch": 100})
    assert "an epoch has only 20 batches" in text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"data.validation_fraction": 0.0003},
            "data.validation_fraction: holds out none of 1433 training images\n"
            "    use at least 0.0007",
        ),
        (
            {"data.validation_fraction": 0.003, "data.stratified": True},
            "data.validation_fraction: holds out none of 1433 training images\n"
            "    use at least 0.007",
        ),
        (
            {"data.validation_fraction": 0.9999},
            "data.validation_fraction: leaves 0 of 1433 images to train with\n    use less",
        ),
        (
            {"training.batch_size": 100_000},
            "training.batch_size: a batch of 100000 is more than the 1290 images to train with\n"
            "    use at most 1290",
        ),
    ],
)
def test_each_split_has_images_and_the_key_at_fault_is_named(
    settings: dict[str, object], message: str
) -> None:
    assert message_of({"data.dataset": "digits", **settings}) == message


@pytest.mark.parametrize("fraction", [0.003, 0.007, 0.1, 0.15, 0.5])
@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("classes", [None, [0, 3, 8]])
def test_the_number_held_out_is_what_the_split_holds_out(
    fraction: float, stratified: bool, classes: list[int] | None
) -> None:
    data = DataSettings.model_validate(
        {
            "dataset": "digits",
            "validation_fraction": fraction,
            "stratified": stratified,
            "classes": classes,
        }
    )
    sizes = DATASETS["digits"].class_sizes
    labels = np.repeat(range(10), sizes)
    labels = labels[np.isin(labels, range(10) if classes is None else classes)]
    train, validation = split_indices(labels, fraction, 0, stratified)
    settings = ImageClassificationSettings(data=data)
    assert validation_size(settings) == len(validation)
    assert train_size(settings) == len(train) + len(validation)


def test_dotted_and_nested_settings_mean_the_same() -> None:
    dotted = {"training.epochs": 3, "training.optimizer": "adam"}
    assert nested(dotted) == {"training": {"epochs": 3, "optimizer": "adam"}}
    assert resolve(dotted) == resolve(nested(dotted))


def test_merging_leaves_its_inputs_alone() -> None:
    base = {"training": {"epochs": 1}}
    result = merged(base, {"training": {"epochs": 2}})
    assert (base, result) == ({"training": {"epochs": 1}}, {"training": {"epochs": 2}})


def test_only_what_differs_from_the_defaults_enters_the_hash() -> None:
    settings = identity(resolve({"training.epochs": 3, "training.batch_size": 64}))
    assert settings["training"] == {"epochs": 3}
    assert settings["data"]["dataset"] == "cifar10"
    assert settings["data"]["digest"].startswith("47af8b02")


@pytest.mark.parametrize("preset", ["simple_model", "good_model", "goodest_model", "resnet18"])
def test_the_hashed_settings_are_enough_to_repeat_the_trial(preset: str) -> None:
    resolved = resolve({"preset": preset})
    assert canonical(resolve(identity(resolved))) == canonical(resolved)
    assert identity(resolve(identity(resolved))) == identity(resolved)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"training.optimizer": "adam"}, {"training.optimizer": "adam", "training.momentum": 0.9}),
        ({"training.optimizer": "sgd"}, {"training.optimizer": "sgd", "training.beta1": 0.5}),
        ({}, {"architecture.normalization_position": "after_activation"}),
        ({}, {"data.image_size": 32}),
        ({}, {"data.classes": list(range(10))}),
        ({}, {"data.normalization": "dataset"}),
        ({}, {"architecture.train_from": "all"}),
        ({"preset": "resnet18"}, {"preset": "resnet18", "architecture.kernel_size": 5}),
        ({"preset": "resnet18"}, {"preset": "resnet18", "training.cache_limit": 0}),
        ({"preset": "resnet18"}, {"preset": "resnet18", "data.normalization": None}),
    ],
)
def test_keys_without_effect_change_neither_canonical_form_nor_hash(
    one: dict[str, object], other: dict[str, object]
) -> None:
    assert canonical(resolve(one)) == canonical(resolve(other))
    assert identity(resolve(one)) == identity(resolve(other))


@pytest.mark.parametrize(
    "change",
    [
        {"data.image_size": 48},
        {"data.classes": [0, 1]},
        {"data.classes": [0, 2]},
        {"data.normalization": "imagenet"},
        {"architecture.backbone": "resnet18"},
    ],
)
def test_what_changes_the_images_or_the_network_changes_the_hash(change: dict[str, object]) -> None:
    assert identity(resolve(change)) != identity(resolve({}))


def test_imagenet_weights_bring_their_normalisation_and_the_hash_says_so() -> None:
    backbone = {"architecture.backbone": "resnet18"}
    assert "normalization" not in identity(resolve(backbone))["data"]
    pretrained = backbone | {"architecture.weights": "imagenet"}
    settings = identity(resolve(pretrained))
    assert settings["data"]["normalization"] == "imagenet"
    assert settings["architecture"] == {
        "backbone": "resnet18",
        "weights": "imagenet",
        "weights_digest": "f37072fd",
    }
    own = identity(resolve(pretrained | {"data.normalization": "dataset"}))
    assert own["data"]["normalization"] == "dataset"


class TestWeightsFiles:
    CONTENT = b"tensors"
    DIGEST = hashlib.sha256(CONTENT).hexdigest()

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / "a.safetensors"
        path.write_bytes(self.CONTENT)
        return path

    def settings(self, weights: object) -> dict[str, object]:
        return {"architecture.backbone": "resnet18", "architecture.weights": str(weights)}

    def test_the_hash_covers_their_content_and_not_their_path(self, file: Path) -> None:
        known = identity(resolve(self.settings(file)))
        assert known["architecture"]["weights"] == f"sha256:{self.DIGEST}"
        moved = file.rename(file.with_name("b.safetensors"))
        assert identity(resolve(self.settings(moved))) == known
        assert canonical(resolve(self.settings(moved))) == canonical(resolve(known))
        moved.write_bytes(b"other")
        assert identity(resolve(self.settings(moved))) != known

    def test_a_pinned_study_plans_where_the_file_is_not(self, file: Path) -> None:
        before = identity(resolve(self.settings(file)))
        study = pinned(self.settings(file))
        file.unlink()
        assert study["architecture.weights"] == f"{file}@sha256:{self.DIGEST}"
        assert identity(resolve(study)) == before
        assert "no file" in message_of(self.settings(file))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"architecture.backbone": "resnet19"},
            "architecture.backbone: no backbone named 'resnet19'\n    did you mean 'resnet18'?",
        ),
        (
            {"preset": "resnet18", "architecture.train_from": "layer5"},
            "architecture.train_from: resnet18 has no block named 'layer5'\n"
            "    did you mean 'layer4'?",
        ),
        (
            {"preset": "resnet18", "architecture.train_from": "head"},
            "architecture.train_from: resnet18 has no block named 'head'\n"
            "    its blocks are: stem, layer1, layer2, layer3, layer4, classifier",
        ),
        (
            {"architecture.weights": "imagenet"},
            "architecture.weights: is imagenet, but only a backbone has weights\n"
            "    name one, as in architecture.backbone: resnet18",
        ),
        (
            {"architecture.backbone": "vit_b_16"},
            "data.image_size: vit_b_16 takes images of 224x224 alone, since its position "
            "embedding has an entry for each of their patches; these are 32x32\n"
            "    set data.image_size to 224",
        ),
        (
            {"data.dataset": "digits", "data.classes": [3, 10]},
            "data.classes: digits has no class 10\n    its classes are 0 to 9",
        ),
        ({"training.epochs": "many"}, "training.epochs: must be a whole number, not 'many'"),
        ({"training.learning_rate": [0.1]}, "training.learning_rate: must be a number, not [0.1]"),
        ({"training": [1]}, "training: must be a mapping of keys to values, not [1]"),
        (
            {"architecture.filters": 32},
            "architecture.filters: must be a list of whole numbers, not 32",
        ),
        (
            {"architecture.filters": [1.5]},
            "architecture.filters.0: must be a whole number, not 1.5",
        ),
        (
            {"architecture.filters": []},
            "architecture.filters: must be a list of whole numbers, at least 1, not []",
        ),
        (
            {"architecture.dropout_stages": "a"},
            "architecture.dropout_stages: must be a list of numbers, not 'a'",
        ),
        ({"data.classes": 3}, "data.classes: must be a list of whole numbers, not 3"),
        ({"data.classes": [1, 1]}, "data.classes: a class is named twice (it is [1, 1])"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_cure(
    settings: dict[str, object], message: str
) -> None:
    assert message_of(settings) == message


def test_planning_imports_no_torch() -> None:
    code = (
        "import sys\n"
        "from ablate.image_classification.workload import WORKLOAD\n"
        "for preset in ('good_model', 'resnet18'):\n"
        "    resolved = WORKLOAD.resolve({'preset': preset})\n"
        "    WORKLOAD.training_flops(resolved), WORKLOAD.identity(resolved)\n"
        "    WORKLOAD.canonical(resolved), WORKLOAD.data_needed(resolved)\n"
        "print([m for m in ('torch', 'ray', 'numpy', 'pandas') if m in sys.modules])\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.strip() == "[]"
