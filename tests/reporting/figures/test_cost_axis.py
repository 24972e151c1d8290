"""An axis of costs says what scale it has, and has numbers enough to read costs off."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from ablate.reporting.figures import cost_axis


def numbers(figure: Figure, costs: list[float], most: int = 9) -> tuple[list[str], str]:
    """What stands along the axis that costs are drawn on, and its label."""
    axes = figure.subplots()
    cost_axis.frame(axes, pd.Series(costs), "FLOPs", most)
    axes.plot(costs, [1.0] * len(costs), linestyle="none", marker="o")
    axes.margins(x=0.12)
    figure.draw_without_rendering()
    low, high = axes.get_xlim()
    shown = [
        label.get_text()
        for place, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
        if low <= place <= high
    ]
    return shown, axes.get_xlabel()


def test_a_logarithmic_axis_says_so_and_numbers_its_decades_at_1_2_and_5(figure: Figure) -> None:
    shown, label = numbers(figure, [7.4e12, 330e12])
    assert shown == ["5 T", "10 T", "20 T", "50 T", "100 T", "200 T", "500 T"]
    assert label == "FLOPs (log scale)"


@pytest.mark.parametrize("decades", [1.01, 1.5, 2.0, 3.0, 4.0, 6.0])
@pytest.mark.parametrize("most", [6, 9])
def test_a_logarithmic_axis_has_no_more_numbers_than_room_and_two_at_least(
    figure: Figure, decades: float, most: int
) -> None:
    for first in (1.0, 2.5, 9.0):
        figure.clear()
        shown, _ = numbers(figure, [first, first * 10**decades], most)
        assert 2 <= len(shown) <= most


def test_an_axis_of_near_costs_is_linear_and_says_nothing_of_a_scale(figure: Figure) -> None:
    shown, label = numbers(figure, [1000.0, 4000.0])
    assert "1 k" in shown and "2 k" in shown
    assert label == "FLOPs"


@pytest.mark.parametrize(
    ("cost", "told"), [(1754.5612, "1.75 k"), (91.7894e12, "91.8 T"), (52.31, "52.3"), (0.0, "0")]
)
def test_the_one_cost_of_all_is_written_as_in_tables(
    figure: Figure, cost: float, told: str
) -> None:
    assert numbers(figure, [cost, cost])[0] == [told]
