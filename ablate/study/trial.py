"""A trial: one arm with one seed, and the content hash that names it."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from ablate.digest import content_digest

HASH_VERSION = 1
"""Raised when the way of hashing changes; enters the hash, so that old and new never meet."""


class TrialSpec(BaseModel):
    """Everything that changes a trial's result and nothing that does not: no resources, no paths,
    no study name. A record's spec is enough to repeat the trial.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    workload: str
    """Name of a shipped workload, or a user's `module:function`."""
    workload_version: str
    """Version of the training code; for a user's function, the digest of its source."""
    settings: dict[str, Any]
    """Nested; only those that differ from the workload's defaults, with data digests."""
    seed: int

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON of the spec, as 20 hexadecimal digits."""
        content = {"hash_version": HASH_VERSION, **self.model_dump(mode="json")}
        return content_digest(content, 20)
