import hashlib
from collections.abc import Callable
from functools import partial

import pytest
import torch


def seeded_stream(seed: int, *use: str | int) -> torch.Generator:
    key = hashlib.sha256(repr((seed, *use)).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(key[:8], "big"))


@pytest.fixture
def stream() -> Callable[..., torch.Generator]:
    return partial(seeded_stream, 0)


@pytest.fixture
def other_stream() -> Callable[..., torch.Generator]:
    return partial(seeded_stream, 1)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
