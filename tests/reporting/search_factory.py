"""Made-up searches, whose best values are known: the metric falls off with the distance from 0.4 on
every parameter's scale, the first parameter's most.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from ablate.analysis.search_findings import SearchFindings, analyse_search
from ablate.records.schema import Cost, TrialRecord
from ablate.records.search_result import SearchMethod, SearchPoint, SearchResult, write_search
from ablate.study.search_space import Parameter, SearchSpace, rounded
from ablate.study.trial import TrialSpec
from tests.reporting.factory import METRICS


def parameter(name: str, **entries: Any) -> Parameter:
    common = {"name": name, "key": name, "type": "float", "why": "the best is known"}
    return Parameter(**(common | entries))


RATE = parameter("training.learning_rate", range=(1e-5, 1), scale="log")
DROPOUT = parameter("architecture.dropout", range=(0, 0.5))
WIDTH = parameter("architecture.width", type="int", range=(8, 64), scale="log")
OPTIMIZER = parameter("optimizer", type="categorical", choices=("sgd", "adam", None))
MOMENTUM = parameter("momentum", range=(0, 1), when={"optimizer": ("sgd",)})
EIGHT = (
    RATE,
    DROPOUT,
    WIDTH,
    OPTIMIZER,
    *(parameter(f"training.setting_{place}", range=(0, 1)) for place in range(4)),
)
CONDITIONAL = (OPTIMIZER, RATE, MOMENTUM)


def make_search(
    parameters: Sequence[Parameter] = (RATE,),
    arms: Sequence[str] = ("baseline", "strided_conv"),
    contexts: Sequence[str] = ("baseline",),
    points: int = 12,
    seeds: Sequence[int] = (100,),
    unfinished: dict[int, str] | None = None,
    **changes: Any,
) -> tuple[SearchSpace, tuple[SearchResult, ...], dict[str, TrialRecord]]:
    """Space, results and records, drawn from a seeded generator.

    unfinished: number of a point -> how it ended. changes: to the results.
    """
    space = SearchSpace(name="a_space", about="What is known.", parameters=tuple(parameters))
    generator = np.random.default_rng(3)
    records: dict[str, TrialRecord] = {}
    results = []
    for context in contexts:
        for place, arm in enumerate(arms):
            tried = tuple(
                _point(space, number, place, seeds, generator, (unfinished or {}).get(number))
                for number in range(points)
            )
            common = {
                "study": "two_arms",
                "context": context,
                "arm": arm,
                "space": space.name,
                "metric": "validation_accuracy",
                "higher_is_better": True,
                "seeds": tuple(seeds),
                "methods": (SearchMethod(sampler="tpe", seed=0),),
            }
            result = SearchResult(**(common | changes), points=tuple(t[0] for t in tried))
            results.append(result)
            records |= {
                spec.hash: _record(spec, point, value, result.metric)
                for point, values in tried
                for spec, value in values
            }
    return space, tuple(results), records


def make_search_findings(**options: Any) -> SearchFindings:
    """The findings of `make_search`, which takes the options."""
    space, results, records = make_search(**options)
    return analyse_search(make_search_plan(results), space, results, records)


def make_search_plan(results: Sequence[SearchResult], study_seeds: Sequence[int] = (0, 1)) -> Any:
    """As much of a plan as a search's report looks at; the arm `baseline` is the reference."""
    arms = tuple(
        SimpleNamespace(
            name=each.arm, context=each.context, is_reference=each.arm == "baseline", settings={}
        )
        for each in results
    )

    def arm(context: str, name: str) -> Any:
        return next(each for each in arms if (each.context, each.name) == (context, name))

    def load_workload() -> Any:
        return SimpleNamespace(resolve=lambda settings: settings)

    study = SimpleNamespace(
        contexts={"baseline": {"training.epochs": 2}},
        seeds=tuple(study_seeds),
        metric="test_accuracy",
        claims=(),
        published=(),
        design=SimpleNamespace(kind="one_at_a_time", order=None),
    )
    return SimpleNamespace(
        arms=arms, arm=arm, metrics=METRICS, study=study, load_workload=load_workload
    )


def _point(
    space: SearchSpace,
    number: int,
    place: int,
    seeds: Sequence[int],
    generator: np.random.Generator,
    ending: str | None,
) -> tuple[SearchPoint, list[tuple[TrialSpec, float]]]:
    values: dict[str, Any] = {}
    for item in space.parameters:
        drawn = float(generator.uniform())
        if space.active(item, values):
            values[item.name] = _value_at(item, drawn)
    distances = [
        abs(item.position(values[item.name]) - 0.4) * (0.6 if rank == 0 else 0.05)
        for rank, item in enumerate(space.parameters)
        if item.name in values
    ]
    mean = 90 - 2 * place - 100 * sum(distances)
    spread = np.linspace(-1, 1, len(seeds)) if len(seeds) > 1 else [0.0]
    specs = [
        TrialSpec(
            workload="tests.tuning.valley:train",
            workload_version="1",
            settings={"arm": place, **values},
            seed=seed,
        )
        for seed in seeds
    ]
    value = {None: mean, "diverged": 10.0}.get(ending)
    point = SearchPoint(
        number=number,
        values=values,
        settings=space.settings(values),
        status=ending or "completed",
        value=value,
        flops=1e9 * (1 + number),
        trials=tuple(spec.hash for spec in specs),
        error="ray::train() (pid=7)\nValueError: no luck" if ending == "failed" else None,
    )
    return point, [(spec, mean + float(off)) for spec, off in zip(specs, spread, strict=True)]


def _value_at(item: Parameter, position: float) -> Any:
    if item.type == "categorical":
        return item.choices[int(position * len(item.choices))]
    low, high = item.bounds
    value = low * (high / low) ** position if item.scale == "log" else low + position * (high - low)
    return round(value) if item.type == "int" else rounded(float(value))


def _record(spec: TrialSpec, point: SearchPoint, value: float, metric: str) -> TrialRecord:
    return TrialRecord(
        hash=spec.hash,
        spec=spec,
        status=point.status,
        metrics={metric: value} if point.status == "completed" else {},
        cost=Cost(seconds=2, core_seconds=4, flops=1e9),
        provenance={"versions": {"python": "3.12.1"}},
        error=point.error,
    )


def write_search_folder(
    folder: Path, study: str, space: SearchSpace, results: Sequence[SearchResult]
) -> None:
    """A folder as `ablate search` leaves it, but for the records. study: the text of its file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.yaml").write_text(study)
    parameters = {
        item.name: {
            key: value
            for key, value in item.model_dump(mode="json", exclude={"name"}).items()
            if value not in (None, [], {}) and not (key == "scale" and item.choices)
        }
        for item in space.parameters
    }
    text = json.dumps({"about": space.about, "parameters": parameters})
    (folder / "search_space.yaml").write_text(text)
    write_search(results, folder)
