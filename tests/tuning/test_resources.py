import math

import pytest

from ablate.errors import AblateError
from ablate.tuning.resources import ResourceWish, choose_resources, places
from ablate.workload import Resources

Machine = dict[str, float]
CPU_ONLY = {"CPU": 8.0, "GPU": 0.0}
TWO_GPUS = {"CPU": 8.0, "GPU": 2.0}


@pytest.mark.parametrize(
    ("wish", "machine", "given"),
    [
        (ResourceWish(), CPU_ONLY, Resources(cpus=1, gpus=0)),
        (ResourceWish(), TWO_GPUS, Resources(cpus=1, gpus=1)),
        (ResourceWish(cpus=4), TWO_GPUS, Resources(cpus=4, gpus=1)),
        (ResourceWish(gpus=0), TWO_GPUS, Resources(cpus=1, gpus=0)),
        (ResourceWish(cpus=0.5, gpus=0.25), TWO_GPUS, Resources(cpus=0.5, gpus=0.25)),
    ],
)
def test_the_wish_or_one_cpu_and_one_gpu(
    wish: ResourceWish, machine: dict[str, float], given: Resources
):
    assert choose_resources(wish, [machine]) == given


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (
            ResourceWish(cpus=16),
            "--cpus-per-trial: a trial asks for 16, but no machine has more than 8 CPUs",
        ),
        (ResourceWish(cpus=0), "--cpus-per-trial: must be positive, not 0"),
        (ResourceWish(gpus=-1), "--gpus-per-trial: must be positive, not -1"),
        (ResourceWish(cpus=math.nan), "--cpus-per-trial: must be a finite number, not nan"),
        (ResourceWish(gpus=math.nan), "--gpus-per-trial: must be a finite number, not nan"),
        (ResourceWish(gpus=math.inf), "--gpus-per-trial: must be a finite number, not inf"),
        (ResourceWish(cpus=-math.inf), "--cpus-per-trial: must be a finite number, not -inf"),
        (
            ResourceWish(gpus=1.5),
            "--gpus-per-trial: above one only whole GPUs can be given, not 1.5",
        ),
    ],
)
def test_what_no_machine_has_is_refused(wish: ResourceWish, message: str):
    with pytest.raises(AblateError) as caught:
        choose_resources(wish, [TWO_GPUS])
    assert str(caught.value) == message


def test_what_no_machine_has_together_is_refused():
    apart = [{"CPU": 64.0, "GPU": 0.0}, {"CPU": 4.0, "GPU": 1.0}]
    assert choose_resources(ResourceWish(cpus=4, gpus=1), apart) == Resources(cpus=4, gpus=1)
    with pytest.raises(AblateError) as caught:
        choose_resources(ResourceWish(cpus=8, gpus=1), apart)
    assert str(caught.value) == (
        "--cpus-per-trial: no machine has 8 CPUs and 1 GPU together\n"
        "    ask for less of one of the two"
    )


def machine(cpus: float, gpus: float = 0.0) -> Machine:
    return {"CPU": cpus, "GPU": gpus}


@pytest.mark.parametrize(
    ("asked", "machines", "expected"),
    [
        (Resources(cpus=1), [machine(2)], 2),
        (Resources(cpus=2), [machine(3), machine(3)], 2),
        (Resources(cpus=0.1), [machine(0.3)], 3),
        (Resources(cpus=4), [machine(3), machine(3)], 0),
        (Resources(cpus=1, gpus=1), [machine(8, 2), machine(8)], 2),
        (Resources(cpus=1, gpus=0.5), [machine(8, 2)], 4),
        (Resources(cpus=1, gpus=0.4), [machine(8, 2)], 4),
        (Resources(cpus=1, gpus=0.1), [machine(30, 1)], 10),
        (Resources(cpus=4, gpus=0.5), [machine(8, 2)], 2),
        (Resources(cpus=1, gpus=2), [machine(8, 3), machine(8, 1)], 1),
        (Resources(cpus=1), [], 0),
    ],
)
def test_a_trial_spreads_over_no_two_machines_and_a_fraction_over_no_two_gpus(
    asked: Resources, machines: list[Machine], expected: int
):
    assert places(asked, machines) == expected
