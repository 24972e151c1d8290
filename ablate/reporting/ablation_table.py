"""The ablation table as papers print it: what each arm changes, and what that comes to."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from ablate.analysis.findings import Findings
from ablate.analysis.tables import FACTOR, ArmKey
from ablate.reporting import formatting
from ablate.reporting.table import Cell, Table
from ablate.reporting.tables import (
    endings_note,
    metric_description,
    reference_arms,
    reference_note,
    short_factor_names,
    shown_levels,
    unpaired_note,
    with_direction,
)

_WITHOUT = {"without", "absent", "none", "off", "no", "false"}
_WITH = {"with", "present", "on", "yes", "true"}
_ABLATION = {
    "context", "arm", "n", "mean", "sd", "reference", "difference", "difference_low",
    "difference_high", "unit",
}  # fmt: skip
"""Columns of the ablation table's frame; a factor named like one stands under factor.<name>."""
TICK, NO_TICK = "✓", "–"

Levels = Mapping[ArmKey, Mapping[str, str]]
ByArm = Mapping[ArmKey, Mapping[Any, Any]]


def ablation_table(findings: Findings) -> Table:
    """One row an arm, one column a factor, mean and spread, difference from the reference."""
    metric = metric_description(findings)
    factors = list(dict.fromkeys(name for arm in findings.plan.arms for name in arm.levels))
    levels = shown_levels(findings.plan)
    effects = _by_arm(findings.effects)
    change = metric.difference_unit
    names = short_factor_names(factors).values()
    about = (
        *(["Context"] if len(findings.plan.study.contexts) > 1 else []),
        "Arm",
        *(n.replace("_", " ") for n in names),
    )
    header = (
        *about,
        formatting.sentence_case(formatting.with_bracket(metric.label, metric.unit)),
        "Seeds",
        *([formatting.with_bracket("Difference", change)] if effects else []),
    )
    return Table(
        "ablation",
        f"{formatting.sentence_case(with_direction(metric))} as mean ± standard deviation over "
        f"seeds{_how_compared(findings)}. Levels in bold differ from the baseline.",
        header,
        tuple(_rows(findings, factors, levels, effects)),
        _frame(findings, factors, levels, effects),
        keys=("context", "arm"),
        formats={"n": formatting.count}
        | dict.fromkeys(("mean", "sd"), formatting.number_in(metric.unit))
        | dict.fromkeys(
            ("difference", "difference_low", "difference_high"), formatting.number_in(change)
        ),
        numeric=frozenset(range(len(about), len(header))),
    )


def _by_arm(table: pd.DataFrame) -> dict[ArmKey, dict[Any, Any]]:
    return {(row["context"], row["arm"]): row for row in table.to_dict("records")}


def _rows(
    findings: Findings, factors: list[str], levels: Levels, effects: ByArm
) -> Iterator[tuple[Cell, ...]]:
    references = reference_arms(findings.plan)
    baselines = {context: arm.name for context, arm in references.items()}
    means, unit = _by_arm(findings.arms), metric_description(findings).unit
    for arm in findings.plan.arms:
        key = arm.context, arm.name
        before = levels[arm.context, baselines[arm.context]]
        mean = means.get(key, {})
        yield (
            *([Cell(arm.context)] if len(references) > 1 else []),
            Cell(arm.name, "strong" if arm.is_reference else "plain"),
            *(_level_cell(findings, levels[key], before, factor) for factor in factors),
            Cell(formatting.mean_and_spread(mean.get("mean"), mean.get("sd"), unit)),
            Cell(formatting.count(mean.get("n")), note=endings_note(mean)),
            *([_difference_cell(findings, effects.get(key, {}), baselines)] if effects else []),
        )


def _frame(findings: Findings, factors: list[str], levels: Levels, effects: ByArm) -> pd.DataFrame:
    columns = {name: f"{FACTOR}{name}" if name in _ABLATION else name for name in factors}
    means = _by_arm(findings.arms)
    records = []
    for arm in findings.plan.arms:
        key = arm.context, arm.name
        mean, effect = means.get(key, {}), effects.get(key, {})
        records.append(
            {"context": arm.context, "arm": arm.name}
            | {column: levels[key].get(factor) for factor, column in columns.items()}
            | {name: mean.get(name) for name in ("n", "mean", "sd")}
            | {"reference": effect.get("reference"), "difference": effect.get("estimate")}
            | {f"difference_{name}": effect.get(name) for name in ("low", "high")}
        )
    return pd.DataFrame(records)


def _how_compared(findings: Findings) -> str:
    methods = set(findings.effects["method"])
    if not methods:
        return ""
    how = "paired by seed"
    if methods == {"welch"}:
        how = "that of the means, unpaired as seeds do not match"
    elif "welch" in methods:
        how = "paired by seed, or that of the means where seeds do not match"
    return f"; the difference is {how}, with its 95 % interval"


def _level_cell(
    findings: Findings,
    levels: Mapping[str, str],
    reference: Mapping[str, str],
    factor: str,
) -> Cell:
    if factor not in levels:
        return Cell(formatting.MISSING, "muted")
    level = levels[factor]
    changed = reference.get(factor) != level
    text = str(level)
    if _is_switch(findings, factor):
        text = TICK if text.lower() in _WITH else NO_TICK
    return Cell(text, "strong" if changed else "muted")


def _is_switch(findings: Findings, factor: str) -> bool:
    levels = {str(arm.levels[factor]).lower() for arm in findings.plan.arms if factor in arm.levels}
    return len(levels) == 2 and bool(levels & _WITHOUT) and bool(levels & _WITH)


def _difference_cell(
    findings: Findings, effect: Mapping[Any, Any], baselines: Mapping[str, str]
) -> Cell:
    if not effect:
        return Cell(formatting.MISSING, "muted")
    unit = metric_description(findings).difference_unit
    notes = (reference_note(effect, baselines), unpaired_note(findings, effect))
    return Cell(
        formatting.with_interval(
            effect["estimate"], effect["low"], effect["high"], unit, signed=True
        ),
        note="; ".join(note for note in notes if note),
    )
