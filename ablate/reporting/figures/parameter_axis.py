"""An axis along which a parameter of a search runs: its range, its scale, its choices."""

import math
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter

from ablate.reporting import formatting
from ablate.study.search_space import Parameter

_MARGIN = 0.03  # of the range, beyond each end
_CHOICE_WIDTH = 12
_CHOICES_WIDTH = 26  # letters that fit below a panel of two inches
_SMALL = 7.5
_DECADES = 6  # more are thinned out


def coordinate(parameter: Parameter, value: Any) -> float:
    """Where a value stands on a parameter's axis: a choice, at its place in the list."""
    if parameter.type == "categorical":
        return parameter.position(value) * (len(parameter.choices) - 1)
    return float(value)


def frame(axes: Axes, side: Literal["x", "y"], parameter: Parameter, name: str) -> None:
    """Let one side of the axes be the parameter's: its whole range, on its scale, with its name."""
    axis = axes.xaxis if side == "x" else axes.yaxis
    if parameter.type == "categorical":
        ends = (0.0, len(parameter.choices) - 1.0)
        labels = _choices(parameter, _CHOICES_WIDTH // len(parameter.choices))
        axis.set_ticks(range(len(labels)), labels, fontsize=_SMALL)
        room = 0.5
        limits = (ends[0] - room, ends[1] + room)
    else:
        low, high = parameter.bounds
        if parameter.scale == "log":
            getattr(axes, f"set_{side}scale")("log")
            axis.set_major_locator(FixedLocator(_log_numbers(low, high)))
            axis.set_minor_formatter(NullFormatter())
            reach = (high / low) ** _MARGIN
            limits = (low / reach, high * reach)
        else:
            axis.set_major_locator(MaxNLocator(5, integer=parameter.type == "int"))
            reach = _MARGIN * (high - low)
            limits = (low - reach, high + reach)
        axis.set_major_formatter(FuncFormatter(lambda value, _: _tick_text(value)))
    getattr(axes, f"set_{side}lim")(*limits)
    getattr(axes, f"set_{side}label")(name)


def ticks(parameter: Parameter) -> list[tuple[float, str]]:
    """Positions between the ends of the range, from 0 to 1, and what stands there."""
    if parameter.type == "categorical":
        places = map(parameter.position, parameter.choices)
        return list(zip(places, _choices(parameter, _CHOICE_WIDTH), strict=True))
    low, high = parameter.bounds
    log = parameter.scale == "log"
    values = _log_numbers(low, high) if log else _round_numbers(parameter)
    return [(parameter.position(value), _tick_text(value)) for value in values]


def _tick_text(value: float) -> str:
    """As a person would write it, but short: "1e-4" takes less room than "0.0001"."""
    if 0 < abs(value) < 1e-3:
        mantissa, exponent = f"{value:.3e}".split("e")
        return f"{float(mantissa):g}e{int(exponent)}"
    return formatting.setting(float(value))


def _choices(parameter: Parameter, width: int) -> list[str]:
    words = map(formatting.setting, parameter.choices)
    return [formatting.wrap(word, min(max(width, 4), _CHOICE_WIDTH)) for word in words]


def _log_numbers(low: float, high: float) -> list[float]:
    """Decades; of a short range also their doubles and fives, or its ends."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    step = max(1, math.ceil((last - first + 1) / _DECADES))
    decades = [10.0**power for power in range(first, last + 1, step)]
    if len(decades) > 2:
        return decades
    between = [factor * 10.0**power for power in range(first - 1, last + 1) for factor in (1, 2, 5)]
    inside = [value for value in between if low <= value <= high]
    return inside if len(inside) > 1 else [low, high]


def _round_numbers(parameter: Parameter) -> list[float]:
    low, high = parameter.bounds
    found = MaxNLocator(5, integer=parameter.type == "int").tick_values(low, high)
    room = 1e-9 * (high - low)
    return [float(value) for value in found if low - room <= value <= high + room]
