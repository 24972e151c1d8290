"""What a trial yields, on the embedded digits."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from ablate.errors import DivergedError
from ablate.image_classification.data.image_data import ImageData
from ablate.image_classification.flops import image_flops
from ablate.image_classification.image_sets import image_sets
from ablate.image_classification.initial_network import initial_network
from ablate.image_classification.metrics import METRICS
from ablate.image_classification.settings.resolving import parse
from ablate.image_classification.workload import WORKLOAD
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


@pytest.fixture(scope="module")
def few(digits: dict[str, Any]) -> dict[str, Any]:
    """The first 96 digits to train with, and 24 to test."""
    data: ImageData = digits["digits"]
    return {
        "digits": replace(
            data,
            train_images=data.train_images[:96],
            train_labels=data.train_labels[:96],
            test_images=data.test_images[:24],
            test_labels=data.test_labels[:24],
        )
    }


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


def test_final_metrics_are_marked_and_those_that_points_lack_are_known(
    digits: dict[str, Any],
) -> None:
    *points, final = trial(digits, {"training.epochs": 1})
    assert WORKLOAD.marks_final_metrics
    assert "facts" in final and not any("facts" in point for point in points)
    lacking = {name for name in METRICS if name not in points[0] and not name.startswith("test_")}
    assert {name for name, metric in METRICS.items() if metric.only_at_end} == lacking


def test_flops_count_training_thrice_and_validation_once(digits: dict[str, Any]) -> None:
    resolved = WORKLOAD.resolve(TINY)
    last = trial(digits, {})[-2]
    forward = 2 * (27 * 4 * 1024 + 36 * 8 * 256 + 512 * 64 + 640)
    assert last["flops"] == forward * 2 * (3 * 1290 + 143)
    assert WORKLOAD.training_flops(resolved) == last["flops"]


@pytest.mark.parametrize(
    ("settings", "trained"),
    [
        ({"training.batch_size": 64, "training.drop_last_batch": True}, 1280),
        ({"training.batch_size": 64}, 1290),
        ({"training.batch_size": 1289}, 1289),  # as a batch of one image is none
    ],
)
def test_flops_are_of_the_images_that_are_trained_on(
    digits: dict[str, Any], settings: dict[str, Any], trained: int
) -> None:
    settings = settings | {"training.epochs": 1}
    last = trial(digits, settings)[-2]
    assert last["images"] == trained
    assert WORKLOAD.training_flops(WORKLOAD.resolve({**TINY, **settings})) == last["flops"]


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


def test_a_single_validation_has_no_roughness(few: dict[str, Any]) -> None:
    once = {"training.epochs": 1, "training.validations_per_epoch": 1}
    *points, final = trial(few, once)
    assert len(points) == 1
    assert METRICS.keys() - final.keys() == {"validation_loss_roughness"}


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
    def start(settings: dict[str, Any]) -> Iterator[torch.Tensor]:
        checked = parse(WORKLOAD.resolve({**TINY, **settings}))
        splits = image_sets(checked, digits["digits"], 3, torch.device("cpu"))
        network = initial_network(checked, 3)
        return splits.validation, network.stage1.convolution1.weight

    baseline, arm = start({}), start({"architecture.downsampling": "average_pool"})
    assert all(torch.equal(one, other) for one, other in zip(baseline, arm, strict=True))


class TestWarmUp:
    """What comes before a trial's clock starts."""

    WARM_UP = "ablate.image_classification.trial.warm_up"

    def test_it_changes_no_bit_of_a_result(
        self, few: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = {
            "preset": "good_model",
            "architecture.filters": [4, 8, 8],
            "training.validations_per_epoch": 2,
        }
        warm = trial(few, settings, wanted=Wanted(weights=True))
        monkeypatch.setattr(self.WARM_UP, lambda *arguments: None)
        cold = trial(few, settings, wanted=Wanted(weights=True))
        assert without_times(warm) == without_times(cold)
        assert warm[-1]["facts"]["weights"] == cold[-1]["facts"]["weights"]

    def test_the_clock_starts_after_it(
        self, few: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seconds = 0.0

        def slow(*arguments: Any) -> None:
            nonlocal seconds
            seconds += 100

        monkeypatch.setattr(self.WARM_UP, slow)
        monkeypatch.setattr("time.perf_counter", lambda: seconds)
        *points, final = trial(few, {})
        assert [point["seconds"] for point in points] == [0.0, 0.0]
        assert final["train_seconds"] == 0


def test_what_is_called_float32_is_float32(few: dict[str, Any]) -> None:
    torch.set_float32_matmul_precision("high")
    trial(few, {"training.epochs": 1})
    assert torch.get_float32_matmul_precision() == "highest"


def test_every_arm_that_a_worker_comes_by_is_compiled(
    few: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = 0

    def count(graph: Any, inputs: Any) -> Any:
        nonlocal compiled
        compiled += 1
        return graph.forward

    compile_ = torch.compile
    monkeypatch.setattr(torch, "compile", lambda network: compile_(network, backend=count))
    counts = []
    for filters in (4, 5, 6, 7):
        compiled = 0
        trial(few, {"architecture.filters": [filters], "training.compile": True})
        counts.append(compiled)
    assert counts[0] > 0
    assert counts == counts[:1] * 4


class TestDevice:
    def test_facts_tell_of_a_gpu_and_of_the_memory_it_took(
        self, few: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        device = "ablate.image_classification.trial"
        monkeypatch.setattr(f"{device}.gpu_facts", lambda device: {"cuda": "13.0"})
        monkeypatch.setattr(f"{device}.peak_memory", lambda device: {"peak_memory_gb": 1.5})
        told = trial(few, {"training.epochs": 1})[-1]["facts"]["provenance"]
        assert (told["gpu"], told["peak_memory_gb"]) == ({"cuda": "13.0"}, 1.5)
        settings = {"training.optimizer": "sgd", "training.learning_rate": 1e6}
        with pytest.raises(DivergedError) as caught:
            trial(few, settings)
        assert caught.value.facts["provenance"]["peak_memory_gb"] == 1.5

    def test_on_a_cpu_they_do_not(self, few: dict[str, Any]) -> None:
        told = trial(few, {"training.epochs": 1})[-1]["facts"]["provenance"]
        assert told["device"] == "cpu"
        assert {"gpu", "peak_memory_gb"}.isdisjoint(told)


def test_the_loss_at_the_end_is_measured_against_its_best(digits: dict[str, Any]) -> None:
    *points, final = trial(digits, {"training.learning_rate": 0.05, "training.epochs": 4})
    losses = [point["validation_loss"] for point in points]
    assert final["validation_loss_rise"] == losses[-1] - min(losses)


def test_a_trial_on_some_classes_sees_no_image_of_the_others(digits: dict[str, Any]) -> None:
    from safetensors.torch import load

    settings = {"data.classes": [1, 4, 6], "training.epochs": 1}
    final = trial(digits, settings, wanted=Wanted(weights=True))[-1]
    sizes = [int(sum(labels == c for c in (1, 4, 6)).sum()) for labels in both(digits["digits"])]
    images = final["facts"]["provenance"]["images"]
    assert [images["train"] + images["validation"], images["test"]] == sizes
    assert final["facts"]["chance_level"]["test_accuracy"] == pytest.approx(100 / 3)
    assert load(final["facts"]["weights"])["classifier.output.bias"].shape == (3,)
    assert final["test_accuracy"] > 50
    resolved = WORKLOAD.resolve({**TINY, **settings})
    assert WORKLOAD.training_flops(resolved) == trial(digits, settings)[-2]["flops"]


def both(data: ImageData) -> tuple[Any, Any]:
    return data.train_labels, data.test_labels


def test_a_convolutional_network_takes_images_of_any_size(digits: dict[str, Any]) -> None:
    settings = {"data.image_size": 20, "training.epochs": 1}
    final = trial(digits, settings, wanted=Wanted(weights=True))[-1]
    assert final["test_accuracy"] > 40


class TestBackbone:
    """mobilenet_v3_small, whose blocks are small, on 96 of the digits."""

    SETTINGS = {
        "data.dataset": "digits",
        "data.image_size": 40,
        "architecture.backbone": "mobilenet_v3_small",
        "training.optimizer": "adam",
        "training.learning_rate": 1e-3,
        "training.batch_size": 16,
        "training.epochs": 2,
        "training.precision": "float32",
    }

    @pytest.fixture(autouse=True)
    def own_cache(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def rows(
        self,
        data: dict[str, Any],
        settings: dict[str, Any],
        wanted: Wanted = Wanted(weights=True),
        seed: int = 0,
    ) -> list[dict[str, Any]]:
        resolved = WORKLOAD.resolve({**self.SETTINGS, **settings})
        return list(WORKLOAD.run(resolved, seed, Resources(cpus=1), data, wanted))

    @pytest.mark.parametrize("train_from", ["features.11", "classifier"])
    def test_the_kept_outputs_give_what_frozen_blocks_give_anew(
        self, few: dict[str, Any], train_from: str, tmp_path: Path
    ) -> None:
        settings = {"architecture.train_from": train_from}
        said, *kept = self.rows(few, settings)
        again = self.rows(few, settings)
        anew = self.rows(few, settings | {"training.cache_limit": 0})
        assert "once for 120 images" in said["doing"]
        assert len(list((tmp_path / "ablate" / "features").glob("*.rows"))) == 1
        assert without_times(again) == without_times(kept)
        for one, other in zip(kept, anew, strict=True):
            for name in set(one) - {"facts", "seconds", "train_seconds", "flops"}:
                assert one[name] == pytest.approx(other[name], rel=1e-4, abs=1e-4), name
        part = [rows[-1]["facts"]["provenance"]["frozen_part"] for rows in (kept, anew)]
        assert part == ["once", "with every batch"]

    def test_over_the_limit_it_trains_all_the_same_and_says_so(self, few: dict[str, Any]) -> None:
        settings = {"architecture.train_from": "classifier", "training.epochs": 1}
        said, *points, final = self.rows(few, settings | {"training.cache_limit": 1e-9})
        assert said["doing"].startswith(
            "the output of mobilenet_v3_small before classifier is computed anew for every batch: "
        )
        assert len(points) == 1 and final["facts"]["provenance"]["images"]["test"] == 24

    def test_frozen_blocks_stay_as_they_were_and_the_others_do_not(
        self, few: dict[str, Any]
    ) -> None:
        from safetensors.torch import load

        settings = {"architecture.train_from": "features.11", "training.epochs": 1}
        checked = parse(WORKLOAD.resolve({**self.SETTINGS, **settings}))
        before = initial_network(checked, 0).state_dict()
        after = load(self.rows(few, settings)[-1]["facts"]["weights"])
        assert set(after) == set(before)
        frozen = {
            name for name in before if name.startswith("features.") and int(name.split(".")[1]) < 11
        }
        moved = {name for name in before if not torch.equal(before[name], after[name])}
        assert moved.isdisjoint(frozen)
        assert moved == set(before) - frozen

    def test_weights_of_a_record_are_where_another_trial_starts(
        self, few: dict[str, Any], tmp_path: Path
    ) -> None:
        from safetensors.torch import load

        half = {"data.classes": [0, 1, 2, 3, 4], "training.epochs": 1}
        kept = self.rows(few, half)[-1]["facts"]["weights"]
        file = tmp_path / "kept.safetensors"
        file.write_bytes(kept)
        settings = {
            "data.classes": [5, 6, 7],
            "architecture.weights": str(file),
            "architecture.train_from": "classifier",
            "training.epochs": 1,
        }
        resolved = WORKLOAD.resolve({**self.SETTINGS, **settings})
        dataset, weights = WORKLOAD.data_needed(resolved)
        assert dataset == "digits"
        assert weights == f"weights mobilenet_v3_small {resolved['architecture']['weights']}"
        data = few | {weights: WORKLOAD.load_data(weights, None)}
        file.unlink()  # a worker has none, and settings that are pinned
        settings["architecture.weights"] = resolved["architecture"]["weights"]
        transferred = load(self.rows(data, settings)[-1]["facts"]["weights"])
        pretrained = load(kept)
        assert transferred["classifier.3.bias"].shape == (3,)
        for name in pretrained:
            if name.startswith("features."):
                assert torch.equal(transferred[name], pretrained[name]), name

    def test_random_frozen_blocks_differ_from_seed_to_seed(self, few: dict[str, Any]) -> None:
        settings = {"architecture.train_from": "classifier", "training.epochs": 1}
        first, other = (self.rows(few, settings, seed=seed) for seed in (0, 1))
        assert "once for" in first[0]["doing"]
        assert "once for" in other[0]["doing"]

    def test_flops_are_those_of_the_plan(self, few: dict[str, Any]) -> None:
        for limit in (0, 20):
            settings = {"architecture.train_from": "classifier", "training.cache_limit": limit}
            checked = parse(WORKLOAD.resolve({**self.SETTINGS, **settings}))
            forward = image_flops(checked)
            last = self.rows(few, settings)[-2]
            # 86 images to train with, of which five batches of 16 and one of 6, and 10 to validate
            once = 96 if limit else None
            assert last["flops"] == pytest.approx(forward.of_training(2 * 86, 2 * 10, once))


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
