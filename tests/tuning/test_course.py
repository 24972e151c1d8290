import math
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from ablate.errors import DivergedError
from ablate.function_workload import FunctionWorkload
from ablate.study.trial import TrialSpec
from ablate.tuning.course import Doing, Ending, Row, TrialTask, course
from ablate.workload import Resources, Wanted


def make_task(**changes: Any) -> TrialTask:
    spec = TrialSpec(workload="here:train", workload_version="1", settings={}, seed=3)
    return TrialTask(
        **(
            {
                "context": "baseline",
                "arm": "a",
                "spec": spec,
                "settings": {},
                "asked_metrics": {"accuracy"},
            }
            | changes
        )
    )


def events(function: Callable[..., Iterator[Any]], **changes: Any) -> list[Any]:
    return list(course(make_task(**changes), FunctionWorkload("here:train", function), {}))


def ending(function: Callable[..., Iterator[Any]], **changes: Any) -> Ending:
    return events(function, **changes)[-1]


def test_every_row_comes_at_once_and_the_last_holds_the_final_metrics():
    def train(settings, seed):
        yield {"epoch": 1, "loss": np.float32(0.5)}
        yield {"epoch": 2, "loss": 0.25, "extra": True}
        yield {"test_accuracy": 80 + seed}

    first, second = {"epoch": 1.0, "loss": 0.5}, {"epoch": 2.0, "loss": 0.25, "extra": 1.0}
    *rows, (record, weights) = events(train)
    assert rows == [Row(first, None), Row(second, first), Row({"test_accuracy": 83.0}, second)]
    assert record.status == "completed" and weights is None
    assert record.metrics == {"test_accuracy": 83.0}
    assert record.history == {"epoch": [1.0, 2.0], "loss": [0.5, 0.25], "extra": [None, 1.0]}
    assert record.hash == make_task().hash


def test_a_point_is_known_at_once_where_the_workload_marks_its_final_metrics():
    def train(settings, seed):
        yield {"epoch": 1}
        yield {"epoch": 2}
        yield {"accuracy": 80.0, "facts": {}}

    class Marked(FunctionWorkload):
        marks_final_metrics = True

    *rows, (record, _) = course(make_task(), Marked("here:train", train), {})
    one, two = {"epoch": 1.0}, {"epoch": 2.0}
    assert rows == [Row(one, one), Row(two, two), Row({"accuracy": 80.0}, None)]
    assert (record.metrics, record.history) == ({"accuracy": 80.0}, {"epoch": [1.0, 2.0]})


def test_what_a_trial_says_next_shows_that_a_row_was_a_point():
    def train(settings, seed):
        yield {"epoch": 1}
        yield {"doing": "trains on"}
        yield {"accuracy": 80.0}

    row, said, last, (record, _) = events(train)
    assert (row, said) == (Row({"epoch": 1.0}, None), Doing("trains on", {"epoch": 1.0}))
    assert last == Row({"accuracy": 80.0}, None)
    assert (record.metrics, record.history) == ({"accuracy": 80.0}, {"epoch": [1.0]})


def test_what_a_trial_says_comes_between_and_is_in_no_record():
    def train(settings, seed):
        yield {"doing": "reading"}
        yield {"epoch": 1, "loss": 0.5}
        yield {"test_accuracy": 80}

    said, *_, (record, _) = events(train)
    assert said == Doing("reading")
    assert record.history == {"epoch": [1.0], "loss": [0.5]}


def test_facts_are_no_metrics():
    def train(settings, seed):
        facts = {
            "chance_level": {"accuracy": 10.0},
            "metric_resolution": {"accuracy": 0.01},
            "provenance": {"precision": "bfloat16", "sizes": (1, 2), "threads": 7},
            "weights": b"tensors",
        }
        yield {"accuracy": 80.0, "facts": facts}

    record, weights = ending(train, wanted=Wanted(weights=True), provenance={"commit": "abc"})
    assert record.metrics == {"accuracy": 80.0}
    assert record.chance_level == {"accuracy": 10.0}
    assert record.metric_resolution == {"accuracy": 0.01}
    assert record.provenance["precision"] == "bfloat16"
    assert record.provenance["sizes"] == [1, 2]
    assert record.provenance["threads"] == 7, "the workload knows better"
    assert record.provenance["commit"] == "abc"
    assert weights == b"tensors"
    assert "not_given" not in record.provenance
    assert ending(train).weights is None


def test_a_diverged_trial_keeps_its_history_and_facts():
    def train(settings, seed):
        yield {"epoch": 1, "loss": math.inf}
        raise DivergedError("loss is nan in epoch 2", {"chance_level": {"accuracy": 10.0}})

    record, _ = ending(train)
    assert (record.status, record.error, record.metrics) == (
        "diverged",
        "loss is nan in epoch 2",
        {},
    )
    assert record.history == {"epoch": [1.0], "loss": [None]}
    assert record.chance_level == {"accuracy": 10.0}


def test_final_metrics_that_are_asked_for_and_not_finite_mean_divergence():
    def train(settings, seed):
        yield {"epoch": 1}
        yield {"loss": math.nan, "accuracy": 10.0, "minor": math.inf}

    record, _ = ending(train, asked_metrics={"loss", "accuracy"})
    assert "not_finite" not in record.provenance
    assert (record.status, record.error) == ("diverged", "not finite at the end: loss")
    assert record.history == {"epoch": [1.0]}


@pytest.mark.parametrize(
    "name",
    ["loss", "train_loss", "eval.loss", "logloss", "val_nll", "cross_entropy", "losses"],
)
def test_a_loss_that_is_not_finite_means_divergence_whoever_asks(name):
    record, _ = ending(lambda settings, seed: iter([{name: math.nan, "accuracy": 10.0}]))
    assert (record.status, record.error) == ("diverged", f"not finite at the end: {name}")


def test_a_metric_that_no_one_asks_for_may_be_not_finite_and_is_named():
    def train(settings, seed):
        facts = {"weights": b"tensors"}
        yield {"accuracy": 80.0, "minor": math.nan, "least": -math.inf, "facts": facts}

    record, weights = ending(train, wanted=Wanted(weights=True))
    assert (record.status, record.metrics, record.error) == ("completed", {"accuracy": 80.0}, None)
    assert record.provenance["not_finite"] == ["minor", "least"]
    assert weights == b"tensors"


def test_a_trial_of_which_nothing_is_finite_has_diverged():
    record, _ = ending(lambda settings, seed: iter([{"minor": math.nan}]))
    assert (record.status, record.error) == ("diverged", "not finite at the end: minor")


def test_what_is_asked_for_changes_neither_which_trial_it_is_nor_its_record():
    """Studies share trials: another one may not ask for what is not finite here."""

    def train(settings, seed):
        yield {"accuracy": 80.0, "minor": math.nan}

    assert make_task(asked_metrics={"minor"}).hash == make_task().hash
    (asked, _), (not_asked, _) = ending(train, asked_metrics={"minor"}), ending(train)
    for record in (asked, not_asked):
        assert (record.status, record.metrics) == ("completed", {"accuracy": 80.0})
        assert record.provenance["not_finite"] == ["minor"]


@pytest.mark.parametrize("weights", ["a path", {"layer": 1.0}, bytearray(b"tensors")])
def test_weights_are_the_bytes_of_a_file(weights):
    def train(settings, seed):
        yield {"accuracy": 80.0, "facts": {"weights": weights}}

    with pytest.raises(TypeError, match=r"^fact 'weights' is the bytes of a file, not "):
        ending(train)


def test_what_was_asked_for_and_did_not_come_is_noted():
    def train(settings, seed):
        yield {"accuracy": 80.0}

    record, _ = ending(train, wanted=Wanted(test_curve=True, weights=True))
    assert record.provenance["not_given"] == ["test_curve", "weights"]


def test_errors_of_the_workload_pass_through():
    def train(settings, seed):
        yield {"epoch": 1}
        raise ValueError("no luck")

    with pytest.raises(ValueError, match=r"^no luck$"):
        events(train)


@pytest.mark.parametrize(
    ("rows", "kind", "message"),
    [
        ([], ValueError, "workload 'here:train' yielded nothing"),
        ([3], TypeError, "a workload yields dictionaries of numbers, not 3"),
        ([{"loss": "low"}], TypeError, "metric 'loss' is no number but 'low'"),
        ([{"loss": None}], TypeError, "metric 'loss' is no number but None"),
    ],
)
def test_a_workload_that_yields_nonsense_is_told(rows: list, kind: type, message: str):
    with pytest.raises(kind) as caught:
        events(lambda settings, seed: iter(rows))
    assert str(caught.value) == message


def test_cost_counts_the_trials_own_time_and_what_it_held():
    def train(settings, seed):
        time.sleep(0.05)
        yield {"flops": 3e9}
        yield {"accuracy": 80.0}

    steps = course(
        make_task(resources=Resources(cpus=4, gpus=0.5)), FunctionWorkload("here:train", train), {}
    )
    next(steps)
    time.sleep(0.3)
    cost = list(steps)[-1].record.cost
    assert 0.05 <= cost.seconds < 0.25
    assert cost.core_seconds == pytest.approx(4 * cost.seconds)
    assert cost.gpu_seconds == pytest.approx(0.5 * cost.seconds)
    assert cost.flops == 3e9


def test_provenance_says_when_and_where():
    provenance = ending(lambda settings, seed: iter([{"accuracy": 80.0}])).record.provenance
    assert provenance["started"] <= provenance["ended"]
    assert provenance["ended"].endswith("+00:00")
    assert {"processor", "python", "ablate", "threads"} <= set(provenance)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"epoch": 1, "loss": 1.0}, {}], "holds no metric"),
        ([{"accuracy": [1.0, 2.0]}], "metric 'accuracy' is no number but [1.0, 2.0]"),
        ([{"accuracy": np.array([1.0, 2.0])}], "metric 'accuracy' is no number but array"),
        ([{"accuracy": 1.0, "facts": None}], "facts are a dictionary, not None"),
        (
            [{"accuracy": 1.0, "facts": {"chance_level": 10}}],
            "fact 'chance_level' is a dictionary of numbers by metric, not 10",
        ),
    ],
)
def test_what_a_workload_yields_amiss_is_told_in_its_words(rows: list[Any], message: str):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        ending(lambda settings, seed: iter(rows))


def test_a_workload_cannot_call_its_trials_results_from_elsewhere():
    def train(settings, seed):
        yield {"accuracy": 80.0, "facts": {"provenance": {"source": "my repository"}}}

    record, _ = ending(train)
    assert not record.is_from_elsewhere
    assert record.provenance["workload_source"] == "my repository"
