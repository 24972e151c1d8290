"""A tuned study's run: with shared settings, a search of each arm, with settings of their own."""

from collections.abc import Callable

from ablate.records.greedy_path import Find
from ablate.records.tuned_search import Searches, with_own_settings
from ablate.study.plan import Plan
from ablate.tuning.runner import RunSummary, still_failed


def run_tuned(
    plan: Plan,
    run: Callable[[Plan], RunSummary],
    find: Find,
    gather: Callable[[Plan], None],
    *,
    search: Callable[[Plan], Searches | None],
) -> tuple[Plan, RunSummary]:
    """Run a study whose arms are compared twice, on the same seeds.

    run: runs what a plan misses, as `run_trials` does. find: the record of a trial by its hash.
    gather: finds what is recorded elsewhere of the arms with own settings.
    search: the searches of all arms, what is missing of them being searched; None: interrupted.
    Returns the plan with shared settings, and how all of it ended. The same call continues after an
    interruption. Raises AblateError when a search completed no point.
    """
    shared = run(plan)
    if shared.interrupted:
        return plan, shared
    searches = search(plan)
    if searches is None:
        return plan, shared._replace(interrupted=True)
    own = with_own_settings(plan, searches)
    gather(own)
    return plan, run(own)._replace(failed=_failed(plan, own, searches, find))


def _failed(plan: Plan, own: Plan, searches: Searches, find: Find) -> int:
    """Trials that stay failed, those of the searches among them; those that both comparisons share
    are tried twice.
    """
    compared = {trial.hash for each in (plan, own) for trial in each.trials}
    points = (point for search in searches.values() for point in search.failed)
    return still_failed(compared.union(*(point.trials for point in points)), find)
