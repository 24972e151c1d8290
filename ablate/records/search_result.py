"""What a search has found in one arm: its points, and the table and file that keep them."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ablate.atomic import write_atomically
from ablate.errors import AblateError, Problem, RecordError
from ablate.records.equal_numbers import are_equal
from ablate.records.failures import each_reason
from ablate.records.schema import gist
from ablate.study.arms import Arm, overlaid
from ablate.study.schema import SettingsOverride
from ablate.study.search_options import SearchOptions
from ablate.study.yaml_source import scalar_name

TABLE_FILE, RESULT_FILE = "search.csv", "search.json"

PointStatus = Literal["completed", "diverged", "pruned", "failed"]
"""Of all its trials: failed if one failed, else pruned if a scheduler stopped one, else diverged if
one diverged, else completed."""


class SearchPoint(BaseModel):
    """One point of a space, tried with every seed of the search."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    """In the order of asking; points that were lost with a killed search leave gaps. One that was
    tried again has the place of its first try, and the number of its last."""
    values: dict[str, Any]
    """Value by parameter; those whose condition fails are left out."""
    settings: SettingsOverride
    """What the point sets, by settings key."""
    status: PointStatus
    value: float | None = Field(default=None, allow_inf_nan=False)
    """Mean of the metric over seeds, a diverged trial counted at chance level; None if pruned,
    failed, or diverged where chance level is not known."""
    flops: float | None = None
    """Mean over seeds of what training took, of a diverged trial what it would have taken; None
    where unknown."""
    trials: tuple[str, ...] = ()
    """Hashes of its trials, one a seed; empty where the workload refused the settings."""
    error: str | None = None
    """Why it failed."""

    @property
    def refused(self) -> bool:
        """Whether it failed because the workload refused its settings: no call tries it again."""
        return self.status == "failed" and not self.trials

    @property
    def reason(self) -> str:
        """The gist of why it failed; empty of one that did not."""
        return (self.error or "").partition("\n")[0] if self.refused else gist(self.error)

    @property
    def counts(self) -> bool:
        """Whether its value may be compared: of a pruned point it is that of an early epoch."""
        return self.status == "completed" and self.value is not None


class SearchMethod(BaseModel):
    """How a call of a search chose its points, and which of their trials it stopped."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sampler: str
    seed: int
    """Of the sampler."""
    scheduler: str | None = None
    grace_period: int | None = None
    """Validation points that each trial had before the scheduler could stop it."""


def method_of(options: SearchOptions) -> SearchMethod:
    """What a call with these options notes of itself."""
    return SearchMethod(
        sampler=options.sampler,
        seed=options.seed,
        scheduler=options.scheduler,
        grace_period=options.looks_after,
    )


class Way(NamedTuple):
    """What is equal in searches of which one report can tell: their values can be compared, and
    mean the same.
    """

    space_digest: str
    metric: str
    higher_is_better: bool
    weighs_cost: bool
    seeds: tuple[int, ...]


class SearchResult(BaseModel):
    """The points tried in one arm."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    study: str
    context: str
    arm: str
    space: str
    space_digest: str = ""
    """Of what the space searches: a widened one is another, whatever its name."""
    metric: str
    """A validation metric; never one of the test set."""
    higher_is_better: bool
    weighs_cost: bool = False
    """Whether the search had a second objective: few FLOPs."""
    seeds: tuple[int, ...]
    methods: tuple[SearchMethod, ...] = ()
    """Of all calls that asked for points, in order, like ones once."""
    points: tuple[SearchPoint, ...] = ()
    outside: str = ""
    """Why the arm as its study has it is none of the points; empty where it is the first."""
    interrupted: bool = Field(default=False, exclude=True)
    """By Ctrl-C, or before the arm that was next; the same call continues."""

    @property
    def way(self) -> Way:
        """How the arm was searched, but for the choice of points; see `methods`."""
        return Way(
            self.space_digest, self.metric, self.higher_is_better, self.weighs_cost, self.seeds
        )

    @property
    def trials(self) -> tuple[str, ...]:
        """Hashes of the trials of all points, each once."""
        return tuple(dict.fromkeys(hash_ for point in self.points for hash_ in point.trials))

    @property
    def failed(self) -> tuple[SearchPoint, ...]:
        """The points of which a trial failed, which the same search tries again."""
        return tuple(each for each in self.points if each.status == "failed" and not each.refused)

    @property
    def went_wrong(self) -> bool:
        """Whether a trial failed, or no point completed."""
        return bool(self.failed) or self.best is None

    @property
    def best(self) -> SearchPoint | None:
        """The point of best value, the earlier of equal ones; None if none completed."""
        completed = [point for point in self.points if point.counts]
        least = min(map(self._loss, completed), default=0.0)
        return next((each for each in completed if are_equal(self._loss(each), least)), None)

    @property
    def front(self) -> tuple[SearchPoint, ...]:
        """The points that none beats in both value and FLOPs, cheapest first."""
        counted = [
            (point.flops, self._loss(point), point.number, point)
            for point in self.points
            if point.counts and point.flops is not None
        ]
        front: list[SearchPoint] = []
        lowest = float("inf")
        for _, loss, _, point in sorted(counted, key=lambda each: each[:3]):
            if loss < lowest and not are_equal(loss, lowest):
                lowest = loss
                front.append(point)
        return tuple(front)

    def _loss(self, point: SearchPoint) -> float:
        """Its value, so that less is better."""
        return -(point.value or 0.0) if self.higher_is_better else point.value or 0.0

    def tuned(self, arm: Arm) -> SettingsOverride | None:
        """The arm's settings with those of the best point; None if none completed."""
        return None if self.best is None else overlaid(arm.settings, self.best.settings)


def settings_of_best(result: SearchResult, arm: Arm) -> SettingsOverride:
    """The arm's settings with those of the best point. Raises AblateError when none completed."""
    tuned = result.tuned(arm)
    if tuned is None:
        counts = ", ".join(
            f"{sum(point.status == status for point in result.points)} {status}"
            for status in ("diverged", "pruned", "failed")
        )
        raise AblateError(
            Problem(
                f"search space '{result.space}'",
                f"no point completed in arm '{arm.name}' of '{arm.context}': {counts}",
                _cure_of_none_completed(result),
            )
        )
    return tuned


def _cure_of_none_completed(result: SearchResult) -> str:
    if not result.failed:
        return "move the ranges, or allow more trials"
    why = each_reason((point.reason for point in result.failed), "point")
    return f"why points failed: {why}; mend that, and the same command tries them again"


def write_search(results: Sequence[SearchResult], folder: Path) -> None:
    """search.csv, a row a point, for people and spreadsheets; search.json, complete, for reports.

    Columns: context, arm, point, status, the metric, flops, a column a parameter, trials. A
    parameter that is named as another column is called value.<name>.
    """
    write_atomically(folder / TABLE_FILE, _table(results).encode())
    content = [result.model_dump(mode="json") for result in results]
    write_atomically(folder / RESULT_FILE, (json.dumps(content, indent=1) + "\n").encode())


def read_search(folder: Path) -> tuple[SearchResult, ...]:
    """What a search has written into a folder; empty if none has. Raises RecordError."""
    path = folder / RESULT_FILE
    try:
        content = json.loads(path.read_bytes())
        return tuple(map(SearchResult.model_validate, content))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, RecursionError, ValidationError) as error:
        raise RecordError(
            Problem(
                str(path),
                f"is no search's result: {str(error).splitlines()[0]}",
                "remove it; the command that searched writes it again from its records",
            )
        ) from None


def _table(results: Sequence[SearchResult]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    names = dict.fromkeys(
        name for result in results for point in result.points for name in point.values
    )
    metrics = dict.fromkeys(result.metric for result in results)
    about = ["context", "arm", "point", "status", *metrics, "flops"]
    taken = {*about, "trials"}
    called = (f"value.{name}" if name in taken else name for name in names)
    writer.writerow([*about, *called, "trials"])
    for result in results:
        for point in result.points:
            values = (point.value if name == result.metric else None for name in metrics)
            set_to = (
                scalar_name(point.values[name]) or "[]" if name in point.values else ""
                for name in names
            )
            writer.writerow(
                [
                    result.context, result.arm, point.number, point.status,
                    *map(_cell, values), _cell(point.flops), *set_to, " ".join(point.trials),
                ]
            )  # fmt: skip
    return text.getvalue()


def _cell(value: Any) -> str:
    return "" if value is None else scalar_name(value)
