"""The workload that ships. Planning imports this file without torch; what trains, late."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ablate.errors import AblateError, Problem
from ablate.image_classification.flops import training_flops
from ablate.image_classification.metrics import METRICS
from ablate.image_classification.needed_data import load_needed, needed_data
from ablate.image_classification.settings import identity, resolving
from ablate.image_classification.settings.resolving import parse
from ablate.image_classification.training.automatic_precision import automatic_precision
from ablate.workload import MetricDescription, Resources, Settings, Wanted


class ImageClassification:
    """See `ablate.workload.Workload`."""

    name = "image_classification"
    version = identity.VERSION
    metrics: Mapping[str, MetricDescription] = METRICS
    takes_any_settings = False
    marks_final_metrics = True

    def resolve(self, settings: Mapping[str, Any]) -> Settings:
        return resolving.resolve(settings)

    def pinned(self, settings: Mapping[str, Any]) -> Settings:
        return resolving.pinned(settings)

    def identity(self, resolved: Settings) -> Settings:
        return identity.identity(resolved)

    def canonical(self, resolved: Settings) -> Any:
        return identity.canonical(resolved)

    def data_needed(self, resolved: Settings) -> tuple[str, ...]:
        return needed_data(parse(resolved))

    def load_data(self, name: str, data_dir: Path | None) -> Any:
        return load_needed(name, data_dir)

    def training_flops(self, resolved: Settings) -> float:
        return training_flops(parse(resolved))

    def device_check(self, resources: Resources) -> Callable[[], None] | None:
        if resources.gpus > 1:
            raise AblateError(
                Problem(
                    f"--gpus-per-trial {resources.gpus:g}",
                    f"a trial of {self.name} computes on one GPU; the others would idle",
                    "give each trial one GPU, or a share of one, such as 0.5",
                )
            )
        automatic_precision()  # misspelt, it would end each trial by itself
        return _check_gpu if resources.gpus else None

    def run(
        self,
        settings: Settings,
        seed: int,
        resources: Resources,
        data: Mapping[str, Any],
        wanted: Wanted = Wanted(),
    ) -> Iterator[dict[str, Any]]:
        from ablate.image_classification.trial import run_trial

        return run_trial(parse(settings), seed, resources, data, wanted)


WORKLOAD = ImageClassification()


def _check_gpu() -> None:
    from ablate.image_classification.training.device import check_gpu

    check_gpu()
