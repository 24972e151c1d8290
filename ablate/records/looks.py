"""Studies that are looked at after every seed: which seeds, and how far records have come."""

from collections.abc import Callable, Collection, Iterator

from ablate.errors import AblateError, Problem
from ablate.records.greedy_path import Find
from ablate.records.schema import TrialRecord
from ablate.study.looking import looking_problems
from ablate.study.plan import Plan
from ablate.study.planning import make_plan
from ablate.study.schema import Study
from ablate.study.seeds import MOST_SEEDS

FIRST_LOOK = 3
"""Seeds at the first look; then one more at each."""
MAX_SEEDS = 20

OpenArms = Callable[[Plan, Find], Collection[tuple[str, str]]]
"""Context and name of the arms that a claim still waits for, by the records of a plan's trials."""


def sequential_plan(plan: Plan, max_seeds: int | None = None, stop_futile: bool = False) -> Plan:
    """The plan of `sequential_study`; the study's own maximum, else 20, where none is given.

    stop_futile: give up claims that the maximum would hardly settle, whatever the study says.
    """
    most = plan.study.max_seeds or MAX_SEEDS if max_seeds is None else max_seeds
    study = sequential_study(plan.study, most)
    if stop_futile:
        study = study.model_copy(update={"stop_futile": True})
    return make_plan(study, plan.workload)


def with_looks(plan: Plan) -> Plan:
    """The plan of a study that says `max_seeds` itself: that of `sequential_study`. Others as they
    are.
    """
    most = plan.study.max_seeds
    study = plan.study if most is None else sequential_study(plan.study, most, "max_seeds")
    return plan if study == plan.study else make_plan(study, plan.workload)


def sequential_study(study: Study, max_seeds: int, asked_by: str = "--until-decided") -> Study:
    """The study looked at after every seed, up to `max_seeds`.

    Its own seeds come first, in their order, then the next free numbers; those beyond the maximum
    are left out. asked_by: the option or key named in errors. Raises AblateError where there is
    nothing to decide, no room to look or more than a study may have, or an order still to be found.
    """
    if max_seeds < FIRST_LOOK:
        raise AblateError(
            Problem("--max-seeds", f"looking starts with {FIRST_LOOK} seeds", "give at least 3")
        )
    if max_seeds > MOST_SEEDS:
        raise AblateError(
            Problem(
                "--max-seeds",
                f"{max_seeds:,} seeds are more than {MOST_SEEDS:,}",
                f"give at most {MOST_SEEDS:,}",
            )
        )
    if problems := tuple(looking_problems(study, asked_by)):
        raise AblateError(*problems)
    seeds = list(study.seeds[:max_seeds])
    fresh = (seed for seed in range(max_seeds + len(seeds)) if seed not in seeds)
    seeds += [next(fresh) for _ in range(max_seeds - len(seeds))]
    return study.model_copy(update={"seeds": tuple(seeds), "max_seeds": max_seeds})


def looks(plan: Plan, find: Find, open_arms: OpenArms) -> Iterator[Plan]:
    """The looks of a study with `max_seeds`, one by one: the plan with the seeds so far, and of its
    trials those wanted. At the first look that is every arm, later those of open claims alone; it
    ends where no claim is open.

    The records of a look are read when the next one is asked for.
    """
    seeds = plan.study.seeds[: plan.study.max_seeds]
    for look in range(FIRST_LOOK, len(seeds) + 1):
        step = up_to(plan, look)
        if look > FIRST_LOOK:
            wanted = open_arms(up_to(plan, look - 1), find)
            if not wanted:
                return
            trials = tuple(trial for trial in step.trials if (trial.context, trial.arm) in wanted)
            step = step.model_copy(update={"trials": trials})
        yield step


def follow_looks(plan: Plan, find: Find, open_arms: OpenArms) -> Plan:
    """The plan up to the last look that has been taken; others as they are. Runs nothing.

    A look is taken once every trial wanted at it has a record: what is recorded of other arms, as
    by another study that shares them, makes none.
    """
    if plan.study.max_seeds is None:
        return plan
    return up_to(plan, max(looks_taken(plan, find, open_arms), FIRST_LOOK))


def looks_taken(plan: Plan, find: Find, open_arms: OpenArms) -> int:
    """Seeds at the last look that has been taken; 0 before the first."""
    taken = 0
    for step in looks(plan, find, open_arms):
        if any(find(trial.hash) is None for trial in step.trials):
            break
        taken = len(step.study.seeds)
    return taken


def remembered(open_arms: OpenArms) -> OpenArms:
    """The same of one study's looks, reckoned again only where a record is another by then."""
    known: dict[int, tuple[list[TrialRecord | None], Collection[tuple[str, str]]]] = {}

    def ask(plan: Plan, find: Find) -> Collection[tuple[str, str]]:
        look, records = len(plan.study.seeds), [find(trial.hash) for trial in plan.trials]
        if look not in known or known[look][0] != records:
            known[look] = records, open_arms(plan, find)
        return known[look][1]

    return ask


def up_to(plan: Plan, look: int) -> Plan:
    """The plan with its first `look` seeds alone."""
    seeds = plan.study.seeds[:look]
    trials = tuple(trial for trial in plan.trials if trial.seed in seeds)
    study = plan.study.model_copy(update={"seeds": seeds})
    return plan.model_copy(update={"study": study, "trials": trials})
