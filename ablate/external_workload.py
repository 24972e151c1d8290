"""Results that were trained elsewhere, of whatever kind: the workload of a study that runs nothing.

Its trials come in as a table, by `ablate report STUDY --results FILE`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ablate.errors import AblateError, Problem
from ablate.free_settings import FreeSettings
from ablate.workload import Resources, Settings, Wanted


class ExternalWorkload(FreeSettings):
    """See `ablate.workload.Workload`."""

    name = "external"
    version = "1"

    def data_needed(self, resolved: Settings) -> tuple[str, ...]:
        """Results, so that a run is refused at loading, before it starts anything."""
        return ("results",)

    def load_data(self, name: str, data_dir: Path | None) -> Any:
        raise _nothing_to_run()

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
