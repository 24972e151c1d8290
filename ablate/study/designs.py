"""How arms are drawn from factors: one function a design, in `DESIGNS`.

Every design draws a context's reference arm first. A factor with a condition (`when`) is changed
on top of the levels that the condition names, so that it is varied only where it holds; in
`path`, the condition must hold by the time the factor is added; in `full_factorial` the factor
stays at its reference level in arms where the condition fails; a `fractional_factorial` takes no
conditions, which would break its balance.
"""

import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from ablate.errors import Problem, StudyError
from ablate.study.arms import BASELINE, Arm, Scene, conditions, path_order, scene
from ablate.study.conflicts import conflicts
from ablate.study.schema import Design, Study
from ablate.workload import (
    Workload,
    cure_by_validation,
    load_workload,
    rests_on_test_data,
    validation_counterpart,
)

MOST_ARMS = 10_000
"""A design with more arms in one context is taken for a mistake."""
_HIGHEST_RESOLUTION = 5

FACTORIALS = {"full_factorial", "fractional_factorial"}
_JOINT = re.compile(", |=")
"""What joins levels, and factors with theirs, in the name of an arm."""
TWO_LEVEL_DESIGNS = {"leave_one_out", "add_one_in", "path", "fractional_factorial"}


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
    return tuple(arm for view in _scenes(study, workload, chosen) for arm in _drawn(view, chosen))


def next_greedy_arms(
    study: Study, workload: Workload | None = None, chosen: tuple[str, ...] = ()
) -> tuple[Arm, ...]:
    """The candidates for the next step of a greedy path: each factor left, added to those chosen.

    A factor that would change nothing at this step is no candidate. Empty when nothing is left.
    """
    workload = workload or load_workload(study.workload)
    (view,) = _scenes(study, workload, chosen)
    so_far = _all_with(view, chosen)
    left = [factor for factor in view.varied if factor not in chosen]
    return tuple(
        view.arm(so_far | _all_with(view, (factor,)), f"+ {factor}")
        for factor in left
        if view.allows(so_far | _all_with(view, (factor,)))
        and view.canonical(so_far | _all_with(view, (factor,))) != view.canonical(so_far)
    )


class Aliased(NamedTuple):
    """An effect that a fractional factorial cannot tell from others, up to sign."""

    context: str
    effect: str
    aliased_with: tuple[str, ...]


def aliases(study: Study, workload: Workload | None = None) -> tuple[Aliased, ...]:
    """Main effects and two-way interactions ("a:b") of a two-level factorial that share a column.

    Two effects are aliased when their columns of signs agree, or disagree, in every arm
    (Montgomery, Design and Analysis of Experiments, chapter 8). Unaliased effects are left out.
    """
    arms = draw_arms(study, workload)
    return tuple(
        aliased
        for context in study.contexts
        for aliased in _aliases_of([arm for arm in arms if arm.context == context])
    )


def _aliases_of(arms: list[Arm]) -> Iterator[Aliased]:
    reference = arms[0].levels
    mains = {
        factor: tuple(1 if arm.levels[factor] == level else -1 for arm in arms)
        for factor, level in reference.items()
    }
    pairs = {
        f"{a}:{b}": tuple(x * y for x, y in zip(mains[a], mains[b], strict=True))
        for a, b in itertools.combinations(mains, 2)
    }
    columns = mains | pairs
    for effect, column in columns.items():
        same = (column, tuple(-sign for sign in column))
        others = tuple(name for name, other in columns.items() if name != effect and other in same)
        if others:
            yield Aliased(arms[0].context, effect, others)


# --- the designs: a scene's arms, the reference first ------------------------------------------


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
        added = conditions(view.study, factor) | _all_with(view, (factor,))
        yield view.arm(added, f"with {factor}")


def _path(view: Scene) -> Iterator[Arm]:
    """The bare recipe, and ingredients added one after another, none taken away."""
    order = [factor for factor in path_order(view.study) if factor in view.varied]
    for steps in range(len(order) + 1):
        name = f"+ {order[steps - 1]}" if steps else BASELINE
        yield view.arm(_all_with(view, tuple(order[:steps])), name)


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


def _drawn(view: Scene, chosen: tuple[str, ...] = ()) -> list[Arm]:
    """A scene's arms but for forbidden ones."""
    arms = list(DESIGNS[view.study.design.kind](view))
    if view.study.design.order == "greedy":
        arms = [
            view.arm(_all_with(view, chosen[:steps]), f"+ {chosen[steps - 1]}" if steps else None)
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
    everywhere = {**view.reference, **levels}
    needed = conditions(view.study, factor)
    return all(everywhere[other] == level for other, level in needed.items())


def _all_with(view: Scene, factors: tuple[str, ...]) -> dict[str, str]:
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


# --- what is refused --------------------------------------------------------------------------


def _scenes(study: Study, workload: Workload, chosen: tuple[str, ...] = ()) -> list[Scene]:
    """The study's contexts, each without the factors that change nothing in it.

    chosen: for a greedy path, the factors added so far. Raises StudyError on arms that change
    nothing, or not what they show: see `draw_arms`.
    """
    _refuse(_design_problems(study))
    _refuse(_greedy_metric_problems(study, workload))
    full = [scene(study, workload, context, chosen=chosen) for context in study.contexts]
    _refuse(problem for view in full for problem in _condition_problems(view))
    _refuse(problem for view in full for problem in _forbidden_problems(view))
    idle = {view.context: _idle_factors(view) for view in full}
    if study.design.kind in {*FACTORIALS, "leave_one_out"}:
        _refuse(problem for view in full for problem in conflicts(view))
    _refuse(_idle_everywhere(full, idle))
    scenes = [
        scene(study, workload, view.context, frozenset(idle[view.context]))
        if idle[view.context]
        else view
        for view in full
    ]
    _refuse(problem for view in scenes for problem in _equal_arms(view))
    _refuse(problem for view in scenes for problem in _equal_names(view))
    return scenes


def _refuse(problems: Iterator[Problem]) -> None:
    if found := tuple(dict.fromkeys(problems)):
        raise StudyError(*found)


def _design_problems(study: Study) -> Iterator[Problem]:
    design = study.design
    for name, factor in study.factors.items():
        where = f"factors.{name}"
        if design.kind in TWO_LEVEL_DESIGNS and len(factor.levels) != 2:
            yield Problem(
                where,
                f"{design.kind} needs two levels of each factor; '{name}' has {len(factor.levels)}",
                ""
                if design.kind == "fractional_factorial"
                else "give first the level without the ingredient, last the one with it",
            )
        if design.kind == "full_factorial" and len(factor.levels) < 2:
            yield Problem(
                where,
                f"full_factorial needs two levels or more of each factor; '{name}' has "
                f"{len(factor.levels)}",
                "give the baseline's, too: a factorial crosses it like any other",
            )
        if factor.levels.get(BASELINE):
            yield Problem(
                f"{where}.levels.{BASELINE}",
                "a level named 'baseline' changes the baseline",
                "give it a name of its own",
            )
        if design.kind == "fractional_factorial" and factor.when:
            yield Problem(
                f"{where}.when",
                "a condition would break the balance of a fractional factorial",
                "use full_factorial",
            )
    if design.kind == "fractional_factorial" and study.forbid:
        yield Problem(
            "forbid",
            "leaving out arms would break the balance of a fractional factorial",
            "use full_factorial",
        )
    # Studies of runs write the default beside any design.
    if design.kind != "fractional_factorial" and design.resolution != Design().resolution:
        yield Problem(
            "design.resolution",
            f"{design.kind} has no resolution",
            "leave it out, or use kind: fractional_factorial",
        )
    yield from _order_problems(study)


def _order_problems(study: Study) -> Iterator[Problem]:
    order = study.design.order
    if order and study.design.kind != "path":
        yield Problem("design.order", f"{study.design.kind} has no order", "use kind: path")
    elif order == "greedy":
        if len(study.contexts) > 1:
            yield Problem(
                "design.order",
                "a greedy order is found for one baseline, and there are several",
                "give one baseline",
            )
    elif order:
        for name in study.factors:
            if order.count(name) != 1:
                times = "leaves out" if name not in order else "repeats"
                yield Problem("design.order", f"the order {times} factor '{name}'")
    if study.design.kind == "path" and order != "greedy":
        added: list[str] = []
        for name in path_order(study):
            added.append(name)
            late = [other for other in study.factors[name].when if other not in added]
            for other in late:
                yield Problem(
                    "design.order",
                    f"'{name}' is added before '{other}', which its condition names",
                    f"put '{other}' first",
                )


def _greedy_metric_problems(study: Study, workload: Workload) -> Iterator[Problem]:
    known, metric = {**workload.metrics, **study.metrics}, study.metric
    chooses = study.design.order == "greedy" and validation_counterpart(metric) is None
    if chooses and rests_on_test_data(metric, known):
        yield Problem(
            "metric",
            f"'{metric}' rests on test data, by which a greedy path is not to choose its steps",
            f"{cure_by_validation(metric, known)}, or give the path an order",
        )


def _condition_problems(view: Scene) -> Iterator[Problem]:
    """Conditions on "baseline", which is a level only where no other equals the baseline."""
    for name, factor in view.study.factors.items():
        for other, level in factor.when.items():
            known, own = view.study.factors[other].levels, view.reference[other]
            if level == BASELINE != own and level not in known:
                yield Problem(
                    f"factors.{name}.when.{other}",
                    f"no level of '{other}' is named 'baseline': in the baseline of "
                    f"'{view.context}', it is at '{own}'",
                    f"write `when: {{{other}: {own}}}`",
                )


def _forbidden_problems(view: Scene) -> Iterator[Problem]:
    if not view.allows({}):
        yield Problem("forbid", f"the baseline of '{view.context}' itself is excluded")
    elif view.study.design.kind == "path" and view.study.design.order != "greedy":
        for arm in _path(view):
            if not view.allows(arm.levels):
                yield Problem("forbid", f"step '{arm.name}' of the path is excluded")


def _idle_factors(view: Scene) -> set[str]:
    """Factors that change nothing in this context: no arm computes other than the same arm with
    the factor at its reference level.
    """
    if view.study.design.order == "greedy":
        return {factor for factor in view.varied if _is_idle_in_every_order(view, factor)}
    arms = _drawn(view)
    return {factor for factor in view.varied if _is_idle(view, arms, factor)}


def _is_idle_in_every_order(view: Scene, factor: str) -> bool:
    """Bare and full recipe stand for all orders; the factor comes last, where none masks it."""
    others = tuple(name for name in view.study.factors if name != factor)
    last = scene(view.study, view.workload, view.context, chosen=others)
    return _is_idle(last, [*_add_one_in(last), last.arm(_all_with(last, last.varied))], factor)


def _is_idle(view: Scene, arms: list[Arm], factor: str) -> bool:
    reference = view.reference[factor]
    return all(
        view.canonical(arm.levels) == view.canonical({**arm.levels, factor: reference})
        for arm in arms
        if arm.levels[factor] != reference
    )


def _idle_everywhere(scenes: list[Scene], idle: Mapping[str, set[str]]) -> Iterator[Problem]:
    if not scenes:
        return
    for factor in scenes[0].study.factors:
        views = [view for view in scenes if factor in view.varied]
        if all(factor in idle[view.context] for view in views):
            yield Problem(
                f"factors.{factor}",
                f"factor '{factor}' changes nothing{_idle_reason(views, factor)}",
                "a factor needs two levels that differ in what is computed",
            )


def _idle_reason(views: list[Scene], factor: str) -> str:
    for view in views:
        for arm in _drawn(view):
            if arm.levels[factor] != view.reference[factor]:
                partner = view.arm({**arm.levels, factor: view.reference[factor]})
                return f": arms '{partner.name}' and '{arm.name}' compute the same"
    if not any(view.can_hold(factor) for view in views):
        return ": its condition holds in no baseline"
    if views[0].study.forbid and len(views[0].study.factors[factor].levels) > 1:
        return ": `forbid` leaves none of its arms"
    return ": none of its levels differs from the baseline"


def _equal_arms(view: Scene) -> Iterator[Problem]:
    """Arms that compute what an earlier arm of the context computes."""
    seen: dict[str, Arm] = {}
    for arm in _drawn(view):
        first = seen.setdefault(view.canonical(arm.levels), arm)
        if first is not arm:
            place = f" of '{view.context}'" if len(view.study.contexts) > 1 else ""
            yield Problem(
                _place(view, arm, first),
                f"arms '{first.name}' and '{arm.name}'{place} compute the same",
                _cure_of_equal(view, first, arm),
            )


def _cure_of_equal(view: Scene, first: Arm, arm: Arm) -> str:
    """Of arms that compute the same: where the one factor in which they differ would matter."""
    changed = [factor for factor in arm.levels if arm.levels[factor] != first.levels[factor]]
    others = view.varied if view.study.design.kind in FACTORIALS and len(changed) == 1 else ()
    for other in others:
        levels = view.study.factors[other].levels
        matters = [level for level in levels if _differ(view, first, arm, {other: level})]
        if len(matters) == 1:  # which is what a condition can name
            place = "" if view.study.design.kind == "full_factorial" else ", in a full_factorial"
            return (
                f"vary '{changed[0]}' only where it has an effect, by "
                f"`when: {{{other}: {matters[0]}}}`{place}"
            )
    return "an arm that changes nothing is none: give the level another setting, or remove it"


def _differ(view: Scene, first: Arm, arm: Arm, setting: Mapping[str, str]) -> bool:
    """Whether two arms would compute different things in a setting of another factor."""
    levels = [{**each.levels, **setting} for each in (first, arm)]
    try:
        one, other = map(view.canonical, levels)
    except StudyError:  # refused where it is drawn, if it is an arm
        return False
    return all(map(view.allows, levels)) and one != other


def _equal_names(view: Scene) -> Iterator[Problem]:
    """Arms of which results could not say which is meant."""
    seen: dict[str, Arm] = {}
    for arm in _drawn(view):
        first = seen.setdefault(arm.name, arm)
        if first is not arm:
            differ = first.levels.items() ^ arm.levels.items()
            named = sorted(differ - view.reference.items())
            factor, level = next(each for each in named if _JOINT.search(each[1]))
            yield Problem(
                f"factors.{factor}.levels.{level}",
                f"two arms are named '{arm.name}', since the level '{level}' is named like several",
                f"name it '{_JOINT.sub('_', level)}'",
            )


def _place(view: Scene, arm: Arm, other: Arm) -> str:
    """The key of the level that tells an arm from another; on a path, of the last step's."""
    levels = list(arm.levels.items())
    if view.study.design.kind == "path":
        levels.sort(key=lambda each: view.order.index(each[0]), reverse=True)
    for factor, level in levels:
        if level not in (other.levels[factor], view.reference[factor]):
            return f"factors.{factor}.levels.{level}"
    return "factors"
