"""Dotted or nested, settings mean the same."""

from ablate.image_classification.settings.nesting import merged
from ablate.image_classification.settings.resolving import resolve
from ablate.workload import nested
from tests.image_classification.settings.refused import message_of


def test_dotted_and_nested_settings_mean_the_same() -> None:
    dotted = {"training.epochs": 3, "training.optimizer": "adam"}
    assert nested(dotted) == {"training": {"epochs": 3, "optimizer": "adam"}}
    assert resolve(dotted) == resolve(nested(dotted))


def test_a_key_is_not_both_value_and_section() -> None:
    assert message_of({"training.epochs": 3, "training": 5}) == (
        "training: 'training' has keys, and so is no value"
    )


def test_merging_leaves_its_inputs_alone() -> None:
    base = {"training": {"epochs": 1}}
    result = merged(base, {"training": {"epochs": 2}})
    assert (base, result) == ({"training": {"epochs": 1}}, {"training": {"epochs": 2}})
