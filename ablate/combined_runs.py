"""Runs and reports read back: one, or several as one."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ablate.errors import Problem, RecordError
from ablate.recorded_workload import workload_of_runs
from ablate.records.schema import TrialRecord
from ablate.records.search_result import SearchResult, read_search
from ablate.records.store import joined, load_records
from ablate.records.table_file import joined as in_a_row
from ablate.records.tuned_search import Searches, finished
from ablate.run_folder import Run, followed
from ablate.stored_study import read_stored_study
from ablate.study.plan import Plan, share_an_arm
from ablate.study.planning import make_plan
from ablate.study.schema import Study
from ablate.study.seeds import seeds_text


def read_runs(folders: Sequence[Path]) -> Run:
    """The first folder's study, with the records of all folders.

    folders: of runs or of reports. Of several records of one trial the one that counts is taken, as
    in `joined`. Of runs of the first one's study with other seeds, these are joined. Raises
    RecordError for a folder that is neither run nor report, for one that shares no trial with the
    first one's study, for runs that have tuned an arm differently, for those looked at after every
    seed in different orders, for results from elsewhere beside trials run here, and for tables that
    give one trial other results; StudyError for a study.yaml that cannot be read.
    """
    workload = workload_of_runs(folders)
    studies = [read_stored_study(folder, workload) for folder in folders]
    plan = make_plan(_joined(folders, studies), workload)
    in_each = {folder: load_records(folder) for folder in folders}
    _refuse_mixture(in_each)
    _refuse_conflicts(in_each, plan)
    run = followed(plan, joined(*in_each.values()).get, _searches_in(folders, plan))
    for folder, study in zip(folders[1:], studies[1:], strict=True):
        if run.records.keys().isdisjoint(in_each[folder]):
            raise RecordError(_without_common_trial(folder, study, folders[0], plan))
    return run


def _refuse_mixture(in_each: Mapping[Path, Mapping[str, TrialRecord]]) -> None:
    """Seeds pair trials run here, and trials of one table; not the one with the other."""
    elsewhere = [
        folder
        for folder, records in in_each.items()
        if any(record.is_from_elsewhere for record in records.values())
    ]
    if elsewhere and len(elsewhere) < len(in_each):
        raise RecordError(
            Problem(
                str(elsewhere[0]),
                "holds results from elsewhere, which make no pairs with trials run here",
                "report the two one by one",
            )
        )


def _refuse_conflicts(in_each: Mapping[Path, Mapping[str, TrialRecord]], plan: Plan) -> None:
    """A trial that was run twice may count once; of two tables nothing tells which is right."""
    planned = {trial.hash: trial for trial in plan.unique_trials}
    seen: dict[str, tuple[Path, TrialRecord]] = {}
    for folder, records in in_each.items():
        for hash_, record in records.items():
            first, other = seen.setdefault(hash_, (folder, record))
            if hash_ in planned and record.is_from_elsewhere and _contradict(other, record):
                trial = planned[hash_]
                where = f" of '{trial.context}'" if len(plan.study.contexts) > 1 else ""
                raise RecordError(
                    Problem(
                        str(folder),
                        f"gives arm '{trial.arm}'{where} with seed {trial.seed} other results than "
                        f"{first}",
                        "report the two one by one, or keep those of one table",
                    )
                )


def _contradict(one: TrialRecord, other: TrialRecord) -> bool:
    both = one.metrics.keys() & other.metrics.keys()
    return one.status != other.status or any(one.metrics[k] != other.metrics[k] for k in both)


def seeds_left_aside(folders: Sequence[Path], plan: Plan) -> Iterator[str]:
    """What is to be said of folders whose studies are others than the plan's, and have trials of
    its arms with other seeds than it.

    folders: which `read_runs` has read as that plan's.
    """
    for folder in folders[1:]:
        study = read_stored_study(folder, plan.workload)
        if aside := [seed for seed in study.seeds if seed not in plan.study.seeds]:
            yield (
                f"Seeds {seeds_text(aside)} of {folder} are left aside: its study differs from "
                f"that of {folders[0]} in {in_a_row(_differences(study, plan.study))}."
            )


def _differences(one: Study, other: Study) -> list[str]:
    """The keys in which two studies differ, but for their seeds."""
    keys = Study.model_fields.keys() - {"seeds"}
    return sorted(key for key in keys if getattr(one, key) != getattr(other, key))


def _without_common_trial(folder: Path, study: Study, first: Path, plan: Plan) -> Problem:
    differences = _differences(study, plan.study)
    if differences and share_an_arm(make_plan(study, plan.workload), plan):
        return Problem(
            str(folder),
            f"has recorded other seeds than {first}, and its study differs from that in "
            f"{in_a_row(differences)}, too",
            "run both from one study, so that their seeds can be joined",
        )
    return Problem(
        str(folder),
        f"has recorded no trial of the study of {first}",
        "report the two one by one; `ablate compare` draws arms of both",
    )


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


def _joined(folders: Sequence[Path], studies: Sequence[Study]) -> Study:
    """The first study, with the seeds of all that differ from it in nothing else. Raises
    RecordError where such were looked at after every seed, each in another order.
    """
    first = studies[0]
    alike = {
        folder: study
        for folder, study in zip(folders, studies, strict=True)
        if not _differences(study, first)
    }
    if first.max_seeds is not None:
        return _longest(list(alike), list(alike.values()))
    seeds = sorted({seed for study in alike.values() for seed in study.seeds})
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
