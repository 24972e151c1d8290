"""A study -> its plan."""

from ablate.errors import StudyError
from ablate.study.claim_checks import claim_problems
from ablate.study.drawing import draw_arms, next_greedy_arms
from ablate.study.plan import Plan, PlannedTrial, trial_specs
from ablate.study.schema import Study
from ablate.workload import Workload, load_workload


def make_plan(study: Study, workload: Workload | None = None, chosen: tuple[str, ...] = ()) -> Plan:
    """The study's arms and trials.

    chosen: for a greedy path, the factors added so far; the plan then holds the steps taken and
    the candidates of the next. Raises StudyError with every problem found: arms that change
    nothing (see `draw_arms`), claims and published numbers that name no arm, and claims that
    compare an arm with itself, or with one rival twice.
    """
    given, workload = workload, workload or load_workload(study.workload)
    arms = draw_arms(study, workload, chosen)
    if study.design.order == "greedy":
        arms += next_greedy_arms(study, workload, chosen)
    specs = [trial_specs(study, workload, arm.settings, study.seeds) for arm in arms]
    trials = tuple(
        PlannedTrial(context=arm.context, arm=arm.name, spec=spec)
        for of_seed in zip(*specs, strict=True)
        for arm, spec in zip(arms, of_seed, strict=True)
    )
    plan = Plan(
        study=study,
        arms=arms,
        trials=trials,
        metrics={**workload.metrics, **study.metrics},
        workload=given,
    )
    if problems := tuple(dict.fromkeys(claim_problems(plan))):
        raise StudyError(*problems)
    return plan
