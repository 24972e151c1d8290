import pytest

from ablate.errors import SettingsError
from ablate.image_classification.architecture.backbones import BACKBONES
from ablate.image_classification.architecture.presets import PRESETS
from ablate.image_classification.data.sources import DATASETS
from ablate.image_classification.settings.reference import settings_reference
from ablate.image_classification.settings.resolving import resolve
from ablate.study.yaml_source import parse_scalar


def test_lists_every_key_once_with_a_sentence() -> None:
    rows = settings_reference()
    resolved = resolve({})
    every = [f"{section}.{key}" for section, keys in resolved.items() for key in keys]
    assert [row.key for row in rows] == every
    for row in rows:
        assert row.levels, row.key
        assert row.meaning.endswith("."), row.key


@pytest.mark.parametrize("preset", [None, *PRESETS])
def test_values_are_those_that_a_study_could_write(preset: str | None) -> None:
    written = {row.key: parse_scalar(row.value) for row in settings_reference(preset)}
    assert resolve(written) == resolve({"preset": preset} if preset else {})


def test_names_the_levels_of_a_choice_and_the_bounds_of_a_number() -> None:
    levels = {row.key: row.levels for row in settings_reference()}
    assert levels["architecture.normalization"] == "none, batch"
    assert levels["data.dataset"] == ", ".join(DATASETS)
    assert levels["training.momentum"] == "number ≥ 0, < 1"
    assert levels["training.early_stopping_patience"] == "whole number ≥ 1 or null"
    assert levels["architecture.filters"] == "list of: whole number ≥ 1"
    assert levels["data.classes"] == "list of at least 2: whole number ≥ 0 or null"
    assert levels["architecture.backbone"] == f"{', '.join(BACKBONES)} or null"


def test_refuses_a_preset_that_there_is_not() -> None:
    with pytest.raises(SettingsError, match="did you mean 'good_model'"):
        settings_reference("god_model")
