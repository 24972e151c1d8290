"""Long tables out of a plan and its records."""

import numpy as np
import pandas as pd
import pytest

from ablate.analysis.findings import analyse
from ablate.analysis.tables import (
    counts_steps,
    history_table,
    metric_column,
    resolution_of,
    trial_table,
)
from ablate.records.schema import TrialRecord
from ablate.study.schema import Difference
from ablate.workload import MetricDescription
from tests.analysis.evidence import (
    EPOCHS,
    NORM,
    POOL,
    WIDTH,
    arm,
    plan_of,
    record_of,
    records_of,
)


def test_there_is_one_row_a_planned_trial_arm_by_arm():
    plan = plan_of(WIDTH, seeds=2)
    trials = trial_table(plan, records_of(plan, {"baseline": [80, 81], "wide": [82, 84]}))
    assert list(trials["arm"]) == ["baseline", "baseline", "wide", "wide"]
    assert list(trials["seed"]) == [0, 1, 0, 1]
    assert list(trials["test_accuracy"]) == [80.0, 81.0, 82.0, 84.0]
    assert list(trials["factor.width"]) == ["narrow", "narrow", "wide", "wide"]
    assert set(trials["status"]) == {"completed"}
    assert set(trials["context"]) == {"baseline"}
    assert set(trials["core_seconds"]) == {3600.0}
    assert set(trials["flops"]) == {1e9}
    assert list(trials["hash"]) == [
        trial.hash for name in ("baseline", "wide") for trial in plan.trials if trial.arm == name
    ]


def test_a_trial_without_a_record_is_missing():
    plan = plan_of(WIDTH, seeds=2)
    trials = trial_table(plan, records_of(plan, {"baseline": [80, None]}))
    assert list(trials["status"]) == ["completed", "missing", "missing", "missing"]
    assert trials["test_accuracy"].isna().tolist() == [False, True, True, True]
    assert trials["core_seconds"].isna().tolist() == [False, True, True, True]


def test_without_records_the_metric_is_there_and_empty():
    plan = plan_of(WIDTH, seeds=2)
    trials = trial_table(plan, {})
    assert trials["test_accuracy"].isna().all()
    assert len(trials) == 4


def test_failed_and_pruned_trials_have_no_metrics_but_cost():
    plan = plan_of(WIDTH, seeds=2)
    records = records_of(
        plan,
        {"baseline": ["failed", "pruned"], "wide": [82, 83]},
        chance_level={"test_accuracy": 10.0},
    )
    trials = trial_table(plan, records)
    assert list(trials["status"]) == ["failed", "pruned", "completed", "completed"]
    assert trials["test_accuracy"].isna().tolist() == [True, True, False, False]
    assert set(trials["core_seconds"]) == {3600.0}


@pytest.mark.parametrize(("diverged", "expected"), [("chance", 10.0), ("failure_rate", np.nan)])
def test_a_diverged_trial_counts_at_chance_or_not_at_all(diverged, expected):
    plan = plan_of(WIDTH, seeds=1, diverged=diverged)
    records = records_of(
        plan, {"baseline": [80], "wide": ["diverged"]}, chance_level={"test_accuracy": 10.0}
    )
    trials = trial_table(plan, records)
    assert trials["test_accuracy"].tolist() == pytest.approx([80.0, expected], nan_ok=True)
    assert trials["status"].tolist() == ["completed", "diverged"]


def test_a_metric_named_like_another_column_stands_apart():
    plan = plan_of(WIDTH, seeds=1)
    values = {"test_accuracy": 80.0, "flops": 7.0, "factor.width": 3.0}
    trials = trial_table(plan, records_of(plan, {"baseline": [values]}))
    assert trials["metric.flops"][0] == 7.0
    assert trials["flops"][0] == 1e9
    assert trials["metric.factor.width"][0] == 3.0
    assert trials["factor.width"][0] == "narrow"
    assert [metric_column(name) for name in ("test_accuracy", "flops", "factor.width")] == [
        "test_accuracy", "metric.flops", "metric.factor.width",
    ]  # fmt: skip


@pytest.mark.parametrize("metric", ["flops", "status"])
def test_a_metric_named_like_another_column_is_what_arms_are_compared_in(metric):
    plain, found = (
        findings_of_places(metric=name, metrics={name: MetricDescription(label="m")})
        for name in ("test_accuracy", metric)
    )
    assert found.arms["mean"].tolist() == pytest.approx([n + 7 / 6 for n in range(6)])
    for name in ("arms", "differences"):
        assert getattr(found, name).equals(getattr(plain, name))
    assert found.effects["estimate"].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert found.factorial["share"].tolist() == plain.factorial["share"].tolist()


def findings_of_places(**changes):
    """Of a factorial whose arms are worth more the later they come."""
    plan = plan_of(WIDTH, POOL, seeds=3, design="full_factorial", **changes)
    values = {arm.name: [n, n + 1.0, n + 2.5] for n, arm in enumerate(plan.arms)}
    return analyse(plan, records_of(plan, values))


def test_the_resolution_of_a_metric_named_like_another_column_is_its_own():
    plan = plan_of(WIDTH, seeds=2, metric="flops")
    records = records_of(plan, {"baseline": [1.0, 1.5], "wide": [2.0, 3.0]})
    assert resolution_of("flops", trial_table(plan, records), records) == {"baseline": 0.5}


def test_a_diverged_trial_is_left_out_of_a_metric_named_like_another_column():
    plan = plan_of(
        WIDTH,
        seeds=3,
        metric="flops",
        claims=(Difference(says="Wider is more.", better=arm(width="wide"), worse=arm()),),
    )
    records = records_of(plan, {"baseline": [1.0, 2.0, 3.5], "wide": [2.0, 3.5, "diverged"]})
    (verdict,) = analyse(plan, records).verdicts
    assert verdict.verdict == "undecided"
    assert verdict.note.startswith("Diverged: 1 of 3 (33 %) of wide.")


def test_contexts_with_a_shared_arm_share_its_trials():
    plan = plan_of(WIDTH, EPOCHS, seeds=1, contexts={"small": {}, "large": {"model.width": 16}})
    records = records_of(plan, {("small", "wide"): [82.0], ("small", "baseline"): [80.0]})
    trials = trial_table(plan, records).set_index(["context", "arm"])
    assert trials.loc[("large", "baseline"), "test_accuracy"] == 82.0
    assert trials.loc[("large", "baseline"), "hash"] == trials.loc[("small", "wide"), "hash"]


# --- histories ------------------------------------------------------------------------------------


def test_a_history_has_one_row_a_validation_point():
    plan = plan_of(WIDTH, seeds=2)
    curve = {"epoch": [0.5, 1.0], "validation_loss": [2.0, None]}
    records = records_of(plan, {"baseline": [80, 81]}, {"baseline": [curve, curve]})
    history = history_table(plan, records)
    assert list(history["seed"]) == [0, 0, 1, 1]
    assert list(history["epoch"]) == [0.5, 1.0, 0.5, 1.0]
    assert history["validation_loss"].tolist() == pytest.approx([2.0, np.nan] * 2, nan_ok=True)
    assert set(history["arm"]) == {"baseline"}
    assert set(history["context"]) == {"baseline"}


@pytest.mark.parametrize("place", ["epoch", "step"])
def test_of_several_points_of_one_epoch_or_step_the_last_stands_for_it(place: str):
    plan = plan_of(WIDTH, seeds=1)
    curve = {place: [1, 1, 2, 2], "loss": [4.0, 3.0, 2.0, 1.0]}
    history = history_table(plan, records_of(plan, {"baseline": [80]}, {"baseline": [curve]}))
    assert history[["epoch", "loss"]].to_numpy().tolist() == [[1.0, 3.0], [2.0, 1.0]]


def test_metrics_that_are_logged_at_different_steps_of_an_epoch_keep_their_points():
    plan = plan_of(WIDTH, seeds=1)
    curve = {
        "epoch": [0, 0, 1, 1],
        "step": [99, 100, 199, 200],
        "train_loss": [2.0, None, 1.0, None],
        "accuracy": [None, 50.0, None, 60.0],
    }
    history = history_table(plan, records_of(plan, {"baseline": [80]}, {"baseline": [curve]}))
    assert history[["epoch", "train_loss", "accuracy"]].to_numpy().tolist() == [
        [0.0, 2.0, 50.0],
        [1.0, 1.0, 60.0],
    ]
    assert not counts_steps(history, "train_loss")


def test_a_metric_without_epochs_lies_at_its_steps_beside_others_at_their_epochs():
    plan = plan_of(WIDTH, seeds=1)
    curve = {
        "epoch": [1, None, 2, None],
        "step": [100, 1, 200, 2],
        "loss": [None, 2.0, None, 1.0],
        "accuracy": [50.0, None, 60.0, None],
    }
    history = history_table(plan, records_of(plan, {"baseline": [80]}, {"baseline": [curve]}))
    loss, accuracy = (history.dropna(subset=[name]) for name in ("loss", "accuracy"))
    assert loss[["epoch", "loss"]].to_numpy().tolist() == [[1.0, 2.0], [2.0, 1.0]]
    assert accuracy[["epoch", "accuracy"]].to_numpy().tolist() == [[1.0, 50.0], [2.0, 60.0]]
    assert counts_steps(history, "loss")
    assert not counts_steps(history, "accuracy")
    assert not counts_steps(history, "absent")


def test_points_that_have_exploded_are_no_numbers():
    plan = plan_of(WIDTH, seeds=1)
    curve = {"epoch": [1.0, 2.0, 3.0], "loss": [1e154, -9e307, 2.0]}
    history = history_table(plan, records_of(plan, {"baseline": [80]}, {"baseline": [curve]}))
    assert history["loss"].tolist() == pytest.approx([1e154, np.nan, 2.0], nan_ok=True)


def test_points_without_epochs_are_numbered():
    plan = plan_of(WIDTH, seeds=1)
    records = records_of(plan, {"baseline": [80]}, {"baseline": [{"loss": [3.0, 2.0, 1.0]}]})
    assert list(history_table(plan, records)["epoch"]) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("diverged", "arms"),
    [("chance", ["completed", "diverged"]), ("failure_rate", ["completed"])],
)
def test_histories_are_of_the_trials_that_count(diverged, arms):
    plan = plan_of(WIDTH, NORM, EPOCHS, seeds=1, diverged=diverged)
    names = {"completed": "baseline", "diverged": "wide", "failed": "batch", "pruned": "long"}
    values = {name: [80.0 if status == "completed" else status] for status, name in names.items()}
    curve = {"epoch": [1.0], "validation_loss": [2.0]}
    records = records_of(plan, values, {name: [curve] for name in names.values()})
    assert list(history_table(plan, records)["arm"]) == [names[status] for status in arms]


def test_columns_that_one_workload_lacks_are_empty_there():
    plan = plan_of(WIDTH, seeds=1)
    records = records_of(
        plan,
        {"baseline": [80], "wide": [81]},
        {"baseline": [{"epoch": [1.0], "a": [1.0]}], "wide": [{"epoch": [1.0], "b": [None]}]},
    )
    history = history_table(plan, records)
    assert history["a"].tolist() == pytest.approx([1.0, np.nan], nan_ok=True)
    assert history["b"].isna().all()


def test_without_histories_the_table_is_empty():
    plan = plan_of(WIDTH, seeds=1)
    history = history_table(plan, records_of(plan, {"baseline": [80]}, {"baseline": [{}]}))
    assert list(history.columns) == ["context", "arm", "seed", "epoch"]
    assert history.empty


def test_a_trial_that_stopped_before_its_first_point_has_no_rows():
    plan = plan_of(WIDTH, seeds=1)
    curves = {"baseline": [{"epoch": [], "loss": []}], "wide": [{"epoch": [1.0], "loss": [2.0]}]}
    history = history_table(plan, records_of(plan, {"baseline": [80], "wide": [81]}, curves))
    assert list(history["arm"]) == ["wide"]


# --- resolution -----------------------------------------------------------------------------------


def step_of(trials: pd.DataFrame, records: dict[str, TrialRecord]) -> float:
    return resolution_of("test_accuracy", trials, records)["baseline"]


def test_the_resolution_is_the_one_that_records_state():
    plan = plan_of(WIDTH, seeds=1)
    records = {}
    for trial, step in zip(plan.trials, (0.5, 0.01), strict=True):
        records[trial.hash] = record_of(trial, 80.0, metric_resolution={"test_accuracy": step})
    trials = trial_table(plan, records)
    assert step_of(trials, records) == 0.5


def test_an_unstated_resolution_is_the_step_that_the_values_show():
    plan = plan_of(WIDTH, seeds=3)
    records = records_of(plan, {"baseline": [80.0, 81.5, 80.0], "wide": [82.0, 80.25, None]})
    trials = trial_table(plan, records)
    assert step_of(trials, records) == 0.25


def test_round_off_is_no_resolution():
    plan = plan_of(WIDTH, seeds=2)
    records = records_of(plan, {"baseline": [0.3, 0.1 + 0.2], "wide": [0.8, 0.8]})
    trials = trial_table(plan, records)
    assert step_of(trials, records) == pytest.approx(0.5)


def test_one_diverged_trial_tells_no_resolution_where_seeds_make_no_other_difference():
    plan = plan_of(WIDTH, seeds=3)
    values = {"baseline": [71.2, 71.2, 71.2], "wide": [72.6, 72.6, "diverged"]}
    records = records_of(plan, values, chance_level={"test_accuracy": 10.0})
    trials = trial_table(plan, records)
    assert np.isnan(step_of(trials, records))


def test_where_seeds_make_no_difference_in_any_arm_the_resolution_is_not_known():
    plan = plan_of(WIDTH, seeds=2)
    records = records_of(plan, {"baseline": [80.0, 80.0], "wide": [81.5, 81.5]})
    assert np.isnan(step_of(trial_table(plan, records), records))


@pytest.mark.parametrize("values", [[80.0, 80.0], [None, None], [0.3, 0.1 + 0.2]])
def test_of_a_metric_without_two_values_the_resolution_is_not_known(values):
    plan = plan_of(WIDTH, seeds=2)
    records = records_of(plan, {"baseline": values})
    assert np.isnan(step_of(trial_table(plan, records), records))
    assert resolution_of("test_loss", trial_table(plan, records), records) == {}


def test_what_rounding_to_single_precision_leaves_is_no_step():
    plan = plan_of(WIDTH, seeds=3)
    values = {"baseline": [80.0, 81.0, 82.5], "wide": [81.00001, 82.0, 83.5]}
    records = records_of(plan, values)
    assert step_of(trial_table(plan, records), records) == 0.5


def test_what_a_diverged_trial_counts_as_is_no_value_of_the_metrics_steps():
    plan = plan_of(WIDTH, seeds=3)
    records = records_of(plan, {"baseline": [80.5, 81.0, 80.0], "wide": [81.0, 81.5, 80.5]})
    last = plan.trials[-1]
    chance = {"test_accuracy": 33.3333}
    records[last.hash] = record_of(last, "diverged", chance_level=chance)
    assert step_of(trial_table(plan, records), records) == 0.5


def test_each_context_has_the_step_that_its_own_records_state():
    plan = plan_of(WIDTH, seeds=3, contexts={"small": {}, "large": {"training.epochs": 99}})
    values = {
        (context, name): [80.0 + step * seed for seed in range(3)]
        for context, step in (("small", 0.5), ("large", 0.25))
        for name in ("baseline", "wide")
    }
    records = records_of(plan, values)
    stated = {"metric_resolution": {"test_accuracy": 1.0}}
    records = {
        trial.hash: records[trial.hash].model_copy(
            update=stated if trial.context == "small" else {}
        )
        for trial in plan.trials
    }
    trials = trial_table(plan, records)
    assert resolution_of("test_accuracy", trials, records) == {"small": 1.0, "large": 0.25}


def test_each_context_has_the_step_of_its_own_values():
    plan = plan_of(WIDTH, seeds=3, contexts={"small": {}, "large": {"training.epochs": 99}})
    values = {("small", "baseline"): [80.5, 81.0, 80.0], ("small", "wide"): [81.0, 82.5, 80.5]}
    values |= {("large", "baseline"): [80.51, 81.02, 80.0], ("large", "wide"): [81.0, 82.5, 80.5]}
    records = records_of(plan, values)
    trials = trial_table(plan, records)
    assert resolution_of("test_accuracy", trials, records) == {"small": 0.5, "large": 0.01}
