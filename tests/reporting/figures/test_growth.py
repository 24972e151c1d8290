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


@pytest.mark.parametrize("rows", [slice(None), slice(-1, None)])
def test_seeds_are_whole_numbers_at_the_same_place_in_every_panel(
    figure: Figure, rows: slice
) -> None:
    looked_at_once = table().assign(claim=3)[-1:]
    growth.draw(pd.concat([table(), looked_at_once])[rows], figure)
    panels = [axes for axes in figure.axes if axes.axison]
    assert len({axes.get_xlim() for axes in panels}) == 1
    for axes in panels:
        low, high = axes.get_xlim()
        shown = [tick for tick in axes.get_xticks() if low <= tick <= high]
        assert shown and all(tick % 1 == 0 for tick in shown)


@pytest.mark.parametrize(("unit", "label"), [("points", "estimate (points)"), ("", "estimate")])
def test_the_axis_says_what_it_shows_also_without_a_unit(
    figure: Figure, unit: str, label: str
) -> None:
    growth.draw(table().assign(unit=unit), figure)
    assert figure.axes[0].get_ylabel() == label


LEAD = (
    "Each claim's repeated confidence interval after every seed, up to the look that settled it. "
    "A claim is settled when its interval lies wholly "
)


def test_the_caption_tells_of_lines_bands_and_cuts_that_are_drawn() -> None:
    both = table()
    line, band = both[both["wanted"] == "above"], both[both["wanted"] == "inside"]
    cut = " Wide early intervals are cut off."
    assert growth.caption(line) == f"{LEAD}beyond the line.{cut}"
    assert growth.caption(band) == f"{LEAD}inside or outside the grey band.{cut}"
    assert growth.caption(both) == (
        f"{LEAD}beyond the line, or wholly inside or outside the grey band. All looks of a claim "
        "are drawn at the error rate that its family had left it by the last; at earlier ones, "
        f"with more claims open, it may have had less.{cut}"
    )
    narrow = line.assign(low=1.0, high=3.0)
    assert growth.caption(narrow) == f"{LEAD}beyond the line."


def test_a_band_without_a_width_is_a_line(figure: Figure) -> None:
    outside = table().assign(wanted="outside", threshold=0.0)
    growth.draw(outside, figure)
    assert "beyond the line" in growth.caption(outside)
    lines = [line.get_ydata() for line in figure.axes[0].lines if line.get_gid() is None]
    assert [list(line) for line in lines] == [[0.0, 0.0]]


def test_the_last_interval_sets_the_scale(figure: Figure) -> None:
    growth.draw(table(), figure)
    assert figure.axes[0].get_ylim() == (-1.5, 5.0)
