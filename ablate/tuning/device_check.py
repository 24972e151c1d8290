"""Whether trials can compute on what they would get, asked before the first of them starts."""

from collections.abc import Callable

from ablate.errors import AblateError, Problem
from ablate.workload import Resources, Workload


def check_device(workload: Workload, asked: Resources) -> None:
    """Ask the workload on the Ray that is connected, with a trial's resources: Ray counts GPUs, and
    does not know whether a trial can use them, so that each would fail, be tried again and fail.

    Raises AblateError where it cannot. Where no answer comes, as from a cluster that is busy, the
    trials tell for themselves.
    """
    check = workload.device_check(asked)
    if check is None:
        return
    import ray

    from ablate.tuning.room import PATIENCE

    # A task that raised would come back with its traceback for a message.
    task = ray.remote(num_cpus=asked.cpus, num_gpus=asked.gpus, max_retries=0)(_problems)
    try:
        problems = ray.get(task.remote(check), timeout=PATIENCE)
    except ray.exceptions.RayError:
        return  # it may still wait: to cancel a task as it ends aborts the whole process
    if problems:
        raise AblateError(*problems)


def _problems(check: Callable[[], None]) -> tuple[Problem, ...]:
    try:
        check()
    except AblateError as error:
        return error.problems
    return ()
