"""The look that all figures share, and how they become files."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter
from PIL import Image

from ablate.reporting.figures.fonts import families
from ablate.reporting.figures.palette import INK
from ablate.reporting.formatting import MINUS

_RESOLUTION = 160  # dots an inch: sharp on screens of double density at the page's width
_OVERRIDES: dict[Any, Any] = {
    "text.parse_math": False,  # a dollar sign in an arm's name is a dollar sign
    "svg.hashsalt": "ablate",
    "svg.fonttype": "path",
    "axes.edgecolor": "#9a9a9a",
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.labelsize": 9,
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,  # "+7.94e1" in a corner is no number that a reader adds
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.7,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextmanager
def themed() -> Iterator[None]:
    """Seaborn's white grid, for figures made and drawn inside; global settings stay untouched, and
    those of a user's matplotlibrc change no figure.
    """
    import seaborn  # late: it imports all of scipy.stats

    grid = seaborn.axes_style("whitegrid") | seaborn.plotting_context("paper")
    with style.context(["default", grid | _OVERRIDES | {"font.family": families()}]):
        yield


def bound_percent(axes: Axes, side: Literal["x", "y"], unit: str) -> None:
    """Cut an axis of percentages off at 0 and 100: an interval may reach beyond, a value cannot."""
    if unit == "%":
        low, high = getattr(axes, f"get_{side}lim")()
        margin = 0.02 * (high - low)
        getattr(axes, f"set_{side}lim")(max(low, -margin), min(high, 100 + margin))


def new_figure(width: float, height: float) -> Figure:
    """An empty figure outside pyplot's registry. width, height: inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def render(figure: Figure, few_colours: bool = False) -> dict[str, bytes]:
    """The figure as "png" and "svg", byte for byte the same for the same figure.

    few_colours: 256 of them do for the PNG, which is then about a quarter as large.
    """
    files = {}
    _name_powers(figure)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # laid out once: the second file need not solve it again
    for kind, metadata in (("png", {"Software": None}), ("svg", {"Date": None, "Creator": None})):
        buffer = io.BytesIO()
        with matplotlib.rc_context(_OVERRIDES):
            figure.savefig(
                buffer,
                format=kind,
                dpi=_RESOLUTION,
                metadata=metadata,
            )
        files[kind] = buffer.getvalue()
    return files | {"png": _in_few_colours(files["png"])} if few_colours else files


def _name_powers(figure: Figure) -> None:
    """Let the label of an axis name the power of ten that its numbers leave out: matplotlib writes
    it in a corner, over whatever stands there.
    """
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        formatter = axis.get_major_formatter()
        if type(formatter) is not ScalarFormatter:  # its children write each number whole
            continue
        formatter.format_ticks(list(axis.get_majorticklocs()))
        corner = formatter.get_offset()
        if not corner:
            continue
        power = int(corner.replace(MINUS, "-").removeprefix("1e"))
        formatter.set_powerlimits((power, power))  # as named, whatever the layout makes of ticks
        axis.offsetText.set_visible(False)
        label = axis.get_label_text()
        shown = axis.get_tick_params()
        if label or any(on for name, on in shown.items() if name.startswith("label")):
            factor = f"1e{power}".replace("-", MINUS)
            axis.set_label_text(f"{label}\naxis numbers: × {factor}".lstrip())


def _in_few_colours(png: bytes) -> bytes:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    few = picture.quantize(method=Image.Quantize.MAXCOVERAGE, kmeans=2)  # rare colours count too
    buffer = io.BytesIO()
    few.save(buffer, "png", optimize=True, dpi=(_RESOLUTION, _RESOLUTION))
    return buffer.getvalue()
