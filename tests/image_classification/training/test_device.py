"""The device of a trial, with a GPU that is pretended where one is needed."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from ablate.errors import AblateError
from ablate.image_classification.training import device as device_file
from ablate.image_classification.training.device import (
    CUBLAS_WORKSPACE,
    check_gpu,
    choose_device,
    device_name,
    driver_version,
    gpu_facts,
    peak_memory,
    prepare,
)
from ablate.workload import Resources

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is asked of a GPU that PyTorch does not have; its flags are set back afterwards."""
    asked: list[str] = []
    for name in ("init", "empty_cache", "reset_peak_memory_stats"):
        monkeypatch.setattr(
            torch.cuda, name, lambda *device, name=name: asked.append(f"{name} {device}")
        )
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    monkeypatch.delenv(CUBLAS_WORKSPACE, raising=False)
    yield asked
    torch.use_deterministic_algorithms(False)
    torch.utils.deterministic.fill_uninitialized_memory = True


@pytest.mark.parametrize(("gpus", "expected"), [(0.0, CPU), (0.5, GPU), (1.0, GPU)])
def test_a_trial_computes_on_the_gpu_that_it_has_a_share_of(gpus: float, expected: torch.device):
    assert choose_device(Resources(gpus=gpus)) == expected


class TestPrepare:
    def test_a_gpu_computes_deterministically_where_it_can(self, gpu: list[str]):
        prepare(GPU)
        assert torch.are_deterministic_algorithms_enabled()
        assert torch.is_deterministic_algorithms_warn_only_enabled()
        assert not torch.utils.deterministic.fill_uninitialized_memory
        assert not torch.backends.cudnn.benchmark
        assert os.environ[CUBLAS_WORKSPACE] == ":4096:8"

    def test_a_workspace_that_the_user_chose_stays(
        self, gpu: list[str], monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv(CUBLAS_WORKSPACE, ":16:8")
        prepare(GPU)
        assert os.environ[CUBLAS_WORKSPACE] == ":16:8"

    def test_memory_of_the_trial_before_is_given_back_and_not_counted(self, gpu: list[str]):
        prepare(GPU)
        assert gpu == ["init ()", "empty_cache ()", f"reset_peak_memory_stats ({GPU!r},)"]

    def test_the_cpu_is_left_as_it_is(self, gpu: list[str]):
        prepare(CPU)
        assert (gpu, os.environ.get(CUBLAS_WORKSPACE)) == ([], None)
        assert not torch.are_deterministic_algorithms_enabled()
        assert torch.backends.cudnn.benchmark


class TestFacts:
    def test_a_gpu_is_told_with_all_that_its_results_depend_on(
        self, gpu: list[str], monkeypatch: pytest.MonkeyPatch
    ):
        properties = SimpleNamespace(total_memory=85_000_000_000)
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: properties)
        monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 92400)
        monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
        monkeypatch.setattr(torch.version, "cuda", "13.0")
        monkeypatch.setattr(device_file, "driver_version", lambda: "580.95.05")
        prepare(GPU)
        assert gpu_facts(GPU) == {
            "driver": "580.95.05",
            "cuda": "13.0",
            "cudnn": 92400,
            "memory_gb": 85.0,
            "deterministic_algorithms": True,
            "cublas_workspace": ":4096:8",
            "cudnn_benchmark": False,
            "cudnn_tf32": False,
            "float32_matrix_products": torch.get_float32_matmul_precision(),
        }

    def test_the_most_memory_that_a_trial_held_is_told(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 1_234_567_890)
        assert peak_memory(GPU) == {"peak_memory_gb": 1.23}

    def test_a_gpu_is_called_by_its_model(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H100")
        assert device_name(GPU) == "NVIDIA H100"

    def test_of_the_cpu_there_is_its_name_alone(self):
        assert (device_name(CPU), gpu_facts(CPU), peak_memory(CPU)) == ("cpu", {}, {})


class TestCheckGpu:
    CURE = (
        "\n    install a driver and a PyTorch that fit each other, or train on CPUs with "
        "--gpus-per-trial 0"
    )

    @pytest.mark.parametrize(
        ("error", "cuda", "built", "reason"),
        [
            (
                RuntimeError("The NVIDIA driver on your system is too old (found 11040).\nUpdate"),
                "13.0",
                "for CUDA 13.0",
                "The NVIDIA driver on your system is too old (found 11040).",
            ),
            (
                AssertionError("Torch not compiled with CUDA enabled"),
                None,
                "without CUDA",
                "Torch not compiled with CUDA enabled",
            ),
        ],
    )
    def test_a_gpu_that_pytorch_cannot_use_is_the_users_to_cure(
        self,
        monkeypatch: pytest.MonkeyPatch,
        error: Exception,
        cuda: str | None,
        built: str,
        reason: str,
    ):
        def zeros(*shape: int, device: str) -> torch.Tensor:
            raise error

        monkeypatch.setattr(torch, "zeros", zeros)
        monkeypatch.setattr(torch.version, "cuda", cuda)
        monkeypatch.setattr(torch, "__version__", "2.9.1")
        monkeypatch.setattr(device_file, "driver_version", lambda: "470.82.01")
        with pytest.raises(AblateError) as caught:
            check_gpu()
        assert str(caught.value) == (
            f"the GPU of a trial: PyTorch 2.9.1, built {built}, cannot compute on it under NVIDIA "
            f"driver 470.82.01: {reason}{self.CURE}"
        )

    def test_one_that_computes_is_accepted(self, monkeypatch: pytest.MonkeyPatch):
        zero = torch.zeros(1)
        monkeypatch.setattr(torch, "zeros", lambda *shape, device: zero)
        check_gpu()


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu Oct 19 18:56:32 2023\n"
            "GCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1ubuntu1~22.04)\n",
            "535.129.03",
        ),
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build\n",
            "550.54.15",
        ),
        ("something else\n", "unknown"),
    ],
)
def test_the_driver_is_named_as_its_kernel_module_is(tmp_path: Path, text: str, version: str):
    file = tmp_path / "version"
    file.write_text(text)
    assert driver_version(file) == version


def test_without_a_kernel_module_the_driver_is_unknown(tmp_path: Path):
    assert driver_version(tmp_path / "version") == "unknown"
