"""Where a search lives: a run folder of its own, with Optuna's storage and the table of points.

runs/<study>-<space>/   study.yaml, search_space.yaml, records/<hash>.json, search.journal,
                        search.csv, search.json, report.md, report.html, figures/, tables/
runs/<study>/           of a tuned study: search-<digest>.journal, search.csv and search.json
                        beside what the run leaves
reports/<name>/         a search's, committed: one compact records.jsonl in place of records/, and
                        no journal
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from ablate.atomic import write_atomically
from ablate.digest import content_digest
from ablate.errors import AblateError, Problem, RecordError, did_you_mean
from ablate.recorded_workload import workload_of_runs
from ablate.records.compact import COMPACT_FILE, write_compact
from ablate.records.schema import TrialRecord
from ablate.records.search_result import RESULT_FILE, SearchResult, Way, read_search, write_search
from ablate.records.store import (
    RecordStore,
    answers_a_search,
    holds_records,
    load_records,
    writer_lock,
)
from ablate.records.tuned_search import Searches, each_once, finished, is_of_arm, metric_of
from ablate.refused_folders import SPACE_FILE, refuse_a_run, refuse_another_study
from ablate.run_folder import collect_trials, make_folder, recorded, searched, taken_back
from ablate.stored_study import STUDY_FILE, folder_for, write_study
from ablate.study.arms import Arm, arm_digest
from ablate.study.loading import load_study
from ablate.study.plan import Plan
from ablate.study.planning import make_plan
from ablate.study.schema import Study, Tune
from ablate.study.search_options import DEFAULTS, SearchOptions
from ablate.study.search_space import SearchSpace
from ablate.study.seeds import seeds_text
from ablate.study.space_file import check_space, find_space, read_space
from ablate.study.tuned import searched_arms
from ablate.study.writing import study_to_yaml
from ablate.tuning.running import AS_IT_IS, Running
from ablate.workload import describe_metric


class Search(NamedTuple):
    """What a search has written into its folder."""

    plan: Plan
    """Of the study whose arms were searched."""
    space: SearchSpace
    results: tuple[SearchResult, ...]
    """At least one."""
    records: Mapping[str, TrialRecord]
    """Of the points' trials, by hash."""


def search_folder_for(
    study_file: Path, space: str, dataset: str | None = None, out: Path | None = None
) -> Path:
    """`out` if given, else runs/<stem of the study's file>-<space>, with the data set where
    overridden.
    """
    if out is not None:
        return out
    folder = folder_for(study_file, dataset)
    return folder.with_name(f"{folder.name}-{Path(space).stem}")


def search_study(
    plan: Plan,
    space: str,
    folder: Path,
    options: SearchOptions = DEFAULTS,
    *,
    arm: str | None = None,
    others: Sequence[Path] = (),
    spaces: Sequence[Path] = (),
    running: Running = AS_IT_IS,
) -> tuple[SearchResult, ...]:
    """Search a study's arms in a space, in a run folder, and write the table of points there.

    space: its name, or the path of its file. spaces: folders where a name is looked for;
    search_spaces/ where none is named. arm: the name of one, or "context/name"; None: each.
    others: folders of runs or reports whose records are used too, as are those of the runs beside
    this one. The same call continues an interrupted search. Raises AblateError: see
    `ablate.tuning.search.search_arms` and `open_run`.
    """
    # late: reading a folder needs no Ray
    from ablate.tuning.objective import objective_of
    from ablate.tuning.optuna_storage import JOURNAL_FILE
    from ablate.tuning.search import search_arms

    path = find_space(space, *spaces)
    loaded = read_space(path)
    arms = chosen_arms(plan, arm)
    check_space(loaded.space, plan.load_workload(), arms, loaded.source)
    objective = objective_of(plan, options)
    way = Way(
        space_digest=loaded.space.digest,
        metric=objective.metric,
        higher_is_better=objective.higher_is_better,
        weighs_cost=objective.weighs_cost,
        seeds=options.seeds,
    )
    make_folder(folder)
    with writer_lock(folder):
        refuse_a_run(folder)
        refuse_another_study(folder, plan)
        if options.storage is not None or not (folder / JOURNAL_FILE).exists():
            _refuse_another_search(folder, way)  # else the journal says more exactly what differs
        known = _known(folder, plan, others)
        with taken_back(folder, STUDY_FILE, SPACE_FILE):
            write_study(folder, plan)
            write_atomically(folder / SPACE_FILE, path.read_bytes())
            store = RecordStore(folder)
            results = search_arms(
                plan, arms, loaded.space, store, options, known=known, running=running
            )
        write_search(_with_other_arms(results, folder, plan), folder)
    return results


def _with_other_arms(
    results: Sequence[SearchResult], folder: Path, plan: Plan
) -> list[SearchResult]:
    """In the plan's order: the results, and of arms that earlier calls have searched in the same
    way what they found, if these arms are what they were.
    """
    found = {(each.context, each.arm): each for each in results}
    arms = {arm.key: arm for arm in plan.arms}
    before: tuple[SearchResult, ...] = ()
    with suppress(RecordError):  # what cannot be read is written anew
        before = read_search(folder)
    for each in before:
        arm = arms.get((each.context, each.arm))
        if arm is not None and each.way == results[0].way and is_of_arm(plan, arm, each):
            found.setdefault(arm.key, each)
    return [found[arm.key] for arm in plan.arms if arm.key in found]


def search_own_settings(
    plan: Plan, folder: Path, *, others: Sequence[Path] = (), running: Running = AS_IT_IS
) -> Searches | None:
    """The search of each arm of a tuned study, what is missing of them being searched, in the
    study's run folder, where the table of points is written; None if interrupted.

    others: folders of runs or reports whose searches and records are used too, as are those of the
    runs beside this one. The same call continues an interrupted search.
    """
    tune = plan.study.tune
    if tune is None:
        return {}
    with writer_lock(folder):
        found = searched(folder, plan, others)
        arms = [arm for arm in searched_arms(plan) if arm.key not in found]
        results = _search(plan, tune, arms, folder, others, running)
        every = _with_other_arms([*each_once(found), *results], folder, plan)
        write_search(every, folder)
        hashes = [hash_ for search in found.values() for hash_ in search.trials]
        asked = _asking_little(plan.study)
        collect_trials(hashes, folder, asked, others, answers_a_search)
    return None if any(result.interrupted for result in results) else finished(plan, every)


def _search(
    plan: Plan,
    tune: Tune,
    arms: Sequence[Arm],
    folder: Path,
    others: Sequence[Path],
    running: Running,
) -> tuple[SearchResult, ...]:
    if not arms:
        return ()
    from ablate.tuning.search import search_arms

    try:
        return search_arms(
            plan,
            arms,
            tune.space,
            RecordStore(folder),
            replace(
                tune.options,
                metric=metric_of(plan),
                storage=str(folder / _journal(plan, tune)),
            ),
            known=_known(folder, plan, others),
            running=running,
        )
    except AblateError as error:  # what an option says to `ablate search` is a key here
        raise AblateError(*map(_by_keys, error.problems)) from None


def _by_keys(problem: Problem) -> Problem:
    where, fix = problem.where, problem.fix
    for name in ("metric", "scheduler"):
        where, fix = where.replace(f"--{name}", f"tune.{name}"), fix.replace(f"--{name}", name)
    fix = fix.removeprefix("name another storage with --storage, or ")
    return problem._replace(where=where, fix=fix)


def _journal(plan: Plan, tune: Tune) -> str:
    """A storage for each way of searching: after a change, such as a wider range, a search starts
    anew from the records, and the old one stays.
    """
    workload = plan.load_workload()
    arms = {"/".join(arm.key): arm_digest(workload, arm) for arm in searched_arms(plan)}
    metric = metric_of(plan)
    content: list[Any] = [plan.study.name, tune.space.name, tune.space.digest, tune.seeds, metric]
    if not describe_metric(metric, plan.metrics).higher_is_better:
        content.append("less is better")
    if tune.scheduler is not None:
        content += [tune.scheduler, tune.looks_after]
    return f"search-{content_digest([*content, workload.version, arms], 12)}.journal"


def is_search(folder: Path) -> bool:
    """Whether a folder is that of a search, be it at its end or not, or of a search's report."""
    return (folder / SPACE_FILE).is_file()


def read_search_folder(folder: Path) -> Search:
    """A search as its folder has it, or that of its report. Runs nothing.

    Raises RecordError when there is no result, or no space that has its parameters, and StudyError
    when study or space cannot be read.
    """
    results, workload = read_search(folder), workload_of_runs([folder])
    if not results:
        raise RecordError(
            Problem(str(folder), "holds no result of a search", "run `ablate search` to its end")
        )
    space = read_space(folder / SPACE_FILE).space
    _check_fits(space, results, folder)
    records = load_records(folder) if holds_records(folder) else {}
    hashes = {hash_ for result in results for point in result.points for hash_ in point.trials}
    return Search(
        plan=make_plan(load_study(folder / STUDY_FILE, workload=workload), workload),
        space=space.model_copy(update={"name": results[0].space}),
        results=results,
        records={hash_: records[hash_] for hash_ in sorted(hashes & records.keys())},
    )


def refuse_to_report_into(folder: Path, search: Search) -> None:
    """Raises AblateError where a search's report would replace what a run, another study or another
    search has found.
    """
    refuse_a_run(folder)
    refuse_another_study(folder, search.plan)
    _refuse_another_search(folder, search.results[0].way)


def _refuse_another_search(folder: Path, way: Way) -> None:
    found: tuple[SearchResult, ...] = ()
    with suppress(RecordError):  # what cannot be read is written anew
        found = read_search(folder)
    if any(result.points for result in found) and found[0].way != way:
        first = found[0]
        turned = first.metric == way.metric and first.higher_is_better != way.higher_is_better
        better = f" ({'more' if first.higher_is_better else 'less'} is better)" if turned else ""
        raise AblateError(
            Problem(
                str(folder),
                f"is another search, of the space {first.space} by {first.metric}{better} on "
                f"seeds {seeds_text(first.seeds)}",
                f"name another folder with --out, or move its {RESULT_FILE} away",
            )
        )


def write_compact_search(search: Search, source: Path, folder: Path) -> None:
    """Study, space, result and records into a folder, compact: the evidence of a report.

    source: the search's own folder. Raises AblateError when the folder cannot be had.
    """
    make_folder(folder)
    write_atomically(folder / STUDY_FILE, study_to_yaml(search.plan.study).encode())
    write_atomically(folder / SPACE_FILE, (source / SPACE_FILE).read_bytes())
    write_search(search.results, folder)
    write_compact(search.records.values(), folder / COMPACT_FILE)


def _check_fits(space: SearchSpace, results: Sequence[SearchResult], folder: Path) -> None:
    """Raises RecordError when a point's values are none of the space."""
    known = {item.name: item for item in space.parameters}
    for result in results:
        for point in result.points:
            for name, value in point.values.items():
                if name not in known or not known[name].within(value):
                    raise RecordError(
                        Problem(
                            str(folder / RESULT_FILE),
                            f"its point {point.number} of arm '{result.arm}' lies outside the "
                            f"space of {SPACE_FILE}: {name} is {value}",
                            "`ablate search` writes both anew",
                        )
                    )


def chosen_arms(plan: Plan, name: str | None) -> tuple[Arm, ...]:
    """The arm of that name, in every context that has one; None: each arm.

    name: may have its context before a slash. Of arms that compute the same, the first is taken.
    Raises AblateError, with the nearest name, when there is none.
    """
    arms = [
        arm for arm in plan.arms if name is None or name in (arm.name, f"{arm.context}/{arm.name}")
    ]
    if not arms:
        names = [arm.name for arm in plan.arms]
        raise AblateError(
            Problem(f"--arm {name}", f"no arm named '{name}'", did_you_mean(str(name), names))
        )
    return searched_arms(plan, arms)


def _known(folder: Path, plan: Plan, others: Sequence[Path]) -> dict[str, TrialRecord]:
    """Records that a search may use, by hash: it asks for no test curves and no weights."""
    plan = plan.model_copy(update={"study": _asking_little(plan.study)})
    return recorded(folder, plan, others, answers_a_search)


def _asking_little(study: Study) -> Study:
    return study.model_copy(update={"test_curve": False, "keep_weights": False})
