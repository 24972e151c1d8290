"""Arms of several runs stand side by side, with what keeps them from being compared."""

from typing import Any

import numpy as np
import pytest

from ablate.analysis.comparison import Contender, compare, labels_of
from ablate.workload import MetricDescription
from tests.analysis.evidence import POOL, WIDTH, plan_of, records_of

EPOCHS = {"epoch": [1.0, 2.0], "seconds": [5.0, 10.0], "images": [100.0, 200.0]}


def contenders(run: str = "first", factor: Any = WIDTH, **fields: Any) -> list[Contender]:
    """Both arms of a run with two seeds."""
    plan = plan_of(factor, seeds=2, name=run)
    names = [arm.name for arm in plan.arms]
    final = [
        {"test_accuracy": 80.0, "validation_loss": 0.5},
        {"test_accuracy": 82.0, "validation_loss": 0.7},
    ]
    fields.setdefault("provenance", {"dataset": "blobs", "processor": "old"})
    history = [
        EPOCHS | {"validation_loss": [1.0, 0.5], "train_loss": [2.0, 1.0]},
        EPOCHS | {"validation_loss": [2.0, 0.7], "train_loss": [2.0, 1.0]},
    ]
    records = records_of(plan, dict.fromkeys(names, final), dict.fromkeys(names, history), **fields)
    return [Contender(run, plan, records, arm) for arm in plan.arms]


def test_curves_are_means_over_seeds_with_their_places() -> None:
    found = compare(contenders())
    assert list(found.curves) == ["validation_loss"]
    curve = found.curves["validation_loss"]
    assert list(curve.columns) == [
        "label", "epoch", "seconds", "images", "n", "seeds", "mean", "low", "high",
    ]  # fmt: skip
    assert list(curve["label"]) == ["baseline", "baseline", "wide", "wide"]
    own = curve[curve["label"] == "wide"]
    assert own["mean"].tolist() == [1.5, 0.6]
    assert own["seconds"].tolist() == [5.0, 10.0]
    assert own["images"].tolist() == [100.0, 200.0]
    assert own["n"].tolist() == [2, 2]
    assert (own["low"] < own["mean"]).all()
    assert found.warnings == ()


def test_an_arms_row_holds_final_metrics_epochs_seconds_and_seeds() -> None:
    row = compare(contenders()).arms.iloc[1].to_dict()
    low, high = row.pop("validation_loss_low"), row.pop("validation_loss_high")
    assert (low + high) / 2 == pytest.approx(0.6)
    assert row.pop("test_accuracy_low") < 81 < row.pop("test_accuracy_high")
    assert row == {
        "label": "wide", "run": "first", "context": "baseline", "arm": "wide", "n": 2, "seeds": 2,
        "epochs": 2.0, "seconds": 10.0, "validation_loss": 0.6, "test_accuracy": 81.0,
    }  # fmt: skip


def test_a_metric_takes_no_other_columns_name() -> None:
    plan = plan_of(WIDTH, seeds=2, metric="seconds")
    final = [{"seconds": 99 + up, "loss": up, "loss_low": 7.0} for up in (1.0, 3.0)]
    history = [EPOCHS | {"loss": [3.0, 1.0], "loss_low": [4.0, 2.0]}] * 2
    names = [arm.name for arm in plan.arms]
    records = records_of(plan, dict.fromkeys(names, final), dict.fromkeys(names, history))
    found = compare([Contender("run", plan, records, arm) for arm in plan.arms])
    assert found.columns == {
        "loss": "loss", "loss_low": "metric.loss_low", "seconds": "metric.seconds",
    }  # fmt: skip
    row = found.arms.iloc[0].to_dict()
    assert (row["seconds"], row["metric.seconds"]) == (10.0, 101.0)
    assert row["metric.seconds_low"] < 101 < row["metric.seconds_high"]
    assert row["loss_low"] < row["loss"] == 2
    assert row["metric.loss_low"] == 7


def test_the_metrics_that_are_asked_for_are_drawn() -> None:
    found = compare(contenders(), ["train_loss", "validation_loss"])
    assert list(found.curves) == ["train_loss", "validation_loss"]
    assert list(found.metrics) == ["train_loss", "validation_loss", "test_accuracy"]
    assert np.isnan(found.arms["train_loss"]).all()  # no final metric


def test_arms_of_one_name_are_told_apart_by_their_run() -> None:
    both = [*contenders(), *contenders("second", POOL)]
    assert labels_of(both) == ["first: baseline", "wide", "second: baseline", "mean", "stride"]


def test_arms_of_several_contexts_bear_their_context() -> None:
    plan = plan_of(WIDTH, seeds=1, contexts={"small": {}, "large": {"training.epochs": 4}})
    both = [Contender("run", plan, {}, arm) for arm in plan.arms if arm.is_reference]
    assert labels_of(both) == ["small/baseline", "large/baseline"]


def test_curves_on_other_data_are_not_comparable() -> None:
    others = contenders("second", provenance={"dataset": "moons", "processor": "new"})
    assert compare([*contenders(), *others]).warnings == (
        "Not comparable, as the data set differs: blobs (first: baseline, first: wide); moons "
        "(second: baseline, second: wide).",
        "Seconds compare machines as well: old (first: baseline, first: wide); new (second: "
        "baseline, second: wide).",
    )


def test_a_split_into_other_numbers_of_images_is_another_one() -> None:
    first, second = (
        contenders(run, provenance={"dataset": "blobs", "images": {"train": size, "test": 10}})[0]
        for run, size in (("first", 90), ("second", 80))
    )
    assert compare([first, second]).warnings == (
        "Not comparable, as the split differs: 90 train, 10 test (first: baseline); 80 train, 10 "
        "test (second: baseline).",
    )


def with_data(contender: Contender, **settings: Any) -> Contender:
    """The same arm, its records with these settings of the data."""
    records = {
        hash_: record.model_copy(
            update={
                "spec": record.spec.model_copy(
                    update={"settings": record.spec.settings | {"data": settings}}
                )
            }
        )
        for hash_, record in contender.records.items()
    }
    return contender._replace(records=records)


def test_another_part_of_the_data_set_is_named_by_its_setting() -> None:
    first, second, third = (contenders(run)[0] for run in ("first", "second", "third"))
    found = compare(
        [
            with_data(first, dataset="blobs", classes=[0, 1]),
            with_data(second, dataset="blobs", classes=[2, 3]),
            with_data(third, dataset="blobs"),
        ]
    )
    assert found.warnings == (
        "Not the same data, as data.classes differs: [0, 1] (first: baseline); [2, 3] (second: "
        "baseline); the default (third: baseline).",
    )


def test_settings_of_other_workloads_and_of_other_data_sets_are_not_set_against_each_other() -> (
    None
):
    first, second = (contenders(run)[0] for run in ("first", "second"))
    first = with_data(first, classes=[0, 1])
    study = second.plan.study.model_copy(update={"workload": "mine:train"})
    foreign = second._replace(plan=second.plan.model_copy(update={"study": study}))
    assert compare([first, foreign]).warnings == ()
    assert compare([first, second._replace(records={})]).warnings == (
        "second: baseline has no history of validation_loss.",
    )
    moons, *_ = contenders("second", provenance={"dataset": "moons", "processor": "old"})
    assert compare([first, with_data(moons, classes=[2, 3])]).warnings == (
        "Not comparable, as the data set differs: blobs (first: baseline); moons (second: "
        "baseline).",
    )


def test_arms_that_say_nothing_of_themselves_are_not_warned_of() -> None:
    assert compare([*contenders(), *contenders("second", provenance={})]).warnings == ()


@pytest.mark.parametrize(
    ("rule", "how"),
    [
        ("chance", "in metrics at chance level or, where none is known, left out"),
        ("failure_rate", "left out of metrics and curves"),
    ],
)
def test_diverged_trials_are_told_of(rule: str, how: str) -> None:
    first, second = contenders()
    hash_, record = next(iter(second.records.items()))
    gone = record.model_copy(update={"status": "diverged", "metrics": {}})
    study = first.plan.study.model_copy(update={"diverged": rule})
    plan = first.plan.model_copy(update={"study": study})
    mixed = [
        each._replace(plan=plan, records={**each.records, hash_: gone}) for each in (first, second)
    ]
    assert compare(mixed).warnings == (f"1 of 2 trials of baseline diverged ({how}).",)


def test_studies_of_different_metrics_are_said_to_be() -> None:
    first, *_ = contenders()
    second, *_ = contenders("second")
    study = second.plan.study.model_copy(update={"metric": "test_loss"})
    second = second._replace(plan=second.plan.model_copy(update={"study": study}))
    assert compare([first, second]).warnings == (
        "The studies are decided by different metrics: test_accuracy (first: baseline); test_loss "
        "(second: baseline).",
    )


def test_an_arm_without_the_curve_is_named_and_keeps_its_row() -> None:
    first, second = contenders()
    found = compare([first, second._replace(records={})])
    assert found.warnings == ("wide has no history of validation_loss.",)
    assert set(found.curves["validation_loss"]["label"]) == {"baseline"}
    assert found.arms["n"].tolist() == [2, 0]
    assert np.isnan(found.arms["test_accuracy"].iloc[1])


def test_a_unit_differs_only_among_arms_that_have_the_metric() -> None:
    (first, _), (second, _) = contenders(), contenders("second")
    in_percent = MetricDescription(label="train accuracy", unit="%")
    plan = second.plan.model_copy(update={"metrics": {"train_accuracy": in_percent}})
    course = {"epoch": [1.0, 2.0], "train_accuracy": [60.0, 70.0]}
    records = {
        hash_: record.model_copy(update={"history": course})
        for hash_, record in second.records.items()
    }
    second = second._replace(plan=plan, records=records)
    assert compare([first, second], ["train_accuracy"]).warnings == (
        "first: baseline has no history of train_accuracy.",
    )
