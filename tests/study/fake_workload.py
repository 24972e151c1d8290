"""A workload that trains nothing: a network with a width and a normalisation, and a recipe."""

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ablate.errors import Problem, SettingsError, did_you_mean
from ablate.workload import MetricDescription, Resources, Settings, Wanted

DEFAULTS: dict[str, dict[str, Any]] = {
    "model": {"width": 8, "norm": "none", "position": "before", "pool": "max", "rates": [0.0]},
    "training": {"optimizer": "adam", "rate": 1e-3, "momentum": 0.0, "epochs": 2},
    "data": {"dataset": "blobs"},
}
WORDS = {
    "model.norm": ["none", "batch"],
    "model.position": ["before", "after"],
    "model.pool": ["max", "mean", "stride"],
    "training.optimizer": ["adam", "sgd"],
    "data.dataset": ["blobs", "moons"],
}


class FakeWorkload:
    name = "image_classification"
    version = "7"
    takes_any_settings = False
    marks_final_metrics = False
    metrics: Mapping[str, MetricDescription] = {
        "test_accuracy": MetricDescription(label="test accuracy", unit="%"),
        "test_loss": MetricDescription(label="test loss", higher_is_better=False),
        "gap": MetricDescription(label="gap to the test set", uses_test_data=True),
        "validation_accuracy": MetricDescription(label="validation accuracy", unit="%"),
        "validation_loss": MetricDescription(label="validation loss", higher_is_better=False),
        "best_epoch": MetricDescription(label="best epoch", only_at_end=True),
    }

    def resolve(self, settings: Mapping[str, Any]) -> Settings:
        resolved = copy.deepcopy(DEFAULTS)
        problems = []
        for key, value in settings.items():
            section, _, name = key.partition(".")
            if name not in resolved.get(section, {}):
                known = [f"{s}.{n}" for s, names in DEFAULTS.items() for n in names]
                message, fix = f"no setting named '{key}'", did_you_mean(key, known)
                problems.append(Problem(key, message, fix, about="key"))
            elif key in WORDS and value not in WORDS[key]:
                problems.append(
                    Problem(key, f"{value!r} is not a level", did_you_mean(str(value), WORDS[key]))
                )
            else:
                resolved[section][name] = value
        if resolved["model"]["pool"] == "stride" and resolved["model"]["width"] == 1:
            problems.append(Problem("model", "a strided layer needs a width of at least 2"))
        if problems:
            raise SettingsError(*problems)
        return resolved

    def pinned(self, settings: Mapping[str, Any]) -> Settings:
        return dict(settings)

    def identity(self, resolved: Settings) -> Settings:
        effective = self.canonical(resolved)
        return {
            section: changed
            for section, defaults in DEFAULTS.items()
            if (changed := {k: v for k, v in effective[section].items() if v != defaults[k]})
        }

    def canonical(self, resolved: Settings) -> Settings:
        effective = copy.deepcopy(resolved)
        if effective["model"]["norm"] == "none":
            effective["model"]["position"] = "before"
        if effective["training"]["optimizer"] == "adam":
            effective["training"]["momentum"] = 0.0
        return effective

    def data_needed(self, resolved: Settings) -> tuple[str, ...]:
        return (resolved["data"]["dataset"],)

    def load_data(self, name: str, data_dir: Path | None) -> Any:
        return None

    def training_flops(self, resolved: Settings) -> float:
        return 1000.0 * resolved["model"]["width"] * resolved["training"]["epochs"]

    def device_check(self, resources: Resources) -> None:
        return None

    def run(
        self,
        settings: Settings,
        seed: int,
        resources: Resources,
        data: Mapping[str, Any],
        wanted: Wanted | None = None,
    ) -> Iterator[dict[str, Any]]:
        yield {"test_accuracy": 50.0}


FAKE = FakeWorkload()
