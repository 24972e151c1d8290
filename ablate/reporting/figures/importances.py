"""How much each parameter of a search matters, by two methods side by side."""

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ablate.analysis.tables import rows_of
from ablate.reporting import formatting
from ablate.reporting.figures import arm_panels
from ablate.reporting.figures.palette import BETTER, INK

_COLUMNS = 3
_HEIGHT = 0.36  # of a bar, where two share a row of height 1
_LOOKS: dict[str, tuple[str, dict[str, Any]]] = {
    "fanova": ("fANOVA", {"facecolor": BETTER}),
    "ped_anova": ("PED-ANOVA", {"facecolor": "#f0c98b", "hatch": "////", "edgecolor": INK}),
}


def size(importances: pd.DataFrame) -> tuple[float, float]:
    """Width and height in inches that fit the table."""
    arms, rows = len(arm_panels.keys(importances)), importances["parameter"].nunique()
    columns = min(_COLUMNS, arms)
    height = math.ceil(arms / columns) * (0.75 + 0.4 * rows)
    return min(9.6, 2.6 + 3.6 * columns), 0.45 + height


def draw(importances: pd.DataFrame, figure: Figure, names: dict[str, str]) -> None:
    """Draw one panel an arm, one row a parameter, in the order of the table.

    importances: columns context, arm, parameter, method ("fanova", "ped_anova"), importance (from 0
    to 1) and reason, which stands in the place of a missing one. names: of the rows.
    """
    keys = arm_panels.keys(importances)
    rows = list(dict.fromkeys(importances["parameter"]))
    panels = arm_panels.grid(figure, len(keys), _COLUMNS, sharey=True, sharex=True)
    for axes, key in zip(panels, keys, strict=True):
        _draw_arm(axes, rows_of(importances, key), rows)
        axes.set_title(arm_panels.title(importances, key, width=30))
        axes.set_yticks(range(len(rows)), [formatting.wrap(names[row], 24) for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(0, 112)
        axes.set_xticks(range(0, 101, 20))
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("share of importance (%)")
        axes.tick_params(labelbottom=True)
    handles = [Patch(label=label, **look) for label, look in _LOOKS.values()]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)


def _draw_arm(axes: Axes, importances: pd.DataFrame, rows: list[str]) -> None:
    for place, (method, (_, look)) in enumerate(_LOOKS.items()):
        known = importances[importances["method"] == method].dropna(subset=["importance"])
        at = [rows.index(name) + (place - 0.5) * _HEIGHT for name in known["parameter"]]
        for y, share in zip(at, 100 * known["importance"], strict=True):
            axes.barh(y, share, height=_HEIGHT, linewidth=0.6, gid=method, **look)
            axes.annotate(
                f"{share:.0f}",
                (share, y),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
                color=INK,
            )
    missing = importances[importances["importance"].isna()]
    for name, of_row in missing.groupby("parameter", sort=False):
        reasons = list(dict.fromkeys(of_row["reason"]))
        low = 0 if len(of_row) > 1 else list(_LOOKS).index(of_row["method"].iloc[0]) - 0.5
        axes.annotate(
            "\n".join(formatting.wrap(reason, 36) for reason in reasons),
            (1.5, rows.index(str(name)) + low * _HEIGHT),
            va="center",
            fontsize=7,
            style="italic",
            color=INK,
        )
