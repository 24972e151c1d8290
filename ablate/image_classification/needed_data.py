"""What trials read, by name: a data set, and the weights that a backbone starts from."""

from pathlib import Path
from typing import Any

from ablate.image_classification.architecture.spec import NO_WEIGHTS
from ablate.image_classification.data.sources import load_data
from ablate.image_classification.settings.keys import ImageClassificationSettings

_WEIGHTS = "weights "


def needed_data(settings: ImageClassificationSettings) -> tuple[str, ...]:
    """Names of all that a trial with these settings reads."""
    weights = weights_name(settings)
    return (settings.data.dataset, *([weights] if weights else []))


def weights_name(settings: ImageClassificationSettings) -> str | None:
    """The name of the weights that a network starts from; None where it starts at random."""
    spec = settings.architecture
    return None if spec.weights == NO_WEIGHTS else f"{_WEIGHTS}{spec.backbone} {spec.weights}"


def load_needed(name: str, data_dir: Path | None) -> Any:
    """A data set, as `ImageData`, or weights, as arrays by name. Raises DataError."""
    if not name.startswith(_WEIGHTS):
        return load_data(name, data_dir)
    from ablate.image_classification.architecture.pretrained import load_weights  # late: torch

    backbone, _, weights = name.removeprefix(_WEIGHTS).partition(" ")
    return load_weights(backbone, weights, data_dir)
