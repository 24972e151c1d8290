"""The network that is looked into."""

from pathlib import Path

import torch
from torch import nn

from ablate.errors import AblateError, Problem
from ablate.image_classification.architecture.backbone_network import misfit
from ablate.image_classification.architecture.pretrained import load_weights
from ablate.image_classification.architecture.spec import NO_WEIGHTS
from ablate.image_classification.architecture.weights_file import State, read_state
from ablate.image_classification.initial_network import initial_network
from ablate.image_classification.settings.keys import ImageClassificationSettings


def load_network(
    settings: ImageClassificationSettings,
    seed: int,
    weights: Path | None = None,
    data_dir: Path | None = None,
) -> nn.Module:
    """The network of the settings, with weights of a file.

    weights: None: as a trial of that seed starts, with the weights of its backbone if the settings
    name any, which are looked for in `data_dir`, too; else a file as `read_state` takes it, whose
    last layer may be one of other classes. Raises DataError when it cannot be read or is not at
    hand, AblateError when it belongs to another network.
    """
    spec = settings.architecture
    start = None
    if weights is None and spec.backbone is not None and spec.weights != NO_WEIGHTS:
        start = load_weights(spec.backbone, spec.weights, data_dir)
    network = initial_network(settings, seed, start)
    if weights is not None:
        found = read_state(weights)
        if problem := misfit(network, found):
            raise AblateError(
                Problem(
                    str(weights),
                    f"holds the weights of another network: it {problem}",
                    "name its network with --preset, and what differs from that with --set",
                )
            )
        _take(network, found)
    return network.eval()


def _take(network: nn.Module, found: State) -> None:
    """A last layer of other classes stays behind: it has neither filters nor maps."""
    own = network.state_dict()
    fitting = {
        name: torch.from_numpy(value)
        for name, value in found.items()
        if name in own and own[name].shape == value.shape
    }
    network.load_state_dict(fitting, strict=False)
