"""The frozen part of a network: what stands between the images and what is trained."""

import hashlib
from collections.abc import Generator
from dataclasses import replace
from importlib.metadata import version

import torch
from torch import Tensor, nn

from ablate.image_classification.cache_folder import cache_dir
from ablate.image_classification.data.sources import DATASETS
from ablate.image_classification.settings.identity import VERSION
from ablate.image_classification.settings.implied import (
    input_shape,
    normalization,
    unusual_channels,
)
from ablate.image_classification.settings.keys import ImageClassificationSettings
from ablate.image_classification.training.device import device_name
from ablate.image_classification.training.evaluation import Encode
from ablate.image_classification.training.features import Content, kept_features
from ablate.image_classification.training.loop import Splits
from ablate.image_classification.training.precision import Precision


def encoder(frozen: nn.Module, precision: Precision) -> Encode:
    """The frozen part as a function, without gradients."""

    @torch.no_grad()
    def encode(images: Tensor) -> Tensor:
        with precision.autocast():
            outputs: Tensor = frozen(images)
        return outputs

    return encode


def kept_outputs(
    settings: ImageClassificationSettings, splits: Splits, frozen: nn.Module, precision: Precision
) -> Generator[str, None, Splits | None]:
    """The splits with the outputs of the frozen part, kept in the user's cache, in the place of
    images; None where they are not kept. Yields what is going on, in words.
    """
    limit = settings.training.cache_limit
    if not limit:
        return None
    sets = (splits.images, splits.test_images)
    content = _content(settings, frozen, precision)
    kept = yield from kept_features(sets, content, cache_dir() / "features", limit)
    return None if kept is None else replace(splits, images=kept[0], test_images=kept[1])


def _content(
    settings: ImageClassificationSettings, frozen: nn.Module, precision: Precision
) -> Content:
    """All that the outputs depend on. Weights are named by their values, since those that are
    drawn at random differ from seed to seed.
    """
    spec = settings.architecture
    key = {
        "data": DATASETS[settings.data.dataset].digest,
        "classes": settings.data.classes,
        "input_shape": input_shape(settings),
        "normalization": normalization(settings),
        **unusual_channels(settings),
        "backbone": spec.backbone,
        "train_from": spec.train_from,
        "weights": _digest(frozen),
        "precision": precision.name,
        # How images are brought to the network, and what it computes, are code.
        "version": VERSION,
        "torch": torch.__version__,
        "torchvision": version("torchvision"),
        "device": device_name(precision.device),  # another model of GPU rounds otherwise
    }
    return Content(key, f"the output of {spec.backbone} before {spec.train_from}")


def _digest(network: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, value in network.state_dict().items():
        digest.update(f"{name} {tuple(value.shape)}".encode())
        digest.update(value.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
