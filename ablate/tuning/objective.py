"""What a search goes by, and by what it may stop a trial."""

from typing import Any, Literal, NamedTuple

from ablate.errors import AblateError, Problem, did_you_mean
from ablate.records.greedy_path import criterion
from ablate.study.plan import Plan
from ablate.study.search_options import SearchOptions
from ablate.tuning.samplers import TWO_OBJECTIVES
from ablate.workload import cure_by_validation, describe_metric, rests_on_test_data

Direction = Literal["minimize", "maximize"]


class Objective(NamedTuple):
    """What a search looks at."""

    metric: str
    """Never one of the test set."""
    higher_is_better: bool
    weighs_cost: bool
    """With a second objective: few FLOPs."""

    @property
    def directions(self) -> list[Direction]:
        """As Optuna names them."""
        first: Direction = "maximize" if self.higher_is_better else "minimize"
        return [first, "minimize"] if self.weighs_cost else [first]

    @property
    def names(self) -> tuple[str, ...]:
        """The metric, and flops."""
        return (self.metric, "flops") if self.weighs_cost else (self.metric,)


def objective_of(plan: Plan, options: SearchOptions) -> Objective:
    """What a search of the plan's arms looks at. Raises AblateError for a metric of the test set,
    or one that the workload does not have.
    """
    name = options.metric or criterion(plan.study)
    if rests_on_test_data(name, plan.metrics):
        raise AblateError(
            Problem(
                f"--metric {name}",
                "the test set is not touched in choosing",
                cure_by_validation(name, plan.metrics),
            )
        )
    declared = plan.load_workload().metrics
    if declared and name not in plan.metrics and name != criterion(plan.study):
        known = [other for other in plan.metrics if not rests_on_test_data(other, plan.metrics)]
        raise AblateError(
            Problem(f"--metric {name}", f"no metric named '{name}'", did_you_mean(name, known))
        )
    description = describe_metric(name, plan.metrics)
    return Objective(name, description.higher_is_better, options.sampler in TWO_OBJECTIVES)


def judge_of(options: SearchOptions, objective: Objective) -> dict[str, Any]:
    """By what a search could stop a trial: in the provenance of each, so that another search knows
    whether it would stop it again.
    """
    judge = {
        "scheduler": options.scheduler,
        "grace_period": options.looks_after,
        "metric": objective.metric,
    }
    return judge if objective.higher_is_better else judge | {"higher_is_better": False}
