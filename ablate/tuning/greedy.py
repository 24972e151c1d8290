"""A greedy path finds its order by running: try every factor left, keep the best, go on."""

from collections.abc import Callable

from ablate.errors import AblateError, Problem
from ablate.records.greedy_path import Find, GreedyPath, criterion, grown, start
from ablate.study.plan import Plan
from ablate.tuning.runner import RunSummary, still_failed


def run_in_steps(
    plan: Plan,
    run: Callable[[Plan], RunSummary],
    find: Find,
    gather: Callable[[Plan], object] = lambda longer: None,
) -> tuple[Plan, RunSummary]:
    """Run a study, and where its order is greedy, step by step until no factor is left.

    run: runs what a plan misses, as `run_trials` does. find: the record of a trial by its hash.
    gather: called with each longer plan before it is run, to get what others know of its trials.
    Each step is chosen by validation data (see `grown`) from the records alone, so that the same
    call continues after an interruption. Returns the plan with all steps taken, and how all steps
    ended. Raises AblateError when trials do not report what the order is chosen by.
    """
    path = start(plan)
    while True:
        step = run(path.plan)
        longer = None if step.interrupted else grown(path, find)
        if longer is None:
            if not step.interrupted:
                _refuse_without_criterion(path, find)
            return path.plan, step._replace(failed=_failed(path, find))
        path = longer
        gather(path.plan)


def _failed(path: GreedyPath, find: Find) -> int:
    """Trials that stay failed: one of a chosen arm is tried again at each later step."""
    return still_failed((trial.hash for trial in path.trials), find)


def _refuse_without_criterion(path: GreedyPath, find: Find) -> None:
    """Raises AblateError if candidates have finished, and yet none could be chosen."""
    names = {arm.name for arm in path.candidates}
    records = (find(trial.hash) for trial in path.plan.trials if trial.arm in names)
    if any(record is not None and record.status == "completed" for record in records):
        raise AblateError(
            Problem(
                "metric",
                f"no trial has '{criterion(path.plan.study)}' among its final metrics, by which a "
                "greedy path chooses",
                "let the workload report it in its final metrics, or give another `metric`",
            )
        )
