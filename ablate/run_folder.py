"""Where a run lives: the study as run, its records, and the report drawn from them.

runs/<name>/     study.yaml, records/<hash>.json, report.md, report.html, figures/, tables/
reports/<name>/  the same, committed: one compact records.jsonl in place of records/
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from ablate.errors import AblateError, Problem, RecordError
from ablate.records.atomic import write_atomically
from ablate.records.compact import COMPACT_FILE, write_compact
from ablate.records.greedy_path import Find, follow
from ablate.records.looks import follow_looks
from ablate.records.schema import TrialRecord
from ablate.records.store import RecordStore, answers, gather, load_records, writer_lock
from ablate.study.loading import load_study, study_to_yaml
from ablate.study.plan import Plan, make_plan
from ablate.study.schema import Study

RUNS = Path("runs")
STUDY_FILE = "study.yaml"


class Run(NamedTuple):
    """A plan and the records of its trials, by hash."""

    plan: Plan
    records: Mapping[str, TrialRecord]


def folder_for(study_file: Path, dataset: str | None = None, out: Path | None = None) -> Path:
    """`out` if given, else runs/<stem of the study's file>, with the data set where overridden."""
    if out is not None:
        return out
    return RUNS / (f"{study_file.stem}-{dataset}" if dataset else study_file.stem)


def folder_for_results(study_file: Path, table: Path, out: Path | None = None) -> Path:
    """`out` if given, else runs/<stem of the study's file>-<stem of the table>."""
    return RUNS / f"{study_file.stem}-{table.stem}" if out is None else out


def make_folder(folder: Path) -> None:
    """Make the folder of a run or report, if absent. Raises AblateError when that cannot be, or
    when it cannot be written into.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"no folder can be made there: {error.strerror}"
    else:
        if os.access(folder, os.W_OK | os.X_OK):
            return
        message = "is a folder that may not be written into"
    raise AblateError(Problem(str(folder), message, "name another folder with --out"))


@contextmanager
def open_run(folder: Path, plan: Plan, others: Sequence[Path] = ()) -> Iterator[RecordStore]:
    """The run's record store, held for writing, with all that is known of the plan's trials.

    Writes the study as run into the folder, which is made if absent, and copies in what `others`
    (folders of runs or reports) and the runs beside this one have recorded of its trials. Raises
    AblateError when another process writes to the run or the folder cannot be had, RecordError
    when one of `others` holds no records or unreadable ones.
    """
    for other in others:
        load_records(other)  # what is named must be there
    make_folder(folder)
    with writer_lock(folder):
        _refuse_another_maximum(folder, plan.study)
        _write_study(folder, plan)
        collect(folder, plan, others)
        yield RecordStore(folder)


def _write_study(folder: Path, plan: Plan) -> None:
    """The study as run, which can be read again where the files that it names are not."""
    write_atomically(folder / STUDY_FILE, study_to_yaml(plan.pinned().study).encode())


def _refuse_another_maximum(folder: Path, study: Study) -> None:
    """The number of looks is fixed at the first one: error rates rest on it."""
    if not (folder / STUDY_FILE).is_file():
        return
    stored = _read_study(folder).max_seeds
    if stored not in (None, study.max_seeds):
        raise AblateError(
            Problem(
                str(folder),
                f"its claims have been looked at with a maximum of {stored} seeds, which cannot "
                "be changed afterwards",
                f"go on with --until-decided --max-seeds {stored}, or name another folder with "
                "--out",
            )
        )


def collect(folder: Path, plan: Plan, others: Sequence[Path] = ()) -> None:
    """Copy into a run what other folders, and the runs beside it, have recorded of the plan's
    trials. Raises RecordError when one of `others` cannot be read.
    """
    hashes = [trial.hash for trial in plan.unique_trials]
    gather(hashes, folder, others, plan.study)
    for sibling in _siblings(folder):
        with suppress(RecordError):  # a damaged run beside this one only shares nothing
            gather(hashes, folder, [sibling], plan.study)


def recorded(folder: Path, plan: Plan, others: Sequence[Path] = ()) -> dict[str, TrialRecord]:
    """Records that `open_run` would find: those that hold all that the study asks, of any trial.

    Raises RecordError as `open_run` does. Writes nothing.
    """
    known = list(RecordStore(folder).records())
    for other in others:
        known += load_records(other).values()
    for sibling in _siblings(folder):
        with suppress(RecordError):
            known += load_records(sibling).values()
    return {record.hash: record for record in reversed(known) if answers(record, plan.study)}


def records_of(plan: Plan, store: RecordStore) -> Run:
    """The plan with what the store holds of its trials."""
    return _followed(plan, store.get)


def read_runs(folders: Sequence[Path]) -> Run:
    """The first folder's study, with the records of all folders.

    folders: of runs or of reports. Where several hold a record of one trial, a finished one is
    taken, of the earlier folder. If all are runs of one study with other seeds, the seeds are
    joined. Raises RecordError for a folder that is neither run nor report, StudyError for a
    study.yaml that cannot be read.
    """
    studies = [_read_study(folder) for folder in folders]
    plan = make_plan(_joined(studies))
    found: dict[str, TrialRecord] = {}
    for folder in reversed(folders):
        for hash_, record in load_records(folder).items():
            if hash_ not in found or answers(record, plan.study):
                found[hash_] = record
    return _followed(plan, found.get)


def write_compact_run(run: Run, folder: Path) -> None:
    """Study and records into a folder, compact: the evidence that a committed report carries.

    Raises AblateError when the folder cannot be had.
    """
    make_folder(folder)
    _write_study(folder, run.plan)
    write_compact(run.records.values(), folder / COMPACT_FILE)


def _followed(plan: Plan, find: Find) -> Run:
    """The plan as far as records lead it (further than written only where its order is greedy),
    with all records that its order rests on.
    """
    path = follow(follow_looks(plan, find), find)
    found = ((trial.hash, find(trial.hash)) for trial in path.trials)
    return Run(path.plan, {hash_: record for hash_, record in found if record is not None})


def _read_study(folder: Path) -> Study:
    path = folder / STUDY_FILE
    if not path.is_file():
        raise RecordError(
            Problem(
                str(folder),
                f"is neither a run nor a report: it holds no {STUDY_FILE}",
                "name a folder that `ablate run` or `ablate report` has written",
            )
        )
    return load_study(path)


def _joined(studies: Sequence[Study]) -> Study:
    """The first study; with the seeds of all, if they differ in nothing else."""
    first = studies[0]
    alike = all(study.model_copy(update={"seeds": first.seeds}) == first for study in studies)
    if not alike:
        return first
    seeds = sorted({seed for study in studies for seed in study.seeds})
    return first.model_copy(update={"seeds": tuple(seeds)})


def _siblings(folder: Path) -> list[Path]:
    """The runs beside this one."""
    parent = folder.resolve().parent
    if not parent.is_dir():
        return []
    return sorted(
        path.parent for path in parent.glob(f"*/{STUDY_FILE}") if path.parent != folder.resolve()
    )
