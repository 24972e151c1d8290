"""A plan with arms at settings of their own, found by a search before they are compared."""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence

from ablate.errors import SettingsError
from ablate.study.arms import Arm, overlaid
from ablate.study.plan import Plan
from ablate.study.schema import SettingsOverride
from ablate.study.search_space import SearchSpace, Values


def tuned_plan(plan: Plan, tuned: Mapping[tuple[str, str], SettingsOverride]) -> Plan:
    """The same arms, by name, levels and seeds, with other settings, hence other trials.

    tuned: complete settings of arms by their key; others stay as they are, and so do arms whose
    settings mean what they meant before. The plan given compares the arms with shared settings,
    the one returned each with its own.
    """
    arms = tuple(
        arm.model_copy(update={"settings": tuned[arm.key]})
        if arm.key in tuned and not _alike(plan, arm.settings, tuned[arm.key])
        else arm
        for arm in plan.arms
    )
    specs = {
        (*arm.key, spec.seed): spec
        for arm in arms
        for spec in plan.specs_of(arm.settings, plan.study.seeds)
    }
    trials = tuple(
        trial.model_copy(update={"spec": specs[trial.context, trial.arm, trial.seed]})
        for trial in plan.trials
    )
    return plan.model_copy(update={"arms": arms, "trials": trials})


def searched_for(plan: Plan, arms: Sequence[Arm] | None = None) -> dict[tuple[str, str], Arm]:
    """Each arm's key -> the arm whose search serves it: the first of those that compute the same,
    as equal arms of several contexts do.

    arms: some of the plan's; None: all.
    """
    hashes = {(trial.context, trial.arm): trial.hash for trial in reversed(plan.trials)}
    first: dict[str, Arm] = {}
    chosen = plan.arms if arms is None else arms
    return {arm.key: first.setdefault(hashes[arm.key], arm) for arm in chosen}


def searched_arms(plan: Plan, arms: Sequence[Arm] | None = None) -> tuple[Arm, ...]:
    """The arms that a search of these goes through, in their order; None: of all."""
    return tuple({arm.key: arm for arm in searched_for(plan, arms).values()}.values())


def alike_when_tuned(plan: Plan, space: SearchSpace) -> Iterator[tuple[Arm, Arm]]:
    """Pairs of arms of a context that differ in nothing but what the space searches: whatever
    point is laid on both, they compute the same.
    """
    for one, other in itertools.combinations(plan.arms, 2):
        if one.context != other.context or _alike(plan, one.settings, other.settings):
            continue
        laid = [
            [overlaid(arm.settings, space.settings(values)) for arm in (one, other)]
            for values in _corners(space)
        ]
        if all(_alike(plan, *pair) for pair in laid):
            yield one, other


def _corners(space: SearchSpace) -> Iterator[Values]:
    """The point of every lowest value and first choice, and that of the highest and last."""
    for end in (0, -1):
        values: Values = {}
        for parameter in space.parameters:
            if space.active(parameter, values):
                values[parameter.name] = parameter.extremes[end]
        yield values


def _alike(plan: Plan, one: SettingsOverride, other: SettingsOverride) -> bool:
    """Whether settings mean one computation; those that the workload refuses do not."""
    workload = plan.load_workload()
    try:
        forms = [workload.canonical(workload.resolve(settings)) for settings in (one, other)]
    except SettingsError:
        return False
    first, second = (json.dumps(form, sort_keys=True) for form in forms)
    return first == second
