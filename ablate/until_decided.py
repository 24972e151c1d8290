"""Seeds one at a time, for the arms whose claims are still open."""

from collections.abc import Callable

from ablate.analysis.claims import open_arms
from ablate.analysis.findings import evidence_of
from ablate.analysis.readings import Evidence
from ablate.records.greedy_path import Find
from ablate.records.looks import FIRST_LOOK, up_to
from ablate.study.plan import Plan
from ablate.tuning.runner import RunSummary


def run_until_decided(
    plan: Plan, run: Callable[[Plan], RunSummary], find: Find
) -> tuple[Plan, RunSummary]:
    """Run a study with `max_seeds` seed by seed until every claim is settled.

    All arms have the seeds of the first look; after it only arms of open claims get more. run:
    runs what a plan misses, as `run_trials` does; find: the record of a trial by its hash.
    Returns the plan up to the last look, and how the trials ended. The same records lead to the
    same looks, so the same call continues after an interruption.
    """
    summary = RunSummary()
    for look in range(FIRST_LOOK, len(plan.study.seeds) + 1):
        step = up_to(plan, look)
        wanted = {arm.key for arm in step.arms}
        if look > FIRST_LOOK:
            wanted = open_arms(_evidence(up_to(plan, look - 1), find))
            if not wanted:
                return up_to(plan, look - 1), summary
        trials = tuple(trial for trial in step.trials if (trial.context, trial.arm) in wanted)
        ended = run(step.model_copy(update={"trials": trials}))
        summary = summary.plus(ended)
        if ended.interrupted:
            return step, summary
    return plan, summary


def _evidence(plan: Plan, find: Find) -> Evidence:
    found = {trial.hash: find(trial.hash) for trial in plan.unique_trials}
    return evidence_of(plan, {hash_: record for hash_, record in found.items() if record})
