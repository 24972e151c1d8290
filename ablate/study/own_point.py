"""Where an arm, with the settings that its study gives it, lies in a space."""

from ablate.refused_values import shown
from ablate.study.arms import Arm, overlaid
from ablate.study.search_space import SearchSpace, Values
from ablate.workload import Workload


def own_point(space: SearchSpace, workload: Workload, arm: Arm) -> Values | None:
    """The point that means the arm itself; None where it lies outside."""
    resolved = workload.resolve(arm.settings)
    values = space.values_of(resolved)
    if values is None:
        return None
    same = workload.resolve(overlaid(arm.settings, space.settings(values)))
    return values if workload.canonical(same) == workload.canonical(resolved) else None


def why_outside(space: SearchSpace, workload: Workload, arm: Arm) -> str:
    """What keeps an arm out of a space, as in "training.epochs is 5"; empty where nothing does."""
    if own_point(space, workload, arm) is not None:
        return ""
    values, outside = space.place_of(workload.resolve(arm.settings))
    parts = [
        f"{item.key} is {'not set' if values[item.name] is None else shown(values[item.name])}"
        for item in outside
    ]
    return ", ".join(parts) or "no point means the same settings"
