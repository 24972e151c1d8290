"""How fast arms learn: curves over seeds, and the epoch at which a threshold is reached."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from ablate.analysis.inference import ALPHA
from ablate.analysis.tables import ArmKey, TrialKey, counts_steps, rows_among
from ablate.records.equal_numbers import RELATIVE

_TRIAL = ["context", "arm", "seed"]
NO_CURVES = ("context", "arm", "seed", "epoch", "step", "images", "seconds", "flops")
"""Columns of a history that say whose a point is and where it lies."""


def curve_tables(history: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Each column of the history as a curve: columns context, arm, epoch, n, seeds, mean, low,
    high.

    n: seeds that are in training there, over which mean and 95 % t interval (NaN with one seed) go;
    between two of its points a seed has the value of the line that joins them. seeds: those that
    have any point of the curve. Where n is less, the mean is one of other seeds than elsewhere.
    Columns that only say where a point lies (epoch, step, images, seconds, flops) are no curves.
    """
    names = [name for name in history.columns if name not in NO_CURVES]
    names = [name for name in names if history[name].notna().any()]
    by_steps = [name for name in names if counts_steps(history, name)]
    curves: dict[str, pd.DataFrame] = {}
    for own in filter(None, ([name for name in names if name not in by_steps], by_steps)):
        joined = _at_all_epochs(history.dropna(subset=own, how="all"), own)
        curves |= {name: _curve(joined, name) for name in own}
    return {name: curves[name] for name in names}


def _at_all_epochs(history: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The trials of each arm at the epochs of all of them, as far as each goes; `names` between two
    of its points lie on the line that joins them.
    """
    trials = []
    columns = [*_TRIAL, "epoch", *names]
    for _, arm in history.groupby(["context", "arm"], sort=False):
        every = np.unique(arm["epoch"].dropna())
        whole = len(arm) == len(every) * arm["seed"].nunique()
        if whole and arm[columns].notna().all(axis=None):
            trials.append(arm[columns].sort_values("epoch", kind="stable"))  # as nearly always
            continue
        for key, trial in arm.groupby(_TRIAL, sort=False):
            points = trial.dropna(subset=["epoch"]).set_index("epoch")[list(names)].sort_index()
            known = points.reindex(every).interpolate(method="index", limit_area="inside")
            within = known[(every >= points.index.min()) & (every <= points.index.max())]
            trials.append(within.reset_index().assign(**dict(zip(_TRIAL, key, strict=True))))
    return pd.concat(trials, ignore_index=True) if trials else history


def _curve(history: pd.DataFrame, column: str) -> pd.DataFrame:
    points = history.groupby(["context", "arm", "epoch"], sort=False)[column]
    table = points.agg(n="count", mean="mean", sd="std").reset_index()
    arms = history.dropna(subset=[column]).groupby(["context", "arm"], sort=False)
    seeds = arms["seed"].nunique().rename("seeds").reset_index()
    table = table.merge(seeds, on=["context", "arm"])
    quantile = stats.t.ppf(1 - ALPHA / 2, np.maximum(table["n"] - 1, 1))
    half = np.where(table["n"] > 1, quantile * table["sd"] / np.sqrt(table["n"].clip(1)), np.nan)
    table = table.assign(low=table["mean"] - half, high=table["mean"] + half)
    return table[["context", "arm", "epoch", "n", "seeds", "mean", "low", "high"]]


def place_table(history: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Where the points of each arm lie on average: columns context, arm, epoch and each of `names`
    (such as seconds and images), NaN where the history has none.

    The steps from a point to the next are averaged over the seeds that have both, and added up. So
    a trial that ends early takes nothing back, and while all go on it is the plain mean.
    """
    points = history.reindex(columns=[*_TRIAL, "epoch", *names])
    # A metric that counts steps has rows of its own beside those of the others.
    points = points.groupby([*_TRIAL, "epoch"], sort=False, as_index=False).last()
    starts = points.groupby(_TRIAL, sort=False)["epoch"].min().reset_index()
    starts = starts[starts["epoch"] > 0].assign(epoch=0.0, **dict.fromkeys(names, 0.0))
    ordered = _at_all_epochs(pd.concat([starts, points]), names)
    numbers = ordered[list(names)].astype(float)
    before = numbers.groupby([ordered[key] for key in _TRIAL]).shift(fill_value=0.0)
    steps = ordered[["context", "arm", "epoch"]].join(numbers - before)
    means = steps.groupby(["context", "arm", "epoch"], as_index=False).mean()
    means[list(names)] = means.groupby(["context", "arm"])[list(names)].cumsum()
    return means[means["epoch"].isin(history["epoch"])].reset_index(drop=True)


def at_shared_epochs(history: pd.DataFrame, curve: str, arms: Collection[ArmKey]) -> pd.DataFrame:
    """The points of a curve, of these arms, at which all trials of a seed that are still in
    training have one: one that is looked at less often is not slower for that.
    """
    if curve not in history:
        return history[:0]
    points = rows_among(history, arms).dropna(subset=[curve])
    shared = []
    for _, of_seed in points.groupby("seed", sort=False):
        epochs = _shared([list(trial) for _, trial in of_seed.groupby(_TRIAL)["epoch"]])
        shared.append(of_seed[of_seed["epoch"].isin(epochs)])
    return pd.concat(shared) if shared else points


class PointsInCommon(NamedTuple):
    """How many points a comparison of courses rests on."""

    shared: int
    own: int
    """Those of the trial that has most."""

    @property
    def are_few(self) -> bool:
        """Whether much of a course is not looked at, as the other has no points there."""
        return self.shared < self.own and (self.shared < _FEW or 2 * self.shared < self.own)


_FEW = 4


def points_in_common(
    history: pd.DataFrame, curve: str, arms: Collection[ArmKey], by_seed: bool
) -> PointsInCommon:
    """Of these arms' trials. by_seed: of each seed's trials by themselves, the fewest; else of all,
    if they have any in common, as `curve_means` takes them.
    """
    places = {
        key: list(own["epoch"])
        for key, own in history.dropna(subset=[curve]).groupby(_TRIAL, sort=False)
        if key[:2] in arms
    }
    seeds = {key[2] for key in places}
    shared = [_shared([places[key] for key in places if key[2] == seed]) for seed in seeds]
    every = list(places.values())
    if not by_seed and every and set.intersection(*map(set, every)):
        shared = [_shared(every)]
    return PointsInCommon(min(map(len, shared), default=0), max(map(len, every), default=0))


def _shared(places: Sequence[Collection[float]]) -> list[float]:
    """Epochs, in order, that each of several trials has a point at, or has ended before."""
    trials = [(set(own), max(own)) for own in places]
    every = sorted(set().union(*places))
    return [epoch for epoch in every if all(epoch in own or epoch > last for own, last in trials)]


def epochs_to(
    history: pd.DataFrame,
    curve: str,
    threshold: float,
    higher_is_better: bool,
    diverged: Mapping[TrialKey, float],
) -> pd.DataFrame:
    """One row a trial that has the curve: context, arm, seed, epochs (of the first point at or
    beyond the threshold, or short of it by rounding alone) and reached.

    A trial that never gets there counts with its own last epoch, and takes longer than that: how
    much longer is not known. diverged: trials that count at chance level, which never get there.
    """
    columns = [*_TRIAL, "epochs", "reached"]
    if curve not in history:
        return pd.DataFrame(columns=columns)
    points = history.dropna(subset=[curve])
    reached = points[curve] >= threshold if higher_is_better else points[curve] <= threshold
    there = reached | np.isclose(points[curve], threshold, rtol=RELATIVE, atol=0.0)
    lasted = points.groupby(_TRIAL, sort=False)["epoch"].max()
    first = points[there].groupby(_TRIAL)["epoch"].min().reindex(lasted.index)
    rows = [
        (*key, last, False) if key in diverged or np.isnan(first[key]) else (*key, first[key], True)
        for key, last in {**dict.fromkeys(diverged, 0.0), **lasted}.items()
    ]
    return pd.DataFrame(rows, columns=columns)


def curve_means(
    history: pd.DataFrame,
    curve: str,
    arms: Collection[ArmKey],
    diverged: Mapping[TrialKey, float],
) -> pd.DataFrame:
    """One row a trial of these arms that has the curve: context, arm, seed and <curve>_mean, its
    mean over training: the area under the curve by the length of training.

    All are taken at the same epochs, those at which every trial that is still in training has a
    point, by the trapezoidal rule from the first of them on; where seeds have no such epoch in
    common, the trials of each seed by themselves. A trial that has ended holds its last value for
    as long as another one goes on. diverged: the chance level of the curve, of trials that count
    so; NaN where it is unknown.
    """
    name = f"{curve}_mean"
    if curve not in history:
        return pd.DataFrame(columns=[*_TRIAL, name])
    points: dict[Any, pd.Series[float]] = {
        key: own.set_index("epoch")[curve].sort_index()
        for key, own in history.dropna(subset=[curve]).groupby(_TRIAL, sort=False)
        if key[:2] in arms and key not in diverged
    }
    means = {key: value for key, value in diverged.items() if key[:2] in arms}
    found = _means_at_the_same_epochs(points)
    if not any(map(np.isfinite, found.values())):
        for seed in {key[2] for key in points}:
            of_seed = {key: curve for key, curve in points.items() if key[2] == seed}
            found |= _means_at_the_same_epochs(of_seed)
    means |= found
    rows = [(*key, mean) for key, mean in means.items() if np.isfinite(mean)]
    return pd.DataFrame(rows, columns=[*_TRIAL, name])


def _means_at_the_same_epochs(curves: Mapping[Any, "pd.Series[float]"]) -> dict[Any, float]:
    shared = _shared([curve.index for curve in curves.values()])
    if not any(all(epoch in curve.index for curve in curves.values()) for epoch in shared):
        return dict.fromkeys(curves, np.nan)  # nowhere are all of them known at once
    held = {
        key: curve.reindex(curve.index.union(shared)).ffill().reindex(shared).to_numpy()
        for key, curve in curves.items()
    }
    if len(shared) == 1:
        return {key: float(curve[0]) for key, curve in held.items()}
    length = shared[-1] - shared[0]
    return {key: float(np.trapezoid(curve, shared) / length) for key, curve in held.items()}


def point_spacing(history: pd.DataFrame, reached: "pd.Series[float]") -> float:
    """The longest stretch without a point that ends at one of the epochs `reached`: so much earlier
    the threshold may have been passed. NaN where nothing is reached.

    history: of which these are epochs; before its first lies the start of training, at 0.
    """
    epochs = np.unique([0.0, *history["epoch"].dropna()])
    at = np.unique(reached.dropna())
    before = epochs[np.maximum(np.searchsorted(epochs, at) - 1, 0)]
    return float((at - before).max()) if len(at) else np.nan
