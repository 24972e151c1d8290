"""Where a run lives: the study as run, its records, and the report drawn from them.

runs/<name>/     study.yaml, records/<hash>.json, report.md, report.html, figures/, tables/; of a
                 tuned study search.json and search.csv, too
reports/<name>/  the same, committed: one compact records.jsonl in place of records/
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from ablate.atomic import write_atomically
from ablate.errors import AblateError, Problem, RecordError
from ablate.records.asked_metrics import as_asked
from ablate.records.compact import COMPACT_FILE, write_compact
from ablate.records.greedy_path import Find, follow
from ablate.records.looks import follow_looks
from ablate.records.schema import TrialRecord
from ablate.records.search_result import read_search, write_search
from ablate.records.store import (
    FINISHED,
    Answers,
    RecordStore,
    answers_a_run,
    compact_records,
    gather,
    improves,
    load_records,
    record_files,
    that_counts,
    writer_lock,
)
from ablate.records.tuned_search import NO_SEARCHES, Searches, each_once, finished, own_plan
from ablate.refused_folders import (
    refuse_a_search,
    refuse_another_study,
    refuse_other_looks,
    refuse_results_of_others,
)
from ablate.stored_study import STUDY_FILE, write_study
from ablate.study.plan import Plan
from ablate.study.schema import Study


class Run(NamedTuple):
    """A plan and the records of its trials, by hash."""

    plan: Plan
    """With shared settings, where the study is tuned."""
    records: Mapping[str, TrialRecord]
    """As they were written, whatever the study asks for; of a tuned study also those of the
    searches, and of the arms at their own settings."""
    searches: Searches = NO_SEARCHES
    """Those finished, of a tuned study."""


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
    (folders of runs or reports) and the runs beside this one have recorded of its trials. Where
    the block is refused before a trial has ended, the study before it is back. Raises
    AblateError when another process writes to the run, the folder cannot be had or is that of
    another study or a search, RecordError when one of `others` holds no records or unreadable ones.
    """
    for other in others:
        _trained_records(other)  # what is named must be there
    make_folder(folder)
    with writer_lock(folder):
        refuse_a_search(folder)
        refuse_results_of_others(folder)
        refuse_another_study(folder, plan)
        refuse_other_looks(folder, plan)
        collect(folder, plan, others)
        with taken_back(folder, STUDY_FILE):
            write_study(folder, plan)
            yield RecordStore(folder)


@contextmanager
def taken_back(folder: Path, *names: str) -> Iterator[None]:
    """Where the block is refused before a trial has ended, these files of a run are as before."""
    before = {name: _content(folder / name) for name in names}
    records = _records_as_they_lie(folder)
    try:
        yield
    except AblateError:
        if _records_as_they_lie(folder) == records:
            for name, content in before.items():
                _put_back(folder / name, content)
        raise


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _put_back(file: Path, content: bytes | None) -> None:
    if content is None:
        file.unlink(missing_ok=True)
    else:
        write_atomically(file, content)


def _records_as_they_lie(folder: Path) -> dict[str, int]:
    """File -> when it was written: a failed trial's record gives way to a later one."""
    return {path.name: path.stat().st_mtime_ns for path in record_files(folder)}


def _trained_records(folder: Path) -> dict[str, TrialRecord]:
    """Those of a folder that was named for them."""
    records = load_records(folder)
    if any(record.is_from_elsewhere for record in records.values()):
        raise RecordError(
            Problem(
                str(folder),
                "holds results from elsewhere, which make no pairs with trials run here",
                "leave it out; `ablate report STUDY --results FILE` reports them by themselves",
            )
        )
    return records


def collect(folder: Path, plan: Plan, others: Sequence[Path] = ()) -> None:
    """Copy into a run what other folders, and the runs beside it, have recorded of the plan's
    trials. Raises RecordError when one of `others` cannot be read.
    """
    collect_trials([trial.hash for trial in plan.unique_trials], folder, plan.study, others)


def collect_trials(
    hashes: Sequence[str],
    folder: Path,
    study: Study,
    others: Sequence[Path] = (),
    answering: Answers = answers_a_run,
) -> None:
    """The same of trials by their hash, where they are what the study asks for."""
    gather(hashes, folder, others, study, answering)
    for sibling in _siblings(folder):
        with suppress(RecordError):  # a damaged run beside this one only shares nothing
            gather(hashes, folder, [sibling], study, answering)


def recorded(
    folder: Path, plan: Plan, others: Sequence[Path] = (), answering: Answers = answers_a_run
) -> dict[str, TrialRecord]:
    """Records that `open_run` would find: those that hold all that the study asks, of any trial.

    answering: which records do. Raises RecordError as `open_run` does. Writes nothing.
    """
    found = {record.hash: record for record in RecordStore(folder).records()}
    known = list(compact_records(folder).values())
    for other in others:
        known += _trained_records(other).values()
    for sibling in _siblings(folder):
        with suppress(RecordError):
            known += load_records(sibling).values()
    for record in known:
        kept = found.get(record.hash)
        if improves(record, kept, plan.study, answering):
            is_finished = kept is not None and kept.status in FINISHED
            found[record.hash] = that_counts(kept if is_finished else None, record)
    return {hash_: each for hash_, each in found.items() if answering(each, plan.study)}


def searched(folder: Path, plan: Plan, others: Sequence[Path] = ()) -> Searches:
    """The searches of a tuned study's arms that its run takes as they are, of that run, `others`,
    and the runs beside it: finished, and without points to be tried again.

    Raises RecordError when the run's own, or one of `others`, cannot be read. Writes nothing.
    """
    if plan.study.tune is None:
        return {}
    found = [result for place in (folder, *others) for result in read_search(place)]
    for sibling in _siblings(folder):
        with suppress(RecordError):
            found += read_search(sibling)
    return finished(plan, found, whole=True)


def records_of(plan: Plan, store: RecordStore) -> Run:
    """The plan with what the store holds of its trials."""
    results = read_search(store.run_folder) if plan.study.tune else ()
    return followed(plan, store.get, finished(plan, results))


def write_compact_run(run: Run, folder: Path) -> None:
    """Study, records and searches into a folder, compact: the evidence that a committed report
    carries.

    Raises AblateError when the folder cannot be had.
    """
    make_folder(folder)
    write_study(folder, run.plan)
    write_compact(run.records.values(), folder / COMPACT_FILE)
    if run.searches:
        write_search(each_once(run.searches), folder)


def followed(plan: Plan, find: Find, searches: Searches) -> Run:
    """The plan as far as records lead it: further than written only where its order is greedy, and
    less far where looking after every seed has ended before the last,
    with all records that its order rests on, or that own settings were found and judged by.
    """
    asked = as_asked(plan, find)
    path = follow(_as_far_as_looked(plan, asked), asked)
    hashes = [trial.hash for trial in path.trials]
    hashes += [hash_ for search in searches.values() for hash_ in search.trials]
    if (own := own_plan(plan, searches)) is not None:
        hashes += [trial.hash for trial in own.trials]
    found = {hash_: find(hash_) for hash_ in hashes}
    records = {hash_: record for hash_, record in found.items() if record is not None}
    return Run(path.plan, records, searches)


def _as_far_as_looked(plan: Plan, find: Find) -> Plan:
    if plan.study.max_seeds is None:
        return plan
    from ablate.analysis.open_claims import arms_of_open_claims  # late: plans need no statistics

    return follow_looks(plan, find, arms_of_open_claims)


def _siblings(folder: Path) -> list[Path]:
    """The runs beside this one, where its name lies: it may be a link to elsewhere."""
    parent = Path(os.path.abspath(folder)).parent  # noqa: PTH100 - follows no link
    if not parent.is_dir():
        return []
    found = (path.parent for path in parent.glob(f"*/{STUDY_FILE}"))
    return sorted(other for other in found if other.resolve() != folder.resolve())
