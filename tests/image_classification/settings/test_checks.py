"""Keys that cannot be together: the one to change is named."""

import pytest

from tests.image_classification.settings.refused import message_of


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
            {"architecture.backbone": "convnext_tiny", "data.image_size": 31},
            "data.image_size: convnext_tiny halves its maps until nothing is left of images of "
            "31x31\n    set data.image_size to 32 or more",
        ),
        (
            {"data.dataset": "digits", "data.classes": [3, 10]},
            "data.classes: digits has no class 10\n    its classes are 0 to 9",
        ),
    ],
)
def test_keys_that_cannot_be_together_are_refused_with_the_cure(
    settings: dict[str, object], message: str
) -> None:
    assert message_of(settings) == message


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


@pytest.mark.parametrize("word", ["yes", "no", "true", "1"])
def test_text_is_neither_true_nor_false(word: str) -> None:
    assert message_of({"training.drop_last_batch": word}) == (
        f"training.drop_last_batch: must be true or false, not '{word}'"
    )
