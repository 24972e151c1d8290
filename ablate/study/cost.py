"""What a plan's trials will cost, judging by trials that are recorded."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from ablate.study.plan import Plan, PlannedTrial
from ablate.study.schema import Tune
from ablate.study.tuned import searched_arms


class MeasuredCost(Protocol):
    """What a recorded trial cost: `ablate.records.schema.Cost` is one."""

    @property
    def core_seconds(self) -> float:
        """Wall seconds times the CPUs held."""

    @property
    def flops(self) -> float:
        """FLOPs of training; 0 where unknown."""


def estimate_cost(plan: Plan, costs: Mapping[str, MeasuredCost]) -> float | None:
    """Core-seconds that the trials not yet recorded will take; None where nothing is known.

    costs: by trial hash, of this study or others.
    """
    missing = [trial for trial in plan.unique_trials if trial.hash not in costs]
    expected = [expected_cost(plan, trial, costs) for trial in missing]
    known = [each for each in expected if each is not None]
    return sum(known) if len(known) == len(expected) else None


def expected_cost(
    plan: Plan, trial: PlannedTrial, costs: Mapping[str, MeasuredCost]
) -> float | None:
    """Core-seconds of a trial; None where nothing is known: what its arm took on average with other
    seeds, else its FLOPs at the rate of all measured trials.
    """
    if measured := _same_arm(plan, trial, costs):
        return sum(measured) / len(measured)
    flops = sum(cost.flops for cost in costs.values() if cost.flops > 0)
    if flops and (expected := plan.training_flops(trial)):
        seconds = sum(cost.core_seconds for cost in costs.values() if cost.flops > 0)
        return expected * seconds / flops
    return None


class TuningCost(NamedTuple):
    """What a tuned study takes beyond its own trials, from the beginning."""

    arms: int
    points: int
    seeds: int
    again: int
    """Trials of the arms with their own settings; at most, as some may keep theirs."""
    core_seconds: float | None
    """Of all these; None where nothing is known of some arm."""

    @property
    def searched(self) -> int:
        """Trials of the search; at most, as equal points share theirs."""
        return self.arms * self.points * self.seeds


def tuning_cost(plan: Plan, tune: Tune, costs: Mapping[str, MeasuredCost]) -> TuningCost:
    """Of a plan's study and its `tune`. costs: by trial hash, as of `estimate_cost`; a trial with
    other settings is taken to cost what one of its arm does.
    """
    arms, again = searched_arms(plan), len(plan.unique_trials)
    trials = [next(t for t in plan.trials if (t.context, t.arm) == arm.key) for arm in arms]
    expected = [expected_cost(plan, trial, costs) for trial in trials]
    known = [each for each in expected if each is not None]
    each_arm = tune.trials * len(tune.seeds) + again / len(arms)
    seconds = sum(known) * each_arm if len(known) == len(expected) else None
    return TuningCost(len(arms), tune.trials, len(tune.seeds), again, seconds)


def cost_sentence(plan: Plan, costs: Mapping[str, MeasuredCost]) -> str:
    """How many trials there are, how many of them are recorded, and what the rest will cost."""
    trials = len(plan.unique_trials)
    missing = sum(trial.hash not in costs for trial in plan.unique_trials)
    if not missing:
        return f"{trials} trials, all recorded."
    known = f"{trials} trials, {trials - missing} recorded, {missing} to run"
    return f"{known}{_core_hours(estimate_cost(plan, costs), costs)}"


def tuning_sentence(
    plan: Plan, tune: Tune, own: Plan | None, costs: Mapping[str, MeasuredCost]
) -> str:
    """The same of what a tuned study runs beyond its own trials.

    own: the plan with settings of their own, once every arm is searched.
    """
    if own is not None:
        return f"Every arm is searched. With settings of their own: {cost_sentence(own, costs)}"
    cost = tuning_cost(plan, tune, costs)
    return (
        f"Then a search of {cost.arms} arms x {cost.points} points x {cost.seeds} "
        f"seed{'' if cost.seeds == 1 else 's'} = {cost.searched} trials, and {cost.again} trials "
        f"with settings of their own{_core_hours(cost.core_seconds, costs)}"
    )


def _core_hours(core_seconds: float | None, costs: Mapping[str, MeasuredCost]) -> str:
    if core_seconds is None:
        return "; their cost is not known before one has run."
    trials = f"{len(costs)} recorded trial{'' if len(costs) == 1 else 's'}"
    return f": about {core_seconds / 3600:.2f} core-hours, judging by {trials}."


def _same_arm(plan: Plan, trial: PlannedTrial, costs: Mapping[str, MeasuredCost]) -> list[float]:
    """Core-seconds of the measured trials of the trial's arm."""
    return [
        costs[other.hash].core_seconds
        for other in plan.trials
        if (other.context, other.arm) == (trial.context, trial.arm) and other.hash in costs
    ]
