"""Two factors that set one key where arms hold many levels at once, in a factorial or a full recipe
with an ingredient left out: arms would not run at all the levels they show.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ablate.digest import is_same_content
from ablate.errors import Problem, SettingsError
from ablate.study.arms import Scene, conditions, holds, overlaid


class _Conflict(NamedTuple):
    """Levels by factor that cannot hold together, and the key that both set."""

    levels: Mapping[str, str]
    key: str


def conflicts(view: Scene) -> Iterator[Problem]:
    """Each two factors of which some levels cannot hold in one arm, at the lines of both."""
    for pair in itertools.combinations(view.varied, 2):
        conflict = next(_conflicts(view, *pair), None)
        if conflict is not None:
            yield from _told(view, conflict)


def _conflicts(view: Scene, one: str, other: str) -> Iterator[_Conflict]:
    factors = view.study.factors
    for pair in itertools.product(factors[one].levels, factors[other].levels):
        levels = dict(zip((one, other), pair, strict=True))
        needed = conditions(view.study, one) | conditions(view.study, other)
        everywhere = {**view.reference, **needed, **levels}
        if not (view.allows(everywhere) and _is_drawn(view, everywhere)):
            continue
        if all(holds(conditions(view.study, name), everywhere) for name in levels):
            try:
                key = _not_held(view, levels, everywhere)
            except SettingsError:  # refused where arms are drawn, if it is one of them
                continue
            if key is not None:
                yield _Conflict(levels, key)


def _is_drawn(view: Scene, levels: Mapping[str, str]) -> bool:
    """Whether an arm is at these levels: of a factorial, one is at any two; of a full recipe, at
    most one ingredient is left out.
    """
    if view.study.design.kind != "leave_one_out":
        return True
    changed = dict(levels.items() - view.reference.items())
    alone = ({**conditions(view.study, name), name: changed[name]} for name in changed)
    return not changed or any(changed == dict(a.items() - view.reference.items()) for a in alone)


def _not_held(view: Scene, levels: Mapping[str, str], everywhere: Mapping[str, str]) -> str | None:
    """The first key that is not as one of the two levels sets it."""
    settings = view.settings(everywhere)
    resolved = view.workload.resolve(settings)
    for factor, level in levels.items():
        # What is varied only under a level may change on purpose what that level sets.
        if any(factor in conditions(view.study, other) for other in levels):
            continue
        sets = view.study.factors[factor].levels[level]
        key = _difference(resolved, view.workload.resolve(overlaid(settings, sets)))
        if key is not None:
            return key
    return None


def _difference(one: Any, other: Any, key: str = "") -> str | None:
    if is_same_content(one, other):
        return None
    if not (isinstance(one, Mapping) and isinstance(other, Mapping)):
        return key
    below = (
        _difference(one.get(name), other.get(name), f"{key}.{name}" if key else name)
        for name in {**one, **other}
    )
    return next((found for found in below if found is not None), None)


def _told(view: Scene, conflict: _Conflict) -> Iterator[Problem]:
    factors = view.study.factors

    def keys_set(name: str) -> int:
        return sum(map(len, factors[name].levels.values()))

    # The one that sets less is easier to make conditional; of equals the later.
    wide, narrow = sorted(conflict.levels, key=keys_set, reverse=True)
    places = {
        name: f"factors.{name}.levels.{level}.{conflict.key}"
        for name, level in conflict.levels.items()
    }
    yield Problem(
        places[wide],
        f"'{wide}' and '{narrow}' both set {conflict.key}: an arm of level "
        f"'{conflict.levels[wide]}' and level '{conflict.levels[narrow]}' can run at one alone",
    )
    yield Problem(
        places[narrow],
        f"sets {conflict.key}, as '{wide}' does",
        _cure(view, conflict, wide, narrow),
    )


def _cure(view: Scene, conflict: _Conflict, wide: str, narrow: str) -> str:
    sets = view.study.factors[wide].levels[conflict.levels[wide]]
    if not any(_overlap(key, conflict.key) for key in sets):
        # A preset sets what nothing else does.
        return f"set {conflict.key} in the baseline, so that '{wide}' leaves it alone"
    if view.study.design.kind == "leave_one_out":
        # Under a condition, both would go where one is left out.
        return f"make one factor of the two, or let one of them alone set {conflict.key}"
    place = "" if view.study.design.kind == "full_factorial" else ", in a full_factorial"
    return (
        f"make one factor of the two, or vary '{narrow}' under one level of '{wide}' alone, by "
        f"`when: {{{wide}: {view.reference[wide]}}}`{place}"
    )


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")
