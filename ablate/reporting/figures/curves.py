"""Learning curves: the mean over seeds with its band, as far as all seeds go."""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from ablate.reporting import formatting
from ablate.reporting.figures import axis_label
from ablate.reporting.figures.palette import GREY, REFERENCE_COLOUR, ArmStyle
from ablate.reporting.figures.theme import bound_percent

TOGETHER = 8
"""Up to so many arms share one pair of axes; more get axes of their own."""
_COLUMNS = 4
_HEIGHT, _LOW_HEIGHT = 2.3, 1.45  # inches, of panels where arms are together, and apart
_TITLE_WIDTH = 84  # of a row of panels
_WIDTH, _THIN = 1.6, 0.7
_ROOM = 0.25  # of what the means span, below and above them
_MANY_SIZES = 100  # times the smallest mean: of a linear axis it would have a hundredth
_SIZES = 7  # numbers along a logarithmic axis, at most
PART_TITLES = {"train": "training", "validation": "validation", "test": "test"}
"""Prefix of a history's column -> what stands above its panel."""


def size(curves: Mapping[str, pd.DataFrame]) -> tuple[float, float]:
    """Width and height in inches that fit the tables."""
    contexts, names = _contexts(curves), _names(curves)
    if len(names) > TOGETHER:
        panels = sum(math.ceil(len(_names(curves, context)) / _COLUMNS) for context in contexts)
        return 9.6, 0.7 + 2.05 * panels
    return 9.2, 0.5 + 2.9 * len(contexts) + 0.24 * math.ceil(len(names) / 3)


def draw(
    curves: Mapping[str, pd.DataFrame],
    figure: Figure,
    styles: dict[str, ArmStyle],
    *,
    references: Sequence[str],
    label: str,
    unit: str,
    place: str = "epoch",
) -> None:
    """Draw curves of one quantity, e.g. accuracy.

    curves: part ("validation", "train", ...) -> columns context, arm, epoch, n, seeds, mean, low,
    high, as `convergence.curve_tables` gives them; one panel a part and context, or, for more
    than TOGETHER arms, one an arm with the reference as thin black lines. Points without an
    interval (one seed) have no band. label: of the y axis. place: of the x axis, what a point's
    epoch counts.
    """
    words = (formatting.with_bracket(label, unit), unit, place)
    if len(_names(curves)) > TOGETHER:
        _draw_apart(curves, figure, styles, references, words)
    else:
        _draw_together(curves, figure, styles, words)


def _draw_together(
    curves: Mapping[str, pd.DataFrame],
    figure: Figure,
    styles: dict[str, ArmStyle],
    words: tuple[str, str, str],
) -> None:
    """words: what stands along the y axis, its unit, and what stands along the x axis."""
    y_label, unit, place = words
    contexts = _contexts(curves)
    panels = figure.subplots(len(contexts), len(curves), squeeze=False, sharey="row", sharex="row")
    for row, context in enumerate(contexts):
        for column, (part, table) in enumerate(curves.items()):
            axes = panels[row, column]
            of_context = table[table["context"] == context]
            for name in _names(curves, context):
                draw_curve(of_context[of_context["arm"] == name], axes, styles[name])
            title = PART_TITLES.get(part, part)
            text = f"{context}: {title}" if len(contexts) > 1 else title
            axes.set_title(formatting.wrap(text, _TITLE_WIDTH // len(curves)))
            axes.set_xlabel(place)
        panels[row, 0].set_ylabel(axis_label.wrapped(y_label, _HEIGHT))
        look_at_means(panels[row, 0], _of_context(curves, context), unit)
        count_whole(panels[row, 0], curves.values())
    legend(figure, [(name, styles[name]) for name in _names(curves)], columns=3)


def _draw_apart(
    curves: Mapping[str, pd.DataFrame],
    figure: Figure,
    styles: dict[str, ArmStyle],
    references: Sequence[str],
    words: tuple[str, str, str],
) -> None:
    """words: as of `_draw_together`."""
    y_label, unit, place = words
    contexts = _contexts(curves)
    rows = [math.ceil(len(_names(curves, context)) / _COLUMNS) for context in contexts]
    grid = figure.subplots(sum(rows), _COLUMNS, squeeze=False, sharex=True)
    for context, own, end in zip(contexts, rows, itertools.accumulate(rows), strict=True):
        panels = grid[end - own : end]
        for axes in list(panels.flat)[1:]:  # of other contexts a metric may be of another size
            axes.sharey(panels[0, 0])
        _draw_context_apart(curves, context, panels, styles, references)
        for axes in panels[:, 0]:
            axes.set_ylabel(axis_label.wrapped(y_label, _LOW_HEIGHT))
        for axes in panels[:, 1:].flat:
            axes.tick_params(labelleft=False)
        look_at_means(panels[0, 0], _of_context(curves, context), unit)
    for axes in grid[-1]:
        axes.set_xlabel(place)
    count_whole(grid[0, 0], curves.values())
    entries = [
        (PART_TITLES.get(part, part), ArmStyle(GREY, "", _part_dashes(position)))
        for position, part in enumerate(curves)
    ]
    baseline = ("thin: the baseline", ArmStyle(REFERENCE_COLOUR, "", ()))
    legend(figure, entries, columns=4, thin=[baseline])


def _draw_context_apart(
    curves: Mapping[str, pd.DataFrame],
    context: str,
    panels: Any,
    styles: dict[str, ArmStyle],
    references: Sequence[str],
) -> None:
    """One panel an arm. panels: rows of axes, enough of them."""
    names = _names(curves, context)
    several = len(_contexts(curves)) > 1
    for axes, name in zip(panels.flat, names, strict=False):
        for position, table in enumerate(curves.values()):
            of_context = table[table["context"] == context]
            for reference in set(references) & set(of_context["arm"]) - {name}:
                thin = ArmStyle(REFERENCE_COLOUR, "", ())
                draw_curve(of_context[of_context["arm"] == reference], axes, thin, position, False)
            draw_curve(of_context[of_context["arm"] == name], axes, styles[name], position)
        text = f"{name}, in {context}" if several else name
        axes.set_title(formatting.wrap(text, 26), fontsize=8.5)
    for axes in list(panels.flat)[len(names) :]:
        axes.set_axis_off()


def look_at_means(axes: Axes, tables: list[pd.DataFrame], unit: str) -> None:
    """Leave room for the means, and for bands as far as they go beyond them by a quarter of that:
    with two or three seeds a band would otherwise squeeze every curve flat. So would a loss that
    explodes: where means are of many sizes, the axis is logarithmic.

    tables: those on these axes.
    """
    if _many_sizes(_means(tables), unit):
        _write_sizes(axes)
    low, high = axes.get_ylim()
    lowest, highest = _around_means(tables, unit)
    axes.set_ylim(max(low, lowest), min(high, highest))
    bound_percent(axes, "y", unit)


def _write_sizes(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=_SIZES))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: formatting.setting(float(value))))
    axes.set_ylabel(f"{axes.get_ylabel()}\n(log scale)")


def _of_context(curves: Mapping[str, pd.DataFrame], context: str) -> list[pd.DataFrame]:
    return [table[table["context"] == context] for table in curves.values()]


def _means(tables: list[pd.DataFrame]) -> "pd.Series[float]":
    means: pd.Series[float] = pd.concat([table["mean"] for table in tables]).dropna()
    return means


def _many_sizes(means: "pd.Series[float]", unit: str) -> bool:
    """Percentages have an axis that all know."""
    return unit != "%" and len(means) > 0 and 0 < _MANY_SIZES * means.min() < means.max()


def _around_means(tables: list[pd.DataFrame], unit: str) -> tuple[float, float]:
    """The ends of the axis; infinite where there are no two means to tell apart."""
    means = _means(tables)
    if means.nunique() < 2:
        return -math.inf, math.inf
    if _many_sizes(means, unit):
        ratio = (means.max() / means.min()) ** _ROOM
        return means.min() / ratio, means.max() * ratio
    room = _ROOM * (means.max() - means.min())
    return means.min() - room, means.max() + room


def cuts_bands(curves: Mapping[str, pd.DataFrame], unit: str) -> bool:
    """Whether the axes of `draw` end before a band does."""
    return any(_cuts(_of_context(curves, context), unit) for context in _contexts(curves))


def _cuts(tables: list[pd.DataFrame], unit: str) -> bool:
    low, high = _around_means(tables, unit)
    if unit == "%":
        low, high = max(low, 0.0), min(high, 100.0)
    return any(((t["low"] < low) | (t["high"] > high))[t["n"] == t["seeds"]].any() for t in tables)


def count_whole(axes: Axes, tables: Iterable[pd.DataFrame], most: int | None = None) -> None:
    """No ticks between whole epochs, or steps, where all points lie at whole ones. most: intervals
    between ticks; None: as many as there is room for.
    """
    if all((table["epoch"].dropna() % 1 == 0).all() for table in tables):
        axes.xaxis.set_major_locator(MaxNLocator(most or "auto", integer=True, steps=[1, 2, 5, 10]))


def draw_curve(
    curve: pd.DataFrame,
    axes: Axes,
    style: ArmStyle,
    part: int | None = None,
    band: bool = True,
    x: str = "epoch",
) -> None:
    """Draw one arm's mean and its band as far as all of its seeds go, and thin pieces beyond.

    part: position of the part where parts share axes, and the line style must tell them. x: the
    column that says where a point lies.
    """
    points = curve.dropna(subset=[x, "mean"]).sort_values(x)
    _draw_rest(points, axes, style, x)
    present = points[points["n"] == points["seeds"]]
    dashes = style.dashes if part is None else _part_dashes(part)
    axes.plot(
        present[x],
        present["mean"],
        color=style.colour,
        linestyle=(0, dashes or None),
        linewidth=_WIDTH if band else _THIN,
        marker=style.marker if part is None else None,
        markersize=4,
        markevery=max(1, len(present) // 8),
        markeredgecolor="white",
        markeredgewidth=0.5,
        gid="mean",
    )
    bounded = present.dropna(subset=["low", "high"])
    if band and len(bounded):
        axes.fill_between(
            bounded[x].to_numpy(dtype=float),
            bounded["low"].to_numpy(dtype=float),
            bounded["high"].to_numpy(dtype=float),
            color=style.colour,
            alpha=0.15,
            linewidth=0,
            gid="band",
        )


def _draw_rest(points: pd.DataFrame, axes: Axes, style: ArmStyle, x: str) -> None:
    """A piece for each stretch with fewer seeds than all; a point by itself is a dot."""
    stretches = (points["n"] != points["n"].shift()).cumsum()
    for _, piece in points[points["n"] < points["seeds"]].groupby(stretches):
        axes.plot(
            piece[x],
            piece["mean"],
            color=style.colour,
            linewidth=_THIN,
            marker="." if len(piece) == 1 else None,
            markersize=3,
            gid="rest",
        )


def caption(tables: Iterable[pd.DataFrame], cut: bool = False) -> str:
    """What lines and bands are; of thin pieces only where there are any. cut: of `cuts_bands`."""
    tables = list(tables)
    if all((table["seeds"] <= 1).all() for table in tables):
        return "Each curve is of one seed, so that there is no band."
    everywhere = all((table["seeds"] > 1).all() for table in tables)
    text = "Mean over seeds with its 95 % interval as a band"
    text += "." if everywhere else ", but for arms of one seed."
    if cut:
        text += " Bands go on beyond the axes where they are cut off."
    if any((table["n"] < table["seeds"]).any() for table in tables):
        text += (
            " Where not all seeds of an arm are in training, a thin line is the mean of those that "
            "are; it is not joined, being of other seeds."
        )
    return text


def own_axes(curves: Mapping[str, pd.DataFrame]) -> str:
    """A sentence, after others, where curves of equal height may mean different things."""
    if len(_contexts(curves)) < 2:
        return ""
    return " Each context has a vertical axis of its own."


def _part_dashes(position: int) -> tuple[float, ...]:
    return ((), (4, 1.5), (1, 1.2))[position % 3]


def legend(
    figure: Figure,
    entries: Sequence[tuple[str, ArmStyle]],
    columns: int,
    thin: Sequence[tuple[str, ArmStyle]] = (),
) -> None:
    """One legend below all panels. thin: entries of thin lines, after the others."""
    widths = [_WIDTH] * len(entries) + [_THIN] * len(thin)
    handles = [
        Line2D(
            [],
            [],
            color=style.colour,
            linestyle=style.linestyle,
            linewidth=width,
            marker=style.marker or None,
            markersize=5,
            markeredgecolor="white",
            label=formatting.wrap(name, 38),
        )
        for (name, style), width in zip([*entries, *thin], widths, strict=True)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(columns, len(handles)))


def _contexts(curves: Mapping[str, pd.DataFrame]) -> list[str]:
    return list(dict.fromkeys(context for table in curves.values() for context in table["context"]))


def _names(curves: Mapping[str, pd.DataFrame], context: str | None = None) -> list[str]:
    return list(
        dict.fromkeys(
            name
            for table in curves.values()
            for name in table.loc[
                [True] * len(table) if context is None else table["context"] == context, "arm"
            ]
        )
    )
