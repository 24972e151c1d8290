"""Kernels ranked by their likeness to a pattern, against what chance gives."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ablate.reporting import formatting
from ablate.reporting.figures import mosaic
from ablate.reporting.figures.mosaic import Maps, Scale
from ablate.reporting.figures.palette import BAND, BETTER, GREY
from ablate.reporting.figures.placement import HEAD, MARGIN, WIDTH, bare, head, place

BEST = 6
"""So many kernels are drawn."""
_TILE, _GAP, _APART = 0.62, 0.12, 0.18
_TILE_TOP = 0.2
_TOP, _ROW = HEAD + 0.1, 1.85
_PLOT = 1.35
_PLOT_LEFT = MARGIN + (BEST + 1) * (_TILE + _GAP) + _APART + 0.65


def size(patterns: Mapping[str, Maps]) -> tuple[float, float]:
    """Width and height in inches that fit."""
    return WIDTH, _TOP + _ROW * len(patterns)


def draw(
    ranking: pd.DataFrame,
    patterns: Mapping[str, Maps],
    kernels: Maps,
    figure: Figure,
    *,
    title: str,
    subtitle: str,
) -> None:
    """Draw a row a pattern: the pattern, the kernels that are likest to it, and all likenesses in
    order of rank above the band of those that chance would give.

    ranking: columns pattern, rank, kernel (position in `kernels`), likeness, chance_low,
    chance_median, chance_high. patterns: by name. kernels: (count, height, width).
    """
    head(figure, title, subtitle)
    scale = mosaic.scale_of(kernels)
    for row, (name, pattern) in enumerate(patterns.items()):
        top = _TOP + row * _ROW
        own = ranking[ranking["pattern"] == name]
        _draw_tile(figure, 0, top, pattern, mosaic.scale_of(pattern), formatting.wrap(name, 12))
        for position, best in enumerate(own.head(BEST).to_dict("records"), start=1):
            text = f"{best['kernel']}\n{best['likeness']:.2f}"
            _draw_tile(figure, position, top, kernels[best["kernel"]], scale, text)
        axes = place(figure, _PLOT_LEFT, top, WIDTH - _PLOT_LEFT - MARGIN, _PLOT)
        _draw_ranks(axes, own, legend=row == 0)


def _draw_tile(
    figure: Figure, position: int, top: float, kernel: Maps, scale: Scale, text: str
) -> None:
    """The pattern, at position 0, stands apart from the kernels."""
    left = MARGIN + position * (_TILE + _GAP) + (_APART if position else 0.0)
    axes = place(figure, left, top + _TILE_TOP, _TILE, _TILE)
    axes.imshow(kernel, cmap=scale.colours, norm=scale.norm, interpolation="nearest", gid="map")
    bare(axes)
    axes.set_xlabel(text, fontsize=8, labelpad=3)


def _draw_ranks(axes: Axes, own: pd.DataFrame, legend: bool) -> None:
    axes.fill_between(
        own["rank"].to_numpy(dtype=float),
        own["chance_low"].to_numpy(dtype=float),
        own["chance_high"].to_numpy(dtype=float),
        color=BAND,
        linewidth=0,
        label="random kernels, 5 to 95 %",
        gid="chance",
    )
    axes.plot(own["rank"], own["chance_median"], color=GREY, linewidth=0.9, label="their median")
    (dots,) = axes.plot(own["rank"], own["likeness"], "o", color=BETTER, ms=3, label="this layer")
    dots.set_gid("likeness")
    axes.set(ylim=(0, 1), ylabel="likeness", xlabel="rank")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if legend:
        axes.legend(loc="upper right", fontsize=7.5)
