"""Studies of the fake workload, made of factors."""

from typing import Any

from ablate.study.schema import Study

POOL = {"max": {"model.pool": "max"}, "mean": {"model.pool": "mean"}}
THREE = {**POOL, "stride": {"model.pool": "stride"}}
NORM = {"none": {"model.norm": "none"}, "batch": {"model.norm": "batch"}}
WIDTH = {"thin": {"model.width": 8}, "wide": {"model.width": 64}}
POSITION = {"before": {"model.position": "before"}, "after": {"model.position": "after"}}
OPTIMIZER = {
    "adam": {"training.optimizer": "adam"},
    "sgd": {"training.optimizer": "sgd", "training.rate": 0.05},
}
MOMENTUM = {
    "levels": {"0": {"training.momentum": 0.0}, "0.9": {"training.momentum": 0.9}},
    "when": {"optimizer": "sgd"},
}
RECIPE = {"pool": POOL, "norm": NORM, "width": WIDTH}


def study(factors: dict[str, Any], **keys: Any) -> Study:
    """A study of factors given as levels, or as a factor's keys."""
    long = {
        name: {"name": name, **(value if "levels" in value else {"levels": value})}
        for name, value in factors.items()
    }
    design = keys.pop("design", {})
    return Study.model_validate(
        {
            "name": "study",
            "question": "?",
            "contexts": {"baseline": {}},
            "factors": long,
            "design": {"kind": design} if isinstance(design, str) else design,
            **keys,
        }
    )
