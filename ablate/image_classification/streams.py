"""Independent streams of randomness: one for each use, all fixed by a trial's seed."""

import hashlib
import json


def stream_seed(seed: int, *use: str | int) -> int:
    """A seed of 63 bits for one use of randomness, such as (3, "order", epoch).

    The hash keeps uses apart for certain, where sums such as 1000 * seed + epoch collide.
    """
    key = hashlib.sha256(json.dumps([seed, *use]).encode()).digest()
    return int.from_bytes(key[:8], "big") & (2**63 - 1)
