"""Seeds one at a time, for the arms whose claims are still open."""

from collections.abc import Callable

from ablate.analysis.open_claims import arms_of_open_claims
from ablate.records.greedy_path import Find
from ablate.records.looks import FIRST_LOOK, looks, up_to
from ablate.study.plan import Plan
from ablate.tuning.runner import RunSummary, still_failed


def run_until_decided(
    plan: Plan, run: Callable[[Plan], RunSummary], find: Find
) -> tuple[Plan, RunSummary]:
    """Run a study with `max_seeds` seed by seed until every claim is settled.

    All arms have the seeds of the first look; after it only arms of open claims get more. run:
    runs what a plan misses, as `run_trials` does; find: the record of a trial by its hash. A trial
    that has failed is tried again by the next call, and not at each look.
    Returns the plan up to the last look, and how the trials ended. The same records lead to the
    same looks, so the same call continues after an interruption.
    """
    last, summary = up_to(plan, FIRST_LOOK), RunSummary()
    asked: set[str] = set()
    for step in looks(plan, find, arms_of_open_claims):
        last = up_to(plan, len(step.study.seeds))
        # What failed was tried as often as the study's `retries` say: it waits for the next call.
        failed = {hash_ for hash_ in asked if still_failed((hash_,), find)}
        trials = tuple(trial for trial in step.trials if trial.hash not in failed)
        asked |= {trial.hash for trial in trials}
        summary = run(step.model_copy(update={"trials": trials}))
        if summary.interrupted:
            break
    return last, summary._replace(failed=still_failed(asked, find))
