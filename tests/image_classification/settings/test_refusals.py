"""A key that is not there, a value of the wrong kind: told at its place, with what would do."""

import pytest

from tests.image_classification.settings.refused import message_of


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


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"training.epochs": "many"}, "training.epochs: must be a whole number, not 'many'"),
        ({"training.learning_rate": [0.1]}, "training.learning_rate: must be a number, not [0.1]"),
        ({"training.epochs": True}, "training.epochs: must be a whole number, not true"),
        ({"training.learning_rate": True}, "training.learning_rate: must be a number, not true"),
        ({"data.image_size": True}, "data.image_size: must be a whole number, not true"),
        (
            {"training.early_stopping_patience": False},
            "training.early_stopping_patience: must be a whole number, not false",
        ),
        (
            {"training.learning_rate": "inf"},
            "training.learning_rate: must be a finite number, not 'inf'",
        ),
        (
            {"training.cache_limit": float("inf")},
            "training.cache_limit: must be a finite number, not inf",
        ),
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
def test_values_of_a_wrong_kind_are_told_what_would_be_right(
    settings: dict[str, object], message: str
) -> None:
    assert message_of(settings) == message
