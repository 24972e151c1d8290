"""From what a study says of a trial to all that it is made of."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ablate.errors import Problem, SettingsError, did_you_mean
from ablate.image_classification.architecture import weights
from ablate.image_classification.architecture.layers import Shape
from ablate.image_classification.architecture.presets import PRESETS
from ablate.image_classification.data.sources import DATASETS
from ablate.image_classification.settings.checks import check
from ablate.image_classification.settings.implied import CHANNELS
from ablate.image_classification.settings.keys import ImageClassificationSettings
from ablate.image_classification.settings.nesting import merged
from ablate.image_classification.settings.refusals import problems
from ablate.workload import Settings, nested

_ADDED_FOR_THE_HASH = (("data", "digest"), ("data", CHANNELS), ("architecture", "weights_digest"))
"""Sections and keys of `identity` that are no settings."""


def resolve(settings: Mapping[str, Any], shape: Shape | None = None) -> Settings:
    """Complete settings from nested or dotted ones; `preset` fills what is not given.

    A file of weights is named with its content (see `architecture/weights.py`). shape: as of
    `parse`. Raises SettingsError, `where` being the dotted key of each mistake.
    """
    given = nested(settings)
    preset = given.pop("preset", None)
    if preset is not None:
        given = merged(_preset(preset), given)
    resolved = parse(given, shape).model_dump(mode="json")
    resolved["architecture"]["weights"] = weights.pinned(resolved["architecture"]["weights"])
    return resolved


def of_preset(preset: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """A named preset with what differs from it, for `resolve`. Raises SettingsError where that
    would name another.
    """
    if "preset" in overrides:
        raise SettingsError(
            Problem(
                f"--set preset={overrides['preset']}",
                f"names a network, and so does {preset}",
                "leave one of the two out",
            )
        )
    return {"preset": preset, **overrides}


def _preset(name: Any) -> Settings:
    if isinstance(name, str) and name in PRESETS:
        return PRESETS[name]
    if isinstance(name, list | Mapping):
        message = f"must be the name of a preset, not {name!r}"
        raise SettingsError(Problem("preset", message, f"known are: {', '.join(sorted(PRESETS))}"))
    raise SettingsError(
        Problem("preset", f"no preset named {name!r}", did_you_mean(str(name), PRESETS))
    )


def pinned(settings: Mapping[str, Any]) -> Settings:
    """See `ablate.workload.Workload.pinned`."""
    return {
        key: weights.pinned(value) if key == weights.KEY and isinstance(value, str) else value
        for key, value in settings.items()
    }


def parse(settings: Settings, shape: Shape | None = None) -> ImageClassificationSettings:
    """The settings as a checked model. shape: of images that are others than the settings say, as
    in `check`. Raises SettingsError.
    """
    given = merged(settings, {})
    if isinstance(data := given.get("data"), dict) and "digest" in data:
        _take_back(given, data)
    try:
        checked = ImageClassificationSettings.model_validate(given)
    except ValidationError as error:
        raise SettingsError(*problems(error)) from None
    check(checked, shape)
    return checked


def _take_back(given: Settings, data: Settings) -> None:
    """Settings as they enter the hash, without what is added to them there."""
    name = data.get("dataset")
    known = DATASETS.get(name) if isinstance(name, str) else None
    if known is not None and data["digest"] != known.digest:
        raise SettingsError(
            Problem(
                "data.digest",
                f"{name} is {known.digest} here, not {data['digest']!r}",
                "leave it out: it is no setting",
            )
        )
    for section, key in _ADDED_FOR_THE_HASH:
        if isinstance(given.get(section), dict):
            given[section].pop(key, None)
