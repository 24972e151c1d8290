from typing import Any

import pytest

from ablate.study.arms import Arm
from ablate.study.own_point import own_point, why_outside
from ablate.study.search_space import Parameter, SearchSpace
from tests.study.fake_workload import FAKE

OPTIMIZER = Parameter(
    name="optimizer", key="training.optimizer", type="categorical", choices=("adam", "sgd"), why="w"
)
MOMENTUM = Parameter(
    name="momentum",
    key="training.momentum",
    type="float",
    range=(0, 0.9),
    when={"optimizer": ("sgd",)},
    why="w",
)
WIDTH = Parameter(name="width", key="model.width", type="int", range=(4, 64), why="w")
DECAY = Parameter(name="decay", key="training.decay", type="float", range=(0, 1), why="w")
RATES = Parameter(name="rates", key="model.rates", type="float", range=(0, 0.5), why="w")


def arm(settings: dict[str, Any]) -> Arm:
    return Arm(name="a", context="baseline", levels={}, is_reference=False, settings=settings)


def space(*parameters: Parameter) -> SearchSpace:
    return SearchSpace(name="space", parameters=parameters or (OPTIMIZER, MOMENTUM, WIDTH))


def test_an_arm_inside_has_a_point_of_its_own():
    inside = arm({"training.optimizer": "sgd", "training.momentum": 0.5})
    assert own_point(space(), FAKE, inside) == {"optimizer": "sgd", "momentum": 0.5, "width": 8}
    assert why_outside(space(), FAKE, inside) == ""


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"model.width": 65}, "model.width is 65"),
        (
            {"training.optimizer": "sgd", "training.momentum": 0.95, "model.width": 2},
            "training.momentum is 0.95, model.width is 2",
        ),
    ],
)
def test_what_keeps_an_arm_outside_is_named(settings: dict[str, Any], why: str):
    assert own_point(space(), FAKE, arm(settings)) is None
    assert why_outside(space(), FAKE, arm(settings)) == why


def test_a_whole_number_is_one_however_it_is_written():
    values = own_point(space(WIDTH), FAKE, arm({"model.width": 16.0}))
    assert values == {"width": 16} and type(values["width"]) is int


@pytest.mark.parametrize(
    ("own", "choices", "why"),
    [
        ("none", (None, "fast"), "model.rates is 'none'"),
        ("1", (1, 20), "model.rates is '1'"),
        (True, ("true", "false"), "model.rates is true"),
        (1, (True, False), "model.rates is 1"),
        ("1-2", ([1, 2], [3, 4]), "model.rates is '1-2'"),
        ([1, "2"], ([1, 2], [3, 4]), "model.rates is [1, '2']"),
    ],
)
def test_a_value_that_is_only_called_like_a_choice_is_outside(
    own: Any, choices: tuple[Any, ...], why: str
):
    mode = Parameter(name="mode", key="model.rates", type="categorical", choices=choices, why="w")
    assert own_point(space(mode), FAKE, arm({"model.rates": own})) is None
    assert why_outside(space(mode), FAKE, arm({"model.rates": own})) == why
    assert own_point(space(mode), FAKE, arm({"model.rates": choices[0]})) == {"mode": choices[0]}


def test_a_setting_that_is_not_there_and_a_list_are_outside():
    assert why_outside(space(DECAY), FAKE, arm({})) == "training.decay is not set"
    uneven = arm({"model.rates": [0.1, 0.2]})
    assert why_outside(space(RATES), FAKE, uneven) == "model.rates is [0.1, 0.2]"


def test_one_number_in_place_of_a_list_has_to_mean_the_same():
    even = arm({"model.rates": [0.1, 0.1]})  # this workload takes the number for another thing
    assert why_outside(space(RATES), FAKE, even) == "no point means the same settings"
