"""A study's run: the trials that its folder misses, in the order that the study asks for."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ablate.records.asked_metrics import as_asked
from ablate.records.looks import with_looks
from ablate.records.store import RecordStore
from ablate.run_folder import Run, collect, open_run, records_of
from ablate.search_folder import search_own_settings
from ablate.study.plan import Plan
from ablate.tuned_run import run_tuned
from ablate.tuning.greedy import run_in_steps
from ablate.tuning.runner import RunSummary, run_trials
from ablate.tuning.running import AS_IT_IS, Running
from ablate.until_decided import run_until_decided


class Ended(NamedTuple):
    """How a study's run ended. run: what is to be reported; None: interrupted."""

    run: Run | None
    failed: int


def run_study(
    plan: Plan, folder: Path, others: Sequence[Path] = (), running: Running = AS_IT_IS
) -> Ended:
    """Run what a study misses: seed by seed until its claims are decided where it has a maximum of
    seeds; before and after a search of every arm where it says `tune`; step by step where its
    order is greedy; else all of it.

    others: folders of runs or reports whose records are used too. The same call continues an
    interrupted run. Raises AblateError where a maximum of seeds does not go with the rest of the
    study.
    """
    plan = with_looks(plan)
    with open_run(folder, plan, others) as store:
        last, summary = _run(plan, store, folder, others, running)
        run = None if summary.interrupted else records_of(last, store)
    return Ended(run, summary.failed)


def _run(
    plan: Plan,
    store: RecordStore,
    folder: Path,
    others: Sequence[Path],
    running: Running,
) -> tuple[Plan, RunSummary]:
    run_step = partial(run_trials, store=store, running=running)
    find = as_asked(plan, store.get)

    def gather(longer: Plan) -> None:
        collect(folder, longer, others)

    if plan.study.max_seeds is not None:
        return run_until_decided(plan, run_step, find)
    if plan.study.tune is not None:
        search = partial(search_own_settings, folder=folder, others=others, running=running)
        return run_tuned(plan, run_step, find, gather, search=search)
    return run_in_steps(plan, run_step, find, gather)
