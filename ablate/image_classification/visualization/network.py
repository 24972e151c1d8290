"""The network that is looked into."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from ablate.errors import AblateError, Problem
from ablate.image_classification.architecture.pretrained import load_weights, stored
from ablate.image_classification.architecture.spec import NO_WEIGHTS
from ablate.image_classification.settings.keys import ImageClassificationSettings
from ablate.image_classification.workload import initial_network

_SHOWN = 3  # names that an error lists


def load_network(
    settings: ImageClassificationSettings, seed: int, weights: Path | None = None
) -> nn.Module:
    """The network of the settings, with weights of a file.

    weights: None: as a trial of that seed starts, with the weights of its backbone if the settings
    name any; else a safetensors file, or a state dictionary of torch's, which is read without
    running what it may hold. Raises AblateError when it cannot be read or belongs to another
    network.
    """
    spec = settings.architecture
    start = None
    if weights is None and spec.backbone is not None and spec.weights != NO_WEIGHTS:
        start = load_weights(spec.backbone, spec.weights)
    network = initial_network(settings, seed, start)
    if weights is not None:
        found = read_weights(weights)
        _refuse_others(network.state_dict(), found, weights)
        network.load_state_dict(found)
    return network.eval()


def read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors by name. Raises AblateError when the file holds anything else."""
    try:
        found = stored(path)
    except Exception as error:
        reason = str(error).partition("\n")[0]
        raise AblateError(Problem(str(path), f"cannot be read as weights: {reason}")) from error
    if not isinstance(found, Mapping) or not all(isinstance(v, Tensor) for v in found.values()):
        raise AblateError(
            Problem(
                str(path),
                "holds no weights: it is no dictionary of tensors by name",
                "save the network's state_dict()",
            )
        )
    return dict(found)


def _refuse_others(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor], path: Path) -> None:
    """Every weight of the network must be there in its shape, and no other."""
    wrong = [name for name in wanted if name not in found]
    reasons = [f"it lacks {_named(wrong)}"] if wrong else []
    if more := [name for name in found if name not in wanted]:
        reasons.append(f"it has {_named(more)} besides")
    for name in wanted:
        if name in found and wanted[name].shape != found[name].shape:
            shapes = (tuple(tensor[name].shape) for tensor in (found, wanted))
            reasons.append("{} has the shape {}, not {}".format(name, *shapes))
            break
    if reasons:
        raise AblateError(
            Problem(
                str(path),
                f"holds the weights of another network: {', and '.join(reasons)}",
                "name its network with --preset, and what differs from that with --set",
            )
        )


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
