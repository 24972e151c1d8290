"""Memory that a step leaves serves the next."""

import platform
import subprocess
import sys

import pytest

STEPS = """
import resource, sys
import torch
from ablate.image_classification.training.host_memory import keep_freed_memory
if sys.argv[1] == "kept":
    assert keep_freed_memory()
def step():
    torch.ones(10 * 2**20)  # 40 MiB: glibc itself keeps up to 32
for _ in range(15):  # the heap grows to what the steps need
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(memory: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", STEPS, memory], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks for glibc")
def test_kept_memory_is_not_asked_of_the_system_anew_in_every_step() -> None:
    given_back = page_faults("given back")
    assert page_faults("kept") < given_back / 10
