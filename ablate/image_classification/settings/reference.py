"""Every settings key with what it may be and what it does, read off the settings themselves.

Imports no torch.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from ablate.image_classification.settings.keys import ImageClassificationSettings, setting_keys
from ablate.image_classification.settings.resolving import resolve


class SettingRow(NamedTuple):
    """key: dotted. value: what it is where a study says nothing, as YAML. levels: what it may be,
    in words. meaning: what it does, in a sentence or two.
    """

    key: str
    value: str
    levels: str
    meaning: str


def settings_reference(preset: str | None = None) -> tuple[SettingRow, ...]:
    """All keys, section by section; with their values in a preset, else their defaults.

    Raises SettingsError when there is no such preset.
    """
    values = resolve({"preset": preset} if preset else {})
    schema = ImageClassificationSettings.model_json_schema()
    rows = []
    for key in setting_keys():
        section, name = key.split(".")
        described = _section(schema, section)["properties"][name]
        rows.append(
            SettingRow(
                key,
                as_yaml(values[section][name]),
                _levels(described),
                " ".join(described["description"].split()),
            )
        )
    return tuple(rows)


def as_yaml(value: Any) -> str:
    """A value as a study file holds it, on one line; what is no word is written as in JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _section(schema: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    reference: str = schema["properties"][section]["$ref"]
    found: Mapping[str, Any] = schema["$defs"][reference.rpartition("/")[2]]
    return found


def _levels(described: Mapping[str, Any]) -> str:
    if "enum" in described:
        choices = ", ".join(map(str, described["enum"]))
        return f"{choices} or null" if {"type": "null"} in described.get("anyOf", ()) else choices
    if "anyOf" in described:
        return " or ".join(_levels(each) for each in described["anyOf"])
    match described["type"]:
        case "boolean":
            return "true, false"
        case "null":
            return "null"
        case "string":
            return "text"
        case "array":
            least = described.get("minItems", 0)
            how_many = f" at least {least}" if least > 1 else ""
            return f"list of{how_many}: {_levels(described['items'])}"
        case kind:
            number = "whole number" if kind == "integer" else "number"
            return f"{number} {_range(described)}".rstrip()


def _range(described: Mapping[str, Any]) -> str:
    """Its bounds, as in "≥ 0, < 1"."""
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = (f"{sign} {described[bound]:g}" for bound, sign in signs.items() if bound in described)
    return ", ".join(bounds)
