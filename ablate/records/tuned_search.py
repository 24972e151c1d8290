"""What the searches of a tuned study come to: settings of each arm's own, from search results."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from ablate.errors import AblateError, Problem, SettingsError
from ablate.records.greedy_path import criterion
from ablate.records.search_result import (
    SearchMethod,
    SearchPoint,
    SearchResult,
    Way,
    method_of,
    settings_of_best,
)
from ablate.study.arms import Arm, overlaid
from ablate.study.plan import Plan
from ablate.study.schema import SettingsOverride, Tune
from ablate.study.search_space import SearchSpace
from ablate.study.tuned import searched_for, tuned_plan
from ablate.workload import describe_metric

Searches = Mapping[tuple[str, str], SearchResult]
"""The search that serves an arm, by the arm's key; arms that compute the same share one."""
NO_SEARCHES: Searches = MappingProxyType({})


def finished(plan: Plan, results: Iterable[SearchResult], whole: bool = False) -> Searches:
    """The searches of a tuned study's arms, as far as they are finished; of several of one arm the
    first.

    results: as read from a folder, so data like any other: one of another arm, space, metric or
    seeds, or of another version of the workload, is left aside; the hashes of its trials tell. All
    are cut to the study's number of points, so that no arm has had more to choose from. whole: one
    with a point to be tried again is left aside, too.
    """
    tune = plan.study.tune
    if tune is None:
        return {}
    arms = {arm.key: arm for arm in plan.arms}
    found: dict[tuple[str, str], SearchResult] = {}
    for result in results:
        arm = arms.get((result.context, result.arm))
        if arm is not None and arm.key not in found and _is_of(plan, arm, tune, result):
            cut = result.model_copy(update={"points": result.points[: tune.trials]})
            if not (whole and cut.failed):
                found[arm.key] = cut
    serving = {key: arm.key for key, arm in searched_for(plan).items()}
    return {key: found[by] for key, by in serving.items() if by in found}


def each_once(searches: Searches) -> tuple[SearchResult, ...]:
    """The searches without those that serve a second arm."""
    return tuple({(each.context, each.arm): each for each in searches.values()}.values())


def with_own_settings(plan: Plan, searches: Searches) -> Plan:
    """The plan with each arm at the best point of its search.

    Raises AblateError when no point of an arm completed, or an arm has no search.
    """
    settings: dict[tuple[str, str], SettingsOverride] = {}
    problems: list[Problem] = []
    for arm in plan.arms:
        try:
            settings[arm.key] = settings_of_best(_search_of(arm, searches), arm)
        except AblateError as error:
            problems += error.problems
    if problems:
        raise AblateError(*problems)
    return tuned_plan(plan, settings)


def _search_of(arm: Arm, searches: Searches) -> SearchResult:
    if arm.key in searches:
        return searches[arm.key]
    raise AblateError(
        Problem(
            f"search of arm '{arm.name}' of '{arm.context}'",
            "there is none that has all points, each with the trials of the arm",
            "run the study again: what is missing is searched, and trials that are recorded are "
            "not run again",
        )
    )


def own_plan(plan: Plan, searches: Searches) -> Plan | None:
    """The same; None where the search of an arm is not finished, or completed no point."""
    found = [searches.get(arm.key) for arm in plan.arms]
    if any(search is None or search.best is None for search in found):
        return None
    return with_own_settings(plan, searches)


def metric_of(plan: Plan) -> str:
    """The metric by which a tuned study's points are compared: never one of the test set."""
    tune = plan.study.tune
    return (tune and tune.metric) or criterion(plan.study)


def _is_of(plan: Plan, arm: Arm, tune: Tune, result: SearchResult) -> bool:
    """Whether a result is a finished search of the arm, as the study asks for it."""
    metric = metric_of(plan)
    higher = describe_metric(metric, plan.metrics).higher_is_better
    return (
        result.way == Way(tune.space.digest, metric, higher, False, tune.seeds)
        and all(_is_own_way(tune, method) for method in result.methods)
        and len(result.points) >= tune.trials
        and all(_lies_in(tune.space, point) for point in result.points)
        and is_of_arm(plan, arm, result)
    )


def _is_own_way(tune: Tune, method: SearchMethod) -> bool:
    """Whether points were chosen, and trials stopped, as a tuned study does with its own: an arm
    that was searched in another way has not had as many to choose from.
    """
    return method == method_of(replace(tune.options, seed=method.seed))


def _lies_in(space: SearchSpace, point: SearchPoint) -> bool:
    by_name = {parameter.name: parameter for parameter in space.parameters}
    if any(name not in by_name for name in point.values):
        return False
    within = all(by_name[name].within(value) for name, value in point.values.items())
    return within and space.settings(point.values) == point.settings


def is_of_arm(plan: Plan, arm: Arm, result: SearchResult) -> bool:
    """Whether the trials of all points are those that the arm would have there now: not with
    other settings of its own, nor with another version of the workload.
    """
    return all(_is_of_arm(plan, arm, result.seeds, point) for point in result.points)


def _is_of_arm(plan: Plan, arm: Arm, seeds: Sequence[int], point: SearchPoint) -> bool:
    if not point.trials:  # refused by the workload, so it cannot be the best
        return point.value is None
    try:
        specs = plan.specs_of(overlaid(arm.settings, point.settings), seeds)
    except SettingsError:
        return False
    return tuple(spec.hash for spec in specs) == point.trials
