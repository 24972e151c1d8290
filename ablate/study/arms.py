"""Arms, and what a study's factors may change in one context."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from ablate.digest import content_digest, is_same_content
from ablate.errors import Problem, SettingsError, StudyError
from ablate.study.schema import SettingsOverride, Study
from ablate.workload import Settings, Workload

BASELINE = "baseline"
"""The reference arm's name, and its level of a factor of which no level equals the baseline."""

_SPEAKS_FOR_ITSELF = re.compile(r"[^\W\d].*")
_SPEAKS_FOR_NO_FACTOR = {"none", "true", "false", "with", "without", "yes", "no", "on", "off"}


class Arm(BaseModel):
    """One complete assignment of levels in one context."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """Unique within the context; "baseline" for the reference."""
    context: str
    levels: dict[str, str]
    """Level by factor: every factor that is varied in the context."""
    is_reference: bool
    """Whether this is the arm that the context's effects are measured against."""
    settings: SettingsOverride
    """Settings by dotted key: the context's baseline with the arm's levels laid on top."""

    @property
    def key(self) -> tuple[str, str]:
        """Context and name, which together are unique in a study."""
        return self.context, self.name


@dataclass(frozen=True)
class Scene:
    """One context of a study: the factors varied there and their reference levels."""

    study: Study
    workload: Workload
    context: str
    laid: tuple[str, ...]
    """Factors of the context, in the study's order."""
    varied: tuple[str, ...]
    """Those of them that change something there."""
    unchanged: Mapping[str, str]
    """Factor -> the level that equals the baseline; only factors that have one."""
    reference: Mapping[str, str]
    """Every factor of the study -> its level in the reference arm."""
    order: tuple[str, ...]
    """Every factor of the study, in the order in which changes of several are laid."""
    _canonical: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def arm(self, changes: Mapping[str, str], name: str | None = None) -> Arm:
        """The arm that differs from the reference in these levels.

        Raises StudyError when the workload refuses the combination.
        """
        levels = {**self.reference, **changes}
        shown = {factor: levels[factor] for factor in self.varied}
        changed = {
            factor: level for factor, level in shown.items() if level != self.reference[factor]
        }
        is_reference = not changed
        return Arm(
            name=BASELINE if is_reference else name or arm_name(self.study, changed),
            context=self.context,
            levels=shown,
            is_reference=is_reference,
            settings=self.settings(levels),
        )

    def settings(self, levels: Mapping[str, str]) -> SettingsOverride:
        """The baseline with levels laid on top: those of the reference first, then the changes in
        their order, so that a later step of a path overrides an earlier one; yet each factor after
        those that its condition names.

        A factor whose condition fails adds nothing, nor does a reference level that equals the
        baseline. Another level that equals it may take back what was laid before.
        """
        result = dict(self.study.contexts[self.context])
        laid = [name for name in self.order if name in self.laid]
        laid.sort(key=lambda name: levels[name] != self.reference[name])
        for name in by_dependence(self.study, laid):
            level = levels[name]
            is_baseline = level == self.unchanged.get(name) == self.reference[name]
            if level == BASELINE or is_baseline:
                continue
            if holds(conditions(self.study, name), levels):
                result = overlaid(result, self.study.factors[name].levels[level])
        return result

    def allows(self, changes: Mapping[str, str]) -> bool:
        """Whether no `forbid` of the study excludes this combination.

        A combination may call a factor's reference level "baseline", whatever its own name.
        """
        levels = {**self.reference, **changes}
        return not any(
            levels.items() >= named_levels(self.study, excluded, self.reference).items()
            for excluded in self.study.forbid
        )

    def can_hold(self, factor: str) -> bool:
        """Whether the condition of a factor can be met here: what it names is varied, or holds."""
        return all(
            other in self.varied or self.reference[other] == level
            for other, level in conditions(self.study, factor).items()
        )

    def canonical(self, changes: Mapping[str, str]) -> str:
        """What the arm of these changes computes, as text; equal texts mean one computation."""
        levels = {**self.reference, **changes}
        key = json.dumps(levels, sort_keys=True)
        if key not in self._canonical:
            resolved = self._resolve(self.settings(levels), changes)
            self._canonical[key] = json.dumps(self.workload.canonical(resolved), sort_keys=True)
        return self._canonical[key]

    def _resolve(self, settings: SettingsOverride, changes: Mapping[str, str]) -> Settings:
        changed = {f: level for f, level in changes.items() if level != self.reference[f]}
        name = arm_name(self.study, changed) if changed else BASELINE
        return _resolved(self.workload, settings, f"arm '{name}' of '{self.context}'", changed)


def scene(
    study: Study,
    workload: Workload,
    context: str,
    without: frozenset[str] = frozenset(),
    chosen: tuple[str, ...] = (),
) -> Scene:
    """The context as its factors find it; factors in `without` stay at their reference levels.

    chosen: as in `path_order`. Raises StudyError when the workload refuses a level's settings, or
    conditions form a circle or contradict each other.
    """
    laid = tuple(
        name
        for name, factor in study.factors.items()
        if not factor.contexts or context in factor.contexts
    )
    varied = tuple(name for name in laid if name not in without)
    unchanged: dict[str, str] = {}
    for name in by_dependence(study, study.factors):
        level = _unchanged_level(study, workload, context, name, unchanged)
        if level is not None:
            unchanged[name] = level
    reference = {
        name: _reference_level(study, name, unchanged.get(name))
        if name in laid
        else unchanged.get(name, BASELINE)
        for name in study.factors
    }
    order = path_order(study, chosen)
    return Scene(study, workload, context, laid, varied, unchanged, reference, order)


def path_order(study: Study, chosen: tuple[str, ...] = ()) -> tuple[str, ...]:
    """All factors, in the order in which a path adds them; in other designs, as written.

    chosen: for a greedy path, the factors added so far; they come first.
    """
    if study.design.order not in ("greedy", ()):
        return tuple(study.design.order)
    return (*chosen, *(factor for factor in study.factors if factor not in chosen))


def conditions(study: Study, factor: str) -> dict[str, str]:
    """All levels of other factors that a factor needs: its `when`, and what those need in turn.

    Raises StudyError when a factor needs itself, or another at two levels.
    """
    needed: dict[str, str] = {}
    pending = [factor]
    while pending:
        for other, level in study.factors[pending.pop()].when.items():
            if other == factor:
                raise StudyError(
                    Problem(
                        f"factors.{factor}.when",
                        f"factor '{factor}' depends on itself",
                        "remove one of the conditions that form the circle",
                    )
                )
            if other not in needed:
                needed[other] = level
                pending.append(other)
            elif needed[other] != level:
                raise StudyError(
                    Problem(
                        f"factors.{factor}.when",
                        f"the conditions of factor '{factor}', with those of the factors that they "
                        f"name, need '{other}' at '{needed[other]}' and at '{level}'",
                        "remove one of the two",
                    )
                )
    return needed


def holds(condition: Mapping[str, str], levels: Mapping[str, str]) -> bool:
    """Whether all that a condition names is at these levels."""
    return all(levels.get(other) == level for other, level in condition.items())


def by_dependence(study: Study, names: Iterable[str]) -> list[str]:
    """Factors, each after those that its condition names; else in the given order.

    Raises StudyError when a factor needs itself.
    """
    left, ordered = list(names), []
    while left:
        ready = next(
            name for name in left if not any(other in left for other in conditions(study, name))
        )
        left.remove(ready)
        ordered.append(ready)
    return ordered


def named_levels(
    study: Study, written: Mapping[str, str], reference: Mapping[str, str]
) -> dict[str, str]:
    """Levels by factor, where "baseline" is written for the reference's level, whatever its own
    name; a level that is named so itself stays.
    """
    return {
        factor: reference[factor]
        if level == BASELINE and level not in study.factors[factor].levels
        else level
        for factor, level in written.items()
    }


def arm_name(study: Study, changed: Mapping[str, str]) -> str:
    """The changed levels, each with its factor where the level alone would not say which."""
    return ", ".join(_level_text(study, factor, level) for factor, level in changed.items())


def levels_in_force(study: Study, arm: Arm, reference: Arm) -> dict[str, str]:
    """Level by factor as the arm's settings have it: where a changed level sets what another factor
    is about as well, that factor's level which says the same; else the arm's own. Of a factor whose
    condition fails, the level that the settings hold all the same; without one it is left out.

    reference: the one of the arm's context.
    """
    found = {factor: _level_in_force(study, factor, arm, reference) for factor in arm.levels}
    return {factor: level for factor, level in found.items() if level is not None}


def _level_in_force(study: Study, factor: str, arm: Arm, reference: Arm) -> str | None:
    def held_by(settings: SettingsOverride) -> list[str]:
        levels = study.factors[factor].levels.items()
        return [level for level, sets in levels if overlaid(settings, sets) == settings]

    own = arm.levels[factor]
    held = held_by(arm.settings)
    needed = conditions(study, factor)
    if any(arm.levels.get(other, level) != level for other, level in needed.items()):
        return own if own in held else next(iter(held), None)
    if own != reference.levels[factor]:
        return own
    before = held_by(reference.settings)
    return next((level for level in held if level not in before), own)


def overlaid(base: SettingsOverride, over: SettingsOverride) -> SettingsOverride:
    """`base` with the entries of `over`; a key replaces those above and below it too."""
    kept = {
        key: value
        for key, value in base.items()
        if not any(key.startswith(f"{new}.") or new.startswith(f"{key}.") for new in over)
    }
    return {**kept, **over}


def _level_text(study: Study, factor: str, level: str) -> str:
    owners = sum(level in other.levels for other in study.factors.values())
    clear = _SPEAKS_FOR_ITSELF.fullmatch(level) and level not in _SPEAKS_FOR_NO_FACTOR
    return level if clear and owners == 1 and level != BASELINE else f"{factor}={level}"


def _unchanged_level(
    study: Study, workload: Workload, context: str, name: str, known: Mapping[str, str]
) -> str | None:
    """The first level whose settings leave the baseline as it is, where the factor's condition
    holds. A level that is refused there is none on a path, where it may need the steps before it,
    and where it is forbidden beside some other.
    """
    base = dict(study.contexts[context])
    needed = conditions(study, name)
    for other in by_dependence(study, needed):
        if needed[other] != known.get(other):
            base = overlaid(base, study.factors[other].levels.get(needed[other], {}))
    place = f"baseline '{context}'"
    before = _resolved(workload, base, place, needed)
    for level, settings in study.factors[name].levels.items():
        try:
            after = _resolved(
                workload, overlaid(base, settings), f"level '{level}' in {place}", {name: level}
            )
        except StudyError:
            if study.design.kind == "path" or is_forbidden_somewhere(study, name, level):
                continue
            raise
        if is_same_content(after, before):
            return level
    return None


def is_forbidden_somewhere(study: Study, factor: str, level: str) -> bool:
    """Whether the study excludes a level beside some other, where it need not make sense."""
    return any(
        len(excluded) > 1 and excluded.get(factor) in (level, BASELINE) for excluded in study.forbid
    )


def _reference_level(study: Study, name: str, unchanged: str | None) -> str:
    levels = list(study.factors[name].levels)
    match study.design.kind:
        case "leave_one_out":
            return levels[-1]
        case "add_one_in" | "path":
            return levels[0]
        case "full_factorial" | "fractional_factorial":
            return unchanged or levels[0]
        case _:
            return unchanged or BASELINE


def _resolved(
    workload: Workload, settings: SettingsOverride, what: str, changed: Mapping[str, str]
) -> Settings:
    try:
        return workload.resolve(settings)
    except SettingsError as error:
        place = f"factors.{list(changed)[-1]}" if changed else "baselines"
        raise StudyError(
            *(
                Problem(place, f"{what}: {problem.where}: {problem.message}", problem.fix)
                for problem in error.problems
            )
        ) from None


def arm_digest(workload: Workload, arm: Arm) -> str:
    """What an arm computes, as 12 hexadecimal digits."""
    identity = workload.identity(workload.resolve(arm.settings))
    return content_digest(identity, 12)
