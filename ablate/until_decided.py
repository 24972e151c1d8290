"""Seeds one at a time, for the arms whose claims are still open."""

from typing import Protocol

from ablate.analysis.open_claims import arms_of_open_claims
from ablate.records.greedy_path import Find
from ablate.records.looks import FIRST_LOOK, looks, looks_taken, remembered, up_to
from ablate.study.plan import Plan
from ablate.tuning.runner import RunSummary, still_failed


class RunStep(Protocol):
    """Runs what a plan misses, as `run_trials` does."""

    def __call__(self, plan: Plan, *, looked_at: int) -> RunSummary: ...


def run_until_decided(plan: Plan, run: RunStep, find: Find) -> tuple[Plan, RunSummary]:
    """Run a study with `max_seeds` seed by seed until every claim is settled.

    All arms have the seeds of the first look; after it only arms of open claims get more. find: the
    record of a trial by its hash. A trial that has failed is tried again by the next call, and not
    at each look; it is seen from the next look on, as those before have been taken without it.
    Returns the plan up to the last look, and how the trials ended. The same records lead to the
    same looks, so the same call continues after an interruption.
    """
    last, summary = up_to(plan, FIRST_LOOK), RunSummary()
    asked: set[str] = set()
    open_arms = remembered(arms_of_open_claims)
    looked_at = looks_taken(plan, find, open_arms)
    for step in looks(plan, find, open_arms):
        last = up_to(plan, len(step.study.seeds))
        # What failed was tried as often as the study's `retries` say: it waits for the next call.
        failed = {hash_ for hash_ in asked if still_failed((hash_,), find)}
        trials = tuple(trial for trial in step.trials if trial.hash not in failed)
        asked |= {trial.hash for trial in trials}
        summary = run(step.model_copy(update={"trials": trials}), looked_at=looked_at)
        if summary.interrupted:
            break
    return last, summary._replace(failed=still_failed(asked, find))
