"""Studies that are looked at after every seed: which seeds, and how far records have come."""

from ablate.errors import AblateError, Problem
from ablate.records.greedy_path import Find
from ablate.study.plan import Plan, make_plan
from ablate.study.schema import Study

FIRST_LOOK = 3
"""Seeds at the first look; then one more at each."""
MAX_SEEDS = 20


def sequential_plan(plan: Plan, max_seeds: int | None = None) -> Plan:
    """The plan of `sequential_study`; the study's own maximum, else 20, where none is given."""
    most = plan.study.max_seeds or MAX_SEEDS if max_seeds is None else max_seeds
    return make_plan(sequential_study(plan.study, most), plan.workload)


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
    nothing to decide, no room to look, or an order still to be found.
    """
    if max_seeds < FIRST_LOOK:
        raise AblateError(
            Problem("--max-seeds", f"looking starts with {FIRST_LOOK} seeds", "give at least 3")
        )
    if not any(claim.kind != "open" for claim in study.claims):
        raise AblateError(Problem(asked_by, "the study makes no claim to decide", "add `claims`"))
    if study.design.order == "greedy":
        raise AblateError(
            Problem(
                asked_by,
                "a greedy path has no fixed arms to claim things of",
                "give the path an order, or the number of seeds beforehand",
            )
        )
    if study.tune is not None:
        raise AblateError(
            Problem(
                asked_by,
                "a tuned study is compared twice on the same seeds, and looking after each of them "
                "would end at others with shared settings than with tuned ones",
                "give the number of seeds beforehand, or leave out `tune`",
            )
        )
    seeds = list(study.seeds[:max_seeds])
    fresh = (seed for seed in range(max_seeds + len(seeds)) if seed not in seeds)
    seeds += [next(fresh) for _ in range(max_seeds - len(seeds))]
    return study.model_copy(update={"seeds": tuple(seeds), "max_seeds": max_seeds})


def follow_looks(plan: Plan, find: Find) -> Plan:
    """The plan up to the last look that records have been taken for; others as they are."""
    if plan.study.max_seeds is None:
        return plan
    seeds = plan.study.seeds
    seen = [
        position
        for position, seed in enumerate(seeds, start=1)
        if any(trial.seed == seed and find(trial.hash) for trial in plan.trials)
    ]
    return up_to(plan, max(seen, default=min(FIRST_LOOK, len(seeds))))


def up_to(plan: Plan, look: int) -> Plan:
    """The plan with its first `look` seeds alone."""
    study = plan.study.model_copy(update={"seeds": plan.study.seeds[:look]})
    return make_plan(study, plan.workload)
