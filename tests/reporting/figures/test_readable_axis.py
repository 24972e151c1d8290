"""An axis shows everything, unless chance levels would squeeze what was measured."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from ablate.reporting.figures import readable_axis
from tests.reporting.figures.conftest import drawn


def row(*values: float, diverged: tuple[float, ...] = ()) -> readable_axis.Row:
    every = [*values, *diverged]
    flags = [False] * len(values) + [True] * len(diverged)
    mean = float(np.mean(every))
    table = pd.DataFrame({"value": every, "diverged": flags})
    return readable_axis.row_of([mean, mean - 1, mean + 1], table, "value")


def test_values_of_diverged_seeds_and_their_mean_do_not_count_as_measured() -> None:
    rows = [row(1.0, 3.0), row(-5.0, 4.0, diverged=(-60.0,))]
    assert readable_axis.measured(rows, also=[0.0]) == (-5.0, 4.0)


@pytest.mark.parametrize(
    "rows",
    [
        [row(1.0, 3.0), row(2.0, 40.0)],  # a large effect is no divergence
        [row(1.0, 3.0), row(2.0, diverged=(-3.0,))],  # no squeeze
        [row(1.0, diverged=(-60.0,)), row(diverged=(-60.0, -61.0))],  # none to be saved
    ],
)
def test_otherwise_an_axis_shows_everything(rows: list[readable_axis.Row]) -> None:
    assert readable_axis.measured(rows, also=[0.0]) is None


def wide(half: float) -> readable_axis.Row:
    return readable_axis.row_of(
        [1.0, 1 - half, 1 + half], pd.DataFrame({"value": [0.0, 2.0]}), "value"
    )


@pytest.mark.parametrize(
    ("halves", "ends"),
    [
        ([2, 3, 40], (-2.0, 4.0)),
        ([2, 3, 2, 3, 40, 70], (-2.0, 4.0)),  # neither by itself squeezes the others
        ([2, 3, 20, 40], None),  # half of them
        ([2, 3, 10], None),  # the others can be read
        ([40], None),
    ],
)
def test_the_widest_intervals_do_not_squeeze_the_others(
    halves: list[float], ends: tuple[float, float] | None
) -> None:
    rows = [wide(half) for half in halves]
    assert readable_axis.measured(rows, also=[0.0]) == ends
    arrow = " An arrow stands where an interval goes on beyond the axis."
    assert readable_axis.caption(rows, ends) == ("" if ends is None else arrow)


def test_what_is_beyond_stands_at_the_edge_with_its_numbers(figure: Figure) -> None:
    axes = figure.subplots()
    axes.set_xlim(0, 10)
    shown = row(5.0, diverged=(-60.0, -59.0))
    readable_axis.point_beyond(axes, 0, shown, "blue", "%", name="mean")
    readable_axis.mark_beyond(axes, 1, shown, "blue", "%")
    assert [text.get_text() for text in axes.texts if text.get_text()] == [
        "mean −38.00",
        "2 at −60.00 to −59.00",
    ]
    assert len(drawn(axes, "beyond")) == len(drawn(axes, "diverged beyond")) == 1


def test_an_interval_that_ends_beyond_both_edges_has_two_arrows(figure: Figure) -> None:
    axes = figure.subplots()
    axes.set_xlim(0, 10)
    wide = readable_axis.row_of([5.0, -1.0, 11.0], pd.DataFrame({"value": [5.0]}), "value")
    readable_axis.point_beyond(axes, 0, wide, "blue", "%", name="mean")
    assert [arrow.xy[0] for arrow in drawn(axes, "beyond")] == [0, 1]
    assert [text.get_text() for text in axes.texts if text.get_text()] == []
