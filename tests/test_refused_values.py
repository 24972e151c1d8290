"""What a schema refuses, in plain words."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator

from ablate.refused_values import in_words, shown


class Below(BaseModel):
    number: float = 0


class Example(BaseModel):
    whole: int = Field(default=1, ge=1, lt=9)
    number: float = Field(default=1, gt=0.5, le=2, allow_inf_nan=False)
    text: str = ""
    switch: bool = False
    below: Below = Below()
    mapping: dict[str, int] = {}
    entries: tuple[Annotated[int, Field(strict=True)], ...] = Field(default=(1,), min_length=1)
    few: list[int] = Field(default=[], max_length=2)
    odd: int = 1

    @field_validator("odd")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError(f"{value} is even")
        return value


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("whole", "many", "must be a whole number, not 'many'"),
        ("whole", 1.5, "must be a whole number, not 1.5"),
        ("whole", [1], "must be a whole number, not [1]"),
        ("whole", None, "must be a whole number, not null"),
        ("whole", 0, "must be greater than or equal to 1, not 0"),
        ("whole", 9, "must be less than 9, not 9"),
        ("number", "half", "must be a number, not 'half'"),
        ("number", {"a": 1}, "must be a number, not {'a': 1}"),
        ("number", float("nan"), "must be a finite number, not nan"),
        ("number", 0.5, "must be greater than 0.5, not 0.5"),
        ("number", 3, "must be less than or equal to 2, not 3"),
        ("text", 5, "must be text, not 5"),
        ("text", True, "must be text, not true"),
        ("switch", "perhaps", "must be true or false, not 'perhaps'"),
        ("switch", [], "must be true or false, not []"),
        ("below", 5, "must be a mapping of keys to values, not 5"),
        ("mapping", "a", "must be a mapping of keys to values, not 'a'"),
        ("entries", 5, "must be a list of whole numbers, not 5"),
        ("entries", [], "must be a list of whole numbers, at least 1, not []"),
        ("few", {}, "must be a list of whole numbers, not {}"),
        ("few", [1, 2, 3], "must be a list of whole numbers, at most 2, not [1, 2, 3]"),
        ("odd", 2, "2 is even (it is 2)"),
    ],
)
def test_it_says_what_would_be_right(key: str, value: Any, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Example.model_validate({key: value})
    (detail,) = caught.value.errors()
    assert in_words(detail, "whole numbers") == words


@pytest.mark.parametrize(
    ("value", "text"), [(None, "null"), (True, "true"), ("a", "'a'"), ([1, "a"], "[1, 'a']")]
)
def test_values_are_shown_as_yaml_writes_them(value: Any, text: str) -> None:
    assert shown(value) == text
