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
            assert parameter.beyond("lowest") < low < high < parameter.beyond("highest")
        assert RATE.beyond("lowest") > 0


def test_a_value_at_a_dotted_key():
    settings = {"training": {"rate": 0.1, "betas": [1, 2]}}
    assert value_at(settings, "training.rate") == 0.1
    assert value_at(settings, "training.betas") == [1, 2]
    assert value_at(settings, "training.rate.x") is None
    assert value_at(settings, "model.width") is None
