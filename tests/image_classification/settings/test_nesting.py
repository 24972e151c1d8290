"""Dotted or nested, settings mean the same."""

from ablate.image_classification.settings.nesting import merged, nested
from ablate.image_classification.settings.resolving import resolve


def test_dotted_and_nested_settings_mean_the_same() -> None:
    dotted = {"training.epochs": 3, "training.optimizer": "adam"}
    assert nested(dotted) == {"training": {"epochs": 3, "optimizer": "adam"}}
    assert resolve(dotted) == resolve(nested(dotted))


def test_merging_leaves_its_inputs_alone() -> None:
    base = {"training": {"epochs": 1}}
    result = merged(base, {"training": {"epochs": 2}})
    assert (base, result) == ({"training": {"epochs": 1}}, {"training": {"epochs": 2}})
