from collections.abc import Iterator

import pytest

from ablate.tuning.cluster import cluster


@pytest.fixture(scope="session")
def ray() -> Iterator[None]:
    """A private Ray with one CPU, so that trials come one by one, and two would-be GPUs."""
    with pytest.MonkeyPatch.context() as patch:
        # where a batch system lends one GPU, Ray refuses to offer two
        patch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        with cluster(cpus=1, gpus=2):
            yield
