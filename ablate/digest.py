"""A name for content: equal where, and only where, the content is."""

import hashlib
import json
from typing import Any


def is_same_content(one: Any, other: Any) -> bool:
    """Whether the digests of plain values are equal: those of 1, 1.0, true and "1" all differ."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def content_digest(content: Any, length: int) -> str:
    """SHA-256 of the canonical JSON (keys sorted, no spaces), as its first hexadecimal digits.

    content: plain values. length: of the digits, at most 64. Raises ValueError where a number is
    not finite.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:length]
