"""Settings: what is refused, what enters the hash, what counts as the same trial."""

import subprocess
import sys

import pytest

from ablate.errors import SettingsError
from ablate.image_classification.settings import canonical, identity, merged, nested, resolve


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


def test_every_mistake_is_reported_at_once() -> None:
    text = message_of({"training.epochs": 0, "training.optimizer": "adm", "data.fold": 1})
    assert text.count("\n    ") == 2
    assert "training.epochs" in text
    assert "training.optimizer" in text
    assert "data.fold" in text


def test_unknown_preset_and_data_set_name_the_nearest() -> None:
    assert "did you mean 'good_model'?" in message_of({"preset": "godmodel"})
    assert "did you mean 'cifar10'?" in message_of({"data.dataset": "cifar"})


def test_network_too_deep_for_the_images_is_refused_with_the_reason() -> None:
    text = message_of({"architecture.filters": [8] * 6})
    assert text.startswith("architecture: filters has 6 entries")


def test_more_validations_than_batches_are_refused() -> None:
    text = message_of({"data.dataset": "digits", "training.validations_per_epoch": 100})
    assert "an epoch has only 20 batches" in text


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


@pytest.mark.parametrize("preset", ["simple_model", "good_model", "goodest_model"])
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
    ],
)
def test_keys_without_effect_change_neither_canonical_form_nor_hash(
    one: dict[str, object], other: dict[str, object]
) -> None:
    assert canonical(resolve(one)) == canonical(resolve(other))
    assert identity(resolve(one)) == identity(resolve(other))


def test_planning_imports_no_torch() -> None:
    code = (
        "import sys\n"
        "from ablate.image_classification.workload import WORKLOAD\n"
        "WORKLOAD.training_flops(WORKLOAD.resolve({'preset': 'good_model'}))\n"
        "print([m for m in ('torch', 'ray', 'numpy', 'pandas') if m in sys.modules])\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.strip() == "[]"
