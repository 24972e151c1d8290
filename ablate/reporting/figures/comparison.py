"""Curves of several arms on common axes: against epochs, against time and against images."""

import math
from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ablate.reporting import formatting
from ablate.reporting.figures import axis_label, curves
from ablate.reporting.figures.cost_axis import large_numbers
from ablate.reporting.figures.palette import WORSE, ArmStyle

AXES = {"epoch": "epoch", "seconds": "seconds", "images": "images seen"}
"""Columns that say where a point lies -> what their axis says."""
_LEGEND_COLUMNS = 3
_HEIGHT = 2.0  # inches, of a panel
_NOTE_WIDTH = 13.5  # characters an inch


def columns(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """The axes that any point has a place on."""
    return [name for name in AXES if any(table[name].notna().any() for table in tables.values())]


def size(tables: Mapping[str, pd.DataFrame], note: str = "") -> tuple[float, float]:
    """Width and height in inches that fit the tables."""
    arms = len({label for table in tables.values() for label in table["label"]})
    width = max(4.6, 3.15 * len(columns(tables)))
    lines = len(_wrapped(note, width).splitlines())
    legend = 0.3 + 0.24 * math.ceil(arms / _LEGEND_COLUMNS)
    return width, 2.5 * len(tables) + legend + 0.17 * lines


def caption(tables: Mapping[str, pd.DataFrame], units: Mapping[str, str]) -> str:
    """What is drawn. Arguments as of `draw`."""
    arms = {label: table.assign(context="", arm=table["label"]) for label, table in tables.items()}
    cut = any(curves.cuts_bands({"": arms[label]}, units.get(label, "")) for label in arms)
    return curves.caption(tables.values(), cut)


def draw(
    tables: Mapping[str, pd.DataFrame],
    figure: Figure,
    styles: Mapping[str, ArmStyle],
    *,
    note: str = "",
    units: Mapping[str, str] = {},
) -> None:
    """Draw a row of panels a quantity, a column of panels an axis.

    tables: y label -> columns label (of the arm), epoch, seconds, images, n, seeds, mean, low,
    high; points without an interval (one seed) have no band. note: what a reader must know before
    comparing. units: of quantities, by y label.
    """
    names = columns(tables)
    panels = figure.subplots(len(tables), len(names), squeeze=False, sharex="col", sharey="row")
    for row, (y_label, table) in zip(panels, tables.items(), strict=True):
        for axes, name in zip(row, names, strict=True):
            for label in dict.fromkeys(table["label"]):
                own = table[table["label"] == label]
                curves.draw_curve(own, axes, styles[label], x=name)
            axes.xaxis.set_major_locator(MaxNLocator(5))
            if name == "epoch":
                curves.count_whole(axes, tables.values(), most=5)
            else:  # thousands and millions; there is no milliepoch
                axes.xaxis.set_major_formatter(large_numbers())
        row[0].set_ylabel(axis_label.wrapped(y_label, _HEIGHT))
        curves.look_at_means(row[0], [table], units.get(y_label, ""))
    for axes, name in zip(panels[-1], names, strict=True):
        axes.set_xlabel(AXES[name])
    if note:
        figure.suptitle(
            _wrapped(note, figure.get_figwidth()), fontsize=8, color=WORSE, x=0.01, ha="left"
        )
    labels = dict.fromkeys(label for table in tables.values() for label in table["label"])
    curves.legend(figure, [(label, styles[label]) for label in labels], columns=_LEGEND_COLUMNS)


def _wrapped(note: str, width: float) -> str:
    """width: of the figure, in inches."""
    letters = int(_NOTE_WIDTH * width)
    return "\n".join(formatting.wrap(line, letters) for line in note.splitlines())
