"""The published networks with their recipes, as settings. Imports no torch.

Source: a course report on CIFAR-10 (TDT4265, 2019). It says "Xavier initialisation" without a
distribution; the uniform one of Glorot and Bengio's own experiments is taken. It says that the
last layers of ResNet18 were fine-tuned, without a number; its last block and classifier are taken.
It stops where none of the last 4 validation losses is below the one before it, which is taken as 4
comparisons, of 5 losses; the course's template, which it may have used as it is, compares 4 losses
with each other: a patience of 3. Images are enlarged bilinearly; it does not say how.
"""

from typing import Any

_COMMON_RECIPE = {"batch_size": 64, "epochs": 10, "early_stopping_patience": 4}

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    "simple_model": {
        "architecture": {
            "filters": [32, 64, 128],
            "convolutions_per_stage": [1, 1, 1],
            "kernel_size": 5,
            "downsampling": "max_pool",
            "normalization": "none",
            "activation": "relu",
            "classifier_widths": [64],
            "initialization": "framework_default",
        },
        "training": {
            **_COMMON_RECIPE,
            "optimizer": "sgd",
            "learning_rate": 5e-2,
            "validations_per_epoch": 1,
        },
    },
    "good_model": {
        "architecture": {
            "filters": [32, 64, 128],
            "convolutions_per_stage": [2, 2, 1],
            "kernel_size": 3,
            "downsampling": "max_pool",
            "normalization": "batch",
            "normalization_position": "after_activation",
            "activation": "relu",
            "dropout_classifier": 0.15,
            "dropout_output": 0.15,
            "classifier_widths": [64],
            "initialization": "xavier_uniform",
        },
        "training": {
            **_COMMON_RECIPE,
            "optimizer": "adam",
            "learning_rate": 5e-4,
            "weight_decay": 1e-3,
            "validations_per_epoch": 4,
        },
    },
    "goodest_model": {
        "architecture": {
            "filters": [64, 128, 256, 512],
            "convolutions_per_stage": [2, 2, 2, 2],
            "kernel_size": 3,
            "downsampling": "max_pool",
            "normalization": "batch",
            "normalization_position": "before_activation",
            "activation": "relu",
            "dropout_stages": [0.1, 0.2, 0.3, 0.5],
            "dropout_classifier": 0.5,
            "classifier_widths": [1024, 1024],
            "classifier_normalization": "batch",
            "initialization": "xavier_uniform",
        },
        "training": {
            **_COMMON_RECIPE,
            "optimizer": "adam",
            "learning_rate": 6e-4,
            "weight_decay": 1e-3,
            "validations_per_epoch": 4,
        },
    },
    "resnet18": {
        "architecture": {"backbone": "resnet18", "weights": "imagenet", "train_from": "layer4"},
        # Whatever it starts from, so that arms which differ in that see equal images.
        "data": {"image_size": 256, "normalization": "imagenet"},
        "training": {
            **_COMMON_RECIPE,
            "batch_size": 32,
            "optimizer": "adam",
            "learning_rate": 5e-4,
            "weight_decay": 1e-3,
            "validations_per_epoch": 4,
        },
    },
}
"""Settings by preset: the network under "architecture", the recipe under "training", how images
reach the network under "data"."""
