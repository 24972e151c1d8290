"""Results that were trained elsewhere, of whatever kind: the workload of a study that runs nothing.

Its trials come in as a table, by `ablate report STUDY --results FILE`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ablate.errors import AblateError, Problem
from ablate.workload import MetricDescription, Resources, Settings, Wanted, nested


class ExternalWorkload:
    """See `ablate.workload.Workload`. Settings and metrics may have any names."""

    name = "external"
    version = "1"
    metrics: Mapping[str, MetricDescription] = {}

    def resolve(self, settings: Mapping[str, Any]) -> Settings:
        """Nested settings out of nested or dotted keys. Raises SettingsError where two collide."""
        return nested(settings)

    def pinned(self, settings: Mapping[str, Any]) -> Settings:
        return dict(settings)

    def identity(self, resolved: Settings) -> Settings:
        return resolved

    def canonical(self, resolved: Settings) -> Any:
        return resolved

    def data_needed(self, resolved: Settings) -> tuple[str, ...]:
        """Results, so that a run is refused at loading, before it starts anything."""
        return ("results",)

    def load_data(self, name: str, data_dir: Path | None) -> Any:
        raise _nothing_to_run()

    def training_flops(self, resolved: Settings) -> float:
        return 0.0

    def run(
        self,
        settings: Settings,
        seed: int,
        resources: Resources,
        data: Mapping[str, Any],
        wanted: Wanted = Wanted(),
    ) -> Iterator[dict[str, Any]]:
        raise _nothing_to_run()


EXTERNAL = ExternalWorkload()


def _nothing_to_run() -> AblateError:
    return AblateError(
        Problem(
            "workload 'external'",
            "runs nothing: the results of this study come in as a table",
            "use `ablate report STUDY --results FILE`",
        )
    )
