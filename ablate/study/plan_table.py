"""A plan as `ablate plan` shows it: what each arm changes, and how much of it is recorded."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from ablate.digest import is_same_content
from ablate.study.arms import Arm
from ablate.study.plan import Plan
from ablate.workload import Settings


class PlanRow(NamedTuple):
    """An arm as `ablate plan` shows it."""

    context: str
    arm: str
    changes: str
    """Settings that differ from the context's reference, on a path from the step before; of the
    reference, what its study sets."""
    trials: int
    recorded: int


def plan_table(plan: Plan, recorded: Collection[str] = ()) -> list[PlanRow]:
    """The arms as differences from their baseline, or from the step before on a path, with the
    number of trials and of those already recorded.

    recorded: hashes of the trials that need not run again.
    """
    return [
        PlanRow(
            arm.context,
            arm.name,
            _changes(plan, arm),
            len(trials := plan.trials_of(arm)),
            sum(trial.hash in recorded for trial in trials),
        )
        for arm in plan.arms
    ]


def _changes(plan: Plan, arm: Arm) -> str:
    if arm.is_reference:
        return ", ".join(f"{key}: {_text(value)}" for key, value in arm.settings.items())
    resolve = plan.load_workload().resolve
    before = _flat(resolve(_shown_against(plan, arm).settings))
    after = _flat(resolve(arm.settings))
    return ", ".join(
        f"{key}: {_held(before, key)} -> {_held(after, key)}"
        for key in after | before
        if (key in before) != (key in after) or not is_same_content(before.get(key), after.get(key))
    )


def _held(settings: Mapping[str, Any], key: str) -> str:
    """A setting's value; one that is null is there, and may be read."""
    return _text(settings[key]) if key in settings else "not set"


def _shown_against(plan: Plan, arm: Arm) -> Arm:
    """The context's reference; on a path the step before, which differs in one factor."""
    before = plan.reference(arm.context)
    if plan.study.design.kind == "path":
        for other in plan.arms[: plan.arms.index(arm)]:
            same = (level == other.levels.get(factor) for factor, level in arm.levels.items())
            if other.context == arm.context and sum(same) == len(arm.levels) - 1:
                before = other
    return before


def _text(value: Any) -> str:
    """A value as YAML has it, null as none; text in quotes where it would read as a number, or as
    true, false or null.
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    quoted = isinstance(value, str) and not _reads_as_text(value)
    return f"'{value}'" if quoted else str(value)


def _reads_as_text(word: str) -> bool:
    if word.lower() in ("", "~", "null", "true", "false"):
        return False
    try:
        float(word)
    except ValueError:
        return True
    return False


def _flat(settings: Settings, prefix: str = "") -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, dict):
            result |= _flat(value, f"{prefix}{key}.")
        else:
            result[f"{prefix}{key}"] = value
    return result
