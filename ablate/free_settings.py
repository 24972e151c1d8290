"""What workloads share that know nothing of their settings."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ablate.errors import AblateError, Problem
from ablate.workload import MetricDescription, Resources, Settings, Wanted, nested


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


class ResultsAlone(FreeSettings):
    """A workload that runs nothing, since its trials are results to be read."""

    def __init__(self, name: str, version: str, refusal: Problem) -> None:
        """refusal: what a run of it is told."""
        self.name = name
        self.version = version
        self._refusal = refusal

    def data_needed(self, resolved: Settings) -> tuple[str, ...]:
        """Results, so that a run is refused at loading, before it starts anything."""
        return ("results",)

    def load_data(self, name: str, data_dir: Path | None) -> Any:
        raise AblateError(self._refusal)

    def run(
        self,
        settings: Settings,
        seed: int,
        resources: Resources,
        data: Mapping[str, Any],
        wanted: Wanted = Wanted(),
    ) -> Iterator[dict[str, Any]]:
        raise AblateError(self._refusal)
