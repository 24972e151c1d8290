"""How arms are drawn from factors: one function a design, in `DESIGNS`.

Every design draws a context's reference arm first. A factor with a condition (`when`) is changed
on top of the levels that the condition names, so that it is varied only where it holds; in
`path`, the condition must hold by the time the factor is added; in `full_factorial` the factor
stays at its reference level in arms where the condition fails; a `fractional_factorial` takes no
conditions, which would break its balance.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from ablate.errors import Problem, StudyError
from ablate.study.arms import BASELINE, Arm, Scene, conditions, holds, path_order

MOST_ARMS = 10_000
"""A design with more arms in one context is taken for a mistake."""
_HIGHEST_RESOLUTION = 5

FACTORIALS = {"full_factorial", "fractional_factorial"}
TWO_LEVEL_DESIGNS = {"leave_one_out", "add_one_in", "path", "fractional_factorial"}


def _one_at_a_time(view: Scene) -> Iterator[Arm]:
    """The baseline, and every other level of every factor against it."""
    yield view.arm({})
    for factor in view.varied:
        if not view.can_hold(factor):
            continue
        start = conditions(view.study, factor)
        for level in view.study.factors[factor].levels:
            if level != view.reference[factor]:
                yield view.arm({**start, factor: level})


def _leave_one_out(view: Scene) -> Iterator[Arm]:
    """The full recipe, and each ingredient left out of it."""
    yield view.arm({})
    for factor in filter(view.can_hold, view.varied):
        without = next(iter(view.study.factors[factor].levels))
        yield view.arm(conditions(view.study, factor) | {factor: without}, f"without {factor}")


def _add_one_in(view: Scene) -> Iterator[Arm]:
    """The bare recipe, and each ingredient added to it."""
    yield view.arm({})
    for factor in filter(view.can_hold, view.varied):
        added = conditions(view.study, factor) | all_with(view, (factor,))
        yield view.arm(added, f"with {factor}")


def _path(view: Scene) -> Iterator[Arm]:
    """The bare recipe, and ingredients added one after another, none taken away."""
    order = [factor for factor in path_order(view.study) if factor in view.varied]
    for steps in range(len(order) + 1):
        name = f"+ {order[steps - 1]}" if steps else BASELINE
        yield view.arm(all_with(view, tuple(order[:steps])), name)


def _full_factorial(view: Scene) -> Iterator[Arm]:
    """Every combination of levels, reference levels first."""
    choices = [_reference_first(view, factor) for factor in view.varied]
    if math.prod(map(len, choices)) > MOST_ARMS:
        raise StudyError(
            Problem(
                "design",
                f"a full factorial of these factors has {math.prod(map(len, choices)):,} arms",
                "use fractional_factorial, or fewer factors",
            )
        )
    for combination in itertools.product(*choices):
        levels = dict(zip(view.varied, combination, strict=True))
        if all(_condition_holds(view, factor, levels) for factor in view.varied):
            yield view.arm(levels)


def _fractional_factorial(view: Scene) -> Iterator[Arm]:
    """A balanced part of all combinations of two levels, in which effects of low order are told
    apart (III: main effects from each other; IV: also from two-way interactions; V: those too).
    Signs are turned so that the reference arm belongs to it.
    """
    rows = _fraction(len(view.varied), view.study.design.resolution)
    for row in rows:
        levels = {}
        for factor, sign, of_reference in zip(view.varied, row, rows[0], strict=True):
            reference, other = _reference_first(view, factor)
            levels[factor] = reference if sign == of_reference else other
        yield view.arm(levels)


DESIGNS: dict[str, Callable[[Scene], Iterator[Arm]]] = {
    "one_at_a_time": _one_at_a_time,
    "leave_one_out": _leave_one_out,
    "add_one_in": _add_one_in,
    "path": _path,
    "full_factorial": _full_factorial,
    "fractional_factorial": _fractional_factorial,
}


def drawn(view: Scene, chosen: tuple[str, ...] = ()) -> list[Arm]:
    """A scene's arms but for forbidden ones."""
    arms = list(DESIGNS[view.study.design.kind](view))
    if view.study.design.order == "greedy":
        arms = [
            view.arm(all_with(view, chosen[:steps]), f"+ {chosen[steps - 1]}" if steps else None)
            for steps in range(len(chosen) + 1)
        ]
    return [arm for arm in arms if view.allows(arm.levels)]


def _reference_first(view: Scene, factor: str) -> list[str]:
    return sorted(
        view.study.factors[factor].levels, key=lambda level: level != view.reference[factor]
    )


def _condition_holds(view: Scene, factor: str, levels: Mapping[str, str]) -> bool:
    if levels[factor] == view.reference[factor]:
        return True
    return holds(conditions(view.study, factor), {**view.reference, **levels})


def all_with(view: Scene, factors: tuple[str, ...]) -> dict[str, str]:
    """These factors at their last level, which is the one with the ingredient."""
    return {factor: list(view.study.factors[factor].levels)[-1] for factor in factors}


def _fraction(factors: int, resolution: int) -> list[list[int]]:
    """Rows of signs, one an arm, one entry a factor; of a higher resolution than is asked for,
    where as many arms give it.
    """
    if factors < 2:
        return [[-1] * factors, [1] * factors][: 1 + factors]
    from pydoe import fracfact_by_res  # imports scipy, which planning otherwise does without

    try:
        signs = fracfact_by_res(factors, resolution)
    except ValueError as error:
        raise StudyError(Problem("design", str(error))) from None
    for higher in range(resolution + 1, _HIGHEST_RESOLUTION + 1):
        with suppress(ValueError):
            better = fracfact_by_res(factors, higher)
            signs = better if len(better) == len(signs) else signs
    return [[int(sign) for sign in row] for row in signs]
