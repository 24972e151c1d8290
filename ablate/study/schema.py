"""Every key that a study may hold. Loading, with line numbers in errors, is `loading.py`."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat

from ablate.study.search_options import DEFAULTS, SchedulerName, SearchOptions
from ablate.study.search_space import SearchSpace
from ablate.study.seeds import MOST_SEEDS
from ablate.workload import MetricDescription


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


SettingsOverride = dict[str, Any]
"""Settings by dotted key, e.g. {"training.optimizer": "adam"}; `preset` is a key like others."""


class Factor(_Frozen):
    """One design choice and its named levels."""

    name: str
    levels: dict[str, SettingsOverride]
    """Level name -> the settings it sets. In `leave_one_out`, `add_one_in` and `path` the first
    level is without the ingredient and the last is with it."""
    when: dict[str, str] = Field(default_factory=dict)
    """Other factor -> level: varied only where they hold (`when: {optimizer: sgd}`)."""
    contexts: tuple[str, ...] = ()
    """Contexts in which the factor is varied; empty: in all."""


class Design(_Frozen):
    """How arms are drawn from factors."""

    kind: Literal[
        "one_at_a_time",
        "leave_one_out",
        "add_one_in",
        "path",
        "full_factorial",
        "fractional_factorial",
    ] = "one_at_a_time"
    order: tuple[str, ...] | Literal["greedy"] = ()
    """`path`: the factors in order of adding; `greedy` finds it by running; empty: as written."""
    resolution: Literal[3, 4, 5] = 4
    """`fractional_factorial`: III to V."""


class Selector(_Frozen):
    """An arm, named by what differs from its context's baseline: levels by factor. On a path, a
    level names the step that brings it in.
    """

    levels: dict[str, str] = Field(default_factory=dict)
    context: str | None = None
    """None: the claim's context, or the study's only one."""


class _ClaimBase(_Frozen):
    says: str
    """The claim as a sentence, for the report."""
    published: str | None = None
    """What the publication states of it, shown beside the measurement."""
    context: str | None = None
    """The baseline in which the claim is decided; needed where a study has several."""
    metric: str | None = None
    """None: the study's metric."""
    family: str = "study"
    """Claims of one family share the error rate (Holm)."""


class Difference(_ClaimBase):
    """One arm is better than another by more than the smallest effect of interest."""

    kind: Literal["difference"] = "difference"
    better: Selector
    worse: Selector
    by: NonNegativeFloat | None = None
    """None: the study's smallest effect of interest if the metric is the study's, else 0."""


class NoDifference(_ClaimBase):
    """Two arms are equivalent within a margin."""

    kind: Literal["no_difference"] = "no_difference"
    first: Selector
    second: Selector
    margin: PositiveFloat | None = None
    """None: the study's smallest effect of interest if the metric is the study's; of another there
    is none, and nothing is equal."""


class NoWorse(_ClaimBase):
    """An arm loses less than a margin against another, if anything (non-inferiority)."""

    kind: Literal["no_worse"] = "no_worse"
    arm: Selector
    than: Selector
    margin: NonNegativeFloat | None = None
    """None: the study's smallest effect of interest if the metric is the study's, else 0."""


class LargestEffect(_ClaimBase):
    """Of all named changes this one gains (or loses) most. Each is an arm differing from the
    baseline in one factor.
    """

    kind: Literal["largest_effect"] = "largest_effect"
    change: Selector
    rivals: tuple[Selector, ...] = ()
    """Empty: every other one-factor change of the context."""
    direction: Literal["gain", "loss"] = "loss"


class Reaches(_ClaimBase):
    """An arm's metric is at least a value (at most, for a metric where lower is better)."""

    kind: Literal["reaches"] = "reaches"
    arm: Selector
    value: float


class Faster(_ClaimBase):
    """An arm converges faster: fewer epochs to a threshold of a history metric, or, without a
    threshold, a better mean of that metric over the course of training (area under its curve).
    """

    kind: Literal["faster"] = "faster"
    faster: Selector
    slower: Selector
    curve: str = "validation_accuracy"
    threshold: float | None = None
    by: NonNegativeFloat = 0.0
    """In epochs with a threshold, else in the curve's unit."""


class MoreStable(_ClaimBase):
    """An arm's metric spreads less over seeds."""

    kind: Literal["more_stable"] = "more_stable"
    stable: Selector
    unstable: Selector


class Interaction(_ClaimBase):
    """A change's effect differs between two contexts (or two settings of other factors) by more
    than `by`: (change - base) in the first minus (change - base) in the second.
    """

    kind: Literal["interaction"] = "interaction"
    change: Selector
    base: Selector = Selector()
    first: Selector
    second: Selector
    better_in: Literal["first", "second"] | None = None
    """Where the change gains more, or loses less. None: the effects differ, whichever way."""
    by: NonNegativeFloat | None = None


class Open(_ClaimBase):
    """A statement that this study shows evidence for and does not decide; `why` says so."""

    kind: Literal["open"] = "open"
    why: str
    better: Selector | None = None
    worse: Selector | None = None


Claim = Annotated[
    Difference
    | NoDifference
    | NoWorse
    | LargestEffect
    | Reaches
    | Faster
    | MoreStable
    | Interaction
    | Open,
    Field(discriminator="kind"),
]


class PublishedNumber(_Frozen):
    """A published value of a metric, shown beside the measured one."""

    value: float
    metric: str
    label: str
    """What the publication calls the arm."""
    arm: Selector | None = None
    """None: the publication does not describe the arm; shown as such."""


class Tune(_Frozen):
    """Every arm is searched for settings of its own, by the same number of points, and the arms
    are compared a second time with these.
    """

    space: SearchSpace
    """In a file: a search space's name, the path of its file, or its content."""
    trials: int = Field(default=DEFAULTS.trials, ge=1)
    """Points to try in an arm."""
    seeds: tuple[int, ...] = DEFAULTS.seeds
    """Seeds that a point is averaged over; none of the study's own, on which a setting that was
    chosen there would look better than it is."""
    metric: str | None = None
    """What a point is worth. None: the study's metric, a `test_` metric giving way to its
    `validation_` counterpart."""
    scheduler: SchedulerName | None = None
    """Stops poor trials of the search early, whose points then are none to choose. None: every
    point is trained to its end."""
    grace_period: int | None = Field(default=None, ge=1)
    """Validation points before a trial may be stopped; None: 1. Goes with a scheduler."""

    @property
    def options(self) -> SearchOptions:
        """How each arm is searched."""
        return SearchOptions(
            trials=self.trials,
            seeds=self.seeds,
            metric=self.metric,
            scheduler=self.scheduler,
            grace_period=self.grace_period,
        )

    @property
    def looks_after(self) -> int | None:
        """Validation points before a trial may be stopped; None where none is."""
        return self.options.looks_after


class Study(_Frozen):
    """One question, and how it is to be answered."""

    name: str
    """The file's stem; never part of a trial's hash."""
    question: str
    workload: str = "image_classification"
    contexts: dict[str, SettingsOverride]
    """Baselines by name. `baseline: {...}` in the file is the one context named "baseline"."""
    factors: dict[str, Factor]
    design: Design = Design()
    forbid: tuple[dict[str, str], ...] = ()
    """Combinations of levels that are not run: factor -> level."""
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    max_seeds: int | None = Field(default=None, ge=3, le=MOST_SEEDS)
    """Claims are looked at after every seed from the third, with intervals that allow for it up
    to so many seeds (`--until-decided`). None: looked at once."""
    stop_futile: bool = False
    """Of a study that looks so: give up a claim that the maximum would hardly settle."""
    metric: str = "test_accuracy"
    metrics: dict[str, MetricDescription] = Field(default_factory=dict)
    """Label, unit and better direction of metrics that the workload does not describe."""
    smallest_effect_of_interest: NonNegativeFloat = 0.0
    """In the metric's unit; for accuracies, percentage points."""
    diverged: Literal["chance", "failure_rate"] = "chance"
    """A diverged trial counts at chance level, or is left out of means and reported as a rate."""
    test_curve: bool = False
    """Score the test set at every validation point too."""
    keep_weights: bool = False
    retries: int = Field(default=1, ge=0)
    """How often a failed trial is tried again."""
    tune: Tune | None = None
    """Compare the arms with settings of their own, too; never part of a trial's hash."""
    claims: tuple[Claim, ...] = ()
    published: tuple[PublishedNumber, ...] = ()

    def metric_of(self, claim: Claim) -> str:
        """What a claim compares: its own metric or the study's, of a `faster` claim its curve."""
        return claim.curve if isinstance(claim, Faster) else claim.metric or self.metric
