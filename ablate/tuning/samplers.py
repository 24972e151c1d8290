"""Optuna's samplers by name, and the seed that each starts from."""

import hashlib
import io
import json
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

from ablate.errors import AblateError, Problem, did_you_mean
from ablate.records.table_file import joined
from ablate.study.search_space import Parameter, SearchSpace

CMA_STATE = "cma:optimizer"
_SAFE_IN_CMA_STATE = {
    ("cmaes._cma", "CMA"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("_codecs", "encode"),
}


def make_sampler(
    name: str, space: SearchSpace, *, seed: int, asked: int, trials: int
) -> BaseSampler:
    """The sampler of that name, for the next point.

    asked: points asked for so far. What is drawn follows from that and the seed, so that a search
    which was killed goes on as if it had not been; but for the quasi-random sequence and cma_es,
    which remember in the storage how far they have come. trials: points in all, of which tpe and
    gaussian_process draw a third, at least 4 and at most 10, at random; cma_es draws one so.
    """
    drawn = _drawn_seed(seed, asked)
    start = max(4, min(10, trials // 3))
    samplers: dict[str, Callable[[], BaseSampler]] = {
        "tpe": lambda: optuna.samplers.TPESampler(
            seed=drawn, n_startup_trials=start, multivariate=True, group=space.is_conditional
        ),
        "random": lambda: optuna.samplers.RandomSampler(seed=drawn),
        "quasi_monte_carlo": lambda: optuna.samplers.QMCSampler(
            seed=_drawn_seed(seed, 0),
            scramble=True,
            # for what a condition keeps out of the sequence: by the sequence's own seed, which is
            # one for all points, it would be drawn alike each time
            independent_sampler=optuna.samplers.RandomSampler(seed=drawn),
            warn_independent_sampling=False,
        ),
        "gaussian_process": lambda: optuna.samplers.GPSampler(
            seed=drawn, n_startup_trials=start, warn_independent_sampling=False
        ),
        "cma_es": lambda: _CmaEs(
            [item.name for item in _without_condition(space)], seed=drawn, n_startup_trials=1
        ),
        "nsga2": lambda: optuna.samplers.NSGAIISampler(
            seed=drawn, population_size=max(4, min(50, trials // 4))
        ),
    }
    return samplers[name]()


SAMPLERS = ("tpe", "random", "quasi_monte_carlo", "gaussian_process", "cma_es", "nsga2")
TWO_OBJECTIVES = ("nsga2",)
"""Samplers that weigh the metric against cost; the others look at the metric alone."""


FROM_VALUES_ALONE = ("gaussian_process", "cma_es")
"""Samplers that learn nothing of a point without a value."""
_CONDITIONAL_AT_RANDOM = ("gaussian_process", "cma_es", "nsga2")
"""Samplers that learn nothing of what a condition keeps out of some points."""


class _CmaEs(optuna.samplers.CmaEsSampler):
    """Optuna's searches the parameters that all points have so far, and none any more once these
    become fewer: here they are the same from the first point on.
    """

    def __init__(self, names: Sequence[str], *, seed: int, n_startup_trials: int) -> None:
        super().__init__(
            seed=seed, n_startup_trials=n_startup_trials, warn_independent_sampling=False
        )
        self._names = names

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        found = super().infer_relative_search_space(study, trial)
        # In Optuna's order, in which the state that it stores has its axes.
        return {name: found[name] for name in found if name in self._names}


def _without_condition(space: SearchSpace) -> list[Parameter]:
    """The numeric parameters that every point has."""
    return [item for item in space.parameters if item.type != "categorical" and not item.when]


def check_sampler(name: str, space: SearchSpace) -> None:
    """Raises AblateError when there is no such sampler, or it cannot search this space."""
    if name not in SAMPLERS:
        raise AblateError(
            Problem(f"--sampler {name}", f"no sampler named '{name}'", did_you_mean(name, SAMPLERS))
        )
    numeric = _without_condition(space)
    if name == "cma_es" and len(numeric) < 2:
        raise AblateError(
            Problem(
                "--sampler cma_es",
                "needs at least two numeric parameters without a condition, and "
                f"'{space.name}' has {len(numeric) or 'none'}",
                "take tpe or gaussian_process",
            )
        )


def drawn_at_random(name: str, space: SearchSpace) -> str:
    """A sentence on the parameters that a sampler does not learn about; "" where it does of all."""
    names = [item.name for item in space.parameters if item.when]
    if name == "cma_es":
        numeric = _without_condition(space)
        names = [item.name for item in space.parameters if item not in numeric]
    if name not in _CONDITIONAL_AT_RANDOM or not names:
        return ""
    what = "numbers" if name == "cma_es" else "parameters"
    return (
        f"{name} draws {joined(names)} at random, as it learns about {what} that every point has; "
        "tpe learns about all."
    )


def check_cma_state(trials: Sequence[Any], where: str) -> None:
    """Refuse a storage whose CMA-ES state is anything but numbers.

    Optuna keeps that state as a pickle and loads it; a storage that came from elsewhere could make
    it run what it likes. Raises AblateError.
    """
    for trial in trials:
        parts = {k: v for k, v in trial.system_attrs.items() if k.startswith(CMA_STATE)}
        if not parts:
            continue
        try:
            text = "".join(parts[f"{CMA_STATE}:{index}"] for index in range(len(parts)))
            _NumbersOnly(io.BytesIO(bytes.fromhex(text))).load()
        except (KeyError, ValueError, TypeError, EOFError, pickle.UnpicklingError) as error:
            raise AblateError(
                Problem(
                    where,
                    f"the state of CMA-ES in its trial {trial.number} cannot be trusted: {error}",
                    "search in another folder, or with another sampler",
                )
            ) from None


class _NumbersOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _SAFE_IN_CMA_STATE:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return super().find_class(module, name)


def _drawn_seed(seed: int, asked: int) -> int:
    text = json.dumps(["search", seed, asked])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
