"""How much each parameter of a search matters for its metric, by two methods of Optuna.

fanova: the share of a random forest's variance, over the whole space, that a parameter explains
alone (Hutter, Hoos and Leyton-Brown 2014). ped_anova: how far the better points' values of a
parameter are from all points' (Watanabe, Bansal and Hutter 2023, arXiv 2304.10255).
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from ablate.quiet_optuna import quiet_optuna
from ablate.records.search_result import SearchPoint, SearchResult
from ablate.study.search_space import Parameter, SearchSpace
from ablate.study.yaml_source import scalar_name

if TYPE_CHECKING:
    import optuna
    from optuna.importance import BaseImportanceEvaluator

METHODS = ("fanova", "ped_anova")
COLUMNS = [
    "context", "arm", "parameter", "method", "importance", "n", "beside", "reason",
]  # fmt: skip
ENOUGH = 10
"""Fewer completed points tell nothing of importances."""
_BETTER = 0.1  # PED-ANOVA compares the best tenth with all points, as in its paper,
_FEWEST_BETTER = 5  # or as many as make it stable, as Optuna's documentation says
_SEED = 0  # of fANOVA's forest


class _Group(NamedTuple):
    """Parameters that are searched together, and points that have them all."""

    parameters: tuple[Parameter, ...]
    points: tuple[SearchPoint, ...]


def importance_table(results: Sequence[SearchResult], space: SearchSpace) -> pd.DataFrame:
    """One row an arm, parameter and method: context, arm, parameter, method (fanova or ped_anova),
    importance, n (completed points that it rests on), beside and reason.

    importance: a share, from 0 to 1, among the parameter and those named in `beside` (their names,
    joined by commas). They are the parameters that every completed point with this parameter has,
    and the importance is taken over these points alone: that of a parameter under a condition says
    nothing of points where the condition fails. Diverged, pruned and failed points do not enter.
    Numbers enter on their parameter's scale. A missing importance has its reason; the same points
    give the same numbers.
    """
    rows = [
        {"context": result.context, "arm": result.arm, "parameter": parameter.name, **row}
        for result in results
        for parameter, row in _rows(result, space)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(result: SearchResult, space: SearchSpace) -> list[tuple[Parameter, dict[str, Any]]]:
    known: dict[tuple[str, tuple[int, ...], tuple[str, ...]], Mapping[str, float] | str] = {}
    rows = []
    for parameter in space.parameters:
        group = _group(result, space, parameter)
        names = tuple(item.name for item in group.parameters)
        common = {
            "n": len(group.points),
            "beside": ", ".join(name for name in names if name != parameter.name),
        }
        for method in METHODS:
            found: Mapping[str, float] | str = _reason_against(group, parameter)
            if not found:
                key = (method, tuple(point.number for point in group.points), names)
                if key not in known:
                    known[key] = _shares(method, group, result.higher_is_better)
                found = known[key]
            missing = isinstance(found, str)
            row = {
                "method": method,
                "importance": math.nan if isinstance(found, str) else found[parameter.name],
                **common,
                "reason": found if missing else "",
            }
            rows.append((parameter, row))
    return rows


def _group(result: SearchResult, space: SearchSpace, parameter: Parameter) -> _Group:
    """The completed points that have a parameter, and the parameters that vary among them and that
    they all have.
    """
    points = tuple(
        point for point in result.points if point.counts and parameter.name in point.values
    )
    beside = tuple(
        item
        for item in space.parameters
        if all(item.name in point.values for point in points)
        and len({scalar_name(point.values[item.name]) for point in points}) > 1
    )
    return _Group(beside, points)


def _reason_against(group: _Group, parameter: Parameter) -> str:
    """Why there is nothing to compute; empty where there is."""
    if len(group.points) < ENOUGH:
        return f"needs {ENOUGH} completed points, and {len(group.points)} have it"
    if len({point.value for point in group.points}) < 2:
        return "all points are worth the same"
    if parameter not in group.parameters:
        return "has the same value in all points"
    if len(group.parameters) < 2:
        return "nothing else is searched with it"
    return ""


def _shares(method: str, group: _Group, higher_is_better: bool) -> Mapping[str, float] | str:
    """The share of each parameter of a group, which add up to 1; or why there are none."""
    with quiet_optuna():
        from optuna.importance import get_param_importances

        try:
            found = get_param_importances(
                _as_study(group, higher_is_better),
                evaluator=_evaluator(method, len(group.points)),
                params=[parameter.name for parameter in group.parameters],
                normalize=False,  # where all are zero, it would say that all matter alike
            )
        except RuntimeError:  # the forest's trees see no variation
            return "the method finds no variation"
    total = sum(found.values())
    if not math.isfinite(total) or total <= 0:
        return "the method tells no parameter apart"
    return {name: float(value / total) for name, value in found.items()}


def _evaluator(method: str, points: int) -> "BaseImportanceEvaluator":
    """By name: what Optuna takes where none is named has changed with its versions."""
    from optuna.importance import FanovaImportanceEvaluator, PedAnovaImportanceEvaluator

    if method == "fanova":
        return FanovaImportanceEvaluator(seed=_SEED)
    return PedAnovaImportanceEvaluator(target_quantile=max(_BETTER, _FEWEST_BETTER / points))


def _as_study(group: _Group, higher_is_better: bool) -> "optuna.Study":
    """The group's points in memory. Numbers are given by their position on the parameter's scale:
    fANOVA would else weigh a log range by its upper decade alone.
    """
    import optuna

    study = optuna.create_study(direction="maximize" if higher_is_better else "minimize")
    distributions: dict[str, optuna.distributions.BaseDistribution] = {
        parameter.name: optuna.distributions.CategoricalDistribution(parameter.choice_names)
        if parameter.type == "categorical"
        else optuna.distributions.FloatDistribution(0.0, 1.0)
        for parameter in group.parameters
    }
    for point in group.points:
        params = {
            parameter.name: scalar_name(point.values[parameter.name])
            if parameter.type == "categorical"
            else parameter.position(point.values[parameter.name])
            for parameter in group.parameters
        }
        study.add_trial(
            optuna.trial.create_trial(params=params, distributions=distributions, value=point.value)
        )
    return study
