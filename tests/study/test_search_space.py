from typing import Any

import pytest

from ablate.study.search_space import Parameter, value_at

RATE = Parameter(name="r", key="r", type="float", range=(1e-4, 1), scale="log", why="w")
SHARE = Parameter(name="s", key="s", type="float", range=(0, 0.5), why="w")
WIDTH = Parameter(name="w", key="w", type="int", range=(1, 100), why="w")
WORD = Parameter(name="c", key="c", type="categorical", choices=("a", "b"), why="w")


class TestEdge:
    @pytest.mark.parametrize(
        ("parameter", "value", "edge"),
        [
            (RATE, 1e-4, "lowest"),
            (RATE, 1.5e-4, "lowest"),
            (RATE, 1.7e-4, None),
            (RATE, 0.5, None),
            (RATE, 0.7, "highest"),
            (SHARE, 0.02, "lowest"),
            (SHARE, 0.03, None),
            (SHARE, 0.49, "highest"),
            (WIDTH, 5, "lowest"),
            (WIDTH, 7, None),
            (WIDTH, 100, "highest"),
            (WORD, "a", None),
        ],
    )
    def test_a_twentieth_of_the_range_on_its_scale(
        self, parameter: Parameter, value: float, edge: str | None
    ):
        assert parameter.edge(value) == edge

    def test_beyond_is_outside(self):
        for parameter in (RATE, SHARE, WIDTH):
            low, high = parameter.bounds
            assert max(parameter.beyond("lowest")) < low < high < min(parameter.beyond("highest"))
        assert min(RATE.beyond("lowest")) > 0


class TestInner:
    @pytest.mark.parametrize(
        ("parameter", "inner"),
        [
            (SHARE, (0.0309017, 0.25, 0.309017)),
            (RATE, (0.000176694, 0.01, 0.0296709)),
            (WIDTH, (2, 7, 50, 62, 99)),
            (WORD, ()),
        ],
    )
    def test_values_stand_for_the_range_on_its_scale(
        self, parameter: Parameter, inner: tuple[float, ...]
    ):
        assert parameter.inner == pytest.approx(inner, rel=1e-3)
        assert all(parameter.within(value) for value in parameter.inner)

    def test_of_few_whole_numbers_each_is_one(self):
        few = WIDTH.model_copy(update={"range": (1, 5)})
        assert few.inner == (2, 3, 4)
        assert few.model_copy(update={"range": (1, 2)}).inner == ()
        assert few.model_copy(update={"range": (1, 16), "scale": "log"}).inner == (*range(2, 16),)

    def test_one_is_not_whole_where_the_middle_is(self):
        epochs = SHARE.model_copy(update={"range": (1, 3)})
        assert any(not value.is_integer() for value in epochs.inner)


def test_a_value_at_a_dotted_key():
    settings = {"training": {"rate": 0.1, "betas": [1, 2]}}
    assert value_at(settings, "training.rate") == 0.1
    assert value_at(settings, "training.betas") == [1, 2]
    assert value_at(settings, "training.rate.x") is None
    assert value_at(settings, "model.width") is None


@pytest.mark.parametrize(
    ("entries", "value", "position"),
    [
        ({"type": "float", "range": (1e-4, 1), "scale": "log"}, 1e-3, 0.25),
        ({"type": "float", "range": (0, 0.5)}, 0.5, 1.0),
        ({"type": "int", "range": (8, 32), "scale": "log"}, 16, 0.5),
        ({"type": "categorical", "choices": ("a", None, [1, 2])}, None, 0.5),
        ({"type": "categorical", "choices": ("a", None, [1, 2])}, [1, 2], 1.0),
    ],
)
def test_a_value_has_a_position_between_the_ends(
    entries: dict[str, Any], value: Any, position: float
):
    parameter = Parameter(name="a", key="a", why="a test", **entries)
    assert parameter.position(value) == pytest.approx(position)
