"""Figures that give each arm panels of its own."""

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ablate.analysis.tables import ArmKey
from ablate.reporting import formatting


def keys(table: pd.DataFrame) -> list[ArmKey]:
    """The arms of a table with columns context and arm, in its order."""
    return list(dict.fromkeys(zip(table["context"], table["arm"], strict=True)))


def title(table: pd.DataFrame, key: ArmKey, width: int = 40) -> str:
    """What stands above an arm's panels: nothing where it is the only one."""
    context, arm = key
    if len(keys(table)) < 2:
        return ""
    text = f"{context}: {arm}" if table["context"].nunique() > 1 else arm
    return formatting.wrap(text, width)


def grid(figure: Figure, panels: int, columns: int, **options: Any) -> list[Axes]:
    """So many axes in rows of at most `columns`; options as of `Figure.subplots`."""
    columns = min(columns, panels)
    rows = math.ceil(panels / columns)
    every = list(figure.subplots(rows, columns, squeeze=False, **options).flat)
    for axes in every[panels:]:
        axes.set_axis_off()
    return every[:panels]
