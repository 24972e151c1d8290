"""Where a run lives: the study as run, its records, and the report drawn from them.

runs/<name>/     study.yaml, records/<hash>.json, report.md, report.html, figures/, tables/; of a
                 tuned study search.json and search.csv, too
reports/<name>/  the same, committed: one compact records.jsonl in place of records/
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from ablate.atomic import write_atomically
from ablate.errors import AblateError, Problem, RecordError, StudyError
from ablate.records.asked_metrics import as_asked
from ablate.records.compact import COMPACT_FILE, write_compact
from ablate.records.greedy_path import Find, follow
from ablate.records.looks import follow_looks
from ablate.records.schema import TrialRecord
from ablate.records.search_result import RESULT_FILE, SearchResult, read_search, write_search
from ablate.records.store import (
    RecordStore,
    answers,
    answers_a_run,
    compact_records,
    gather,
    load_records,
    record_files,
    writer_lock,
)
from ablate.records.tuned_search import NO_SEARCHES, Searches, each_once, finished, own_plan
from ablate.study.loading import load_study
from ablate.study.plan import Plan, make_plan
from ablate.study.schema import Study
from ablate.study.seeds import parse_seeds, seeds_text
from ablate.study.writing import study_to_yaml
from ablate.study.yaml_source import read_yaml

RUNS = Path("runs")
STUDY_FILE = "study.yaml"
SPACE_FILE = "search_space.yaml"
"""In the folder of a search."""
FOUND = ("report.md", COMPACT_FILE, RESULT_FILE)
"""Files that say what a study has found, beside its records."""


class Run(NamedTuple):
    """A plan and the records of its trials, by hash."""

    plan: Plan
    """With shared settings, where the study is tuned."""
    records: Mapping[str, TrialRecord]
    """Of a tuned study also those of the searches, and of the arms at their own settings."""
    searches: Searches = NO_SEARCHES
    """Those finished, of a tuned study."""


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
    (folders of runs or reports) and the runs beside this one have recorded of its trials. Where
    the block is refused before a trial has ended, the study before it is back. Raises
    AblateError when another process writes to the run, the folder cannot be had or is that of
    another study or a search, RecordError when one of `others` holds no records or unreadable ones.
    """
    for other in others:
        _trained_records(other)  # what is named must be there
    make_folder(folder)
    with writer_lock(folder):
        _refuse_a_search(folder)
        _refuse_results_of_others(folder)
        refuse_another_study(folder, plan)
        _refuse_other_looks(folder, plan.study)
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


def write_study(folder: Path, plan: Plan) -> None:
    """The study as run, which can be read again where the files that it names are not."""
    write_atomically(folder / STUDY_FILE, study_to_yaml(plan.pinned().study).encode())


def refuse_another_study(folder: Path, plan: Plan) -> None:
    """Raises AblateError where the folder holds what another study has found: one with another
    question, and another name or no arm in common.
    """
    study, question = plan.study, _as_written(folder).get("question")
    if question in (None, study.question) or not _holds_findings(folder):
        return
    stored = _still_readable(folder)
    if stored is None or stored.name != study.name or not _common_arms(make_plan(stored), plan):
        raise AblateError(
            Problem(
                str(folder),
                f"is the run of another study: {question}",
                "name another folder with --out",
            )
        )


def refuse_to_report_into(folder: Path, plan: Plan) -> None:
    """Raises AblateError where a report would replace what a search or another study has found."""
    _refuse_a_search(folder)
    refuse_another_study(folder, plan)


def refuse_results_beside_a_run(folder: Path) -> None:
    """Raises AblateError where results from elsewhere would be reported over what a run has found:
    the two would stand for trials of one study.
    """
    compact = compact_records(folder).values()
    if record_files(folder) or not all(record.is_from_elsewhere for record in compact):
        raise AblateError(
            Problem(
                str(folder),
                "holds trials that were run, beside which results from elsewhere make no pairs",
                "name another folder with --out",
            )
        )


def _refuse_results_of_others(folder: Path) -> None:
    if any(record.is_from_elsewhere for record in compact_records(folder).values()):
        raise AblateError(
            Problem(
                str(folder),
                "is the report of results from elsewhere, which make no pairs with trials run here",
                "name another folder with --out",
            )
        )


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


def refuse_a_run(folder: Path) -> None:
    """Raises AblateError where a search would write over what a run has found."""
    holds_run = (folder / STUDY_FILE).is_file() and not (folder / SPACE_FILE).is_file()
    if holds_run and _holds_findings(folder):
        raise AblateError(_of_the_other_kind(folder, "run", "search"))


def _refuse_a_search(folder: Path) -> None:
    if (folder / SPACE_FILE).is_file():
        raise AblateError(_of_the_other_kind(folder, "search", "run"))


def _of_the_other_kind(folder: Path, theirs: str, ours: str) -> Problem:
    return Problem(
        str(folder),
        f"is the folder of a {theirs}, whose report that of a {ours} would replace",
        f"name another folder with --out; with --records {folder} what is trained there is used",
    )


def _as_written(folder: Path) -> dict[str, Any]:
    """The keys of a folder's study, none where there is none. A study that cannot be read any more,
    as where its module is gone, still says so much, and hinders no other study that asks the same.
    """
    content: Any = None
    if (folder / STUDY_FILE).is_file():
        with suppress(StudyError):
            content = read_yaml(folder / STUDY_FILE).content
    return content if isinstance(content, dict) else {}


def _still_readable(folder: Path) -> Study | None:
    with suppress(StudyError):
        return _read_study(folder)
    return None


def _holds_findings(folder: Path) -> bool:
    return bool(record_files(folder)) or any((folder / name).is_file() for name in FOUND)


def _refuse_other_looks(folder: Path, study: Study) -> None:
    """The number of looks and the order of seeds are fixed at the first one: error rates rest on
    both, and other seeds would be another try at what the first ones left open.
    """
    written = _as_written(folder)
    most = written.get("max_seeds")
    if most is None:
        return
    if most != study.max_seeds:
        _refuse_as_looked_at(folder, f"a maximum of {most} seeds", f"--max-seeds {most}")
    gives_up = bool(written.get("stop_futile"))
    if gives_up != study.stop_futile:
        looked, option = (
            ("hopeless claims given up", " --stop-futile")
            if gives_up
            else ("no claim given up", "")
        )
        _refuse_as_looked_at(folder, looked, f"--max-seeds {most}{option}")
    seeds = _seeds_looked_at(written)[: study.max_seeds]
    if study.seeds[: len(seeds)] != seeds:
        text = seeds_text(seeds)
        _refuse_as_looked_at(
            folder, f"seeds {text}, in this order", f"--max-seeds {most} --seeds {text}"
        )


def _refuse_as_looked_at(folder: Path, looked: str, options: str) -> NoReturn:
    raise AblateError(
        Problem(
            str(folder),
            f"its claims have been looked at with {looked}, which cannot be changed afterwards",
            f"go on with --until-decided {options}, or name another folder with --out",
        )
    )


def _seeds_looked_at(written: Mapping[str, Any]) -> tuple[int, ...]:
    """Of a study as written: all up to the maximum, or, beside a compact report, those up to the
    last look; none where they are not told.
    """
    with suppress(StudyError):
        return parse_seeds(written.get("seeds", ()))
    return ()


def _common_arms(one: Plan, other: Plan) -> bool:
    """Whether a trial of one is also one of the other, but for its seed."""
    first, second = (
        {trial.spec.model_copy(update={"seed": 0}).hash for trial in plan.trials}
        for plan in (one, other)
    )
    return not first.isdisjoint(second)


def collect(folder: Path, plan: Plan, others: Sequence[Path] = ()) -> None:
    """Copy into a run what other folders, and the runs beside it, have recorded of the plan's
    trials. Raises RecordError when one of `others` cannot be read.
    """
    collect_trials([trial.hash for trial in plan.unique_trials], folder, plan.study, others)


def collect_trials(
    hashes: Sequence[str], folder: Path, study: Study, others: Sequence[Path] = ()
) -> None:
    """The same of trials by their hash, where they hold all that the study asks."""
    gather(hashes, folder, others, study)
    for sibling in _siblings(folder):
        with suppress(RecordError):  # a damaged run beside this one only shares nothing
            gather(hashes, folder, [sibling], study)


def recorded(folder: Path, plan: Plan, others: Sequence[Path] = ()) -> dict[str, TrialRecord]:
    """Records that `open_run` would find: those that hold all that the study asks, of any trial.

    Raises RecordError as `open_run` does. Writes nothing.
    """
    known = [*RecordStore(folder).records(), *compact_records(folder).values()]
    for other in others:
        known += _trained_records(other).values()
    for sibling in _siblings(folder):
        with suppress(RecordError):
            known += load_records(sibling).values()
    return {record.hash: record for record in reversed(known) if answers_a_run(record, plan.study)}


def searched(folder: Path, plan: Plan, others: Sequence[Path] = ()) -> Searches:
    """Finished searches of a tuned study's arms, of its run, `others`, and the runs beside it.

    Raises RecordError when the run's own, or one of `others`, cannot be read. Writes nothing.
    """
    if plan.study.tune is None:
        return {}
    found = [result for place in (folder, *others) for result in read_search(place)]
    for sibling in _siblings(folder):
        with suppress(RecordError):
            found += read_search(sibling)
    return finished(plan, found)


def records_of(plan: Plan, store: RecordStore) -> Run:
    """The plan with what the store holds of its trials."""
    results = read_search(store.run_folder) if plan.study.tune else ()
    return _followed(plan, store.get, finished(plan, results))


def read_runs(folders: Sequence[Path]) -> Run:
    """The first folder's study, with the records of all folders.

    folders: of runs or of reports. Where several hold a record of one trial, a finished one is
    taken, of the earlier folder. If all are runs of one study with other seeds, the seeds are
    joined. Raises RecordError for a folder that is neither run nor report, for one that shares no
    trial with the first one's study, for runs that have tuned an arm differently, and for those
    looked at after every seed in different orders; StudyError for a study.yaml that cannot be read.
    """
    studies = [_read_study(folder) for folder in folders]
    plan = make_plan(_joined(folders, studies))
    found: dict[str, TrialRecord] = {}
    in_each = {folder: load_records(folder) for folder in folders}
    for folder in reversed(folders):
        for hash_, record in in_each[folder].items():
            if hash_ not in found or answers(record, plan.study):
                found[hash_] = record
    run = _followed(plan, found.get, _searches_in(folders, plan))
    for folder, study in zip(folders[1:], studies[1:], strict=True):
        if run.records.keys().isdisjoint(in_each[folder]):
            raise RecordError(_without_common_trial(folder, study, folders[0], plan))
    return run


def _without_common_trial(folder: Path, study: Study, first: Path, plan: Plan) -> Problem:
    if _common_arms(make_plan(study), plan):
        return Problem(
            str(folder),
            f"has recorded other seeds than {first}, and its study differs in more than these",
            "run both from one study, so that their seeds can be joined",
        )
    return Problem(
        str(folder),
        f"has recorded no trial of the study of {first}",
        "report the two one by one; `ablate compare` draws arms of both",
    )


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


def _followed(plan: Plan, find: Find, searches: Searches) -> Run:
    """The plan as far as records lead it: further than written only where its order is greedy, and
    less far where looking after every seed has ended before the last,
    with all records that its order rests on, or that own settings were found and judged by.
    """
    find = as_asked(plan, find)
    path = follow(_as_far_as_looked(plan, find), find)
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


def _searches_in(folders: Sequence[Path], plan: Plan) -> Searches:
    """Those of all folders. Raises RecordError where two lead an arm to different settings."""
    found: dict[tuple[str, str], tuple[Path, SearchResult]] = {}
    for folder in folders if plan.study.tune else ():
        for key, search in finished(plan, read_search(folder)).items():
            where, first = found.setdefault(key, (folder, search))
            if (first.best and first.best.settings) != (search.best and search.best.settings):
                raise RecordError(
                    Problem(
                        str(folder),
                        f"has tuned arm '{key[1]}' to other settings than {where}",
                        "report the two one by one",
                    )
                )
    return {key: search for key, (_, search) in found.items()}


def _read_study(folder: Path) -> Study:
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
    return load_study(path)


def _joined(folders: Sequence[Path], studies: Sequence[Study]) -> Study:
    """The first study; with the seeds of all, if they differ in nothing else. Raises RecordError
    where such were looked at after every seed, each in another order.
    """
    first = studies[0]
    alike = all(study.model_copy(update={"seeds": first.seeds}) == first for study in studies)
    if not alike:
        return first
    if first.max_seeds is not None:
        return _longest(folders, studies)
    seeds = sorted({seed for study in studies for seed in study.seeds})
    return first.model_copy(update={"seeds": tuple(seeds)})


def _longest(folders: Sequence[Path], studies: Sequence[Study]) -> Study:
    """Of studies that were looked at after every seed, all in one order."""
    longest = max(studies, key=lambda study: len(study.seeds))
    where = folders[studies.index(longest)]
    for folder, study in zip(folders, studies, strict=True):
        if longest.seeds[: len(study.seeds)] != study.seeds:
            raise RecordError(
                Problem(
                    str(folder),
                    f"was looked at with seeds {seeds_text(study.seeds)}, in this order, and "
                    f"{where} with {seeds_text(longest.seeds)}: the looks of two orders are none "
                    "together",
                    "report the two one by one",
                )
            )
    return longest


def _siblings(folder: Path) -> list[Path]:
    """The runs beside this one."""
    parent = folder.resolve().parent
    if not parent.is_dir():
        return []
    return sorted(
        path.parent for path in parent.glob(f"*/{STUDY_FILE}") if path.parent != folder.resolve()
    )
