"""The ranking's drawing is its table."""

import numpy as np
import pandas as pd

from ablate.reporting.figures import likeness, theme
from tests.reporting.figures.conftest import drawn

PATTERNS = {"horizontal edges": np.eye(3), "vertical edges": -np.eye(3)}


def ranking(count: int) -> pd.DataFrame:
    ranks = np.arange(1, count + 1)
    return pd.concat(
        pd.DataFrame(
            {
                "pattern": pattern,
                "rank": ranks,
                "kernel": (ranks * 3 + shift) % count,
                "likeness": 1 / ranks,
                "chance_low": 0.3 / ranks,
                "chance_median": 0.5 / ranks,
                "chance_high": 0.6 / ranks,
            }
        )
        for shift, pattern in enumerate(PATTERNS)
    )


def test_the_likest_kernels_are_drawn_in_order_above_what_chance_gives() -> None:
    table = ranking(10)
    kernels = np.random.default_rng(0).normal(size=(10, 3, 3))
    with theme.themed():
        figure = theme.new_figure(*likeness.size(PATTERNS))
        likeness.draw(table, PATTERNS, kernels, figure, title="conv1", subtitle="")
    tiles = drawn(figure, "map")
    assert len(tiles) == 2 * (1 + likeness.BEST)
    own = table[table["pattern"] == "vertical edges"]
    pattern, best, *_ = tiles[1 + likeness.BEST :]
    np.testing.assert_array_equal(pattern.get_array(), PATTERNS["vertical edges"])
    np.testing.assert_array_equal(best.get_array(), kernels[own["kernel"].iloc[0]])
    assert best.axes.get_xlabel() == f"{own['kernel'].iloc[0]}\n1.00"
    (_, dots), (_, band) = drawn(figure, "likeness"), drawn(figure, "chance")
    assert dots.get_xdata().tolist() == own["rank"].tolist()
    assert dots.get_ydata().tolist() == own["likeness"].tolist()
    edge = {tuple(vertex) for vertex in band.get_paths()[0].vertices.tolist()}
    assert set(zip(own["rank"], own["chance_high"], strict=True)) <= edge
    assert set(zip(own["rank"], own["chance_low"], strict=True)) <= edge


def test_fewer_kernels_than_places_are_all_drawn() -> None:
    with theme.themed():
        figure = theme.new_figure(*likeness.size(PATTERNS))
        likeness.draw(ranking(2), PATTERNS, np.ones((2, 3, 3)), figure, title="", subtitle="")
    assert len(drawn(figure, "map")) == 6
