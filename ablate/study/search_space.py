"""Search spaces: what of an arm's settings is searched, and in which ranges.

`schema.py` builds on this, so it knows no study; `space_file.py` reads and checks spaces.
"""

import math
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ablate.digest import content_digest, is_same_content
from ablate.study.yaml_source import scalar_name
from ablate.workload import Settings

DIGITS = 6
"""Significant digits of a value that is tried: a record, a table and a study say the same."""

Values = dict[str, Any]
"""A point of a space: value by parameter; of a categorical one the choice itself. Parameters whose
condition fails are left out."""


Edge = Literal["lowest", "highest"]
_INNER = (0.0618034, 0.5, 0.618034)
"""Where within a range, as parts of it on its scale, a workload is asked about a value: not only at
round places, where a number that has to be whole would be one."""
_FEW = 16
"""Of so many whole numbers in a range, each is asked about."""
EDGE = 0.05
"""So near an end of its range, as a part of the range on its scale, a value lies at the edge."""


_OUTSIDE = (EDGE, 1e-3, 1e-6)
"""So far outside a range, as parts of it on its scale, a workload is asked about a value."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Parameter(_Frozen):
    """One setting that is searched."""

    name: str
    key: str
    """Dotted settings key."""
    type: Literal["float", "int", "categorical"]
    range: tuple[float, float] | None = None
    """Lowest and highest value, both included; None for a categorical parameter."""
    choices: tuple[Any, ...] = ()
    """The values of a categorical parameter: plain JSON, no two of one name."""
    scale: Literal["linear", "log"] = "linear"
    when: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Other, categorical parameter -> names of the choices under which this one is searched."""
    why: str
    """Why this range, for who reads or widens it."""

    @property
    def bounds(self) -> tuple[float, float]:
        """The range; whole numbers for an int."""
        low, high = self.range or (0.0, 0.0)
        return (int(low), int(high)) if self.type == "int" else (low, high)

    @property
    def choice_names(self) -> tuple[str, ...]:
        """The choices as words, by which conditions, tables and storages name them."""
        return tuple(map(scalar_name, self.choices))

    @property
    def extremes(self) -> tuple[Any, ...]:
        """Lowest and highest value, or all choices."""
        return self.choices or self.bounds

    @property
    def inner(self) -> tuple[Any, ...]:
        """Values between the ends that stand for all: of few whole numbers each, of more also those
        beside the ends. None where there are choices.
        """
        if self.type == "categorical":
            return ()
        low, high = self.bounds
        between = tuple(rounded(self._at(share)) for share in _INNER)
        if self.type == "float":
            return between
        first, last = int(low) + 1, int(high) - 1
        if high - low < _FEW:
            return tuple(range(first, last + 1))
        return tuple(sorted({first, *map(round, between), last} - {low, high}))

    def edge(self, value: Any) -> Edge | None:
        """The end of the range at which a value lies. The best of an ever longer search may lie
        beyond.
        """
        if self.type == "categorical":
            return None
        share = self.position(value)
        return "lowest" if share < EDGE else "highest" if share > 1 - EDGE else None

    def beyond(self, edge: Edge) -> tuple[float, ...]:
        """Values outside the range, from far to near: what is hard to pass may lie close to it, as
        1 to a momentum of 0.99.
        """
        low, high = self.bounds
        if self.type == "int":
            return (low - 1,) if edge == "lowest" else (high + 1,)
        return tuple(self._at(-part if edge == "lowest" else 1 + part) for part in _OUTSIDE)

    def tried(self, value: Any) -> Any:
        """What a search would try for a value that it could try: of choices that which is called
        so, of a range the number with as many digits as are drawn.
        """
        if self.type == "categorical":
            return self.choices[self.choice_names.index(scalar_name(value))]
        return rounded(value)

    def within(self, value: Any) -> bool:
        """Whether a value is one that the search could try, by its name or its size."""
        if self.type == "categorical":
            return scalar_name(value) in self.choice_names
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        whole = float(value).is_integer()
        low, high = self.bounds
        return low <= value <= high and (self.type == "float" or whole)

    def position(self, value: Any) -> float:
        """Where a value lies between the ends of the range, from 0 to 1, on the parameter's scale;
        a choice, between the first and the last.
        """
        if self.type == "categorical":
            return self.choice_names.index(scalar_name(value)) / (len(self.choices) - 1)
        low, high = self.bounds
        if self.scale == "log":
            low, high, value = math.log(low), math.log(high), math.log(value)
        return float(min(max((value - low) / (high - low), 0.0), 1.0))

    def _at(self, share: float) -> float:
        """The value at a part of the range, on the parameter's scale."""
        low, high = self.bounds
        return low * (high / low) ** share if self.scale == "log" else low + share * (high - low)


class SearchSpace(_Frozen):
    """A named space."""

    name: str
    """The file's stem."""
    about: str = ""
    parameters: tuple[Parameter, ...]
    """Each after those that its condition names."""

    @property
    def digest(self) -> str:
        """SHA-256 of what is searched, as 12 hexadecimal digits; words about it do not enter."""
        content = [item.model_dump(mode="json", exclude={"why"}) for item in self.parameters]
        return content_digest(content, 12)

    def active(self, parameter: Parameter, values: Mapping[str, Any]) -> bool:
        """Whether a parameter is searched, given the values of those before it."""
        return all(
            other in values and scalar_name(values[other]) in held
            for other, held in parameter.when.items()
        )

    def settings(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The settings that a point sets, by dotted key."""
        return {item.key: values[item.name] for item in self.parameters if item.name in values}

    def values_of(self, resolved: Settings) -> Values | None:
        """The point at which complete settings lie, or None where they lie outside."""
        values, outside = self.place_of(resolved)
        return None if outside else values

    def place_of(self, resolved: Settings) -> tuple[Values, tuple[Parameter, ...]]:
        """The value of each parameter in complete settings, and the parameters of which it is none
        that the search could try.
        """
        values: Values = {}
        outside = []
        for parameter in self.parameters:
            if not self.active(parameter, values):
                continue
            value = value_at(resolved, parameter.key)
            if isinstance(value, list) and not parameter.within(value) and value:
                value = value[0] if value == value[:1] * len(value) else value  # one for all
            if parameter.type == "int" and isinstance(value, float) and value.is_integer():
                value = int(value)  # as a search would try it
            values[parameter.name] = value
            if not (parameter.within(value) and is_same_content(parameter.tried(value), value)):
                outside.append(parameter)
        return values, tuple(outside)

    @property
    def is_conditional(self) -> bool:
        """Whether some parameter is searched only now and then."""
        return any(parameter.when for parameter in self.parameters)


def rounded(value: Any) -> Any:
    """A float with DIGITS significant digits; anything else as it is."""
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def value_at(settings: Any, key: str) -> Any:
    """What nested settings hold at a dotted key; None where they hold nothing."""
    for part in key.split("."):
        settings = settings.get(part) if isinstance(settings, Mapping) else None
    return settings
