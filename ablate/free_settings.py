"""What workloads share that know nothing of their settings."""

from collections.abc import Mapping
from typing import Any

from ablate.workload import MetricDescription, Resources, Settings, nested


class FreeSettings:
    """Part of `ablate.workload.Workload`: settings of any names, without defaults, and metrics of
    any names. Trials are the same when their settings are.
    """

    metrics: Mapping[str, MetricDescription] = {}
    takes_any_settings = True
    marks_final_metrics = False

    def resolve(self, settings: Mapping[str, Any]) -> Settings:
        """Nested settings out of nested or dotted keys. Raises SettingsError where two collide."""
        return nested(settings)

    def pinned(self, settings: Mapping[str, Any]) -> Settings:
        """They name no files."""
        return dict(settings)

    def identity(self, resolved: Settings) -> Settings:
        """All of them."""
        return resolved

    def canonical(self, resolved: Settings) -> Any:
        """All of them."""
        return resolved

    def training_flops(self, resolved: Settings) -> float:
        """Unknown."""
        return 0.0

    def device_check(self, resources: Resources) -> None:
        """What they compute on is their own matter."""
