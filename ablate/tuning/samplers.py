"""Optuna's samplers by name, and the seed that each starts from."""

import hashlib
import io
import json
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import optuna
from optuna.samplers import BaseSampler

from ablate.errors import AblateError, Problem, did_you_mean
from ablate.study.search_space import SearchSpace

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
    which was killed goes on as if it had not been; but for the quasi-random sequence, which
    remembers in the storage how far it has come. trials: points in all, of which tpe and
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
        "cma_es": lambda: optuna.samplers.CmaEsSampler(
            seed=drawn, n_startup_trials=1, warn_independent_sampling=False
        ),
        "nsga2": lambda: optuna.samplers.NSGAIISampler(
            seed=drawn, population_size=max(4, min(50, trials // 4))
        ),
    }
    return samplers[name]()


SAMPLERS = ("tpe", "random", "quasi_monte_carlo", "gaussian_process", "cma_es", "nsga2")
TWO_OBJECTIVES = ("nsga2",)
"""Samplers that weigh the metric against cost; the others look at the metric alone."""


def check_sampler(name: str, space: SearchSpace) -> None:
    """Raises AblateError when there is no such sampler, or it cannot search this space."""
    if name not in SAMPLERS:
        raise AblateError(
            Problem(f"--sampler {name}", f"no sampler named '{name}'", did_you_mean(name, SAMPLERS))
        )
    numeric = [item for item in space.parameters if item.type != "categorical" and not item.when]
    if name == "cma_es" and len(numeric) < 2:
        raise AblateError(
            Problem(
                "--sampler cma_es",
                "needs at least two numeric parameters without a condition, and "
                f"'{space.name}' has {len(numeric) or 'none'}",
                "take tpe or gaussian_process",
            )
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
