"""The presets against the published facts, written here a second time, module by module."""

import pytest
from torch import nn

from ablate.image_classification.architecture.builder import build_network
from ablate.image_classification.architecture.presets import PRESETS
from tests.image_classification.architecture.specs import spec_of


def block_with_norm_first(channels: int, filters: int) -> list[str]:
    return [f"conv {channels}-{filters} 3x3 pad 1", f"norm2d {filters}", "relu"]


def block_with_norm_last(channels: int, filters: int) -> list[str]:
    return [f"conv {channels}-{filters} 3x3 pad 1", "relu", f"norm2d {filters}"]


POOL = "max pool 2x2 stride 2"

PUBLISHED = {
    "simple_model": [
        *("conv 3-32 5x5 pad 2", "relu", POOL),
        *("conv 32-64 5x5 pad 2", "relu", POOL),
        *("conv 64-128 5x5 pad 2", "relu", POOL),
        *("flatten", "linear 2048-64", "relu", "linear 64-10"),
    ],
    "good_model": [
        *block_with_norm_last(3, 32),
        *block_with_norm_last(32, 32),
        POOL,
        *block_with_norm_last(32, 64),
        *block_with_norm_last(64, 64),
        POOL,
        *block_with_norm_last(64, 128),
        POOL,
        *("flatten", "linear 2048-64", "relu", "dropout 0.15", "linear 64-10", "dropout 0.15"),
    ],
    "goodest_model": [
        *block_with_norm_first(3, 64),
        *block_with_norm_first(64, 64),
        *(POOL, "dropout 0.1"),
        *block_with_norm_first(64, 128),
        *block_with_norm_first(128, 128),
        *(POOL, "dropout 0.2"),
        *block_with_norm_first(128, 256),
        *block_with_norm_first(256, 256),
        *(POOL, "dropout 0.3"),
        *block_with_norm_first(256, 512),
        *block_with_norm_first(512, 512),
        *(POOL, "dropout 0.5"),
        "flatten",
        *("linear 2048-1024", "norm1d 1024", "relu", "dropout 0.5"),
        *("linear 1024-1024", "norm1d 1024", "relu", "dropout 0.5"),
        "linear 1024-10",
    ],
}


def in_words(module: nn.Module) -> str:
    match module:
        case nn.Conv2d():
            kernel, padding = module.kernel_size[0], int(module.padding[0])
            assert module.kernel_size == (kernel, kernel)
            assert module.padding == (padding, padding)
            assert module.stride == (1, 1)
            assert module.bias is not None
            return (
                f"conv {module.in_channels}-{module.out_channels} {kernel}x{kernel} pad {padding}"
            )
        case nn.Linear():
            assert module.bias is not None
            return f"linear {module.in_features}-{module.out_features}"
        case nn.BatchNorm2d():
            return f"norm2d {module.num_features}"
        case nn.BatchNorm1d():
            return f"norm1d {module.num_features}"
        case nn.MaxPool2d():
            assert module.padding == 0
            return f"max pool {module.kernel_size}x{module.kernel_size} stride {module.stride}"
        case nn.Dropout():
            return f"dropout {module.p}"
        case nn.ReLU():
            return "relu"
        case nn.Flatten():
            return "flatten"
    raise AssertionError(f"no published network has a {module}")


def network_of(preset: str) -> nn.Module:
    return build_network(spec_of(**PRESETS[preset]["architecture"]))


@pytest.mark.parametrize("preset", PUBLISHED)
def test_the_network_is_the_published_one_layer_by_layer(preset: str) -> None:
    modules = [m for m in network_of(preset).modules() if not isinstance(m, nn.Sequential)]
    assert [in_words(module) for module in modules] == PUBLISHED[preset]


@pytest.mark.parametrize(
    ("preset", "parameters"),
    [("simple_model", 390_410), ("good_model", 271_850), ("goodest_model", 7_851_338)],
)
def test_the_network_has_the_published_number_of_parameters(preset: str, parameters: int) -> None:
    assert sum(p.numel() for p in network_of(preset).parameters()) == parameters


def test_the_recipes_are_the_published_ones() -> None:
    common = {"batch_size": 64, "epochs": 10, "early_stopping_patience": 4}
    adam = {"optimizer": "adam", "weight_decay": 1e-3, "validations_per_epoch": 4}
    assert {name: preset["training"] for name, preset in PRESETS.items()} == {
        "simple_model": {
            **common,
            "optimizer": "sgd",
            "learning_rate": 5e-2,
            "validations_per_epoch": 1,
        },
        "good_model": {**common, **adam, "learning_rate": 5e-4},
        "goodest_model": {**common, **adam, "learning_rate": 6e-4},
        "resnet18": {**common, **adam, "learning_rate": 5e-4, "batch_size": 32},
    }


def test_the_initialisations_are_the_published_ones() -> None:
    assert {name: PRESETS[name]["architecture"]["initialization"] for name in PUBLISHED} == {
        "simple_model": "framework_default",
        "good_model": "xavier_uniform",
        "goodest_model": "xavier_uniform",
    }


def test_resnet18_fine_tunes_its_last_block_on_images_enlarged_as_published() -> None:
    preset = PRESETS["resnet18"]
    assert preset["architecture"] == {
        "backbone": "resnet18",
        "weights": "imagenet",
        "train_from": "layer4",
    }
    assert preset["data"] == {"image_size": 256, "normalization": "imagenet"}
