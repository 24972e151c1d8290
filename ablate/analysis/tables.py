"""The long tables that everything is computed from: one row a trial, one row a validation point."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from ablate.analysis.resolution import step_of
from ablate.records.asked_metrics import LARGEST, needed_metrics
from ablate.records.counted_metrics import chance_levels, counted_metrics
from ablate.records.schema import TrialRecord
from ablate.records.store import FINISHED
from ablate.study.arms import Arm
from ablate.study.plan import Plan
from ablate.workload import describe_metric, with_description

ArmKey = tuple[str, str]
"""Context and name of an arm."""
TrialKey = tuple[str, str, int]
"""Context and name of an arm, and a seed."""

Resolution = Mapping[str, float]
"""The step in which a metric changes, by context; none of a context is none."""
UNLIMITED: Resolution = MappingProxyType({})

FACTOR = "factor."
_KEYS = ("context", "arm", "seed")
_PLACES = ("epoch", "step")
_ABOUT = (*_KEYS, "hash", "status", "core_seconds", "gpu_seconds", "flops")


def trial_table(plan: Plan, records: Mapping[str, TrialRecord]) -> pd.DataFrame:
    """One row a planned trial, arm by arm: context, arm, seed, hash, status, factor.<name> with the
    arm's level, every metric under its name, core_seconds, gpu_seconds and flops; costs are NaN
    where none are recorded.

    records: by hash. Status "missing": no record. Only completed trials have metrics; a diverged
    one has the chance level of those that know one, where the study counts it so. A metric named
    like another column stands under "metric.<name>".
    """
    hashes = {(trial.context, trial.arm, trial.seed): trial.hash for trial in plan.trials}
    needed = needed_metrics(plan.study).final
    described = {**plan.metrics, **{name: describe_metric(name, plan.metrics) for name in needed}}
    rows = [
        _trial_row(arm, seed, hash_, record, counted_metrics(record, plan.study, described))
        for arm in plan.arms
        for seed in plan.study.seeds
        for hash_ in [hashes[arm.context, arm.name, seed]]
        for record in [records.get(hash_)]
    ]
    table = pd.DataFrame(rows)
    column = metric_column(plan.study.metric)
    return table if column in table else table.assign(**{column: np.nan})


def _trial_row(
    arm: Arm, seed: int, hash_: str, record: TrialRecord | None, counted: Mapping[str, float]
) -> dict[str, Any]:
    cost = None if record is None or not record.cost.is_known else record.cost
    return {
        "context": arm.context,
        "arm": arm.name,
        "seed": seed,
        "hash": hash_,
        "status": "missing" if record is None else record.status,
        **{f"{FACTOR}{factor}": level for factor, level in arm.levels.items()},
        **{metric_column(name): value for name, value in counted.items()},
        "core_seconds": np.nan if cost is None else cost.core_seconds,
        "gpu_seconds": np.nan if cost is None else cost.gpu_seconds,
        "flops": np.nan if cost is None else cost.flops,
    }


def rows_of(table: pd.DataFrame, arm: ArmKey) -> pd.DataFrame:
    """The rows of one arm, of a table with columns context and arm."""
    return table[(table["context"] == arm[0]) & (table["arm"] == arm[1])]


def rows_among(
    table: pd.DataFrame,
    keys: Collection[tuple[Any, ...]],
    columns: Sequence[str] = ("context", "arm"),
) -> pd.DataFrame:
    """The rows of which these columns, context and arm if none are named, hold one of the keys."""
    of_rows = zip(*(table[column] for column in columns), strict=True)
    return table[np.array([key in keys for key in of_rows], dtype=bool)]


def metric_column(metric: str, others: Collection[str] = _ABOUT) -> str:
    """Where a table holds a metric: under its name, else under "metric.<name>".

    others: the table's other columns; those of a table of trials.
    """
    return f"metric.{metric}" if metric in others or metric.startswith(FACTOR) else metric


def history_table(plan: Plan, records: Mapping[str, TrialRecord]) -> pd.DataFrame:
    """One row a validation point of a completed trial, and of a diverged one unless the study
    leaves those out: context, arm, seed, epoch and the columns of the history.

    Steps take the place of epochs for metrics of which no trial has a point with an epoch (see
    `counts_steps`), in rows of their own; points without either are numbered from 1. Of several
    points of one epoch, or step, as of a function that counts whole epochs and validates more
    often, each metric's last stands for it: trackers log them at different steps of an epoch.
    """
    counted = ["completed", *(["diverged"] if plan.study.diverged == "chance" else [])]
    frames = []
    for trial in plan.trials:
        record = records.get(trial.hash)
        if record is None or record.status not in counted or not record.history:
            continue
        points = pd.DataFrame(record.history, dtype=float)
        points = points.where(points.abs() <= LARGEST)
        frames.append(points.assign(context=trial.context, arm=trial.arm, seed=trial.seed))
    if not frames:
        return pd.DataFrame(columns=[*_KEYS, "epoch"])
    by_steps = _without_epochs(frames)
    return pd.concat([_with_epochs(points, by_steps) for points in frames], ignore_index=True)


def _without_epochs(frames: Iterable[pd.DataFrame]) -> set[str]:
    """Metrics of which no trial has a point with an epoch, and every point has a step."""
    at: dict[str, set[str]] = {"epoch": set(), "step": set(), "neither": set()}
    for points in frames:
        epochs, steps = points.reindex(columns=_PLACES).notna().to_numpy().T
        for word, rows in (("epoch", epochs), ("step", steps), ("neither", ~(epochs | steps))):
            at[word].update(_metrics_of(points[rows]))
    return at["step"] - at["epoch"] - at["neither"]


def _metrics_of(points: pd.DataFrame) -> list[str]:
    """Columns with a value that do not say whose a point is, or where it lies."""
    known = points.columns[points.notna().any()]
    return [name for name in known if name not in (*_KEYS, *_PLACES)]


def _with_epochs(points: pd.DataFrame, by_steps: set[str]) -> pd.DataFrame:
    metrics = _metrics_of(points)
    own = [name for name in metrics if name in by_steps]
    if own and len(own) == len(metrics):
        return _last_of_each_epoch(points.assign(epoch=points["step"]))
    others = points.drop(columns=own)
    if "epoch" not in others or others["epoch"].isna().all():
        others = others.assign(epoch=np.arange(1.0, len(points) + 1))
    others = _last_of_each_epoch(others)
    if not own:
        return others
    at_steps = points[[*_KEYS, "step", *own]].dropna(subset=own, how="all")
    return pd.concat([others, _last_of_each_epoch(at_steps.assign(epoch=at_steps["step"]))])


def _last_of_each_epoch(points: pd.DataFrame) -> pd.DataFrame:
    if points["epoch"].is_unique and points["epoch"].notna().all():  # as nearly always
        return points
    return points.groupby("epoch", sort=False, as_index=False).last()


def counts_steps(history: pd.DataFrame, curve: str) -> bool:
    """Whether the epochs of a curve are steps, as no trial counts epochs for it."""
    if curve not in history or "step" not in history:
        return False
    points = history.dropna(subset=[curve])
    return len(points) > 0 and points["epoch"].equals(points["step"])


def ended(trials: pd.DataFrame) -> pd.DataFrame:
    """The trials that trained to an end, or diverged: those that a rate of divergence is of."""
    return trials[trials["status"].isin(FINISHED)]


def chance_of_diverged(
    plan: Plan, records: Mapping[str, TrialRecord], curve: str
) -> dict[TrialKey, float]:
    """The chance level of a curve, of each diverged trial that counts so; NaN where unknown."""
    if plan.study.diverged != "chance":
        return {}
    found = {}
    for trial in plan.trials:
        record = records.get(trial.hash)
        if record is not None and record.status == "diverged":
            levels = chance_levels(record, with_description(curve, plan.metrics))
            level = levels.get(f"{curve}_mean", levels.get(curve, np.nan))
            found[trial.context, trial.arm, trial.seed] = level
    return found


def resolution_of(
    metric: str, trials: pd.DataFrame, records: Mapping[str, TrialRecord]
) -> Resolution:
    """The step in which a metric changes in each context, which may have a test set of its own: as
    the records say, else as its values do (`step_of`), which can only be too large; NaN where seeds
    make no difference in any arm, as nothing tells then how far they would spread.
    """
    stated = {
        hash_: record.metric_resolution[metric]
        for hash_, record in records.items()
        if metric in record.metric_resolution
    }
    column = metric_column(metric)
    steps = {}
    for name, own in trials.groupby("context", sort=False):
        if stated and (of_context := own["hash"].map(stated)).notna().any():
            steps[str(name)] = float(of_context.max())
        elif column in own:
            steps[str(name)] = _step_shown(own.dropna(subset=[column]), column)
    return steps


def _step_shown(known: pd.DataFrame, column: str) -> float:
    """The step that a context's values show. What a diverged trial counts as need be no number of
    the metric's steps; it is asked where nothing else differs.
    """
    completed = known[known["status"] == "completed"]
    judged = known if completed.empty else completed
    if judged.groupby("arm")[column].nunique().max() == 1 < judged["seed"].nunique():
        return np.nan
    values = completed if completed[column].nunique() > 1 else known
    return step_of(values[column].to_numpy(dtype=float))
