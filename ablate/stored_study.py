"""A study as the folder of its run, or of its report, has it."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from ablate.atomic import write_atomically
from ablate.errors import Problem, RecordError, StudyError
from ablate.study.loading import load_study
from ablate.study.plan import Plan
from ablate.study.schema import Study
from ablate.study.writing import study_to_yaml
from ablate.study.yaml_source import read_yaml
from ablate.workload import Workload

RUNS = Path("runs")
STUDY_FILE = "study.yaml"


def folder_for(study_file: Path, dataset: str | None = None, out: Path | None = None) -> Path:
    """`out` if given, else runs/<stem of the study's file>, with the data set where overridden: a
    folder beside the other runs, whatever its name holds.
    """
    if out is not None:
        return out
    name = f"{study_file.stem}-{dataset}" if dataset else study_file.stem
    return RUNS / name.replace("/", "_").replace("\\", "_")


def folder_for_results(study_file: Path, table: Path, out: Path | None = None) -> Path:
    """`out` if given, else runs/<stem of the study's file>-<stem of the table>."""
    return RUNS / f"{study_file.stem}-{table.stem}" if out is None else out


def write_study(folder: Path, plan: Plan) -> None:
    """The study as run, which can be read again where the files that it names are not."""
    write_atomically(folder / STUDY_FILE, study_to_yaml(plan.pinned().study).encode())


def read_stored_study(folder: Path, workload: Workload | None = None) -> Study:
    """The study of a run's or report's folder. Raises RecordError for what is neither, StudyError
    for a study that cannot be read.

    workload: by which it is read where it is the study's, as one that is known from records alone.
    """
    path = folder / STUDY_FILE
    if folder.suffix in (".yaml", ".yml") and not folder.is_dir():
        run = folder.parent if folder.name == STUDY_FILE else folder_for(folder)
        raise RecordError(
            Problem(
                str(folder), "is a study, not a run of it", f"name the run's folder, such as {run}"
            )
        )
    if not path.is_file():
        raise RecordError(
            Problem(
                str(folder),
                f"is neither a run nor a report: it holds no {STUDY_FILE}",
                "name a folder that `ablate run` or `ablate report` has written",
            )
        )
    known = workload is not None and keys_as_written(folder).get("workload") == workload.name
    return load_study(path, workload=workload if known else None)


def still_readable(folder: Path) -> Study | None:
    """The study of a folder, unless it cannot be read any more."""
    with suppress(StudyError):
        return read_stored_study(folder)
    return None


def keys_as_written(folder: Path) -> dict[str, Any]:
    """The keys of a folder's study, none where there is none. A study that cannot be read any more,
    as where its module is gone, still says so much, and hinders no other study that asks the same.
    """
    content: Any = None
    if (folder / STUDY_FILE).is_file():
        with suppress(StudyError):
            content = read_yaml(folder / STUDY_FILE).content
    return content if isinstance(content, dict) else {}
