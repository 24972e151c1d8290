"""What a YAML file says while it is read: its parts with their places, and what is wrong there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ablate.errors import Problem, did_you_mean
from ablate.refused_values import shown
from ablate.study.yaml_source import Place, YamlFile

_NEVER_EMPTY = {
    "name": "leave it out: a study is named like its file",
    "question": "write what the study asks",
    "metric": "name one, or leave the key out",
    "says": "write the claim as a sentence",
    "why": "write why it is not decided",
    "curve": "name a metric, or leave the key out",
}
"""Key -> what to write where it is empty text."""


@dataclass
class Draft:
    """A study's long form while it is made."""

    source: YamlFile
    problems: list[Problem] = field(default_factory=list)
    origin: dict[Place, Place] = field(default_factory=dict)
    """Place in the long form -> place in the file, where they differ."""
    contexts: dict[str, dict[str, Any]] = field(default_factory=dict)
    factors: dict[str, dict[str, Any]] = field(default_factory=dict)

    def refuse(self, place: Place, message: str, fix: str = "") -> None:
        """Note a problem at a place of the file."""
        self.problems.append(Problem(self.source.where(place), message, fix))

    def written(self, place: Place) -> Place:
        """Where a part of the long form is written, or the nearest part around it."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.origin:
                return self.origin[place[:length]] + place[length:]
        return place

    def mapping(self, value: Any, place: Place, what: str, fix: str = "") -> dict[str, Any]:
        """The value if it is a mapping; else a problem, and an empty one."""
        if isinstance(value, dict):
            return value
        self.refuse(place, f"{what} is a mapping of keys to values, not {shown(value)}", fix)
        return {}

    def sequence(self, value: Any, place: Place, what: str) -> list[Any]:
        """The value if it is a list; else a problem, and an empty one."""
        if isinstance(value, list):
            return value
        fix = "leave it out" if value is None else "write a dash before each entry: `- ...`"
        self.refuse(place, f"{what} is a list, not {shown(value)}", fix)
        return []

    def known_keys(self, value: Mapping[str, Any], place: Place, known: Collection[str]) -> bool:
        """Refuse keys that are not known; whether there was none."""
        unknown = [key for key in value if key not in known]
        for key in unknown:
            self.refuse((*place, key), f"no key named '{key}'", did_you_mean(key, known))
        return not unknown

    def empty(self, content: Mapping[str, Any], place: Place) -> None:
        """Refuse empty text under keys where it would say nothing, or pass for a key left out."""
        for key, fix in _NEVER_EMPTY.items():
            if is_blank(content.get(key)):
                self.refuse((*place, key), "is empty", fix)

    def word(self, value: Any, place: Place, known: Collection[str], what: str) -> bool:
        """Whether the value is one of the known words; if not, a problem."""
        if isinstance(value, str) and value in known:
            return True
        if isinstance(value, str):
            last = value.rpartition(".")[2]  # a factor's name, of the key that it was made of
            likely = last if last in known else value
            fix = did_you_mean(likely, known) if known else "there is none"
            self.refuse(place, f"no {what} named '{value}'", fix)
        else:  # as a word it may look like the very one that is known
            fix = f"known are: {', '.join(sorted(known))}" if known else "there is none"
            self.refuse(place, f"must be the name of a {what}, not {shown(value)}", fix)
        return False


def is_blank(text: Any) -> bool:
    """Whether it is text of which nothing is seen. As a level it would pass for an empty cell of a
    table of results, which stands for the baseline.
    """
    return isinstance(text, str) and not text.strip()
