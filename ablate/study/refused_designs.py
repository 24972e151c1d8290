"""What is refused of a design, its factors and its arms, in each context."""

import re
from collections.abc import Iterator, Mapping

from ablate.errors import Problem, StudyError
from ablate.study.arms import BASELINE, Arm, Scene, path_order, scene
from ablate.study.conflicts import conflicts
from ablate.study.designs import DESIGNS, FACTORIALS, TWO_LEVEL_DESIGNS, all_with, drawn
from ablate.study.schema import Design, Study
from ablate.workload import (
    Workload,
    cure_by_validation,
    rests_on_test_data,
    validation_counterpart,
)

_JOINT = re.compile(", |=")
"""What joins levels, and factors with theirs, in the name of an arm."""


def sound_scenes(study: Study, workload: Workload, chosen: tuple[str, ...] = ()) -> list[Scene]:
    """The study's contexts, each without the factors that change nothing in it.

    chosen: for a greedy path, the factors added so far. Raises StudyError on arms that change
    nothing, or not what they show: see `draw_arms`.
    """
    _refuse(_design_problems(study))
    _refuse(_greedy_metric_problems(study, workload))
    full = [scene(study, workload, context, chosen=chosen) for context in study.contexts]
    if len(full) > 1:
        _refuse(_equal_contexts(full))
    _refuse(problem for view in full for problem in _condition_problems(view))
    _refuse(problem for view in full for problem in _forbidden_problems(view))
    idle = {view.context: _idle_factors(view) for view in full}
    _refuse(problem for view in full for problem in _left_out_again(view, idle[view.context]))
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


def _left_out_again(view: Scene, idle: set[str]) -> Iterator[Problem]:
    """Conditions of a path on a level that a step leaves: what needs it would be taken away.

    idle: factors that are no step here, as they change nothing.
    """
    study = view.study
    for name in view.varied if study.design.kind == "path" else ():
        for other, level in study.factors[name].when.items():
            last = _last_level(study, other)
            if level != last and other in view.varied and other not in idle:
                yield Problem(
                    f"factors.{name}.when.{other}",
                    f"needs '{other}' at '{level}', and a path keeps it at '{last}' once it is "
                    "added",
                    f"write `when: {{{other}: {last}}}`, or use another design",
                )


def _last_level(study: Study, factor: str) -> str:
    return list(study.factors[factor].levels)[-1]


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
            for other, level in study.factors[name].when.items():
                if other in added or level != _last_level(study, other):
                    continue
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


def _equal_contexts(scenes: list[Scene]) -> Iterator[Problem]:
    """Baselines of which every arm is an arm of another, so that nothing tells their results
    apart.
    """
    seen: dict[tuple[str, ...], str] = {}
    for view in scenes:
        first = seen.setdefault(
            tuple(view.canonical(arm.levels) for arm in drawn(view)), view.context
        )
        if first != view.context:
            yield Problem(
                f"baselines.{view.context}",
                f"baselines '{first}' and '{view.context}' compute the same in every arm",
                "give each the setting that tells it from the other, such as the data it is of, or "
                "remove one",
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
        for arm in DESIGNS["path"](view):
            if not view.allows(arm.levels):
                yield Problem("forbid", f"step '{arm.name}' of the path is excluded")


def _idle_factors(view: Scene) -> set[str]:
    """Factors that change nothing in this context: no arm computes other than the same arm with
    the factor at its reference level.
    """
    if view.study.design.order == "greedy":
        return {factor for factor in view.varied if _is_idle_in_every_order(view, factor)}
    arms = drawn(view)
    return {factor for factor in view.varied if _is_idle(view, arms, factor)}


def _is_idle_in_every_order(view: Scene, factor: str) -> bool:
    """Bare and full recipe stand for all orders; the factor comes last, where none masks it."""
    others = tuple(name for name in view.study.factors if name != factor)
    last = scene(view.study, view.workload, view.context, chosen=others)
    return _is_idle(
        last, [*DESIGNS["add_one_in"](last), last.arm(all_with(last, last.varied))], factor
    )


def _is_idle(view: Scene, arms: list[Arm], factor: str) -> bool:
    reference = view.reference[factor]
    return all(
        _computes_the_same(view, arm, {**arm.levels, factor: reference})
        for arm in arms
        if arm.levels[factor] != reference
    )


def _computes_the_same(view: Scene, arm: Arm, levels: Mapping[str, str]) -> bool:
    """Whether an arm computes what these levels do; not where one of the two is no arm, as it is
    forbidden, and refused.
    """
    try:
        return view.canonical(levels) == view.canonical(arm.levels)
    except StudyError:
        if view.allows(levels) and view.allows(arm.levels):
            raise
        return False


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
        for arm in drawn(view):
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
    for arm in drawn(view):
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
    for arm in drawn(view):
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
