"""The arms of a study, by its design: all of them, and those that a greedy path may try next."""

from ablate.study.arms import Arm
from ablate.study.designs import all_with, drawn
from ablate.study.refused_designs import sound_scenes
from ablate.study.schema import Study
from ablate.workload import Workload, load_workload


def draw_arms(
    study: Study, workload: Workload | None = None, chosen: tuple[str, ...] = ()
) -> tuple[Arm, ...]:
    """All arms of a study, context by context, each context's reference first.

    chosen: for a greedy path, the factors added so far; the arms are those known by then.
    Raises StudyError, with every problem found, when an arm changes nothing, a factor has nothing
    left to change in any context, two factors of a factorial or a full recipe set one key, or the
    design cannot be drawn.
    """
    workload = workload or load_workload(study.workload)
    return tuple(
        arm for view in sound_scenes(study, workload, chosen) for arm in drawn(view, chosen)
    )


def next_greedy_arms(
    study: Study, workload: Workload | None = None, chosen: tuple[str, ...] = ()
) -> tuple[Arm, ...]:
    """The candidates for the next step of a greedy path: each factor left, added to those chosen.

    A factor that would change nothing at this step is no candidate. Empty when nothing is left.
    """
    workload = workload or load_workload(study.workload)
    (view,) = sound_scenes(study, workload, chosen)
    so_far = all_with(view, chosen)
    left = [factor for factor in view.varied if factor not in chosen]
    return tuple(
        view.arm(so_far | all_with(view, (factor,)), f"+ {factor}")
        for factor in left
        if view.allows(so_far | all_with(view, (factor,)))
        and view.canonical(so_far | all_with(view, (factor,))) != view.canonical(so_far)
    )
