"""Nested settings, section by section: one laid over another, and what differs."""

from collections.abc import Mapping
from typing import Any

from ablate.workload import Settings


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> Settings:
    """The sections of `base`, copied, with the entries of `over` laid on top, section by section;
    values, lists among them, are shared.
    """
    result = {
        key: merged(value, {}) if isinstance(value, Mapping) else value
        for key, value in base.items()
    }
    for key, value in over.items():
        below = result.get(key)
        if isinstance(value, Mapping):
            result[key] = merged(below if isinstance(below, Mapping) else {}, value)
        else:
            result[key] = value
    return result


def difference(settings: Settings, defaults: Settings) -> Settings:
    """The entries of `settings` that differ from `defaults`, section by section."""
    result: Settings = {}
    for key, value in settings.items():
        default = defaults.get(key)
        if isinstance(value, dict) and isinstance(default, dict):
            if below := difference(value, default):
                result[key] = below
        elif value != default:
            result[key] = value
    return result
