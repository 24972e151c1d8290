from collections.abc import Callable

import pytest

from ablate.errors import AblateError
from ablate.tuning.room import PATIENCE, Room, places
from ablate.workload import Resources

Machine = dict[str, float]


def machine(cpus: float, gpus: float = 0.0) -> Machine:
    return {"CPU": cpus, "GPU": gpus}


class Cluster:
    """Machines that come and go as the clock goes on."""

    def __init__(self, *machines: Machine) -> None:
        self.machines, self.now, self.looks = list(machines), 100.0, 0

    def look(self) -> list[Machine]:
        self.looks += 1
        return list(self.machines)

    def clock(self) -> float:
        return self.now

    def room(self, asked: Resources, max_concurrent: int | None = None) -> Room:
        return Room(asked, max_concurrent, look=self.look, clock=self.clock)


@pytest.fixture
def step() -> Callable[[Room], None]:
    return lambda room: room.on_step_end(iteration=1, trials=[])


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


def test_room_follows_the_machines_but_is_looked_at_once_a_second():
    cluster = Cluster(machine(2))
    room = cluster.room(Resources(cpus=1))
    assert [room.trials(), room.trials(), cluster.looks] == [2, 2, 1]
    cluster.machines.append(machine(4))
    cluster.now += 0.5
    assert room.trials() == 2
    cluster.now += 0.5
    assert room.trials() == 6
    assert cluster.room(Resources(cpus=1), max_concurrent=3).trials() == 3


def test_there_is_always_room_for_one_trial_which_waits():
    assert Cluster().room(Resources(cpus=1)).trials() == 1


def test_a_lost_machine_is_waited_for_and_then_the_run_ends(step: Callable[[Room], None]):
    cluster = Cluster(machine(4, 1))
    room = cluster.room(Resources(cpus=2, gpus=1))
    step(room)
    cluster.machines = [machine(4)]
    for _ in range(2):
        cluster.now += 1.0
        step(room)
        cluster.now += PATIENCE - 1.0
        step(room)
        cluster.machines.append(machine(4, 1))
        cluster.now += 1.0
        step(room)
        cluster.machines.pop()
    cluster.now += 1.0
    step(room)
    cluster.now += PATIENCE
    with pytest.raises(AblateError) as caught:
        step(room)
    assert str(caught.value) == (
        "the cluster: has no machine left with 2 CPUs and 1 GPU for a trial\n"
        "    finished trials are recorded; the same command continues where it has one"
    )
