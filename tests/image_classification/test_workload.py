"""What the workload asks of a device before anything runs there."""

import pickle

import pytest
import torch

from ablate.errors import AblateError
from ablate.image_classification.workload import WORKLOAD
from ablate.workload import Resources


def test_more_than_one_gpu_is_refused() -> None:
    with pytest.raises(AblateError) as caught:
        WORKLOAD.device_check(Resources(gpus=2))
    assert str(caught.value) == (
        "--gpus-per-trial 2: a trial of image_classification computes on one GPU; the others "
        "would idle\n    give each trial one GPU, or a share of one, such as 0.5"
    )


@pytest.mark.parametrize("gpus", [0.5, 1.0])
def test_a_gpu_is_checked_by_computing_on_it(gpus: float, monkeypatch: pytest.MonkeyPatch) -> None:
    def zeros(*shape: int, device: str) -> torch.Tensor:
        raise RuntimeError(f"no {device} here")

    check = WORKLOAD.device_check(Resources(gpus=gpus))
    assert pickle.dumps(check), "it is sent to a worker"
    monkeypatch.setattr(torch, "zeros", zeros)
    with pytest.raises(AblateError, match="no cuda here"):
        check()


def test_without_a_gpu_there_is_nothing_to_check() -> None:
    assert WORKLOAD.device_check(Resources()) is None


def test_a_misspelt_precision_of_the_environment_is_refused_before_any_trial(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("ABLATE_PRECISION", "fp32")
    with pytest.raises(AblateError) as caught:
        WORKLOAD.device_check(Resources())
    assert str(caught.value) == (
        "ABLATE_PRECISION=fp32: is no precision\n    write float32 or bfloat16, or leave it out"
    )
