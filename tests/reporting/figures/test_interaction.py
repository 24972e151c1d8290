"""The heat map's cells are the table's."""

import math

import pandas as pd
from matplotlib.figure import Figure

from ablate.reporting.figures import interaction

CELLS = pd.DataFrame(
    {
        "row": ["strided_conv", "strided_conv", "sgd", "sgd"],
        "column": ["good", "simple", "good", "simple"],
        "value": [-2.0, -0.5, math.nan, 1.0],
        "low": [-3.0, -1.0, math.nan, math.nan],
        "high": [-1.0, 0.0, math.nan, math.nan],
    }
)


def test_cells_hold_their_numbers_and_zero_is_the_middle(figure: Figure) -> None:
    axes = figure.subplots()
    interaction.draw(CELLS, axes, label="difference", unit="points")
    assert [text.get_text() for text in axes.texts] == [
        "−2.00\n[−3.00, −1.00]",
        "−0.50\n[−1.00, 0.00]",
        "—",
        "+1.00",
    ]
    mesh = axes.collections[0]
    assert mesh.get_clim() == (-2.0, 2.0)
    assert mesh.get_array()[0].tolist() == [-2.0, -0.5]


def test_what_the_cells_are_and_which_way_is_better_stands_above(figure: Figure) -> None:
    axes = figure.subplots()
    interaction.draw(CELLS, axes, label="effect on test loss", unit="nats", higher_is_better=False)
    assert axes.get_title(loc="left") == "effect on test loss (nats); lower is better"


def test_rows_and_columns_keep_the_tables_order(figure: Figure) -> None:
    axes = figure.subplots()
    interaction.draw(CELLS, axes, label="difference", unit="points")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["strided_conv", "sgd"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["good", "simple"]
    assert axes.yaxis_inverted()


def test_one_effect_far_beyond_all_others_leaves_them_their_colours(figure: Figure) -> None:
    axes = figure.subplots()
    diverged = CELLS.assign(value=[-2.0, -0.5, 3200.0, 1.0])
    interaction.draw(diverged, axes, label="difference", unit="points")
    mesh = axes.collections[0]
    assert mesh.get_clim() == (-20.0, 20.0)
    assert mesh.colorbar.extend == "max"
    for sizes in ([3200.0, 3100.0, 1.0, 0.5], [3200.0, 1.0, 0.0, 0.0]):
        axes = figure.subplots()
        interaction.draw(CELLS.assign(value=sizes), axes, label="difference", unit="points")
        assert axes.collections[0].get_clim() == (-20.0, 20.0)
    rounding = figure.subplots()
    interaction.draw(CELLS.assign(value=[1e-14, -1e-14, 1e-14, 3.0]), rounding, label="", unit="")
    assert rounding.collections[0].get_clim() == (-3.0, 3.0)
    mild = CELLS.assign(value=[-2.0, -0.5, 4.0, 1.0])
    other = figure.subplots()
    interaction.draw(mild, other, label="difference", unit="points")
    assert other.collections[0].get_clim() == (-4.0, 4.0)
    assert other.collections[0].colorbar.extend == "neither"
