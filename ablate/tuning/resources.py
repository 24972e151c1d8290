"""What each trial gets of the machines: as asked for, where there is as much."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ablate.errors import AblateError, Problem
from ablate.workload import Resources


class ResourceWish(NamedTuple):
    """CPUs and GPUs a trial, as far as the user says so."""

    cpus: float | None = None
    gpus: float | None = None


NO_WISH = ResourceWish()

_ROUNDING = 1e-9


def choose_resources(wish: ResourceWish, machines: Sequence[Mapping[str, float]]) -> Resources:
    """What a trial gets: the wish, else one CPU (so one thread), and one GPU where there are any.

    machines: CPUs and GPUs of each, as {"CPU": 2.0, "GPU": 0.0}. Raises AblateError when none has
    as much.
    """
    largest = {name: max((one[name] for one in machines), default=0.0) for name in ("CPU", "GPU")}
    gpus = wish.gpus if wish.gpus is not None else float(largest["GPU"] > 0)
    cpus = wish.cpus if wish.cpus is not None else 1.0
    problems = []
    for name, asked in (("CPU", cpus), ("GPU", gpus)):
        option = f"--{name.lower()}s-per-trial"
        if not math.isfinite(asked):  # `nan` and `inf` are numbers to a command line
            problems.append(Problem(option, f"must be a finite number, not {asked:g}"))
        elif asked < 0 or (asked == 0 and name == "CPU"):
            problems.append(Problem(option, f"must be positive, not {asked:g}"))
        elif asked > largest[name]:
            problems.append(
                Problem(
                    option,
                    f"a trial asks for {asked:g}, but no machine has more than "
                    f"{largest[name]:g} {name}s",
                )
            )
    if 1 < gpus < math.inf and gpus != int(gpus):
        problems.append(
            Problem("--gpus-per-trial", f"above one only whole GPUs can be given, not {gpus:g}")
        )
    if problems:
        raise AblateError(*problems)
    resources = Resources(cpus=cpus, gpus=gpus)
    if not places(resources, machines):
        raise AblateError(
            Problem(
                "--cpus-per-trial",
                f"no machine has {resources_text(resources)} together",
                "ask for less of one of the two",
            )
        )
    return resources


def places(asked: Resources, machines: Iterable[Mapping[str, float]]) -> int:
    """How many trials of these resources fit on machines of so many CPUs and GPUs. A trial does not
    spread over machines, nor a fraction of a GPU over two.
    """
    return sum(_places(asked, machine["CPU"], machine["GPU"]) for machine in machines)


def _places(asked: Resources, cpus: float, gpus: float) -> int:
    fits = math.floor(cpus / asked.cpus + _ROUNDING)
    if asked.gpus == 0:
        return fits
    if asked.gpus < 1:
        return min(fits, int(gpus) * math.floor(1 / asked.gpus + _ROUNDING))
    return min(fits, math.floor(gpus / asked.gpus + _ROUNDING))


def resources_text(asked: Resources) -> str:
    """As in "4 CPUs and 1 GPU"."""
    words = [f"{asked.cpus:g} CPU{'' if asked.cpus == 1 else 's'}"]
    if asked.gpus:
        words.append(f"{asked.gpus:g} GPU{'' if asked.gpus == 1 else 's'}")
    return " and ".join(words)
