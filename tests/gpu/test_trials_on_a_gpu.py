"""What a GPU alone can show: `make gpu`."""

import gc
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ablate.image_classification.image_sets import image_sets
from ablate.image_classification.initial_network import initial_network
from ablate.image_classification.settings.resolving import parse
from ablate.image_classification.training.device import check_gpu, driver_version, prepare
from ablate.image_classification.training.loop import train_steps
from ablate.image_classification.training.optimizers import make_optimizer
from ablate.image_classification.training.precision import choose_precision
from ablate.image_classification.workload import WORKLOAD
from ablate.workload import Resources, Wanted
from tests.integration.command import ablate

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        not torch.cuda.is_available(), reason="there is no GPU that PyTorch can compute on"
    ),
    pytest.mark.filterwarnings("ignore"),
]

GPU = torch.device("cuda")
RESNET = {"preset": "resnet18", "architecture.weights": "none", "data.image_size": 64}
NETWORKS: dict[str, dict[str, Any]] = {
    "good_model": {"preset": "good_model"},
    "goodest_model": {"preset": "goodest_model"},
    "resnet18": RESNET | {"architecture.train_from": None},
    "resnet18, frozen": RESNET | {"architecture.train_from": "layer4"},
}
OF_TIME = {"seconds", "train_seconds", "core_seconds", "gpu_seconds"}


@pytest.fixture(scope="module")
def digits() -> dict[str, Any]:
    return {"digits": WORKLOAD.load_data("digits", None)}


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Own kept features; and what trials set for the whole process is set back."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    yield
    torch.use_deterministic_algorithms(False)
    torch.utils.deterministic.fill_uninitialized_memory = True


def trial(data: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
    """The points and final metrics of one epoch on a GPU."""
    asked = {"data.dataset": "digits", "training.epochs": 1} | settings
    resources = Resources(cpus=1, gpus=1)
    rows = WORKLOAD.run(WORKLOAD.resolve(asked), 3, resources, data, Wanted(weights=True))
    return [row for row in rows if "doing" not in row]


def bits(rows: list[dict[str, Any]]) -> list[Any]:
    """All that a trial computed, its weights among it."""
    numbers = [{k: v for k, v in row.items() if k not in OF_TIME | {"facts"}} for row in rows]
    return [*numbers, rows[-1]["facts"]["weights"]]


@pytest.mark.parametrize("precision", ["auto", "float32"])
@pytest.mark.parametrize("network", NETWORKS)
def test_equal_seeds_give_equal_bits_by_deterministic_kernels_alone(
    digits: dict[str, Any], network: str, precision: str
) -> None:
    settings = NETWORKS[network] | {"training.precision": precision}
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        first = trial(digits, **settings)
    assert not [str(one.message) for one in said if "determinis" in str(one.message)]
    torch.rand(7, device=GPU)  # what else a process drew must not matter
    assert bits(trial(digits, **settings)) == bits(first)


def test_the_warm_up_changes_no_bit(
    digits: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    warm = trial(digits, preset="good_model")
    monkeypatch.setattr(
        "ablate.image_classification.training.warm_up.warm_up", lambda *arguments: None
    )
    assert bits(trial(digits, preset="good_model")) == bits(warm)


def test_a_trial_leaves_no_memory_behind(digits: dict[str, Any]) -> None:
    held = []
    for _ in range(3):
        trial(digits, **NETWORKS["resnet18"])
        gc.collect()
        held.append(torch.cuda.memory_allocated())
    assert held[1] == held[2], "what is held for good are the workspaces of libraries"
    assert held[2] < 2**28


def test_training_waits_for_the_gpu_at_the_end_of_its_steps_alone(digits: dict[str, Any]) -> None:
    prepare(GPU)
    checked = parse(WORKLOAD.resolve({"preset": "good_model", "data.dataset": "digits"}))
    splits = image_sets(checked, digits["digits"], 0, GPU)
    precision = choose_precision("auto", GPU)
    network = precision.place(initial_network(checked, 0))
    optimizer = make_optimizer(network.parameters(), checked.training)
    batch = splits.train[: checked.training.batch_size]

    def waits(steps: int) -> int:
        schedule = iter([None] * steps)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            try:
                train_steps(network, optimizer, schedule, splits.images, [batch] * steps, precision)
            finally:
                torch.cuda.set_sync_debug_mode("default")
        return sum("called a synchronizing" in str(one.message) for one in said)

    waits(2)  # libraries are loaded
    assert 1 <= waits(5) == waits(50) <= 4


def test_float32_is_no_tf32(digits: dict[str, Any]) -> None:
    trial(digits, **{"preset": "good_model", "training.precision": "float32"})
    draws = torch.Generator(GPU).manual_seed(0)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(shape, generator=draws, device=GPU)

    for operation, one, other in (
        (torch.matmul, drawn(512, 512), drawn(512, 512)),
        (functional.conv2d, drawn(16, 64, 32, 32), drawn(64, 64, 3, 3)),
    ):
        exact = operation(one.double(), other.double())
        error = (operation(one, other) - exact).abs().max() / exact.abs().max()
        assert error < 5e-5, "of TF32 it is about 3e-4"


def test_compiled_networks_train_as_the_others_do(digits: dict[str, Any]) -> None:
    from torch._dynamo.utils import counters

    settings = {"preset": "good_model", "training.epochs": 3, "training.precision": "float32"}
    plain = trial(digits, **settings)[-1]
    counters.clear()
    compiled = trial(digits, **settings, **{"training.compile": True})[-1]
    assert counters["stats"]["unique_graphs"] > 0
    assert compiled["validation_loss"] == pytest.approx(plain["validation_loss"], abs=0.3)


def test_a_record_tells_of_the_gpu(digits: dict[str, Any]) -> None:
    told = trial(digits, preset="good_model")[-1]["facts"]["provenance"]
    assert told["device"] == torch.cuda.get_device_name()
    assert told["gpu"]["deterministic_algorithms"] and not told["gpu"]["cudnn_tf32"]
    assert told["gpu"]["driver"] == driver_version()
    assert 0 < told["peak_memory_gb"] < told["gpu"]["memory_gb"]


def test_two_trials_that_share_a_gpu_repeat_in_other_processes(tmp_path: Path) -> None:
    check_gpu()
    runs = []
    for name in ("first", "again"):
        done = ablate(
            "run", "studies/smoke.yaml", "--gpus-per-trial", "0.5", "--out", tmp_path / name
        )
        assert done.returncode == 0, done.stderr
        files = sorted((tmp_path / name / "records").glob("*.json"))
        runs.append([json.loads(file.read_text()) for file in files])
    first, again = ([computed(record) for record in records] for records in runs)
    assert len(first) == 4 and first == again
    assert all(record["cost"]["gpu_seconds"] > 0 for record in runs[0])


def computed(record: dict[str, Any]) -> list[Any]:
    """What of a record may not change when it is made again."""
    parts = (record["metrics"], record["history"])
    return [
        record["hash"],
        *({k: v for k, v in part.items() if k not in OF_TIME} for part in parts),
    ]
