"""What enters the hash, and what counts as the same trial."""

import hashlib
from pathlib import Path

import pytest

from ablate.image_classification.settings.identity import canonical, identity
from ablate.image_classification.settings.resolving import pinned, resolve
from tests.image_classification.settings.refused import message_of


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
        (  # 45,000 images are 750 batches of 60, or one of 44,999 and a single image
            {"training.batch_size": 60},
            {"training.batch_size": 60, "training.drop_last_batch": True},
        ),
        (
            {"training.batch_size": 44_999},
            {"training.batch_size": 44_999, "training.drop_last_batch": True},
        ),
        ({"preset": "resnet18"}, {"preset": "resnet18", "data.normalization": None}),
    ],
)
def test_keys_without_effect_change_neither_canonical_form_nor_hash(
    one: dict[str, object], other: dict[str, object]
) -> None:
    assert canonical(resolve(one)) == canonical(resolve(other))
    assert identity(resolve(one)) == identity(resolve(other))


def test_patience_that_outlasts_the_training_is_one_recipe_however_long() -> None:
    def of(patience: int | None, epochs: int = 2) -> dict[str, object]:
        validations = {"training.epochs": epochs, "training.validations_per_epoch": 4}
        return resolve({**validations, "training.early_stopping_patience": patience})

    assert canonical(of(7)) == canonical(of(50))  # of eight validations, none follows the last
    assert canonical(of(6)) != canonical(of(7)) != canonical(of(None))
    assert canonical(of(7, epochs=3)) != canonical(of(50, epochs=3))
    assert identity(of(7)) != identity(of(50))


def test_patience_chooses_nothing_of_a_single_validation() -> None:
    def of(patience: int | None, validations: int = 1) -> dict[str, object]:
        settings = {"training.epochs": 1, "training.validations_per_epoch": validations}
        return resolve({**settings, "training.early_stopping_patience": patience})

    assert canonical(of(4)) == canonical(of(None))
    assert identity(of(4)) != identity(of(None))
    assert canonical(of(4, 2)) != canonical(of(None, 2))


def test_fractions_that_hold_out_as_many_images_are_one() -> None:
    def of(fraction: float, **settings: object) -> dict[str, object]:
        data = {"data.dataset": "digits", "data.validation_fraction": fraction}
        return resolve(data | settings)

    assert canonical(of(0.1)) == canonical(of(0.1001))
    assert identity(of(0.1)) != identity(of(0.1001))
    assert canonical(of(0.1)) != canonical(of(0.11))
    by_class = {"data.stratified": True}
    assert canonical(of(0.1, **by_class)) != canonical(of(0.104, **by_class))


@pytest.mark.parametrize(
    "change",
    [
        {"data.image_size": 48},
        {"data.classes": [0, 1]},
        {"data.classes": [0, 2]},
        {"data.normalization": "imagenet"},
        {"architecture.backbone": "resnet18"},
        {"training.drop_last_batch": True},
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


def test_the_hash_names_the_normalisation_of_weights_that_were_trained_with_another() -> None:
    large = {"architecture.backbone": "efficientnet_v2_l", "architecture.weights": "imagenet"}
    resolved = resolve(large)
    halves = [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]
    assert identity(resolved)["data"]["channels"] == halves
    assert identity(resolve(identity(resolved))) == identity(resolved)
    own = identity(resolve(large | {"data.normalization": "dataset"}))
    usual = identity(resolve(large | {"architecture.backbone": "resnet50"}))
    assert "channels" not in own["data"] | usual["data"]


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
