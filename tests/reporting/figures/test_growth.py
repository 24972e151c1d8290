"""The evidence is drawn as its table has it."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from ablate.reporting.figures import growth
from tests.reporting.figures.conftest import drawn


def table() -> pd.DataFrame:
    common = {"says": "A beats B.", "threshold": 0.5, "unit": "points", "verdict": "supported"}
    return pd.DataFrame(
        [
            common
            | {"claim": claim, "n": n, "estimate": 2.0, "low": low, "high": high}
            | {"wanted": wanted}
            for claim, wanted in ((1, "above"), (2, "inside"))
            for n, low, high in ((3, -9.0, 13.0), (4, 1.0, 3.0))
        ]
    )


def test_one_panel_a_claim_with_every_looks_interval(figure: Figure) -> None:
    growth.draw(table(), figure)
    panels = [axes for axes in figure.axes if axes.axison]
    assert len(panels) == 2
    for panel in panels:
        ends = [bar.get_segments()[0][:, 1].tolist() for bar in drawn(panel, "interval")]
        assert ends == [[-9.0, 13.0], [1.0, 3.0]]
        assert drawn(panel, "estimate")[0].get_xdata().tolist() == [3, 4]
        assert panel.get_xlabel() == "seeds (supported)"


@pytest.mark.parametrize(("unit", "label"), [("points", "estimate (points)"), ("", "estimate")])
def test_the_axis_says_what_it_shows_also_without_a_unit(
    figure: Figure, unit: str, label: str
) -> None:
    growth.draw(table().assign(unit=unit), figure)
    assert figure.axes[0].get_ylabel() == label


def test_the_last_interval_sets_the_scale(figure: Figure) -> None:
    growth.draw(table(), figure)
    assert figure.axes[0].get_ylim() == (-1.5, 5.0)
