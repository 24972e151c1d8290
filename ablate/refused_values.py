"""What is wrong with a value that a schema refuses, in the words of the person who wrote it."""

from typing import Any

_MUST_BE = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "list_type": "a list of {items}",
    "tuple_type": "a list of {items}",
    "too_short": "a list of {items}, at least {min_length}",
    "too_long": "a list of {items}, at most {max_length}",
    "greater_than": "greater than {gt:.10g}",
    "greater_than_equal": "greater than or equal to {ge:.10g}",
    "less_than": "less than {lt:.10g}",
    "less_than_equal": "less than or equal to {le:.10g}",
}


def in_words(detail: Any, items: str = "values") -> str:
    """One of pydantic's `errors()` as a sentence that goes on from the key.

    items: what a list would hold, where it must be one.
    """
    value, kind = shown(detail["input"]), detail["type"]
    if kind in _MUST_BE:
        return f"must be {_MUST_BE[kind].format(items=items, **detail.get('ctx', {}))}, not {value}"
    return f"{detail['msg'].removeprefix('Value error, ')} (it is {value})"


def shown(value: Any) -> str:
    """A value as an error shows it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else repr(value)
