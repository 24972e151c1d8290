"""Curves over seeds, and how soon a threshold is reached."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ablate.analysis.convergence import (
    at_shared_epochs,
    curve_means,
    curve_tables,
    epochs_to,
    place_table,
    point_spacing,
    points_in_common,
)

Curves = dict[str, Sequence[Sequence[float | None]]]


def history_of(curves: Curves, column: str = "accuracy", step: float = 1.0) -> pd.DataFrame:
    """One curve a seed, by arm; points are `step` epochs apart."""
    rows = [
        {"context": "baseline", "arm": arm, "seed": seed, "epoch": step * place, column: value}
        for arm, by_seed in curves.items()
        for seed, curve in enumerate(by_seed)
        for place, value in enumerate(curve, start=1)
    ]
    return pd.DataFrame(rows).astype({column: float})


# --- curves ---------------------------------------------------------------------------------------


def test_a_curve_is_the_mean_over_seeds_with_its_t_interval():
    curve = curve_tables(history_of({"wide": [[50, 60], [54, 64], [58, 62]]}))["accuracy"]
    assert list(curve.columns) == ["context", "arm", "epoch", "n", "seeds", "mean", "low", "high"]
    assert list(curve["epoch"]) == [1.0, 2.0]
    assert list(curve["n"]) == [3, 3]
    for row, values in zip(curve.to_dict("records"), ([50, 54, 58], [60, 64, 62]), strict=True):
        between = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
        assert row["mean"] == pytest.approx(np.mean(values))
        assert (row["low"], row["high"]) == pytest.approx((between.low, between.high))


def test_a_curve_of_one_seed_has_no_interval():
    curve = curve_tables(history_of({"wide": [[50, 60]]}))["accuracy"]
    assert list(curve["mean"]) == [50.0, 60.0]
    assert curve[["low", "high"]].isna().all(axis=None)


def test_a_point_is_averaged_over_the_seeds_that_have_it():
    curve = curve_tables(history_of({"wide": [[50, 60, 70], [52], [None, 62]]}))["accuracy"]
    assert list(curve["n"]) == [2, 2, 1]
    assert list(curve["seeds"]) == [3, 3, 3]
    assert list(curve["mean"]) == [51.0, 61.0, 70.0]
    assert curve["low"].isna().tolist() == [False, False, True]


def test_between_its_points_a_seed_lies_on_the_line_that_joins_them():
    """Seeds that are logged at other steps make one curve, and no zigzag from one to the other."""
    history = pd.concat(
        [
            history_of({"wide": [[None] * (2 + seed) + [10 + seed, None, 20 + seed]]}).assign(
                seed=seed
            )
            for seed in range(2)
        ]
    )
    curve = curve_tables(history)["accuracy"].set_index("epoch")
    assert curve["n"].loc[3:6].tolist() == [1, 2, 2, 1]
    assert curve["mean"].loc[4:5].tolist() == [(15 + 11) / 2, (20 + 16) / 2]


def test_places_of_seeds_that_are_logged_at_other_steps_are_not_added_up():
    def seconds(first: int) -> pd.DataFrame:
        epochs = np.arange(first, 20.0, 4.0)
        return pd.DataFrame({"epoch": epochs, "seconds": 10 * epochs})

    trials = [seconds(2 * seed + 1).assign(seed=seed) for seed in range(2)]
    history = pd.concat(trials).assign(context="baseline", arm="wide")
    places = place_table(history, ["seconds"]).set_index("epoch")["seconds"]
    assert places.loc[3:17].tolist() == [10 * epoch for epoch in places.loc[3:17].index]


def test_a_curve_by_steps_stands_beside_one_by_epochs():
    """At epoch 2 there is a point of each: of the one by its step, of the other by its epoch."""
    accuracy = history_of({"wide": [[50, 60], [52, 62]]}).assign(step=[100.0, 200.0] * 2)
    loss = history_of({"wide": [[None, 3.0, 1.0], [None, 5.0, 2.0]]}, column="loss")
    history = pd.concat([accuracy, loss.assign(step=loss["epoch"])], ignore_index=True)
    curves = curve_tables(history)
    assert curves["accuracy"][["epoch", "mean"]].to_numpy().tolist() == [[1.0, 51.0], [2.0, 61.0]]
    assert curves["loss"][["epoch", "mean"]].to_numpy().tolist() == [[2.0, 4.0], [3.0, 1.5]]
    places = place_table(history.assign(seconds=10 * history["epoch"]), ["seconds"])
    assert places[["epoch", "seconds"]].to_numpy().tolist() == [[1, 10], [2, 20], [3, 30]]


def test_arms_have_curves_of_their_own_in_the_order_of_the_history():
    curve = curve_tables(history_of({"wide": [[50], [51]], "baseline": [[40], [41]]}))["accuracy"]
    assert list(curve["arm"]) == ["wide", "baseline"]
    assert list(curve["mean"]) == [50.5, 40.5]


def test_columns_that_say_where_a_point_lies_are_no_curves():
    history = history_of({"wide": [[50, 60]]}).assign(images=64.0, seconds=1.0, flops=9.0, loss=2.0)
    assert list(curve_tables(history)) == ["accuracy", "loss"]


def test_a_column_without_a_number_is_no_curve():
    history = history_of({"wide": [[50, 60]]}).assign(loss=np.nan)
    assert list(curve_tables(history)) == ["accuracy"]


def test_without_a_history_there_are_no_curves():
    assert curve_tables(pd.DataFrame(columns=["context", "arm", "seed", "epoch"])) == {}


# --- epochs to a threshold ------------------------------------------------------------------------


def test_the_epoch_is_that_of_the_first_point_at_or_beyond_the_threshold():
    history = history_of({"wide": [[50, 60, 70], [60, 55, 70]]}, step=0.5)
    table = epochs_to(history, "accuracy", 60.0, higher_is_better=True, diverged={})
    assert list(table.columns) == ["context", "arm", "seed", "epochs", "reached"]
    assert list(table["seed"]) == [0, 1]
    assert list(table["epochs"]) == [1.0, 0.5]
    assert table["reached"].all()


def test_a_value_short_of_the_threshold_by_rounding_is_there():
    """57 of 100 right, as a mean in double or in single precision has it."""
    for almost in (100 * (57 / 100 - 1e-16), 100 * float(np.float32(0.57))):
        history = history_of({"wide": [[50, almost, 70], [50, 56.99, 70]]})
        table = epochs_to(history, "accuracy", 57.0, higher_is_better=True, diverged={})
        assert almost < 57.0 and list(table["epochs"]) == [2.0, 3.0]


def test_a_lower_value_is_beyond_where_lower_is_better():
    history = history_of({"wide": [[2.0, 1.5, 1.0]]}, column="loss")
    assert list(epochs_to(history, "loss", 1.5, higher_is_better=False, diverged={})["epochs"]) == [
        2.0
    ]


def test_a_trial_that_never_gets_there_counts_with_its_own_last_epoch():
    history = history_of({"wide": [[50, 52]], "baseline": [[50, 52, 54, 60]]})
    table = epochs_to(history, "accuracy", 60.0, higher_is_better=True, diverged={})
    assert list(table["epochs"]) == [2.0, 4.0]
    assert list(table["reached"]) == [False, True]


def test_a_diverged_trial_never_gets_there():
    history = history_of({"wide": [[50, 70], [50, 70]]})
    diverged = {(*key, seed): 10.0 for key in history[["context", "arm"]].values for seed in (1, 2)}
    table = epochs_to(history, "accuracy", 60.0, higher_is_better=True, diverged=diverged)
    by_seed = table.set_index("seed")
    assert list(by_seed.loc[[0, 1, 2], "epochs"]) == [2.0, 2.0, 0.0]
    assert list(by_seed.loc[[0, 1, 2], "reached"]) == [True, False, False]


def test_a_point_without_the_number_does_not_reach():
    history = history_of({"wide": [[None, 70]], "baseline": [[40, None]]})
    table = epochs_to(history, "accuracy", 60.0, higher_is_better=True, diverged={})
    assert list(table["epochs"]) == [2.0, 1.0]
    assert list(table["reached"]) == [True, False]


@pytest.mark.parametrize(
    "history", [history_of({"wide": [[50]]}), history_of({"wide": [[50]]})[:0]]
)
def test_without_the_curve_there_is_no_row(history):
    assert epochs_to(history, "loss", 1.0, higher_is_better=False, diverged={}).empty


def test_points_are_shared_where_both_trials_of_a_seed_have_them_or_one_has_ended():
    often = [[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]]
    rarely = [[None, 2, None, 4, None, None], [1, None, None, None, None, 6]]
    history = history_of({"often": often, "rarely": rarely, "other": [[1] * 6, [1] * 6]})
    arms = {("baseline", "often"), ("baseline", "rarely")}
    shared = at_shared_epochs(history, "accuracy", arms)
    epochs = shared.groupby(["arm", "seed"])["epoch"].agg(list)
    assert epochs["often", 0] == [2, 4, 5, 6]
    assert epochs["rarely", 0] == [2, 4]
    assert epochs["often", 1] == epochs["rarely", 1] == [1, 6]
    assert set(shared["arm"]) == {"often", "rarely"}


@pytest.mark.parametrize("curve", ["accuracy", "loss"])
def test_where_there_is_no_curve_no_point_is_shared(curve):
    history = history_of({"wide": [[50]]})[: 0 if curve == "accuracy" else 1]
    assert at_shared_epochs(history, curve, {("baseline", "wide")}).empty


# --- means and spacing ----------------------------------------------------------------------------


def means_of(history: pd.DataFrame, curve: str = "accuracy", **diverged: float) -> pd.DataFrame:
    keys = set(history[["context", "arm"]].itertuples(index=False, name=None))
    lost = {(*key, int(seed[1:])): level for key in keys for seed, level in diverged.items()}
    return curve_means(history, curve, keys, lost)


def test_the_mean_of_a_curve_is_taken_over_the_points_that_all_have():
    table = means_of(history_of({"wide": [[50, 60, 70], [40, None, 60]]}))
    assert list(table.columns) == ["context", "arm", "seed", "accuracy_mean"]
    assert list(table["accuracy_mean"]) == [(50 + 70) / 2, (40 + 60) / 2]


def test_a_trial_that_has_ended_holds_its_last_value():
    table = means_of(history_of({"wide": [[50, 70], [40, 50, 60, 70]]}))
    assert list(table["accuracy_mean"]) == pytest.approx([(60 + 2 * 70) / 3, 55.0])


def test_the_mean_is_the_area_under_the_lines_that_join_the_points():
    history = history_of({"bn": [[60, 80, 84]], "ln": [[40, 60, 87]]})
    history["epoch"] = [1.0, 10.0, 100.0] * 2
    areas = {"bn": 9 * 70 + 90 * 82, "ln": 9 * 50 + 90 * 73.5}
    means = means_of(history).set_index("arm")["accuracy_mean"]
    assert means.to_dict() == pytest.approx({arm: area / 99 for arm, area in areas.items()})


def test_the_mean_of_a_single_point_is_its_value():
    assert list(means_of(history_of({"wide": [[40]]}))["accuracy_mean"]) == [40.0]


def test_trials_without_a_common_point_have_no_mean():
    history = history_of({"wide": [[50, 60]], "baseline": [[50, 60]]})
    history["epoch"] = [1.0, 3.0, 2.0, 4.0]
    assert means_of(history).empty


def test_where_seeds_have_no_common_point_those_of_one_seed_are_compared_at_theirs():
    history = history_of(
        {"wide": [[None, 60, 80], [50, 60]], "baseline": [[40, 50, 60], [40, 30]]}, step=2.0
    )
    history.loc[history["seed"] == 1, "epoch"] += 1.0
    means = means_of(history).set_index(["arm", "seed"])["accuracy_mean"]
    leads = [means["wide", seed] - means["baseline", seed] for seed in (0, 1)]
    assert leads == pytest.approx([((60 - 50) + (80 - 60)) / 2, ((50 - 40) + (60 - 30)) / 2])


def test_a_diverged_trial_has_the_mean_of_its_chance_level():
    history = history_of({"wide": [[50, 60], [90], [99]]})
    table = means_of(history, _1=10.0, _2=np.nan).set_index("seed")["accuracy_mean"]
    assert table.to_dict() == {0: 55.0, 1: 10.0}


def test_without_the_curve_there_is_no_mean():
    table = means_of(history_of({"wide": [[50]]}), "loss")
    assert list(table.columns) == ["context", "arm", "seed", "loss_mean"]
    assert table.empty


@pytest.mark.parametrize(
    ("reached", "spacing"),
    [([0.5, 0.5], 0.25), ([0.25], 0.25), ([0.5, 1.25], 0.5), ([3.0, np.nan], 1.75), ([0.0], 0.0)],
)
def test_the_spacing_is_the_longest_stretch_before_a_point_of_reaching(reached, spacing):
    history = history_of({"wide": [[1, 2, 3, 4, 5]]})
    history["epoch"] = [0.25, 0.5, 0.75, 1.25, 3.0]
    assert point_spacing(history, pd.Series(reached)) == spacing


def test_where_nothing_is_reached_there_is_no_spacing():
    assert np.isnan(point_spacing(history_of({"wide": [[1]]}), pd.Series(dtype=float)))


# --- places ---------------------------------------------------------------------------------------


def test_a_point_lies_where_it_does_on_average():
    history = history_of({"wide": [[1, 2, 3], [1, 2, 3]]})
    seconds = [10.0, 20.0, 30.0, 20.0, 40.0, 60.0]
    places = place_table(history.assign(seconds=seconds), ["seconds", "images"])
    assert list(places.columns) == ["context", "arm", "epoch", "seconds", "images"]
    assert list(places["seconds"]) == [15.0, 30.0, 45.0]
    assert places["images"].isna().all()


def test_a_trial_that_ends_early_takes_no_time_back():
    """The slow one ends after two points; the third lies one step of the fast one later."""
    history = history_of({"wide": [[1, 2, 3], [1, 2]]})
    places = place_table(history.assign(seconds=[1.0, 2.0, 3.0, 100.0, 200.0]), ["seconds"])
    assert list(places["seconds"]) == [50.5, 101.0, 102.0]


def test_arms_have_places_of_their_own():
    history = history_of({"wide": [[1, 2]], "narrow": [[1, 2]]})
    places = place_table(history.assign(seconds=[1.0, 2.0, 30.0, 60.0]), ["seconds"])
    by_arm = {arm: list(own["seconds"]) for arm, own in places.groupby("arm")}
    assert by_arm == {"wide": [1.0, 2.0], "narrow": [30.0, 60.0]}


def test_points_in_common_are_those_of_each_seed_where_seeds_have_none():
    """A mean over training is then taken by seed, too. Epoch 11 is none that all trials have: those
    of the first seed have ended.
    """
    epochs = [np.arange(1.0, 11.0), np.array([*np.arange(0.5, 10.0), 11.0])]
    trials = [
        pd.DataFrame({"epoch": own, "accuracy": 50.0}).assign(arm=arm, seed=seed)
        for seed, own in enumerate(epochs)
        for arm in ("wide", "baseline")
    ]
    history = pd.concat(trials).assign(context="baseline")
    arms = [("baseline", "wide"), ("baseline", "baseline")]
    assert points_in_common(history, "accuracy", arms, by_seed=False) == (10, 11)
    assert points_in_common(history[history["seed"] == 0], "accuracy", arms, True) == (10, 10)
