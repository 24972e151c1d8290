"""What a trial leaves behind."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ablate.study.trial import TrialSpec

WEIGHTS_SUFFIX = ".safetensors"
SOURCE = "source"
"""In the provenance of a record that a table of results brought: the table's name."""
LAST_POINT = "last_point"
"""In the provenance of such a record, where its table holds courses of training: the "epoch" and
"step" that its value of the study's metric is of; none where that is given apart, as final."""
NOT_GIVEN = "not_given"
"""In the provenance of a record: what a study asked for, of the following, and did not get."""
FIRST_SEEN_AT = "first_seen_at"
"""In the provenance of a record: of a study that looks after every seed the first look, by its
number of seeds, at which the trial can be seen, as it had failed at those before."""
TEST_CURVE, WEIGHTS = "test_curve", "weights"

Status = Literal["completed", "diverged", "pruned", "failed"]
"""completed; diverged: non-finite loss, kept and counted; pruned: stopped by a scheduler during
tuning, kept but never used in effects; failed: an exception or a lost worker, missing in effects.
"""


def gist(error: str | None) -> str:
    """The last line of an error text: what a traceback leads to."""
    return (error or "").strip().rpartition("\n")[2]


class Cost(BaseModel):
    """What a trial cost. `core_seconds` is wall seconds times the CPUs it held."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float = 0.0
    core_seconds: float = 0.0
    gpu_seconds: float = 0.0
    flops: float = 0.0

    @property
    def is_known(self) -> bool:
        """Whether anything was measured: of results from elsewhere nothing is, which is not 0."""
        return any((self.seconds, self.core_seconds, self.gpu_seconds, self.flops))


class TrialRecord(BaseModel):
    """One trial's spec, ending and numbers. Written once, atomically, and never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record_version: int = 1
    hash: str
    spec: TrialSpec
    status: Status
    metrics: dict[str, float] = Field(default_factory=dict)
    """Final metrics; empty unless completed."""
    history: dict[str, list[float | None]] = Field(default_factory=dict)
    """Column by column, one entry a validation point; columns are equally long."""
    chance_level: dict[str, float] = Field(default_factory=dict)
    """What each metric is worth without learning; stands for a diverged trial where the study
    counts it so."""
    metric_resolution: dict[str, float] = Field(default_factory=dict)
    """The step in which a metric can change, e.g. 100 / (test images) for an accuracy."""
    cost: Cost = Cost()
    provenance: dict[str, Any] = Field(default_factory=dict)
    """Versions, hardware, precision used, threads, data digests, commit, start and end (UTC)."""
    error: str | None = None
    """Why it failed or diverged."""
    weights: str | None = None
    """File name of the final weights beside the record, when the study keeps them: its hash and
    WEIGHTS_SUFFIX, as a record from others must not lead to other files."""

    @property
    def reason(self) -> str:
        """The gist of why it failed or diverged; empty where nothing is known."""
        return gist(self.error)

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether a table brought it. What a seed fixes there is not known here, so that it makes
        no pair with a trial that was run, and answers no other report than that of its table.
        """
        return SOURCE in self.provenance

    @model_validator(mode="after")
    def _ending_is_consistent(self) -> "TrialRecord":
        if self.hash != self.spec.hash:
            raise ValueError(f"hash {self.hash} is not its spec's, which is {self.spec.hash}")
        if self.status == "completed" and not self.metrics:
            raise ValueError("a completed trial needs metrics")
        if self.status == "failed" and not (self.error or "").strip():
            raise ValueError("a failed trial needs its error text")
        if self.weights not in (None, f"{self.hash}{WEIGHTS_SUFFIX}"):
            raise ValueError(f"weights are {self.hash}{WEIGHTS_SUFFIX} or none, not {self.weights}")
        if len({len(column) for column in self.history.values()}) > 1:
            raise ValueError("columns of the history differ in length")
        return self
