"""Arms x seeds -> trials with their content hash."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from ablate.errors import Problem, StudyError, did_you_mean
from ablate.study.arms import Arm, conditions, named_levels
from ablate.study.drawing import draw_arms, next_greedy_arms
from ablate.study.schema import Claim, Interaction, Selector, SettingsOverride, Study
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
        needed = _needed(self.study, selector)
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

    def resolved_settings(self, trial: PlannedTrial) -> Settings:
        """Complete settings of a trial, as its workload's `run` takes them."""
        return self.load_workload().resolve(self.arm(trial.context, trial.arm).settings)

    def specs_of(self, settings: SettingsOverride, seeds: Sequence[int]) -> tuple[TrialSpec, ...]:
        """The trials that settings would mean in this study, one a seed. Raises SettingsError."""
        return _specs(self.study, self.load_workload(), settings, seeds)

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


def make_plan(study: Study, workload: Workload | None = None, chosen: tuple[str, ...] = ()) -> Plan:
    """The study's arms and trials.

    chosen: for a greedy path, the factors added so far; the plan then holds the steps taken and
    the candidates of the next. Raises StudyError with every problem found: arms that change
    nothing (see `draw_arms`), claims and published numbers that name no arm, and claims that
    compare an arm with itself, or with one rival twice.
    """
    given, workload = workload, workload or load_workload(study.workload)
    arms = draw_arms(study, workload, chosen)
    if study.design.order == "greedy":
        arms += next_greedy_arms(study, workload, chosen)
    specs = [_specs(study, workload, arm.settings, study.seeds) for arm in arms]
    trials = tuple(
        PlannedTrial(context=arm.context, arm=arm.name, spec=spec)
        for of_seed in zip(*specs, strict=True)
        for arm, spec in zip(arms, of_seed, strict=True)
    )
    plan = Plan(
        study=study,
        arms=arms,
        trials=trials,
        metrics={**workload.metrics, **study.metrics},
        workload=given,
    )
    if problems := tuple(dict.fromkeys(_claim_problems(plan))):
        raise StudyError(*problems)
    return plan


def _specs(
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
            len(trials := _trials_of(plan, arm)),
            sum(trial.hash in recorded for trial in trials),
        )
        for arm in plan.arms
    ]


def _trials_of(plan: Plan, arm: Arm) -> list[PlannedTrial]:
    return [trial for trial in plan.trials if (trial.context, trial.arm) == arm.key]


def _changes(plan: Plan, arm: Arm) -> str:
    if arm.is_reference:
        return ", ".join(f"{key}: {_text(value)}" for key, value in arm.settings.items())
    resolve = plan.load_workload().resolve
    before = _flat(resolve(_shown_against(plan, arm).settings))
    after = _flat(resolve(arm.settings))
    return ", ".join(
        f"{key}: {_held(before, key)} -> {_held(after, key)}"
        for key in after | before
        if (key in before, before.get(key)) != (key in after, after.get(key))
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


def _claim_problems(plan: Plan) -> Iterator[Problem]:
    if plan.study.design.order != "greedy":  # its arms are found by running
        yield from _unknown_arms(plan)
        yield from _compared_with_themselves(plan)
        yield from _no_single_changes(plan)
        yield from _unlike_changes(plan)
    yield from _claimed_twice(plan)


def _unknown_arms(plan: Plan) -> Iterator[Problem]:
    """Claims and published numbers that name arms which the design does not draw."""
    named: list[tuple[str, Callable[[], Any]]] = []
    for index, claim in enumerate(plan.study.claims):
        for key, selector in selectors(plan.study, claim):
            named.append((f"claims.{index}.{key}", _selecting(plan, selector, claim.context)))
    for index, number in enumerate(plan.study.published):
        if number.arm is not None:
            named.append((f"published.{index}.arm", _selecting(plan, number.arm, None)))
    for where, select in named:
        try:
            select()
        except StudyError as error:
            for problem in error.problems:
                yield problem._replace(where=where)


def _compared_with_themselves(plan: Plan) -> Iterator[Problem]:
    for index, claim in enumerate(plan.study.claims):
        try:
            found = named_twice(plan, claim)
        except StudyError:  # it names an arm that there is not
            continue
        if found:
            yield Problem(
                f"claims.{index}.{found.key}",
                f"compares {found.what}",
                found.cure,
            )


def _claimed_twice(plan: Plan) -> Iterator[Problem]:
    """A claim that is there twice would take two shares of the error rate for one question."""
    asked: list[Any] = []
    for index, claim in enumerate(plan.study.claims):
        try:
            question = _question(plan, claim)
        except StudyError:  # it names an arm that there is not
            question = index
        if question in asked and claim.kind != "open":
            yield Problem(
                f"claims.{index}",
                f"asks what claim {asked.index(question) + 1} asks",
                "keep one of the two; its `published` may name several publications",
            )
        asked.append(question)


def _question(plan: Plan, claim: Claim) -> Any:
    """What a claim asks, however it is written: of which arms, in what metric, beyond what."""
    study, metric = plan.study, plan.study.metric_of(claim)
    asked = claim.model_dump(exclude={"says", "published", "context", "metric"})
    if study.design.order == "greedy":  # its arms are found by running
        return asked, claim.context, metric
    named = [plan.select(selector, claim.context).key for _, selector in selectors(study, claim)]
    asked = {key: value for key, value in asked.items() if not _is_of_arms(getattr(claim, key))}
    if asked.get("by", 0.0) is None:
        asked["by"] = study.smallest_effect_of_interest if metric == study.metric else 0.0
    return asked, sorted(named) if claim.kind == "no_difference" else named, metric


def _is_of_arms(value: object) -> bool:
    return isinstance(value, Selector) or (
        isinstance(value, tuple) and any(isinstance(each, Selector) for each in value)
    )


def _no_single_changes(plan: Plan) -> Iterator[Problem]:
    """Changes of a largest effect that are none, or several."""
    for index, claim in enumerate(plan.study.claims):
        if claim.kind != "largest_effect":
            continue
        for key, selector in selectors(plan.study, claim):
            try:
                arm = plan.select(selector, claim.context)
            except StudyError:  # it names an arm that there is not
                continue
            if arm.is_reference:
                yield Problem(
                    f"claims.{index}.{key}",
                    "names the baseline, which changes nothing",
                    "name the level that replaces the baseline's: what that loses (`direction: "
                    "loss`) is what the baseline's gains",
                )
            elif not _is_single_change(plan, arm):
                yield Problem(
                    f"claims.{index}.{key}",
                    f"'{arm.name}' changes more than one factor",
                    "name a level of one factor",
                )


def _unlike_changes(plan: Plan) -> Iterator[Problem]:
    """Interactions whose change sets out from other levels in the one setting than in the other."""
    for index, claim in enumerate(plan.study.claims):
        if claim.kind != "interaction":
            continue
        try:
            _, first, _, second = (
                plan.select(selector, claim.context) for _, selector in selectors(plan.study, claim)
            )
        except StudyError:  # it names an arm that there is not
            continue
        for factor in claim.change.levels:
            one, other = (base.levels.get(factor) for base in (first, second))
            if one != other:
                yield Problem(
                    f"claims.{index}.change",
                    f"sets out from {factor}: {one} in the first setting and from {factor}: "
                    f"{other} in the second, which are two changes",
                    f"add `base: {{{factor}: {one}}}`, from which it sets out in both",
                )


def _is_single_change(plan: Plan, arm: Arm) -> bool:
    """Whether an arm changes one factor, on top of what its condition names; a step of a path
    does.
    """
    reference = plan.reference(arm.context).levels
    changed = {factor: level for factor, level in arm.levels.items() if level != reference[factor]}
    return plan.study.design.kind == "path" or any(
        changed.items() <= {**conditions(plan.study, factor), factor: level}.items()
        for factor, level in changed.items()
    )


def _selecting(plan: Plan, selector: Selector, context: str | None) -> Callable[[], Arm]:
    return lambda: plan.select(selector, context)


class NamedTwice(NamedTuple):
    """Two arms of a claim that are one."""

    key: str
    """Under which it is named again."""
    what: str
    """What the claim compares, as a part of a sentence."""
    cure: str = "name two arms that differ"


def named_twice(plan: Plan, claim: Claim) -> NamedTwice | None:
    """The arm that a claim compares with itself, under one name or under two that stand for the
    same trials, or the rival that it names twice; None where all that it compares differ. Raises
    StudyError when it names an arm that there is not.

    A rival that is named twice would count as two in the error rate. The four arms of an
    interaction may share trials, as two settings may share a base.
    """
    arms: list[Arm] = []
    for key, selector in selectors(plan.study, claim):
        arm = plan.select(selector, claim.context)
        if key == "rivals" and arm in arms[1:]:
            return NamedTwice(key, f"with '{arm.name}' twice", "name each rival once")
        if arm in arms:
            return NamedTwice(key, f"'{arm.name}' with itself")
        arms.append(arm)
    if len(arms) != 2 or key == "rivals" or _hashes(plan, arms[0]) != _hashes(plan, arms[1]):
        return None
    one, other = (f"'{arm.name}' of '{arm.context}'" for arm in arms)
    return NamedTwice(key, f"{one} with {other}, which are the same trials")


def _hashes(plan: Plan, arm: Arm) -> set[str]:
    return {trial.hash for trial in _trials_of(plan, arm)}


def selectors(study: Study, claim: Claim) -> list[tuple[str, Selector]]:
    """A claim's arms by the key that names them.

    An interaction compares four arms: change and base, each in the first and the second setting.
    What the change is varied under holds in its base too, or the change would be of that as well.
    """
    if claim.kind == "interaction":
        return [
            (place, _joined(setting, part))
            for place, setting in (("first", claim.first), ("second", claim.second))
            for part in (claim.change, _base(study, claim, setting))
        ]
    if claim.kind == "largest_effect":
        return [("change", claim.change), *(("rivals", rival) for rival in claim.rivals)]
    values = ((key, getattr(claim, key)) for key in type(claim).model_fields)
    return [(key, value) for key, value in values if isinstance(value, Selector)]


def _base(study: Study, claim: Interaction, setting: Selector) -> Selector:
    """What an interaction's change is measured against in one of its settings."""
    context = setting.context or claim.base.context or claim.context
    held = {
        factor: level
        for factor, level in _needed(study, claim.change).items()
        if factor not in claim.change.levels.keys() | setting.levels.keys()
        and (context in study.factors[factor].contexts or not study.factors[factor].contexts)
    }
    return claim.base.model_copy(update={"levels": held | claim.base.levels})


def _needed(study: Study, selector: Selector) -> dict[str, str]:
    """All that the levels of a selector are varied under."""
    needed: dict[str, str] = {}
    for factor in selector.levels:
        needed |= conditions(study, factor)
    return needed


def _joined(setting: Selector, part: Selector) -> Selector:
    return Selector(levels=setting.levels | part.levels, context=setting.context or part.context)
