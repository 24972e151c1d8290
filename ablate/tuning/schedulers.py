"""Ray Tune's schedulers that stop trials early, by name."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, get_args

from ray import tune
from ray.tune.schedulers import ASHAScheduler, MedianStoppingRule, TrialScheduler

from ablate.errors import AblateError, Problem, did_you_mean
from ablate.records.schema import TrialRecord
from ablate.study.search_options import SchedulerName
from ablate.tuning.trainable import POINT, POINTS
from ablate.workload import MetricDescription, describe_metric, words

SCHEDULERS: tuple[str, ...] = get_args(SchedulerName)
_FOREVER = 1_000_000


def check_scheduler(
    name: str | None, weighs_cost: bool, metric: str, described: Mapping[str, MetricDescription]
) -> None:
    """Raises AblateError when there is no such scheduler, or it does not go with the sampler or
    the metric.

    described: what is known of metrics, as in a plan.
    """
    if name is None:
        return
    if name not in SCHEDULERS:
        raise AblateError(
            Problem(
                f"--scheduler {name}",
                f"no scheduler named '{name}'",
                did_you_mean(name, SCHEDULERS),
            )
        )
    if weighs_cost:
        raise AblateError(
            Problem(
                f"--scheduler {name}",
                "stops trials by one metric, and nsga2 weighs two objectives",
                "leave out the scheduler, or take another sampler",
            )
        )
    if describe_metric(metric, described).only_at_end:
        at_points = [known for known, one in described.items() if not one.only_at_end]
        such_as = [f", such as '{known}'" for known in at_points if "validation" in words(known)]
        raise AblateError(
            Problem(
                f"--scheduler {name}",
                f"stops trials by their validation points, and '{metric}' is known only at the end",
                "leave out the scheduler, or search by a metric that points hold"
                f"{such_as[0] if such_as else ''}",
            )
        )


def make_scheduler(
    name: str, metric: str, higher_is_better: bool, *, grace_period: int
) -> TrialScheduler:
    """A scheduler that looks at a metric's validation points.

    asha: at 1, 4, 16, ... times `grace_period` points only the best quarter of the trials that
    came so far goes on (Li et al. 2020, arXiv 1810.05934, asynchronous). median_stopping: a trial
    ends when its best value so far is worse than the median of the others' running means (Golovin
    et al. 2017), after `grace_period` points and with three others to compare with.
    """
    mode = "max" if higher_is_better else "min"
    common = {"time_attr": POINTS, "metric": f"{POINT}/{metric}", "mode": mode}
    if name == "asha":
        return ASHAScheduler(
            **common,
            max_t=max(_FOREVER, grace_period),
            grace_period=grace_period,
            reduction_factor=4,
        )
    return _MedianStopping(
        **common, grace_period=grace_period, min_samples_required=3, min_time_slice=float("inf")
    )


def recall(scheduler: TrialScheduler, record: TrialRecord, metric: str) -> None:
    """Tell a scheduler of a trial that it has not seen run, so that it judges others by it.

    That trial is not judged: it has ended, and Ray's rule takes it for a fault if a trial that it
    has stopped goes on.
    """
    tell: Callable[[Any, dict[str, Any]], object] = partial(scheduler.on_trial_result, None)
    if isinstance(scheduler, _MedianStopping):
        tell = scheduler.remember
    trial = _Recalled(record.hash)
    scheduler.on_trial_add(None, trial)
    for step, value in enumerate(record.history.get(metric, ()), start=1):
        if value is not None:
            tell(trial, {POINTS: step, f"{POINT}/{metric}": value})


class _Recalled:
    """As much of a Ray trial as schedulers look at."""

    status = "TERMINATED"

    def __init__(self, hash_: str) -> None:
        self.trial_id = f"recalled_{hash_}"


class _MedianStopping(MedianStoppingRule):
    """Ray's takes a trial's last result, which holds no metric, for a point of its own."""

    def on_trial_complete(
        self, tune_controller: Any, trial: tune.experiment.Trial, result: dict[str, Any]
    ) -> None:
        """Its points are known already."""

    def remember(self, trial: Any, result: dict[str, Any]) -> None:
        """A point of a trial that has ended, by which others are judged."""
        self._results[trial].append(result)
