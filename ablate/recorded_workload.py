"""A user's own function as its records know it: all that reading a run of it takes, where its
module is not at hand, or has been edited since.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ablate.errors import AblateError, Problem, RecordError
from ablate.free_settings import ResultsAlone
from ablate.records.store import load_records
from ablate.stored_study import keys_as_written
from ablate.study.plan import Plan
from ablate.study.trial import TrialSpec
from ablate.workload import load_workload


class RecordedWorkload(ResultsAlone):
    """See `ablate.workload.Workload`."""

    def __init__(self, name: str, version: str) -> None:
        """name: `module:function`; version: of the trials that are recorded."""
        refusal = Problem(f"workload '{name}'", "is read from its records alone")
        super().__init__(name, version, refusal)


def workload_of_runs(folders: Sequence[Path]) -> RecordedWorkload | None:
    """What to read runs of a user's function by, as the last recorded trial had it. None where the
    function as it is will do, of other workloads, and without records.

    folders: of runs, reports or searches; the first one's study says which function.
    """
    name = keys_as_written(folders[0]).get("workload")
    if not isinstance(name, str) or ":" not in name:
        return None
    ended: dict[str, str] = {}
    for folder in folders:
        with suppress(RecordError):
            for record in load_records(folder).values():
                if record.spec.workload == name:
                    version, last = record.spec.workload_version, record.provenance.get("ended", "")
                    ended[version] = max(ended.get(version, ""), str(last))
    with suppress(AblateError):
        if load_workload(name).version in ended:
            return None
    return RecordedWorkload(name, max(ended, key=lambda version: ended[version])) if ended else None


def of_other_versions(folder: Path, plan: Plan) -> Iterator[str]:
    """What is to be said of trials in the folder of a run that nothing but the version of the
    workload keeps from being the plan's.
    """
    specs: list[TrialSpec] = []
    with suppress(RecordError):
        specs = [record.spec for record in load_records(folder).values()]
    planned = [trial.spec for trial in plan.unique_trials]
    if {spec.hash for spec in specs} & {spec.hash for spec in planned}:
        return
    alike = {_but_for_version(spec) for spec in planned}
    if found := sum(_but_for_version(spec) in alike for spec in specs):
        yield (
            f"{folder} holds {found} trials of '{plan.study.workload}' as it was before it was "
            "edited: they are others, and `ablate report` still tells of them."
        )


def _but_for_version(spec: TrialSpec) -> str:
    return spec.model_copy(update={"workload_version": ""}).hash


def read_from_records_alone(workload: Any) -> Iterator[str]:
    """What is to be said of a workload that `workload_of_runs` has given."""
    if isinstance(workload, RecordedWorkload):
        yield (
            f"'{workload.name}' cannot be imported here, or was edited after these trials: they "
            "are reported as they were recorded."
        )
