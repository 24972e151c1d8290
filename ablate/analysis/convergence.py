"""How fast arms learn: curves over seeds, and the epoch at which a threshold is reached."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from ablate.analysis.inference import ALPHA

_TRIAL = ["context", "arm", "seed"]
NO_CURVES = ("context", "arm", "seed", "epoch", "step", "images", "seconds", "flops")
"""Columns of a history that say whose a point is and where it lies."""


def curve_tables(history: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Each column of the history as a curve: columns context, arm, epoch, n, mean, low, high.

    The interval is the 95 % t interval over the seeds that have the point; NaN with one seed.
    Columns that only say where a point lies (epoch, step, images, seconds, flops) are no curves.
    """
    names = [name for name in history.columns if name not in NO_CURVES]
    return {name: _curve(history, name) for name in names if history[name].notna().any()}


def _curve(history: pd.DataFrame, column: str) -> pd.DataFrame:
    points = history.groupby(["context", "arm", "epoch"], sort=False)[column]
    table = points.agg(n="count", mean="mean", sd="std").reset_index()
    quantile = stats.t.ppf(1 - ALPHA / 2, np.maximum(table["n"] - 1, 1))
    half = np.where(table["n"] > 1, quantile * table["sd"] / np.sqrt(table["n"].clip(1)), np.nan)
    return table.assign(low=table["mean"] - half, high=table["mean"] + half).drop(columns="sd")


def place_table(history: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Where the points of each arm lie on average: columns context, arm, epoch and each of `names`
    (such as seconds and images), NaN where the history has none.

    The steps from a point to the next are averaged over the seeds that have both, and added up. So
    a trial that ends early takes nothing back, and while all go on it is the plain mean.
    """
    ordered = history.sort_values("epoch", kind="stable").reindex(
        columns=[*_TRIAL, "epoch", *names]
    )
    numbers = ordered[list(names)].astype(float)
    before = numbers.groupby([ordered[key] for key in _TRIAL]).shift(fill_value=0.0)
    steps = ordered[["context", "arm", "epoch"]].join(numbers - before)
    means = steps.groupby(["context", "arm", "epoch"], as_index=False).mean()
    means[list(names)] = means.groupby(["context", "arm"])[list(names)].cumsum()
    return means


def epochs_to(
    history: pd.DataFrame, curve: str, threshold: float, higher_is_better: bool
) -> pd.DataFrame:
    """One row a trial with a history: context, arm, seed, epochs (of the first point at or beyond
    the threshold) and reached.

    A trial that never gets there counts with the last epoch that any trial reached: what is
    compared is the time to the threshold within so many epochs.
    """
    if curve not in history or history.empty:
        return pd.DataFrame(columns=["context", "arm", "seed", "epochs", "reached"])
    values = history[curve]
    there = values >= threshold if higher_is_better else values <= threshold
    first = history[there].groupby(["context", "arm", "seed"])["epoch"].min()
    trials = history.groupby(["context", "arm", "seed"], sort=False)["epoch"].max()
    epochs = first.reindex(trials.index)
    table = epochs.fillna(history["epoch"].max()).rename("epochs").reset_index()
    return table.assign(reached=epochs.notna().to_numpy())


def curve_means(history: pd.DataFrame, curve: str) -> pd.DataFrame:
    """One row a trial with a history: context, arm, seed and <curve>_mean over its points."""
    if curve not in history:
        return pd.DataFrame(columns=["context", "arm", "seed", f"{curve}_mean"])
    means = history.groupby(["context", "arm", "seed"], sort=False)[curve].mean()
    return means.rename(f"{curve}_mean").reset_index()


def point_spacing(history: pd.DataFrame) -> float:
    """Epochs between validation points, the step in which an epoch of reaching can change."""
    epochs = np.unique(history["epoch"].dropna().to_numpy(dtype=float))
    return float(np.diff(epochs).max()) if len(epochs) > 1 else 0.0
