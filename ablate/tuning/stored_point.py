"""A point of a search space as Optuna holds it: parameters by name, choices by theirs."""

from collections.abc import Mapping
from typing import Any

import optuna

from ablate.study.search_space import Parameter, SearchSpace, Values, rounded
from ablate.study.yaml_source import scalar_name


def suggest(space: SearchSpace, trial: optuna.Trial) -> Values:
    """The point that Optuna takes, parameter by parameter: define-by-run, so that a parameter
    whose condition fails is not asked for at all.
    """
    values: Values = {}
    for parameter in space.parameters:
        if space.active(parameter, values):
            values[parameter.name] = _suggested(parameter, trial)
    return values


def as_stored(space: SearchSpace, values: Mapping[str, Any]) -> dict[str, Any]:
    """A point as Optuna holds it: choices by name."""
    names = {item.name for item in space.parameters if item.type == "categorical"}
    return {name: scalar_name(value) if name in names else value for name, value in values.items()}


def values_of_params(space: SearchSpace, params: Mapping[str, Any]) -> Values:
    """A point out of what Optuna holds."""
    return {
        item.name: item.tried(params[item.name]) for item in space.parameters if item.name in params
    }


def _suggested(parameter: Parameter, trial: optuna.Trial) -> Any:
    log = parameter.scale == "log"
    low, high = parameter.bounds
    match parameter.type:
        case "float":
            return rounded(trial.suggest_float(parameter.name, low, high, log=log))
        case "int":
            return trial.suggest_int(parameter.name, int(low), int(high), log=log)
        case _:
            name = trial.suggest_categorical(parameter.name, parameter.choice_names)
            return parameter.tried(str(name))
