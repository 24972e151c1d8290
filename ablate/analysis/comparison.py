"""Arms of several runs side by side: their curves, their final metrics, and whether they can be
compared at all.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from ablate.analysis.arm_names import quoted
from ablate.analysis.convergence import curve_tables, place_table
from ablate.analysis.effects import arm_table
from ablate.analysis.tables import (
    history_table,
    metric_column,
    resolution_of,
    rows_of,
    trial_table,
)
from ablate.records.schema import TrialRecord
from ablate.study.arms import Arm
from ablate.study.plan import Plan
from ablate.workload import MetricDescription, describe_metric

PLACES = ("seconds", "images")
"""What a point's place can be told in, beside its epoch."""
_ABOUT = ("label", "run", "context", "arm", "n", "seeds", "epochs", "seconds")
_USUAL = ("validation_loss", "validation_accuracy")
_OTHER_DATA = {"dataset": "data set", "data_digest": "digest of the data"}
_DATA = "data"
"""The settings that say what of a data set is used, and how; whichever these are."""
_NOT_SET = "the default"
_ON_OTHER_MACHINES = ("processor", "device", "threads", "precision")


class Contender(NamedTuple):
    """An arm of a run. records: of the run, by hash."""

    run: str
    plan: Plan
    records: Mapping[str, TrialRecord]
    arm: Arm

    @property
    def name(self) -> str:
        """The arm, with its context where its study has several."""
        several = len(self.plan.study.contexts) > 1
        return f"{self.arm.context}/{self.arm.name}" if several else self.arm.name

    @property
    def own_records(self) -> list[TrialRecord]:
        """Those of the arm's trials that there are, seed by seed."""
        own = (trial for trial in self.plan.trials if (trial.context, trial.arm) == self.arm.key)
        return [self.records[trial.hash] for trial in own if trial.hash in self.records]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What there is to be drawn."""

    arms: pd.DataFrame
    """One row an arm: label, run, context, arm, n (seeds that have a metric), seeds (planned),
    epochs and seconds (mean over trials), and of each metric <column>, <column>_low and
    <column>_high (final: mean and 95 % interval)."""
    columns: Mapping[str, str]
    """Metric -> its column in `arms`: its name, or "metric.<name>" where another has that."""
    curves: Mapping[str, pd.DataFrame]
    """History column -> columns label, epoch, seconds, images, n, seeds, mean, low, high."""
    metrics: Mapping[str, MetricDescription]
    """Of every metric above."""
    warnings: tuple[str, ...]


def compare(contenders: Sequence[Contender], metrics: Sequence[str] = ()) -> Comparison:
    """Put arms side by side.

    metrics: columns of the history to be drawn; none: validation loss and accuracy where an arm has
    them, else every column.
    """
    labels = labels_of(contenders)
    tables = [_curves(contender) for contender in contenders]
    names = list(metrics) or _metrics_in(tables)
    finals = list(dict.fromkeys([*names, *(each.plan.study.metric for each in contenders)]))
    curves = {}
    for name in names:
        own = [
            table[name].assign(label=label)
            for label, table in zip(labels, tables, strict=True)
            if name in table
        ]
        if own:
            curves[name] = pd.concat(own, ignore_index=True)[
                ["label", "epoch", *PLACES, "n", "seeds", "mean", "low", "high"]
            ]
    columns = _columns_of(finals)
    known = {key: value for each in contenders for key, value in each.plan.metrics.items()}
    return Comparison(
        pd.DataFrame(
            [
                {"label": label, **_row(contender, columns)}
                for label, contender in zip(labels, contenders, strict=True)
            ]
        ),
        columns,
        curves,
        {name: describe_metric(name, known) for name in finals},
        tuple(_warnings(contenders, labels, names, tables)),
    )


def curves_of(contenders: Iterable[Contender]) -> set[str]:
    """The columns of the history of which any of these arms has a curve."""
    return {name for contender in contenders for name in _curves(contender)}


def labels_of(contenders: Sequence[Contender]) -> list[str]:
    """The arms' names, with their run's where several have one name."""
    count = Counter(contender.name for contender in contenders)
    return [
        f"{contender.run}: {contender.name}" if count[contender.name] > 1 else contender.name
        for contender in contenders
    ]


def _curves(contender: Contender) -> dict[str, pd.DataFrame]:
    """The arm's curves, by column of the history, each point with its place."""
    history = rows_of(history_table(contender.plan, contender.records), contender.arm.key)
    if history.empty:
        return {}
    places = place_table(history, PLACES)
    return {
        name: curve.merge(places, on=["context", "arm", "epoch"])
        for name, curve in curve_tables(history).items()
    }


def _metrics_in(tables: Iterable[Mapping[str, pd.DataFrame]]) -> list[str]:
    every = list(dict.fromkeys(name for table in tables for name in table))
    return [name for name in _USUAL if name in every] or every


def _columns_of(metrics: Sequence[str]) -> dict[str, str]:
    intervals = (f"{metric}_{end}" for metric in metrics for end in ("low", "high"))
    others = {*_ABOUT, *intervals}
    return {metric: metric_column(metric, others) for metric in metrics}


def _row(contender: Contender, columns: Mapping[str, str]) -> dict[str, Any]:
    """columns: by metric."""
    plan, records, arm = contender.plan, contender.records, contender.arm
    trials = trial_table(plan, records)
    row: dict[str, Any] = {
        "run": contender.run,
        "context": arm.context,
        "arm": arm.name,
        "n": 0,
        "seeds": len(plan.study.seeds),
        "epochs": _mean_end(contender.own_records, "epoch"),
        "seconds": _mean_end(contender.own_records, "seconds"),
    }
    for metric, column in columns.items():
        table = arm_table(plan, trials, metric, resolution_of(metric, trials, records))
        (own,) = rows_of(table, arm.key).to_dict("records")
        row |= {column: own["mean"], f"{column}_low": own["low"], f"{column}_high": own["high"]}
        row["n"] = max(row["n"], own["n"])
    return row


def _mean_end(records: Iterable[TrialRecord], column: str) -> float:
    """Mean over the completed trials of the last value in a column of their histories."""
    ends = [
        record.history[column][-1]
        for record in records
        if record.status == "completed" and record.history.get(column)
    ]
    return float(pd.Series(ends, dtype=float).mean())


def _warnings(
    contenders: Sequence[Contender],
    labels: Sequence[str],
    metrics: Sequence[str],
    tables: Sequence[Mapping[str, pd.DataFrame]],
) -> Iterator[str]:
    """What keeps curves from being comparable, or from being there."""
    yield from _other_data(contenders, labels)
    yield from _diverged(contenders, labels)
    for label, table in zip(labels, tables, strict=True):
        if lacking := [name for name in metrics if name not in table]:
            yield f"{label} has no history of {', '.join(lacking)}."
    for metric in metrics:
        values = [
            (describe_metric(metric, each.plan.metrics).unit or "none") if metric in table else ""
            for each, table in zip(contenders, tables, strict=True)
        ]
        if different := _different(labels, values):
            yield f"Not comparable, as the unit of {metric} differs: {different}."
    chosen = [contender.plan.study.metric for contender in contenders]
    if different := _different(labels, chosen):
        yield f"The studies are decided by different metrics: {different}."
    machines = [
        ", ".join(filter(None, (_stated(contender, key) for key in _ON_OTHER_MACHINES)))
        for contender in contenders
    ]
    if different := _different(labels, machines):
        yield f"Seconds compare machines as well: {different}."


def _other_data(contenders: Sequence[Contender], labels: Sequence[str]) -> Iterator[str]:
    """Where another data set is used no more is said: its parts differ with it."""
    for key, what in _OTHER_DATA.items():
        values = [_stated(contender, key) for contender in contenders]
        if different := _different(labels, values):
            yield f"Not comparable, as the {what} differs: {different}."
            return
    for key in sorted({key for each in contenders for key in _data_settings(each)}):
        # A record's settings leave out what its workload has by default. Another workload may
        # have no such key.
        having = {e.plan.study.workload for e in contenders if key in _data_settings(e)}
        values = [
            _data_settings(each).get(key, _NOT_SET)
            if each.own_records and each.plan.study.workload in having
            else ""
            for each in contenders
        ]
        if different := _different(labels, values):
            yield f"Not the same data, as {key} differs: {different}."
    if different := _different(labels, [_stated(contender, "images") for contender in contenders]):
        yield f"Not comparable, as the split differs: {different}."


def _diverged(contenders: Sequence[Contender], labels: Sequence[str]) -> Iterator[str]:
    """Trials that count otherwise than by where their curves lead, or not at all."""
    for contender, label in zip(contenders, labels, strict=True):
        own = contender.own_records
        diverged = sum(record.status == "diverged" for record in own)
        if not diverged:
            continue
        how = "left out of metrics and curves"
        if contender.plan.study.diverged == "chance":
            how = "in metrics at chance level or, where none is known, left out"
        (name,) = quoted(label)
        yield f"{diverged} of {len(own)} trials of {name} diverged ({how})."


def _data_settings(contender: Contender) -> dict[str, str]:
    """Settings of the arm's data by dotted key, as its records have them."""
    found: dict[str, list[str]] = {}
    for record in contender.own_records:
        own = record.spec.settings.get(_DATA)
        for key, value in own.items() if isinstance(own, Mapping) else ():
            found.setdefault(f"{_DATA}.{key}", []).append(str(value))
    return {key: " and ".join(dict.fromkeys(values)) for key, values in found.items()}


def _stated(contender: Contender, key: str) -> str:
    """What the arm's records say of one fact: every value that there is; "" where none is."""
    values = [record.provenance.get(key) for record in contender.own_records]
    return " and ".join(dict.fromkeys(_text(value) for value in values if value is not None))


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{item} {name}" for name, item in value.items())
    return str(value)


def _different(labels: Sequence[str], values: Sequence[str]) -> str:
    """Who says what, if those that say anything do not all say the same."""
    if len({value for value in values if value}) < 2:
        return ""
    by_value: dict[str, list[str]] = {}
    for label, value in zip(labels, values, strict=True):
        if value:
            by_value.setdefault(value, []).append(label)
    return "; ".join(f"{value} ({', '.join(quoted(*names))})" for value, names in by_value.items())
