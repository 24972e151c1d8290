"""A record as JSON text and back."""

import json
from typing import Any

from pydantic import ValidationError

from ablate.errors import Problem, RecordError
from ablate.records.schema import TrialRecord
from ablate.study.yaml_source import HALF_A_CHARACTER

RECORD_VERSION = TrialRecord.model_fields["record_version"].default


def encode(record: TrialRecord) -> str:
    """Readable JSON of a record, half a character in its text as U+FFFD: no file can keep it, and a
    trial is not lost for what it says of itself. Raises RecordError for numbers that JSON cannot
    hold, and for half a character in the spec, which stays exact.
    """
    return _json(record, record.model_dump(mode="python"), indent=1) + "\n"


def encode_compactly(record: TrialRecord) -> str:
    """One line of JSON: fields at their defaults are left out, and numbers are rounded as by
    `as_compact`. Exact stay the spec, because the hash depends on it, and the final metrics, whose
    differences may lie beyond the seventh digit. Else as `encode`.
    """
    content = record.model_dump(mode="python", exclude_defaults=True)
    exact = ("spec", "metrics")
    rounded = {key: content[key] if key in exact else _rounded(content[key]) for key in content}
    whole = {"record_version": record.record_version, **rounded, "spec": record.spec.model_dump()}
    return _json(record, whole, separators=(",", ":"), sort_keys=True)


def as_compact(number: float) -> float:
    """A number as a compact record keeps it: 7 significant digits."""
    return float(f"{number:.7g}")


def decode(text: str | bytes, where: str) -> TrialRecord:
    """The record that a text holds.

    where: the file (and line) named in errors. Raises RecordError when it is no record, or one of
    a later version.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordError(
            Problem(where, f"is not a trial record: {error}", "remove it; its trial runs again")
        ) from None
    version = content.get("record_version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > RECORD_VERSION:
        raise RecordError(
            Problem(
                where,
                f"is a record of version {version}; this ablate reads up to {RECORD_VERSION}",
                "use the ablate that wrote it, or a newer one",
            )
        )
    try:
        return TrialRecord.model_validate(content)
    except ValidationError as error:
        raise RecordError(
            Problem(
                where,
                f"is not a trial record: {_first_mistake(error)}",
                "remove it; its trial runs again",
            )
        ) from None


def _json(record: TrialRecord, content: dict[str, Any], **style: Any) -> str:
    try:
        text = json.dumps(content, allow_nan=False, ensure_ascii=False, **style)
        json.dumps(record.spec.model_dump(), ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        raise RecordError(
            Problem("", f"the record of trial {record.hash} is not plain JSON: {error}")
        ) from None
    return HALF_A_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return as_compact(value)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def _first_mistake(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
