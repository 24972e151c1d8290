from collections.abc import Callable

import pytest

from ablate.errors import AblateError
from ablate.tuning.room import PATIENCE, Room
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
