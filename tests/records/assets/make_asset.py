"""Writes the asset of the present record version: run once, when RECORD_VERSION is raised.

python -m tests.records.assets.make_asset
"""

from pathlib import Path

from ablate.records.encoding import RECORD_VERSION, encode
from ablate.records.schema import Cost, TrialRecord
from ablate.study.trial import TrialSpec

SPEC = TrialSpec(
    workload="image_classification",
    workload_version="1",
    settings={
        "architecture": {"downsampling": "average_pool", "dropout_output": 0.15},
        "data": {"dataset": "cifar10", "digest": "47af8b02cfcfb6cd+f9b1e2130bab680d"},
    },
    seed=1,
)
RECORD = TrialRecord(
    hash=SPEC.hash,
    spec=SPEC,
    status="completed",
    metrics={"test_accuracy": 82.22, "test_loss": 0.5468350784301758},
    history={"epoch": [1.0, 2.0], "validation_loss": [1.25, None]},
    chance_level={"test_accuracy": 10.0},
    metric_resolution={"test_accuracy": 0.01},
    cost=Cost(seconds=613.4, core_seconds=613.4, flops=1.5e14),
    provenance={"python": "3.11.7", "images": {"train": 45000}},
)

if __name__ == "__main__":
    folder = Path(__file__).parent
    (folder / f"record_version_{RECORD_VERSION}.json").write_text(encode(RECORD))
