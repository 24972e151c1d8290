"""The network that a trial starts with."""

import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from ablate.image_classification.architecture.builder import build_network
from ablate.image_classification.settings.implied import class_count, input_shape
from ablate.image_classification.settings.keys import ImageClassificationSettings
from ablate.image_classification.streams import stream_seed


def initial_network(
    settings: ImageClassificationSettings, seed: int, weights: Mapping[str, Any] | None = None
) -> nn.Module:
    """The network as a trial with these settings and seed starts, on the CPU.

    weights: arrays by name, those that a backbone starts from; without them it starts at random.
    """

    def stream(*use: str | int) -> torch.Generator:
        return torch.Generator().manual_seed(stream_seed(seed, *use))

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        state = weights and {name: torch.from_numpy(value) for name, value in weights.items()}
    return build_network(
        settings.architecture, input_shape(settings), class_count(settings), stream, state
    )
