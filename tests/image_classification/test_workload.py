"""What a trial yields, on the embedded digits."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from ablate.errors import DivergedError
from ablate.image_classification.workload import METRICS, WORKLOAD
from ablate.workload import Resources, Wanted

TINY = {
    "data.dataset": "digits",
    "architecture.filters": [4, 8],
    "training.optimizer": "adam",
    "training.learning_rate": 3e-3,
    "training.epochs": 2,
    "training.precision": "float32",
}


@pytest.fixture(scope="module")
def digits() -> dict[str, Any]:
    return {"digits": WORKLOAD.load_data("digits", None)}


def trial(
    data: dict[str, Any], settings: dict[str, Any], seed: int = 0, wanted: Wanted = Wanted()
) -> list[dict[str, Any]]:
    resolved = WORKLOAD.resolve({**TINY, **settings})
    return list(WORKLOAD.run(resolved, seed, Resources(cpus=1), data, wanted))


def without_times(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    times = {"seconds", "train_seconds", "facts"}
    return [{key: value for key, value in row.items() if key not in times} for row in rows]


def test_points_come_at_every_validation_and_final_metrics_last(digits: dict[str, Any]) -> None:
    *points, final = trial(digits, {"training.validations_per_epoch": 2})
    assert [point["epoch"] for point in points] == [0.5, 1.0, 1.5, 2.0]
    assert [point["images"] for point in points] == [640, 1290, 1930, 2580]
    assert set(final) - {"facts"} == set(METRICS)
    assert final["validation_loss"] == points[-1]["validation_loss"]
    assert final["test_accuracy"] > 60
    seconds = [point["seconds"] for point in points]
    assert seconds == sorted(seconds)


def test_flops_count_training_thrice_and_validation_once(digits: dict[str, Any]) -> None:
    resolved = WORKLOAD.resolve(TINY)
    last = trial(digits, {})[-2]
    forward = 2 * (27 * 4 * 1024 + 36 * 8 * 256 + 512 * 64 + 640)
    assert last["flops"] == forward * 2 * (3 * 1290 + 143)
    assert WORKLOAD.training_flops(resolved) == last["flops"]


def test_equal_seed_and_settings_repeat_bit_for_bit(digits: dict[str, Any]) -> None:
    settings = {"architecture.dropout_classifier": 0.5, "training.precision": "auto"}
    first = trial(digits, settings)
    torch.rand(7)  # what else a process drew must not matter
    assert without_times(trial(digits, settings)) == without_times(first)
    assert without_times(trial(digits, settings, seed=1)) != without_times(first)


def test_reading_the_test_set_midway_changes_nothing_else(digits: dict[str, Any]) -> None:
    settings = {"architecture.dropout_classifier": 0.5}
    plain = without_times(trial(digits, settings))
    curve = without_times(trial(digits, settings, wanted=Wanted(test_curve=True)))
    assert {"test_loss", "test_accuracy"} <= set(curve[0])
    stripped = [{key: row[key] for key in other} for row, other in zip(curve, plain, strict=True)]
    assert stripped == plain
    assert curve[-2]["test_accuracy"] == curve[-1]["test_accuracy"]


def test_early_stopping_keeps_the_network_of_the_best_validation(digits: dict[str, Any]) -> None:
    settings = {
        "training.learning_rate": 0.05,
        "training.epochs": 12,
        "training.early_stopping_patience": 1,
    }
    *points, final = trial(digits, settings, wanted=Wanted(test_curve=True))
    best = min(points, key=lambda point: point["validation_loss"])
    assert len(points) < 12
    assert final["validation_loss"] == best["validation_loss"]
    assert final["test_accuracy"] == best["test_accuracy"]
    assert final["best_epoch"] == best["epoch"] < final["epochs"]


def test_roughness_is_the_mean_rise_between_validations(digits: dict[str, Any]) -> None:
    *points, final = trial(digits, {"training.validations_per_epoch": 4})
    losses = [point["validation_loss"] for point in points]
    rises = [max(0.0, losses[i + 1] - losses[i]) for i in range(len(losses) - 1)]
    assert final["validation_loss_roughness"] == pytest.approx(sum(rises) / len(rises))
    assert final["validation_loss_mean"] == pytest.approx(sum(losses) / len(losses))


def test_the_generalization_gap_is_what_training_images_are_ahead(digits: dict[str, Any]) -> None:
    final = trial(digits, {})[-1]
    assert final["generalization_gap"] == final["train_accuracy"] - final["test_accuracy"]


def test_a_loss_that_is_not_finite_ends_the_trial_with_its_facts(digits: dict[str, Any]) -> None:
    settings = {"training.optimizer": "sgd", "training.learning_rate": 1e6}
    with pytest.raises(DivergedError, match=r"training loss is (nan|inf)") as caught:
        trial(digits, settings)
    assert caught.value.facts["chance_level"]["test_accuracy"] == 10
    assert caught.value.facts["chance_level"]["test_loss"] == pytest.approx(math.log(10))


def test_facts_say_how_fine_a_metric_is_and_what_was_used(digits: dict[str, Any]) -> None:
    facts = trial(digits, {})[-1]["facts"]
    assert facts["metric_resolution"]["test_accuracy"] == pytest.approx(100 / 364)
    assert facts["provenance"]["precision"] == "float32"
    assert facts["provenance"]["threads"] == 1
    assert facts["provenance"]["images"] == {"train": 1290, "validation": 143, "test": 364}


def test_wanted_weights_are_those_of_the_scored_network(digits: dict[str, Any]) -> None:
    from safetensors.torch import load

    weights = load(trial(digits, {}, wanted=Wanted(weights=True))[-1]["facts"]["weights"])
    assert weights["classifier.output.weight"].shape == (10, 64)
    assert "weights" not in trial(digits, {})[-1]["facts"]


def test_pairs_start_equal_and_see_the_same_images(digits: dict[str, Any]) -> None:
    from ablate.image_classification import workload

    def start(settings: dict[str, Any]) -> Iterator[torch.Tensor]:
        checked = workload.parse(WORKLOAD.resolve({**TINY, **settings}))
        splits = workload._splits(checked, digits["digits"], 3, torch.device("cpu"))
        precision = workload_precision()
        network = workload._network(checked, 3, precision)
        return splits.validation, network.stage1.convolution1.weight

    baseline, arm = start({}), start({"architecture.downsampling": "average_pool"})
    assert all(torch.equal(one, other) for one, other in zip(baseline, arm, strict=True))


def workload_precision() -> Any:
    from ablate.image_classification.training.precision import choose_precision

    return choose_precision("float32", torch.device("cpu"))


def test_golden_run_has_not_moved(digits: dict[str, Any]) -> None:
    """If this fails because training changed on purpose, raise the workload's version: records
    of the old code must not answer for the new."""
    settings = {
        "preset": "good_model",
        "architecture.filters": [4, 8, 8],
        # batch statistics are summed in an order that differs from processor to processor
        "architecture.normalization": "none",
        "training.validations_per_epoch": 1,
        "training.epochs": 1,
    }
    final = trial(digits, settings)[-1]
    assert WORKLOAD.version == "1"
    assert {key: final[key] for key in GOLDEN} == pytest.approx(GOLDEN, rel=5e-3)


GOLDEN = {"train_loss": 0.92686, "validation_loss": 0.98271, "test_loss": 0.96994}
