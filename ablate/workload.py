"""The seam between studies and what a trial does.

A workload turns settings and a seed into an iterator of metrics. Studies, records, statistics and
reports know a workload only through this protocol; nothing here imports torch or ray, and nothing
but `run` and `load_data` of a workload may.
"""

import copy
import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, FiniteFloat

from ablate.errors import AblateError, Problem, SettingsError, did_you_mean

Settings = dict[str, Any]
"""Nested settings, e.g. {"training": {"optimizer": "adam"}}; always plain JSON values."""

FROM_ELSEWHERE = "external"
"""The workload of results that were trained elsewhere, which runs nothing."""

SHIPPED = {
    "image_classification": "ablate.image_classification.workload:WORKLOAD",
    FROM_ELSEWHERE: "ablate.external_workload:EXTERNAL",
}


class Resources(BaseModel):
    """What one trial may use: `cpus` threads (a fraction runs one thread) and `gpus` (fractions
    share one).
    """

    model_config = ConfigDict(frozen=True)

    cpus: float = 1.0
    gpus: float = 0.0


class Wanted(BaseModel):
    """What a trial is asked to leave behind beside its metrics; changes no result."""

    model_config = ConfigDict(frozen=True)

    test_curve: bool = False
    """Score the test set at every validation point too."""
    weights: bool = False
    """Hand over the final weights: bytes of a safetensors file, in the facts."""


class MetricDescription(BaseModel):
    """How to read a metric: axis label, unit and which way is better."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    unit: str = ""
    """Of accuracies "%": their differences are then in points."""
    higher_is_better: bool = True
    uses_test_data: bool = False
    """Whether the test set is part of it, so that nothing may be chosen by it; a name that begins
    with `test_` says so by itself, and one with the word `test` where this is left out."""
    only_at_end: bool = False
    """Whether no validation point holds it, so that no trial can be stopped early by it."""
    chance: FiniteFloat | None = None
    """What it is worth without learning; stands for a diverged trial whose record does not say it
    itself. None: not known."""
    note: str = ""
    """A sentence on what its values are, for the caption of its curves."""
    meaning: str = ""
    """A sentence on what it is, for verdicts on it, where its label does not say it all."""

    @property
    def difference_unit(self) -> str:
        """Of a difference of two values: percentages differ by points."""
        return "points" if self.unit == "%" else self.unit


_LOWER_IS_BETTER = {
    "loss", "error", "perplexity", "seconds", "time", "latency", "roughness", "gap", "rise",
    "rmse", "mse", "mae", "mape", "nll", "wer", "cer", "fid", "brier", "entropy", "bits", "bpb",
    "bpc", "ppl", "ece", "regret", "flops", "memory", "logloss", "drop", "err", "eer", "fpr", "fnr",
    "std", "stdev", "sd", "var", "variance", "spread",
}  # fmt: skip
_LOSSES = {"loss", "losses", "logloss", "nll", "crossentropy"}
_HIGHER_IS_BETTER = {
    "accuracy", "acc", "score", "f1", "auc", "auroc", "precision", "recall", "sensitivity",
    "specificity", "iou", "dice", "bleu", "rouge", "reward", "return", "r2", "psnr", "ssim",
    "throughput", "success", "correct", "top1", "top5", "map", "ndcg",
}  # fmt: skip


_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Between the words of CamelCase."""


def describe_metric(name: str, known: Mapping[str, MetricDescription]) -> MetricDescription:
    """What is known of a metric, of validation data what is known of its `test_` counterpart; else
    its name, and a guess at the better direction by its words.

    The guess is for functions and tables that declare nothing; a study's `metrics` settles it.
    """
    if name in known:
        return known[name]
    label = name.replace("_", " ")
    if (like := known.get(test_counterpart(name) or "")) is not None:
        return MetricDescription(
            label=label,
            unit=like.unit,
            higher_is_better=like.higher_is_better,
            uses_test_data=False,
            chance=like.chance,
        )
    lower = not _LOWER_IS_BETTER.isdisjoint(words(name))
    return MetricDescription(label=label, higher_is_better=not lower)


def with_description(
    name: str, known: Mapping[str, MetricDescription]
) -> Mapping[str, MetricDescription]:
    """What is known of metrics, with `describe_metric` of one."""
    return {**known, name: describe_metric(name, known)}


def is_direction_known(name: str, known: Mapping[str, MetricDescription]) -> bool:
    """Whether a metric, or of validation data its `test_` counterpart, is described, or its words
    say which way is better, and agree on it.
    """
    lower, higher = (
        not telling.isdisjoint(words(name)) for telling in (_LOWER_IS_BETTER, _HIGHER_IS_BETTER)
    )
    return name in known or test_counterpart(name) in known or lower != higher


def guessed_direction(name: str, known: Mapping[str, MetricDescription]) -> str:
    """A sentence on a metric of which nobody says which way is better; "" of others."""
    if is_direction_known(name, known):
        return ""
    more = describe_metric(name, known).higher_is_better
    return (
        f"That {'more' if more else 'less'} {name} is better is a guess: say which way it is, by "
        f"`metrics: {{{name}: {{label: ..., higher_is_better: {'false' if more else 'true'}}}}}`."
    )


_SHARES = {"accuracy", "acc", "top1", "top5"}


def is_a_share(name: str) -> bool:
    """Whether a metric is a part of all, in percent or as a fraction, by the words of its name."""
    return not _SHARES.isdisjoint(words(name))


def words(name: str) -> list[str]:
    """Of a metric's name, in lower case: what stands between signs, and what CamelCase is made of.

    "val/topK" -> "val", "topk", "top", "k"
    """
    parts = re.findall(r"[^\W_]+", name)
    humps = [hump for part in parts for hump in re.split(_HUMP, part)]
    return [word.lower() for word in dict.fromkeys([*parts, *humps])]


def is_loss(name: str) -> bool:
    """Whether a metric is what is trained on, by the words of its name."""
    found = set(words(name))
    return not _LOSSES.isdisjoint(found) or {"cross", "entropy"} <= found


def rests_on_test_data(name: str, known: Mapping[str, MetricDescription]) -> bool:
    """Whether a metric is of the test set: by its prefix `test_`, else by its description, and
    where that does not say so, by the word `test` in its name.
    """
    if name.startswith("test_"):
        return True
    return known[name].uses_test_data if _says_of_test_data(name, known) else "test" in words(name)


def validation_counterpart(name: str) -> str | None:
    """Of a `test_` metric, the same of validation data; None of others, which have no such name."""
    kind = name.removeprefix("test_")
    return None if kind == name else f"validation_{kind}"


def choice_metric(name: str) -> str:
    """The metric by which choices are made where this one is a study's: test data is for the end,
    so that a `test_` metric gives way to its `validation_` counterpart.
    """
    return validation_counterpart(name) or name


def test_counterpart(name: str) -> str | None:
    """Of a `validation_` metric, the same of test data; None of others."""
    kind = name.removeprefix("validation_")
    return None if kind == name else f"test_{kind}"


def cure_by_validation(name: str, known: Mapping[str, MetricDescription]) -> str:
    """What to choose by in place of a metric that rests on test data."""
    if counterpart := validation_counterpart(name):
        return f"choose by '{counterpart}'"
    such_as = [f", such as '{other}'" for other in known if other.startswith("validation_")]
    by_word = "test" in words(name) and not _says_of_test_data(name, known)
    otherwise = " (or describe this one with `uses_test_data: false`)" if by_word else ""
    return f"choose by a metric of validation data{such_as[0] if such_as else ''}{otherwise}"


def _says_of_test_data(name: str, known: Mapping[str, MetricDescription]) -> bool:
    return name in known and "uses_test_data" in known[name].model_fields_set


class Workload(Protocol):
    """What a trial does.

    `version` is raised by hand whenever equal settings and seed come to mean other results; it
    enters the hash of every trial.
    """

    name: str
    version: str
    metrics: Mapping[str, MetricDescription]
    takes_any_settings: bool
    """Whether it refuses no key and no value, since it knows none."""
    marks_final_metrics: bool
    """Whether the final dictionary, and no other, holds "facts": one without is then known for a
    validation point as it comes, and else only by what follows it."""

    def resolve(self, settings: Mapping[str, Any]) -> Settings:
        """Complete settings: presets expanded, defaults filled, values checked.

        settings: nested or dotted keys, as a study gives them. Raises SettingsError with one
        Problem for each mistake; `where` is the dotted key.
        """

    def pinned(self, settings: Mapping[str, Any]) -> Settings:
        """The same settings, by dotted key, each file that they name with its content beside it:
        they mean the same where the file is not. Raises SettingsError when it is not here.
        """

    def identity(self, resolved: Settings) -> Settings:
        """The settings that enter the hash: those that differ from the defaults, nested, after
        keys without effect (momentum under Adam, the place of an absent normalisation) are
        dropped, with each data set's digest beside its name. Enough to repeat the trial:
        `resolve(identity(resolved))` means the same trial.
        """

    def canonical(self, resolved: Settings) -> Any:
        """What is computed, as plain JSON: equal for two arms exactly when they are the same
        network trained by the same recipe. Used to refuse arms that change nothing.
        """

    def data_needed(self, resolved: Settings) -> tuple[str, ...]:
        """Names of the data a trial reads (data sets, weights to start from); each is loaded once,
        by `load_data`, where trials are handed out.
        """

    def load_data(self, name: str, data_dir: Path | None) -> Any:
        """The data as arrays that Ray can share without copies. Raises DataError."""

    def training_flops(self, resolved: Settings) -> float:
        """FLOPs of one trial, for cost estimates; 0 where unknown."""

    def device_check(self, resources: Resources) -> Callable[[], None] | None:
        """What tells, called where a trial would run and with what it would get, whether it can:
        a function that can be sent to another process, and raises AblateError where it cannot.
        None: nothing to check. Raises AblateError for resources that no trial can use.
        """

    def run(
        self,
        settings: Settings,
        seed: int,
        resources: Resources,
        data: Mapping[str, Any],
        wanted: Wanted = Wanted(),
    ) -> Iterator[dict[str, Any]]:
        """Train once. settings: resolved. Yields one dictionary of numbers a validation point and
        the final metrics last; in between, {"doing": words} says what takes long. The final
        dictionary may hold, under "facts", what is no metric: chance_level, metric_resolution
        (dictionaries by metric name), provenance (the precision used, library versions, ...) and
        weights (bytes). Raises DivergedError when the loss is not finite.
        """


def load_workload(name: str) -> Workload:
    """The workload of that name: a shipped one, or a user's `module:function`.

    Resolved through importlib, so that studies depend on no workload. Raises AblateError when the
    name is unknown or the module cannot be imported.
    """
    if name in SHIPPED:
        module, _, attribute = SHIPPED[name].partition(":")
        shipped: Workload = getattr(importlib.import_module(module), attribute)
        return shipped
    if ":" in name:
        from ablate.function_workload import function_workload
        from ablate.named_function import named_function

        return function_workload(name, named_function(name))
    module, _, function = name.rpartition(".")
    meant = f"{module}:{function}"
    fix = (
        f"did you mean '{meant}'?" if module else did_you_mean(name, [*SHIPPED, "module:function"])
    )
    raise AblateError(Problem("", f"no workload named '{name}'", fix))


def nested(settings: Mapping[str, Any]) -> Settings:
    """Nested settings out of nested or dotted keys, as copies.

    Raises SettingsError with one Problem for each key that is to be both value and section.
    """
    result: Settings = {}
    problems: list[Problem] = []
    for key, value in settings.items():
        _put(result, key, value, key, problems)
    if problems:
        raise SettingsError(*problems)
    return result


def _put(into: Settings, key: str, value: Any, where: str, problems: list[Problem]) -> None:
    first, _, rest = key.partition(".")
    if rest or isinstance(value, Mapping):
        inner = into.setdefault(first, {})
        if not isinstance(inner, dict):
            problems.append(Problem(where, f"'{first}' is a value, and so has no keys"))
            return
        entries = {rest: value} if rest else value
        for name, item in entries.items():
            _put(inner, str(name), item, where, problems)
    elif isinstance(into.get(first), dict) and into[first]:
        problems.append(Problem(where, f"'{first}' has keys, and so is no value"))
    else:
        into[first] = copy.deepcopy(value)
