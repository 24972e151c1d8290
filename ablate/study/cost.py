"""What a plan's trials will cost, judging by trials that are recorded."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from ablate.study.plan import Plan, PlannedTrial
from ablate.study.schema import Tune
from ablate.study.tuned import searched_arms
from ablate.workload import FROM_ELSEWHERE


class MeasuredCost(Protocol):
    """What a recorded trial cost: `ablate.records.schema.Cost` is one."""

    @property
    def core_seconds(self) -> float:
        """Wall seconds times the CPUs held."""

    @property
    def gpu_seconds(self) -> float:
        """Wall seconds times the GPUs held, or the share of one; 0 for a trial on CPUs."""

    @property
    def flops(self) -> float:
        """FLOPs of training; 0 where unknown."""


class Estimate(NamedTuple):
    """What trials will take, and what that rests on."""

    seconds: float | None
    """Of the CPUs or GPUs held; None where nothing is known of some trial."""
    judged_by: frozenset[str]
    """Hashes of the recorded trials that it comes from."""
    on_gpus: bool = False
    """Whether those were trained on GPUs, whose seconds these are then."""


def estimate_cost(
    plan: Plan, costs: Mapping[str, MeasuredCost], seeds: Collection[int] = ()
) -> Estimate:
    """Of the trials that are not yet recorded. costs: by trial hash, of this study or others.
    seeds: those that any of these trials have, beside the study's own.
    """
    missing = [trial for trial in plan.unique_trials if trial.hash not in costs]
    return _estimate(plan, missing, costs, seeds)


def _estimate(
    plan: Plan,
    trials: Sequence[PlannedTrial],
    costs: Mapping[str, MeasuredCost],
    seeds: Collection[int],
) -> Estimate:
    """Judging by records of one kind of device alone, as rates of the two have nothing to do with
    each other: the kind that more trials of these arms were recorded on, else more of all; the
    other where nothing can be told by that.
    """
    measured = _measured_of_arms(plan, costs, seeds)
    own = frozenset[str]().union(*measured.values())
    kinds = {
        on_gpus: {h: cost for h, cost in costs.items() if (cost.gpu_seconds > 0) == on_gpus}
        for on_gpus in (False, True)
    }
    order = sorted(
        kinds, key=lambda on: (len(own & kinds[on].keys()), len(kinds[on])), reverse=True
    )
    estimates = [
        _sum(
            _expected_cost(plan, trial, measured[trial.context, trial.arm], kinds[on_gpus])
            for trial in trials
        )._replace(on_gpus=on_gpus)
        for on_gpus in order
    ]
    return next((each for each in estimates if each.seconds is not None), estimates[0])


def _expected_cost(
    plan: Plan,
    trial: PlannedTrial,
    measured: Collection[str],
    costs: Mapping[str, MeasuredCost],
) -> Estimate:
    """Of a trial: what its arm took on average with other seeds, else its FLOPs at the rate of all
    measured trials. measured: hashes of its arm. costs: of one kind of device.
    """
    if known := costs.keys() & measured:
        mean = sum(_seconds(costs[hash_]) for hash_ in known) / len(known)
        return Estimate(mean, frozenset(known))
    counted = {hash_: cost for hash_, cost in costs.items() if cost.flops > 0}
    if counted and (expected := plan.training_flops(trial)):
        flops = sum(cost.flops for cost in counted.values())
        seconds_in_all = sum(map(_seconds, counted.values()))
        return Estimate(expected * seconds_in_all / flops, frozenset(counted))
    return Estimate(None, frozenset())


def _seconds(cost: MeasuredCost) -> float:
    """Of the GPUs that a trial held, where it held any; else of the CPUs."""
    return cost.gpu_seconds or cost.core_seconds


def _sum(estimates: Iterable[Estimate]) -> Estimate:
    every = tuple(estimates)
    known = [each.seconds for each in every if each.seconds is not None]
    judged_by = frozenset().union(*(each.judged_by for each in every))
    return Estimate(sum(known) if len(known) == len(every) else None, judged_by)


class TuningCost(NamedTuple):
    """What a tuned study takes beyond its own trials, from the beginning."""

    arms: int
    points: int
    seeds: int
    again: int
    """Trials of the arms with their own settings; at most, as some may keep theirs."""
    estimate: Estimate
    """Of all these."""

    @property
    def searched(self) -> int:
        """Trials of the search; at most, as equal points share theirs."""
        return self.arms * self.points * self.seeds


def tuning_cost(
    plan: Plan, tune: Tune, costs: Mapping[str, MeasuredCost], seeds: Collection[int] = ()
) -> TuningCost:
    """Of a plan's study and its `tune`. costs, seeds: as of `estimate_cost`; a trial with other
    settings is taken to cost what one of its arm does.
    """
    arms, again = searched_arms(plan), len(plan.unique_trials)
    trials = [next(t for t in plan.trials if (t.context, t.arm) == arm.key) for arm in arms]
    one_each = _estimate(plan, trials, costs, seeds)
    each_arm = tune.trials * len(tune.seeds) + again / len(arms)
    known = one_each.seconds
    estimate = one_each._replace(seconds=None if known is None else known * each_arm)
    return TuningCost(len(arms), tune.trials, len(tune.seeds), again, estimate)


def cost_sentence(
    plan: Plan, costs: Mapping[str, MeasuredCost], seeds: Collection[int] = ()
) -> str:
    """How many trials there are, how many of them are recorded, and what the rest will cost: at
    most, where looking after every seed may end it before the last. Of a greedy path, the steps
    so far, and the most trials that later steps may lead to. costs, seeds: as of `estimate_cost`.
    """
    trials = len(plan.unique_trials)
    of_all = "1 trial" if trials == 1 else f"{trials} trials"
    missing = sum(trial.hash not in costs for trial in plan.unique_trials)
    if not missing:
        return f"{of_all}, all recorded."
    if plan.study.workload == FROM_ELSEWHERE:
        return (
            f"{of_all}, {trials - missing} recorded; the results of {missing} come in as a "
            "table, by `ablate report STUDY --results FILE`."
        )
    at_most = "" if plan.study.max_seeds is None else " at most"
    known = f"{of_all}{at_most}, {trials - missing} recorded, {missing} to run"
    return f"{known}{_hours(estimate_cost(plan, costs, seeds), costs)}{_later_steps(plan)}"


def _later_steps(plan: Plan) -> str:
    """What a greedy path runs beyond a plan of its steps so far; "" of others, and at its last."""
    if plan.study.design.order != "greedy":
        return ""
    baseline = plan.arms[0].levels
    factors = len(baseline)
    added = max(sum(arm.levels[f] != baseline[f] for f in baseline) for arm in plan.arms)
    if added == factors:
        return ""
    # Each step tries every factor that is left.
    most = (1 + factors * (factors + 1) // 2) * len(plan.study.seeds)
    return (
        " That is the path so far, with the candidates of its next step; all its steps together "
        f"take at most {most} trials."
    )


def data_sentence(plan: Plan, recorded: Collection[str]) -> str:
    """What the trials that are not yet recorded read; "" where nothing is read, or nothing runs.

    recorded: hashes of trials.
    """
    runs = any(trial.hash not in recorded for trial in plan.unique_trials)
    if plan.study.workload == FROM_ELSEWHERE or not runs or not (names := plan.data_needed()):
        return ""
    return f"It reads {', '.join(names)}."


def tuning_sentence(
    plan: Plan,
    tune: Tune,
    own: Plan | None,
    costs: Mapping[str, MeasuredCost],
    seeds: Collection[int] = (),
) -> str:
    """The same of what a tuned study runs beyond its own trials.

    own: the plan with settings of their own, once every arm is searched.
    """
    if own is not None:
        of_own = cost_sentence(own, costs, seeds)
        return f"Every arm is searched. With settings of their own: {of_own}"
    cost = tuning_cost(plan, tune, costs, seeds)
    is_known = cost.estimate.seconds is not None
    saved = f" That is without what {tune.scheduler} saves." if tune.scheduler and is_known else ""
    return (
        f"Then a search of {cost.arms} arms x {cost.points} points x {cost.seeds} "
        f"seed{'' if cost.seeds == 1 else 's'} = {cost.searched} trials, and {cost.again} trials "
        f"with settings of their own{_hours(cost.estimate, costs)}{saved}"
    )


def _hours(estimate: Estimate, costs: Mapping[str, MeasuredCost]) -> str:
    """The estimate in words; the kind of device is named where it is not CPUs, or not alone."""
    if estimate.seconds is None:
        return "; what they cost is not known before each arm has run."
    count = len(estimate.judged_by)
    trials = f"{count} recorded trial{'' if count == 1 else 's'}"
    unit, where = ("GPU", " on GPUs") if estimate.on_gpus else ("core", "")
    if not estimate.on_gpus and any(cost.gpu_seconds > 0 for cost in costs.values()):
        where = " on CPUs"
    return f": about {estimate.seconds / 3600:.2f} {unit}-hours, judging by {trials}{where}."


def _measured_of_arms(
    plan: Plan, costs: Mapping[str, MeasuredCost], seeds: Collection[int]
) -> dict[tuple[str, str], frozenset[str]]:
    """Hashes of the measured trials of each arm, by its key."""
    every = {*plan.study.seeds, *seeds}
    of_arms = {arm.key: plan.specs_of(arm.settings, tuple(every)) for arm in plan.arms}
    return {
        key: frozenset(costs.keys() & {spec.hash for spec in specs})
        for key, specs in of_arms.items()
    }
