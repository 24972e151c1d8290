"""Effects: differences between arms, paired by seed."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ablate.analysis.inference import (
    ALPHA,
    Critical,
    Floats,
    Sample,
    critical_value,
    exceeds,
    holm,
    interval,
    standard_deviation,
    summarise,
    tie_floor,
)
from ablate.analysis.tables import UNLIMITED, ArmKey, Resolution, ended, metric_column, rows_of
from ablate.study.arms import Arm, conditions, levels_in_force
from ablate.study.designs import FACTORIALS
from ablate.study.plan import Plan
from ablate.workload import describe_metric


@dataclass(frozen=True, eq=False)
class SeedContrast:
    """A weighted sum of arms in one metric, seed by seed; of two arms, their paired difference.

    seeds: those that every arm has a value for, ascending. values: (seeds,), finite.
    """

    seeds: tuple[int, ...]
    values: Floats
    floor: float
    """Standard deviation that rounding alone gives such a sum."""

    @property
    def sample(self) -> Sample:
        """Its mean and standard error over seeds."""
        return summarise(self.values, self.floor)


def contrast(
    trials: pd.DataFrame,
    metric: str,
    weights: Mapping[ArmKey, float],
    resolution: Resolution = UNLIMITED,
) -> SeedContrast:
    """The one way in which arms are compared: values are joined on their seed.

    trials: as from `trial_table`. weights: of the arms' values, e.g. {arm: 1, reference: -1}.
    resolution: step in which the metric changes.
    """
    columns = [weight * values_of(trials, metric, key) for key, weight in weights.items()]
    joined = pd.concat(columns, axis=1, join="inner").sum(axis=1, skipna=False).sort_index()
    steps = (weight * resolution.get(context, 0.0) for (context, _), weight in weights.items())
    floor = tie_floor(1.0, *steps)
    return SeedContrast(tuple(joined.index), joined.to_numpy(dtype=np.float64), floor)


def values_of(trials: pd.DataFrame, metric: str, key: ArmKey) -> "pd.Series[float]":
    """An arm's values by seed; trials without one are left out."""
    column = metric_column(metric)
    if column not in trials:
        return pd.Series(dtype=float)
    own = (trials["context"].to_numpy() == key[0]) & (trials["arm"].to_numpy() == key[1])
    values = trials[column].to_numpy(dtype=np.float64)[own]
    return pd.Series(values, trials["seed"].to_numpy()[own]).dropna()


def effect_table(
    plan: Plan,
    trials: pd.DataFrame,
    metric: str,
    resolution: Resolution = UNLIMITED,
    repeated: Critical | None = None,
) -> pd.DataFrame:
    """One row an arm that has something to be compared with: its difference from that.

    Columns context, factor and level (in which the two differ; None where in several), also (levels
    of other factors that this one brings along, as "start: random"), arm, reference, metric, n,
    estimate (arm - reference, in the metric's unit), low, high (95 %), sd, p (of no difference),
    p_holm (over the whole table), hedges_g (of the pairs, Hedges 1981), probability_of_improvement
    (share of pairs in which the arm is better, ties half), method ("paired"; "welch" where fewer
    than two seeds match, and there is no probability), step (in which the metric changes, where
    seeds agree more closely than it can tell, and the interval is as wide as it makes it).

    repeated: c_n of a study that looks after every seed. Its intervals hold at all looks together;
    there is no p value for that, and where seeds do not match no interval.
    """
    higher = describe_metric(metric, plan.metrics).higher_is_better
    rows = []
    for arm, reference, factor in compared(plan):
        pairs = contrast(trials, metric, {arm.key: 1.0, reference.key: -1.0}, resolution)
        tested = _paired_or_welch(trials, metric, arm, reference, pairs, resolution, repeated)
        rows.append(
            {
                "context": arm.context,
                "factor": factor,
                "level": None if factor is None else arm.levels[factor],
                "also": "" if factor is None else _brought_along(plan, arm, reference, factor),
                "arm": arm.name,
                "reference": reference.name,
                "metric": metric,
                **tested,
                "probability_of_improvement": (
                    _share_better(pairs.values, higher) if tested["method"] == "paired" else np.nan
                ),
            }
        )
    table = pd.DataFrame(rows, columns=_EFFECT_COLUMNS)
    return table.assign(p_holm=holm(table["p"].to_numpy(dtype=float)))


_EFFECT_COLUMNS = [
    "context", "factor", "level", "also", "arm", "reference", "metric", "n", "estimate", "low",
    "high", "sd", "p", "p_holm", "hedges_g", "probability_of_improvement", "method", "step",
]  # fmt: skip


def difference_table(
    plan: Plan, trials: pd.DataFrame, metric: str, resolution: Resolution = UNLIMITED
) -> pd.DataFrame:
    """The pairs behind `effect_table`: columns context, arm, seed, difference."""
    rows = [
        {"context": arm.context, "arm": arm.name, "seed": seed, "difference": value}
        for arm, reference, _ in compared(plan)
        for pairs in [contrast(trials, metric, {arm.key: 1.0, reference.key: -1.0}, resolution)]
        for seed, value in zip(pairs.seeds, pairs.values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["context", "arm", "seed", "difference"])


def compared(plan: Plan) -> Iterator[tuple[Arm, Arm, str | None]]:
    """Every arm but the references, what it is compared with, and the factor that differs.

    That is the arm that differs in one factor alone, which stands at its reference level there:
    the baseline, the step before in a path, the arm that a condition builds on. Where there is
    none it is the context's reference; in factorials, where there nearly always is one, it is that
    but for what is varied under a condition, on top of nothing else.
    """
    by_levels = {(arm.context, frozenset(arm.levels.items())): arm for arm in reversed(plan.arms)}
    for arm in plan.arms:
        if arm.is_reference:
            continue
        reference = plan.reference(arm.context)
        changed = [f for f, level in arm.levels.items() if level != reference.levels[f]]
        partner, factor = reference, changed[0] if len(changed) == 1 else None
        for name in reversed(changed):
            if plan.study.design.kind in FACTORIALS and not _is_on_top(plan, arm, changed, name):
                continue
            without = {**arm.levels, name: reference.levels[name]}
            if found := by_levels.get((arm.context, frozenset(without.items()))):
                partner, factor = found, name
                break
        yield arm, partner, factor


def _brought_along(plan: Plan, arm: Arm, partner: Arm, factor: str) -> str:
    reference = plan.reference(arm.context)
    before, after = (levels_in_force(plan.study, each, reference) for each in (partner, arm))
    changed = (
        name
        for name in after
        if after[name] != before.get(name)
        and name != factor
        and factor not in conditions(plan.study, name)  # varied under it, so not in force before
    )
    return ", ".join(f"{name}: {after[name]}" for name in changed)


def _is_on_top(plan: Plan, arm: Arm, changed: Collection[str], factor: str) -> bool:
    """Whether all else that an arm changes is what this factor is varied under."""
    needed = conditions(plan.study, factor)
    return all(needed.get(name) == arm.levels[name] for name in changed if name != factor)


def arm_table(
    plan: Plan, trials: pd.DataFrame, metric: str, resolution: Resolution = UNLIMITED
) -> pd.DataFrame:
    """One row an arm: context, arm, is_reference, n, mean, sd, low and high (95 % t interval of the
    mean; NaN where all its trials diverged), numbers of diverged, failed and missing trials (a
    pruned one is missing), failure_rate (percentage of diverged trials among those that diverged or
    completed; NaN of none), and the mean core_seconds, gpu_seconds and flops of its trials.
    """
    rows = []
    for arm in plan.arms:
        own = rows_of(trials, arm.key)
        values = values_of(trials, metric, arm.key).to_numpy(dtype=float)
        sample = summarise(values, tie_floor(resolution.get(arm.context, 0.0), 1.0))
        low, high = interval_of_mean(own, metric, sample)
        status = own["status"]
        rows.append(
            {
                "context": arm.context,
                "arm": arm.name,
                "is_reference": arm.is_reference,
                "n": sample.n,
                "mean": float(sample.mean),
                "sd": float(standard_deviation(values)),
                "low": low,
                "high": high,
                "diverged": int((status == "diverged").sum()),
                "failure_rate": _failure_rate(own),
                "failed": int((status == "failed").sum()),
                "missing": int(status.isin(["missing", "pruned"]).sum()),
                "core_seconds": own["core_seconds"].mean(),
                "gpu_seconds": own["gpu_seconds"].mean(),
                "flops": own["flops"].mean(),
            }
        )
    return pd.DataFrame(rows)


def interval_of_mean(trials: pd.DataFrame, metric: str, sample: Sample) -> tuple[float, float]:
    """95 % t interval of an arm's mean; NaN where all trials diverged, as nothing was measured that
    could vary. trials: of the arm; sample: of their values.
    """
    if none_trained(trials, metric):
        return np.nan, np.nan
    low, high = interval(sample)
    return float(low), float(high)


def none_trained(trials: pd.DataFrame, metric: str) -> bool:
    """Whether all values of an arm are what diverged trials count as."""
    column = metric_column(metric)
    valued = trials[trials[column].notna()] if column in trials else trials.iloc[:0]
    return len(valued) > 0 and bool((valued["status"] == "diverged").all())


def _failure_rate(trials: pd.DataFrame) -> float:
    return 100 * float((ended(trials)["status"] == "diverged").mean())  # NaN of none


def _paired_or_welch(
    trials: pd.DataFrame,
    metric: str,
    arm: Arm,
    reference: Arm,
    pairs: SeedContrast,
    resolution: Resolution,
    repeated: Critical | None,
) -> dict[str, Any]:
    step = resolution.get(arm.context, 0.0)
    floor = tie_floor(step, 1.0)
    both = [values_of(trials, metric, key).to_numpy() for key in (arm.key, reference.key)]
    if len(pairs.seeds) < 2 <= min(map(len, both)):
        welch = _welch(*(summarise(values, floor) for values in both))
        widened = any(standard_deviation(values) < floor for values in both)
        welch["step"] = step if widened else np.nan
        return welch | ({} if repeated is None else _NO_INTERVAL)
    sample = pairs.sample
    low, high = interval(sample, ALPHA, repeated or critical_value)
    sd = float(standard_deviation(pairs.values))
    return {
        "n": sample.n,
        "estimate": float(sample.mean),
        "low": float(low),
        "high": float(high),
        "sd": sd,
        "p": float(exceeds(sample, 0.0).p) if repeated is None else np.nan,
        "hedges_g": _hedges_g(sample),
        "method": "paired",
        "step": step if sample.mean and sd < pairs.floor else np.nan,
    }


_NO_INTERVAL = dict.fromkeys(("low", "high", "p", "step"), np.nan)


def _welch(ours: Sample, theirs: Sample) -> dict[str, Any]:
    """Welch's test (1947): the seeds do not match, so nothing can be paired. n: of the fewer."""
    squares = [np.square(sample.standard_error) for sample in (ours, theirs)]
    estimate, error = float(ours.mean - theirs.mean), float(np.sqrt(sum(squares)))
    parts = sum(
        np.square(square) / (n - 1) for square, n in zip(squares, (ours.n, theirs.n), strict=True)
    )
    freedom = float(np.square(sum(squares)) / parts) if parts > 0 else 1.0
    half = float(stats.t.ppf(1 - ALPHA / 2, freedom)) * error
    without_spread = np.inf if estimate else 0.0
    # The error is NaN where nothing tells how far seeds would spread, and so is p then.
    distance = without_spread if error == 0 else abs(estimate) / error
    return {
        "n": min(ours.n, theirs.n),
        "estimate": estimate,
        "low": estimate - half,
        "high": estimate + half,
        "sd": np.nan,
        "p": float(2 * stats.t.sf(distance, freedom)),
        "hedges_g": np.nan,
        "method": "welch",
    }


def _hedges_g(sample: Sample) -> float:
    """Mean over standard deviation of the pairs, freed of small-sample bias (Hedges 1981).

    NaN under three seeds: with two, its expectation does not exist.
    """
    if sample.n < 3 or not sample.sd > 0:
        return float("nan")
    correction = 1 - 3 / (4 * (sample.n - 1) - 1)
    return float(sample.mean / sample.sd) * correction


def _share_better(differences: Floats, higher_is_better: bool) -> float:
    if not len(differences):
        return float("nan")
    gains = differences if higher_is_better else -differences
    return float(np.mean((gains > 0) + 0.5 * (gains == 0)))
