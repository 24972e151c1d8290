"""Records to store, and the study that asks for them."""

from typing import Any

from ablate.records.schema import Cost, TrialRecord
from ablate.study.schema import Study
from ablate.study.trial import TrialSpec


def make_record(seed: int = 0, **changes: Any) -> TrialRecord:
    spec = TrialSpec(
        workload="image_classification",
        workload_version="1",
        settings={"training": {"learning_rate": 0.00012345678901}},
        seed=seed,
    )
    fields: dict[str, Any] = {
        "hash": spec.hash,
        "spec": spec,
        "status": "completed",
        "metrics": {"test_accuracy": 82.5},
        "history": {"epoch": [1.0, 2.0], "validation_loss": [0.75, None]},
        "metric_resolution": {"test_accuracy": 0.01},
        "cost": Cost(seconds=4.0, core_seconds=8.0, flops=1.5e12),
        "provenance": {"python": "3.11.7", "images": {"train": 45000}},
    }
    return TrialRecord(**(fields | changes))


def make_failed(seed: int = 0, error: str = "ValueError: no luck") -> TrialRecord:
    return make_record(seed, status="failed", metrics={}, history={}, error=error)


def make_study(**changes: Any) -> Study:
    return Study(name="pooling", question="?", contexts={"baseline": {}}, factors={}, **changes)
