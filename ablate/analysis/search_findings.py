"""All that a search says: the tables that its report shows, computed once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, get_args

import numpy as np
import pandas as pd

from ablate.analysis.arm_names import told
from ablate.analysis.edges import edge_of
from ablate.analysis.importance import ENOUGH, importance_table
from ablate.analysis.tables import ArmKey
from ablate.records.asked_metrics import all_as_asked
from ablate.records.failures import each_reason
from ablate.records.schema import TrialRecord
from ablate.records.search_result import PointStatus, SearchPoint, SearchResult
from ablate.records.store import FINISHED
from ablate.study.plan import Plan
from ablate.study.search_space import Parameter, SearchSpace
from ablate.study.seeds import seeds_named
from ablate.workload import MetricDescription, describe_metric, guessed_direction

VALUE, POSITION = "value.", "position."
"""Prefixes of the columns of a parameter in the table of points."""
ENDINGS: tuple[PointStatus, ...] = get_args(PointStatus)
_FLAT = 1e-3  # of points that lie on a line no surface can be drawn


@dataclass(frozen=True, eq=False)
class SearchFindings:
    """A search's tables; the functions that make them name the columns."""

    plan: Plan
    """Of the study whose arms were searched."""
    space: SearchSpace
    results: tuple[SearchResult, ...]
    """At least one."""
    metric: MetricDescription
    """Of what the points are worth."""
    points: pd.DataFrame
    """`point_table`"""
    trials: pd.DataFrame
    """`trial_table`"""
    best: pd.DataFrame
    """`best_table`"""
    importances: pd.DataFrame
    """`importance.importance_table`"""
    pairs: Mapping[ArmKey, tuple[Parameter, Parameter]]
    """`leading_pair` of each arm that has one"""
    warnings: tuple[str, ...]
    """What a reader must know before believing the numbers"""

    @property
    def weighs_cost(self) -> bool:
        """Whether there was a second objective: few FLOPs."""
        return any(result.weighs_cost for result in self.results)


def analyse_search(
    plan: Plan,
    space: SearchSpace,
    results: Sequence[SearchResult],
    records: Mapping[str, TrialRecord],
) -> SearchFindings:
    """Findings from the points of some of a plan's arms, searched in one space by one metric.

    results: at least one. records: by hash, of the points' trials; missing ones of points that
    completed or diverged are warned of.
    """
    first = results[0]
    records = all_as_asked(plan, records, [first.metric])
    metric = describe_metric(first.metric, plan.metrics).model_copy(
        update={"higher_is_better": first.higher_is_better}
    )
    importances = importance_table(results, space)
    pairs = {
        (result.context, result.arm): pair
        for result in results
        if (pair := leading_pair(result, space, importances)) is not None
    }
    return SearchFindings(
        plan=plan,
        space=space,
        results=tuple(results),
        metric=metric,
        points=point_table(results, space),
        trials=trial_table(results, records),
        best=best_table(plan, results, space),
        importances=importances,
        pairs=pairs,
        warnings=tuple(_warnings(plan, results, records)),
    )


def point_table(results: Sequence[SearchResult], space: SearchSpace) -> pd.DataFrame:
    """One row a point, arm by arm in the order of asking: context, arm, point (its number), order
    (from 1), status, value, flops, best and front (whether it is the arm's best, and on its front),
    trials (hashes), error (its gist), and for each parameter value.<name> as tried and
    position.<name>, from 0 to 1 between the ends of its range; missing where the point has no such
    parameter.

    value: the mean over seeds; of a diverged point chance level, where known; else missing.
    """
    rows = [row for result in results for row in _point_rows(result, space)]
    names = [f"{kind}{item.name}" for item in space.parameters for kind in (VALUE, POSITION)]
    about = ["context", "arm", "point", "order", "status", "value", "flops", "best", "front"]
    table = pd.DataFrame(rows, columns=[*about, "trials", "error", *names], dtype=object)
    numbers = ["value", "flops", *(name for name in names if name.startswith(POSITION))]
    types: dict[Any, Any] = dict.fromkeys(numbers, float)
    types |= dict.fromkeys(("point", "order"), int) | dict.fromkeys(("best", "front"), bool)
    return table.astype(types)


def _point_rows(result: SearchResult, space: SearchSpace) -> Iterator[dict[str, Any]]:
    best = result.best
    front = {point.number for point in result.front} if result.weighs_cost else set[int]()
    for order, point in enumerate(result.points, start=1):
        had = [item for item in space.parameters if item.name in point.values]
        yield {
            "context": result.context,
            "arm": result.arm,
            "point": point.number,
            "order": order,
            "status": point.status,
            "value": point.value,
            "flops": point.flops,
            "best": best is not None and point.number == best.number,
            "front": point.number in front,
            "trials": " ".join(point.trials),
            "error": point.reason or None,
            **{f"{VALUE}{item.name}": point.values[item.name] for item in had},
            **{f"{POSITION}{item.name}": item.position(point.values[item.name]) for item in had},
        }


def trial_table(
    results: Sequence[SearchResult], records: Mapping[str, TrialRecord]
) -> pd.DataFrame:
    """One row a trial of a point: context, arm, point, hash, seed, status, value (of a completed
    trial the metric), core_seconds and gpu_seconds; of a trial without a record, status "missing"
    alone.

    Points that share a trial have a row each.
    """
    rows = [
        {
            "context": result.context,
            "arm": result.arm,
            "point": point.number,
            "hash": hash_,
            **_trial_row(records.get(hash_), result.metric),
        }
        for result in results
        for point in result.points
        for hash_ in point.trials
    ]
    return pd.DataFrame(rows, columns=_TRIAL_COLUMNS).astype(
        dict.fromkeys(("seed", "value", "core_seconds", "gpu_seconds"), float)
    )


_TRIAL_COLUMNS = [
    "context", "arm", "point", "hash", "seed", "status", "value", "core_seconds", "gpu_seconds",
]  # fmt: skip


def _trial_row(record: TrialRecord | None, metric: str) -> dict[str, Any]:
    if record is None:
        return {"status": "missing"}
    return {
        "seed": record.spec.seed,
        "status": record.status,
        "value": record.metrics.get(metric),
        "core_seconds": record.cost.core_seconds,
        "gpu_seconds": record.cost.gpu_seconds,
    }


def best_table(plan: Plan, results: Sequence[SearchResult], space: SearchSpace) -> pd.DataFrame:
    """One row an arm: context, arm, points (in all), completed, diverged, pruned, failed, point
    (the number of the best), value, flops, n (seeds), lower and upper (tuples of the names of
    parameters whose best value lies at that end of the range), and value.<name> for each.

    Missing is what an arm without a completed point does not have.
    """
    table = pd.DataFrame([_best_row(plan, result, space) for result in results], dtype=object)
    types: dict[Any, Any] = dict.fromkeys(("point", "value", "flops"), float)
    return table.astype(types | dict.fromkeys(("points", *ENDINGS, "n"), int))


def _best_row(plan: Plan, result: SearchResult, space: SearchSpace) -> dict[str, Any]:
    best, edges = result.best, edges_of(plan, result, space)
    return {
        "context": result.context,
        "arm": result.arm,
        "points": len(result.points),
        **{ending: sum(point.status == ending for point in result.points) for ending in ENDINGS},
        "point": None if best is None else best.number,
        "value": None if best is None else best.value,
        "flops": None if best is None else best.flops,
        "n": len(result.seeds),
        **{
            end: tuple(name for name, at in edges.items() if at == end)
            for end in ("lower", "upper")
        },
        **{
            f"{VALUE}{item.name}": np.nan if best is None else best.values.get(item.name, np.nan)
            for item in space.parameters
        },
    }


def edges_of(plan: Plan, result: SearchResult, space: SearchSpace) -> dict[str, str]:
    """The numeric parameters whose best value lies at an end of their range, by name -> "lower" or
    "upper".
    """
    if result.best is None:
        return {}
    arm, ends = plan.arm(result.context, result.arm), {"lowest": "lower", "highest": "upper"}
    at = {item.name: edge_of(plan, arm, result.best, item) for item in space.parameters}
    return {name: ends[edge] for name, edge in at.items() if edge is not None}


def leading_pair(
    result: SearchResult, space: SearchSpace, importances: pd.DataFrame
) -> tuple[Parameter, Parameter] | None:
    """The two numeric parameters that matter most, by fANOVA, of those that enough completed points
    have together; of equal ones, and where nothing is known, the first of the space. None where no
    two have enough points, or all lie on a line.
    """
    of_arm = importances[
        (importances["context"] == result.context)
        & (importances["arm"] == result.arm)
        & (importances["method"] == "fanova")
    ]
    weights = of_arm.set_index("parameter")["importance"].fillna(0.0)
    numeric = [item for item in space.parameters if item.type != "categorical"]
    pairs = [pair for pair in combinations(numeric, 2) if _spans_a_plane(result, pair)]
    return max(pairs, key=lambda pair: sum(weights[item.name] for item in pair), default=None)


def _spans_a_plane(result: SearchResult, pair: tuple[Parameter, Parameter]) -> bool:
    at = np.array(
        [
            [item.position(point.values[item.name]) for item in pair]
            for point in result.points
            if point.counts and all(item.name in point.values for item in pair)
        ]
    )
    if len(at) < ENOUGH:
        return False
    spread = np.linalg.svd(at - at.mean(axis=0), compute_uv=False)
    return bool(spread[-1] > _FLAT)


def _warnings(
    plan: Plan,
    results: Sequence[SearchResult],
    records: Mapping[str, TrialRecord],
) -> Iterator[str]:
    if guess := guessed_direction(results[0].metric, plan.metrics):
        yield guess
    if both := [seed for seed in results[0].seeds if seed in plan.study.seeds]:
        yield (
            f"{seeds_named(both).capitalize()} of the search "
            f"{'is' if len(both) == 1 else 'are'} the study's, too: settings that were chosen on a "
            "seed look better on it than on others. Search with seeds, or compare arms with seeds, "
            "that the other does not have."
        )
    for result in results:
        name = told(plan, result.context, result.arm)
        if result.best is None:
            yield f"{name}: no point completed, so there is no best one."
        values = [point.value for point in result.points if point.counts]
        if len(values) >= ENOUGH and len(set(values)) == 1:
            yield (
                f"{name}: all {len(values)} points that completed have the same {result.metric}, "
                "as if nothing that is searched changed it."
            )
        if result.outside:
            yield (
                f"{name}: its settings in the study lie outside the space ({result.outside}), and "
                "are none of the points: the best of these may be worse."
            )
        if result.failed:
            one = len(result.failed) == 1
            points, them = ("1 point", "it") if one else (f"{len(result.failed)} points", "them")
            why = each_reason((point.reason for point in result.failed), "point")
            yield f"{name}: {points} failed ({why}); the same search tries {them} again."
        if refused := [point for point in result.points if point.refused]:
            were = "1 point was" if len(refused) == 1 else f"{len(refused)} points were"
            why = each_reason((point.reason for point in refused), "point")
            yield f"{name}: {were} refused by the workload ({why}), and not tried again."
    hashes = {hash_ for result in results for point in result.points for hash_ in _all_run(point)}
    missing = len(hashes - records.keys())
    if missing:
        yield f"The records of {missing} of {len(hashes)} trials are missing."


def _all_run(point: SearchPoint) -> tuple[str, ...]:
    """The trials of a point, if each has a record: the first that is stopped or fails ends others
    before they start.
    """
    return point.trials if point.status in FINISHED else ()
