import subprocess
import sys
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from ablate.image_classification.architecture.layers import layer_list
from ablate.image_classification.architecture.spec import (
    ArchitectureSpec,
    BackboneSpec,
    canonical,
)
from tests.image_classification.architecture.specs import BASE, FLIPS, spec_of

FLIPPED = [(key, value) for key, values in FLIPS.items() for value in values]


OWN_KEYS = {
    key: field
    for key, field in ArchitectureSpec.model_fields.items()
    if key not in BackboneSpec.model_fields
}
"""Those of the convolutional network."""


def test_every_key_has_a_row_of_flips() -> None:
    assert set(FLIPS) == set(BASE) == set(OWN_KEYS)


def test_the_flips_reach_every_level_of_every_choice() -> None:
    for key, field in OWN_KEYS.items():
        levels = [level for level in get_args(field.annotation) if isinstance(level, str)]
        if levels:
            assert {BASE[key], *FLIPS[key]} == set(levels), key


def test_every_key_is_described() -> None:
    assert all(field.description for field in ArchitectureSpec.model_fields.values())


@pytest.mark.parametrize(("key", "value"), FLIPPED)
def test_every_flip_changes_the_network(key: str, value: Any) -> None:
    base, flipped = spec_of(**BASE), spec_of(**{**BASE, key: value})
    assert canonical(flipped) != canonical(base)
    if key != "initialization":
        assert layer_list(flipped) != layer_list(base)


@pytest.mark.parametrize(
    ("context", "key", "value"),
    [
        ({"normalization": "none"}, "normalization_position", "after_activation"),
        ({"classifier_widths": []}, "dropout_classifier", 0.5),
        ({"classifier_widths": []}, "classifier_normalization", "batch"),
    ],
)
def test_a_key_without_effect_is_dropped(context: dict[str, Any], key: str, value: Any) -> None:
    without = spec_of(**context)
    with_inert_key = spec_of(**context, **{key: value})
    assert canonical(with_inert_key) == canonical(without)
    assert layer_list(with_inert_key) == layer_list(without)


@pytest.mark.parametrize(("key", "value"), FLIPPED)
def test_with_a_backbone_the_keys_of_the_convolutional_network_are_dropped(
    key: str, value: Any
) -> None:
    plain = spec_of(backbone="resnet18", train_from="layer4")
    both = spec_of(**{**BASE, key: value}, backbone="resnet18", train_from="layer4")
    assert canonical(both) == canonical(plain)


@pytest.mark.parametrize(
    ("key", "value"), [("backbone", "resnet34"), ("weights", "imagenet"), ("train_from", "layer4")]
)
def test_every_key_of_a_backbone_changes_the_canonical_form(key: str, value: str) -> None:
    plain = {"backbone": "resnet18"}
    assert canonical(spec_of(**{**plain, key: value})) != canonical(spec_of(**plain))


@pytest.mark.parametrize("everything", ["all", "stem", None])
def test_training_from_the_first_block_is_training_everything(everything: str | None) -> None:
    spec = canonical(spec_of(backbone="resnet18", train_from=everything))
    assert spec == canonical(spec_of(backbone="resnet18"))


def test_one_number_serves_all_stages() -> None:
    spec = spec_of(filters=[8, 8], convolutions_per_stage=2, dropout_stages=0.3)
    assert spec.convolutions_per_stage == (2, 2)
    assert spec.dropout_stages == (0.3, 0.3)


def test_defaults_fit_any_number_of_stages() -> None:
    spec = spec_of(filters=[8, 8, 8, 8])
    assert spec.convolutions_per_stage == (1, 1, 1, 1)
    assert spec.dropout_stages == (0.0, 0.0, 0.0, 0.0)


def test_a_dumped_spec_reads_back_equal() -> None:
    spec = spec_of(**BASE)
    assert spec_of(**spec.model_dump(mode="json")) == spec


@pytest.mark.parametrize(
    ("settings", "place", "message"),
    [
        (
            {"filters": [8, 8], "convolutions_per_stage": [1, 1, 1]},
            ("convolutions_per_stage",),
            "Value error, convolutions_per_stage has 3 entries, but filters has 2: "
            "give one entry a stage, or one number for all stages",
        ),
        (
            {"dropout_stages": [0.1, 0.2]},
            ("dropout_stages",),
            "Value error, dropout_stages has 2 entries, but filters has 3: "
            "give one entry a stage, or one number for all stages",
        ),
        (
            {"kernel_size": 4},
            ("kernel_size",),
            "Value error, kernel_size is 4, but only an odd kernel has a padding that keeps the "
            "map's size: use 3 or 5",
        ),
        ({"dropout_stages": 1.0}, ("dropout_stages", 0), "Input should be less than 1"),
        (
            {"dropout_output": -0.1},
            ("dropout_output",),
            "Input should be greater than or equal to 0",
        ),
        (
            {"convolutions_per_stage": 0},
            ("convolutions_per_stage", 0),
            "Input should be greater than or equal to 1",
        ),
        ({"kernel_size": True}, ("kernel_size",), "Input should be a valid integer"),
        ({"filters": 32}, ("filters",), "Input should be a valid tuple"),
        (
            {"filters": []},
            ("filters",),
            "Tuple should have at least 1 item after validation, not 0",
        ),
        (
            {"downsampling": "maxpool"},
            ("downsampling",),
            "Input should be 'max_pool', 'average_pool', 'strided_conv' or 'strided_conv_layer'",
        ),
        ({"kernelsize": 3}, ("kernelsize",), "Extra inputs are not permitted"),
    ],
)
def test_a_mistake_is_reported_once_at_its_key(
    settings: dict[str, Any], place: tuple[str | int, ...], message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        spec_of(**settings)
    assert [(error["loc"], error["msg"]) for error in caught.value.errors()] == [(place, message)]


def test_what_planning_needs_imports_no_torch() -> None:
    room = "ablate.image_classification.architecture"
    files = ("spec", "layers", "presets", "summary", "backbones", "cost", "weights")
    modules = ", ".join(f"{room}.{name}" for name in files)
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
