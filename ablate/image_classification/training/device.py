"""The device of a trial: the CPU, or the one GPU that is lent to it."""

import gc
import os
import re
from pathlib import Path
from typing import Any

import torch

from ablate.errors import AblateError, Problem
from ablate.workload import Resources

GIGABYTE = 1e9
CUBLAS_WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"
_DRIVER = Path("/proc/driver/nvidia/version")


def choose_device(resources: Resources) -> torch.device:
    """The GPU where the trial has one, or a share of one; else the CPU."""
    return torch.device("cuda" if resources.gpus > 0 else "cpu")


def device_name(device: torch.device) -> str:
    """The GPU's model, or cpu."""
    return torch.cuda.get_device_name() if device.type == "cuda" else device.type


def prepare(device: torch.device) -> None:
    """Before a trial's first use of its device; leaves the CPU as it is.

    A GPU computes by deterministic kernels, so that a trial repeats to the last bit, and begins
    with the memory that the trial before has left behind. Kernels that have no deterministic
    counterpart run all the same, since a trial that differs in its last bits is worth more than
    none.
    """
    if device.type != "cuda":
        return
    os.environ.setdefault(CUBLAS_WORKSPACE, ":4096:8")  # read when cuBLAS is first used
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    gc.collect()  # compiled networks lie in cycles
    torch.cuda.init()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)


def gpu_facts(device: torch.device) -> dict[str, Any]:
    """What a GPU's results depend on beside the settings; empty for the CPU."""
    if device.type != "cuda":
        return {}
    memory = torch.cuda.get_device_properties(device).total_memory
    return {
        "driver": driver_version(),
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "memory_gb": round(memory / GIGABYTE, 1),
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "cublas_workspace": os.environ.get(CUBLAS_WORKSPACE),
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "cudnn_tf32": torch.backends.cudnn.allow_tf32,
        "float32_matrix_products": torch.get_float32_matmul_precision(),
    }


def peak_memory(device: torch.device) -> dict[str, Any]:
    """The most that the trial held of a GPU's memory; empty for the CPU."""
    if device.type != "cuda":
        return {}
    return {"peak_memory_gb": round(torch.cuda.max_memory_allocated(device) / GIGABYTE, 2)}


def check_gpu() -> None:
    """Raises AblateError where PyTorch cannot compute on the GPU: Ray counts GPUs by their driver,
    and does not ask whether PyTorch was built for it.
    """
    try:
        float(torch.zeros(1, device="cuda"))
    except (AssertionError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        built = f"for CUDA {torch.version.cuda}" if torch.version.cuda else "without CUDA"
        raise AblateError(
            Problem(
                "the GPU of a trial",
                f"PyTorch {torch.__version__}, built {built}, cannot compute on it under NVIDIA "
                f"driver {driver_version()}: {reason}",
                "install a driver and a PyTorch that fit each other, or train on CPUs with "
                "--gpus-per-trial 0",
            )
        ) from None


def driver_version(file: Path = _DRIVER) -> str:
    """Of NVIDIA's kernel module, as in "535.129.03"; unknown where the system does not say."""
    try:
        found = re.search(r"Kernel Module.*?\s(\d+(?:\.\d+)+)\s", file.read_text())
    except OSError:
        return "unknown"
    return found[1] if found else "unknown"
