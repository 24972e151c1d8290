from collections.abc import Iterator

import pytest

from ablate.tuning.cluster import cluster


@pytest.fixture(scope="session")
def ray() -> Iterator[None]:
    """A private Ray with one CPU, so that trials come one by one, and two would-be GPUs."""
    with cluster(cpus=1, gpus=2):
        yield
