"""What is wrong with a key or with its value, in words."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import ValidationError

from ablate.errors import Problem, did_you_mean
from ablate.image_classification.settings.keys import (
    ImageClassificationSettings,
    section_keys,
    setting_keys,
)
from ablate.refused_values import in_words


def problems(error: ValidationError) -> Iterator[Problem]:
    """One for each mistake, `where` being the dotted key."""
    details = error.errors()
    for detail in details:
        # A list is said to be too short where an entry is refused, too.
        below = len(detail["loc"]) + 1
        entries = (other["loc"] for other in details if len(other["loc"]) == below)
        if detail["type"] != "too_short" or detail["loc"] not in (loc[:-1] for loc in entries):
            yield _problem(detail)


def _problem(detail: Any) -> Problem:
    path = [str(part) for part in detail["loc"]]
    where = ".".join(path)
    if detail["type"] == "extra_forbidden":
        section = ".".join(path[:-1])
        known = section_keys(path[:-1])
        place = f" in {section}" if section else ""
        elsewhere = [f"'{key}'" for key in setting_keys() if key.endswith(f".{path[-1]}")]
        nearest = did_you_mean(path[-1], known)
        fix = f"did you mean {' or '.join(elsewhere)}?" if elsewhere else nearest
        return Problem(where, f"no setting named '{path[-1]}'{place}", fix, about="key")
    if detail["type"] == "literal_error":
        levels = detail["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return Problem(
            where, f"{detail['input']!r} is not a level", did_you_mean(str(detail["input"]), levels)
        )
    return Problem(where, in_words(detail, _items(path)))


def _items(path: list[str]) -> str:
    """What the list that a key may be holds."""
    section, *key = path
    model = ImageClassificationSettings.model_fields[section].annotation
    field = getattr(model, "model_fields", {}).get(".".join(key))
    return "numbers" if field and float in _inside(field.annotation) else "whole numbers"


def _inside(annotation: Any) -> set[Any]:
    """The types that an annotation is made of."""
    parts = get_args(annotation)
    return {annotation}.union(*map(_inside, parts))
