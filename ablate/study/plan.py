"""A plan: all that a study runs, arms x seeds -> trials with their content hash."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ablate.errors import Problem, StudyError, did_you_mean
from ablate.study.arms import Arm, named_levels
from ablate.study.schema import Selector, SettingsOverride, Study
from ablate.study.selectors import needed_levels
from ablate.study.trial import TrialSpec
from ablate.workload import MetricDescription, Settings, Workload, load_workload


class PlannedTrial(BaseModel):
    """One arm with one seed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    context: str
    arm: str
    """The arm's name."""
    spec: TrialSpec

    @property
    def hash(self) -> str:
        """The content hash, by which the record is found."""
        return self.spec.hash

    @property
    def seed(self) -> int:
        """The trial's seed."""
        return self.spec.seed


class Plan(BaseModel):
    """All that a study runs."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    study: Study
    arms: tuple[Arm, ...]
    trials: tuple[PlannedTrial, ...]
    """Seed by seed: all arms of the first seed, then of the next. Arms of equal settings in
    several contexts have trials of equal hash."""
    metrics: dict[str, MetricDescription]
    workload: Any = Field(default=None, repr=False, exclude=True)
    """The workload itself, where it is not the one that the study's name leads to."""

    @property
    def unique_trials(self) -> tuple[PlannedTrial, ...]:
        """The trials to run: one of each hash, in order."""
        first: dict[str, PlannedTrial] = {}
        for trial in self.trials:
            first.setdefault(trial.hash, trial)
        return tuple(first.values())

    def arm(self, context: str, name: str) -> Arm:
        """The arm of that name. Raises StudyError."""
        for arm in self.arms:
            if arm.key == (context, name):
                return arm
        names = [arm.name for arm in self.arms if arm.context == context]
        raise StudyError(
            Problem("", f"'{context}' has no arm named '{name}'", did_you_mean(name, names))
        )

    def reference(self, context: str) -> Arm:
        """The arm that the context's effects are measured against. Raises StudyError."""
        for arm in self.arms:
            if arm.context == context and arm.is_reference:
                return arm
        raise StudyError(
            Problem(
                "", f"no baseline named '{context}'", did_you_mean(context, self.study.contexts)
            )
        )

    def select(self, selector: Selector, context: str | None = None) -> Arm:
        """The arm that a selector names: the reference of its context with the selector's levels,
        and with what their conditions need; on a path, else the first step that has them. A level
        "baseline" is the reference's, unless the factor has one of that name.

        context: where the selector names none; may be left out where the study has one context.
        Raises StudyError when there is no such arm, with what there is.
        """
        context = self._context(selector.context or context)
        reference = self.reference(context)
        _refuse_unvaried(selector, reference)
        needed = needed_levels(self.study, selector)
        varied_needs = {f: level for f, level in needed.items() if f in reference.levels}
        named = named_levels(self.study, selector.levels, reference.levels)
        wanted = reference.levels | varied_needs | named
        arms = [arm for arm in self.arms if arm.context == context]
        found = [arm for arm in arms if arm.levels == wanted]
        if not found and self.study.design.kind == "path":
            found = [arm for arm in arms if named.items() <= arm.levels.items()]
        if found:
            return found[0]
        levels = ", ".join(f"{factor}: {level}" for factor, level in selector.levels.items())
        fix = "its arms are " + ", ".join(f"'{arm.name}'" for arm in arms)
        if self.study.design.kind == "fractional_factorial":
            fix = f"the fraction leaves it out; {fix}"
        raise StudyError(Problem("", f"'{context}' has no arm with {{{levels}}}", fix))

    def trials_of(self, arm: Arm) -> list[PlannedTrial]:
        """An arm's trials, one a seed."""
        return [trial for trial in self.trials if (trial.context, trial.arm) == arm.key]

    def resolved_settings(self, trial: PlannedTrial) -> Settings:
        """Complete settings of a trial, as its workload's `run` takes them."""
        return self.load_workload().resolve(self.arm(trial.context, trial.arm).settings)

    def specs_of(self, settings: SettingsOverride, seeds: Sequence[int]) -> tuple[TrialSpec, ...]:
        """The trials that settings would mean in this study, one a seed. Raises SettingsError."""
        return trial_specs(self.study, self.load_workload(), settings, seeds)

    def pinned(self) -> "Plan":
        """The same plan, its study's files named with their content."""
        pin = self.load_workload().pinned
        contexts = {name: pin(settings) for name, settings in self.study.contexts.items()}
        factors = {
            name: factor.model_copy(
                update={"levels": {level: pin(sets) for level, sets in factor.levels.items()}}
            )
            for name, factor in self.study.factors.items()
        }
        study = self.study.model_copy(update={"contexts": contexts, "factors": factors})
        return self.model_copy(update={"study": study})

    def data_needed(self) -> tuple[str, ...]:
        """Names of all data that the trials read, each once."""
        workload = self.load_workload()
        resolved = (workload.resolve(arm.settings) for arm in self.arms)
        names = (name for settings in resolved for name in workload.data_needed(settings))
        return tuple(dict.fromkeys(names))

    def training_flops(self, trial: PlannedTrial) -> float:
        """FLOPs that the trial is expected to take; 0 where unknown."""
        return self.load_workload().training_flops(self.resolved_settings(trial))

    def load_workload(self) -> Workload:
        """What its trials run."""
        workload: Workload = self.workload or load_workload(self.study.workload)
        return workload

    def _context(self, context: str | None) -> str:
        if context is not None:
            return context
        if len(self.study.contexts) == 1:
            return next(iter(self.study.contexts))
        raise StudyError(
            Problem(
                "",
                "there are several baselines, and none is named",
                f"add `context:` with one of {', '.join(self.study.contexts)}",
            )
        )


def trial_specs(
    study: Study, workload: Workload, settings: SettingsOverride, seeds: Sequence[int]
) -> tuple[TrialSpec, ...]:
    """The trials that settings mean, one a seed. Raises SettingsError."""
    identity = workload.identity(workload.resolve(settings))
    return tuple(
        TrialSpec(
            workload=study.workload,
            workload_version=workload.version,
            settings=identity,
            seed=seed,
        )
        for seed in seeds
    )


def share_an_arm(one: Plan, other: Plan) -> bool:
    """Whether a trial of one is also one of the other, but for its seed."""
    first, second = (
        {trial.spec.model_copy(update={"seed": 0}).hash for trial in plan.trials}
        for plan in (one, other)
    )
    return not first.isdisjoint(second)


def _refuse_unvaried(selector: Selector, reference: Arm) -> None:
    for factor in selector.levels:
        if factor not in reference.levels:
            raise StudyError(
                Problem(
                    "",
                    f"factor '{factor}' changes nothing in '{reference.context}'",
                    f"varied there are: {', '.join(reference.levels) or 'none'}",
                )
            )
