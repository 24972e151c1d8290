"""The arithmetic of a trial."""

from collections.abc import Iterator

import pytest
import torch

from ablate.errors import AblateError
from ablate.image_classification.training import precision as precision_file
from ablate.image_classification.training.precision import (
    Asked,
    choose_precision,
    keep_float32_exact,
)

CPU = torch.device("cpu")


@pytest.fixture
def tensor_float() -> Iterator[None]:
    """TF32 wherever there is any, until the end of the test."""
    allowed = torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.allow_tf32 = True
    yield
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = allowed


@pytest.mark.usefixtures("tensor_float")
def test_float32_is_no_tf32_in_products_nor_in_convolutions():
    assert torch.backends.cuda.matmul.allow_tf32
    keep_float32_exact()
    assert torch.get_float32_matmul_precision() == "highest"
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32


@pytest.mark.parametrize(
    ("asked", "native", "used"),
    [
        ("auto", True, "bfloat16"),
        ("auto", False, "float32"),
        ("float32", True, "float32"),
        ("bfloat16", False, "bfloat16"),
    ],
)
def test_auto_is_bfloat16_where_the_device_has_it(
    monkeypatch: pytest.MonkeyPatch, asked: Asked, native: bool, used: str
):
    monkeypatch.delenv("ABLATE_PRECISION", raising=False)
    monkeypatch.setattr(precision_file, "has_bfloat16", lambda device: native)
    assert choose_precision(asked, CPU).name == used


def test_autocast_is_on_in_bfloat16_alone():
    one = torch.ones(1, 1)
    for asked, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        with choose_precision(asked, CPU).autocast():
            assert (one @ one).dtype == dtype


def test_the_environment_says_what_auto_is_and_nothing_else(monkeypatch: pytest.MonkeyPatch):
    for name in ("float32", "bfloat16"):
        monkeypatch.setenv("ABLATE_PRECISION", name)
        assert choose_precision("auto", CPU).name == name
        assert choose_precision("float32", CPU).name == "float32"
    monkeypatch.setenv("ABLATE_PRECISION", "float16")
    with pytest.raises(AblateError) as caught:
        choose_precision("auto", CPU)
    assert str(caught.value) == (
        "ABLATE_PRECISION=float16: is no precision\n    write float32 or bfloat16, or leave it out"
    )
