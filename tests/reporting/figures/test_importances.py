"""Bars as long as the table says."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from ablate.reporting.figures import importances
from tests.reporting.figures.conftest import drawn

NAMES = {"rate": "learning rate", "momentum": "momentum"}


def table(arm: str = "baseline") -> pd.DataFrame:
    rows = [("rate", "fanova", 0.9), ("rate", "ped_anova", 0.6), ("momentum", "ped_anova", 0.4)]
    common = {"context": "baseline", "arm": arm, "reason": ""}
    known = [
        common | {"parameter": name, "method": method, "importance": share}
        for name, method, share in rows
    ]
    unknown = {"parameter": "momentum", "method": "fanova", "importance": None, "reason": "few"}
    return pd.DataFrame([*known, common | unknown]).astype({"importance": float})


def test_both_methods_side_by_side_in_percent(figure: Figure) -> None:
    importances.draw(table(), figure, NAMES)
    (axes,) = figure.axes
    lengths = {
        method: [bar.get_width() for bar in drawn(axes, method)]
        for method in ("fanova", "ped_anova")
    }
    assert lengths == {"fanova": [90], "ped_anova": [60, 40]}
    first, second = drawn(axes, "fanova")[0], drawn(axes, "ped_anova")[0]
    assert first.get_y() + first.get_height() == pytest.approx(second.get_y())
    assert [text.get_text() for text in axes.get_yticklabels()] == ["learning rate", "momentum"]
    assert drawn(axes, "ped_anova")[0].get_hatch()  # told apart in grey print


def test_a_missing_importance_says_why(figure: Figure) -> None:
    importances.draw(table(), figure, NAMES)
    (said,) = [text for text in figure.axes[0].texts if text.get_text() == "few"]
    assert said.xy[1] == pytest.approx(1 - 0.18)


def test_a_panel_an_arm(figure: Figure) -> None:
    importances.draw(pd.concat([table("one"), table("two")]), figure, NAMES)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["one", "two"]
