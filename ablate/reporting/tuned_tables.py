"""The tables of a tuned study's report: shared settings beside each arm's own."""

from dataclasses import replace
from typing import Any

import pandas as pd

from ablate.analysis.claims import Verdict
from ablate.analysis.findings import Findings, TunedFindings
from ablate.reporting import formatting
from ablate.reporting import tables as plain
from ablate.reporting.factorial_table import factorial_table
from ablate.reporting.search_tables import search_tables
from ablate.reporting.table import Cell, Span, Table, without_blank
from ablate.reporting.tables import metric_description, with_direction
from ablate.reporting.verdict_rule import which_lead_is_positive
from ablate.reporting.verdict_table import measured_cell, outcome_cell, told_of_largest
from ablate.reporting.verdict_table import verdict_table as plain_verdict_table
from ablate.study.yaml_source import scalar_name
from ablate.workload import describe_metric

_ALSO_TUNED = (
    "verdict", "estimate", "low", "high", "n", "p", "p_adjusted", "leaning", "seeds_needed",
    "too_few_seeds", "detectable_effect", "core_hours", "gpu_hours", "confidence", "note",
)  # fmt: skip
SHARED, OWN = "With shared settings", "With own settings"


def tuned_tables(findings: Findings) -> tuple[Table, ...]:
    """The tables that a tuned study adds to its report, in their order, those of its searches last;
    none for other studies.
    """
    tuned = findings.tuned
    if tuned is None:
        return ()
    again = [plain.arm_table(tuned.findings), factorial_table(tuned.findings)]
    return (
        comparison_table(findings, tuned),
        settings_table(findings, tuned),
        *(_of_own(table) for table in again if table is not None),
        *map(_of_search, search_tables(tuned.search)),
    )


def _of_search(table: Table) -> Table:
    return replace(table, name=f"search_{table.name}", caption=f"The searches. {table.caption}")


def tuned_trial_table(findings: Findings) -> Table | None:
    """Every trial with own settings; None for a study that is not tuned."""
    if findings.tuned is None:
        return None
    return _of_own(plain.trial_table(findings.tuned.findings))


def _of_own(table: Table) -> Table:
    return replace(table, name=f"tuned_{table.name}", caption=f"{OWN}. {table.caption}")


def verdict_table(findings: Findings) -> Table | None:
    """One row a claim, with both verdicts where the study is tuned; None where there is none."""
    table = plain_verdict_table(findings)
    if findings.tuned is None or table is None:
        return table
    own = findings.tuned.findings.verdicts
    pairs = list(zip(table.rows, findings.verdicts, own, strict=True))
    rows = tuple(_both_verdicts(row, shared, tuned) for row, shared, tuned in pairs)
    also = pd.DataFrame(
        [{f"tuned_{name}": getattr(verdict, name) for name in _ALSO_TUNED} for verdict in own]
    )
    both = replace(
        table,
        caption="Each claim, what was published, and what follows with shared settings and with "
        "each arm's own; each of the two is a family of claims by itself. Brackets hold the "
        "interval that decides, at the level that its family leaves the claim."
        f"{which_lead_is_positive(findings.verdicts)}{told_of_largest(findings)}",
        header=(
            "Claim", "Published", SHARED, "Verdict", "p (adjusted)", OWN, "Verdict", "p (adjusted)",
            "Seeds",
        ),
        rows=rows,
        frame=pd.concat([table.frame, also], axis=1),
        formats=dict(table.formats)
        | {f"tuned_{name}": table.formats[name] for name in _ALSO_TUNED if name in table.formats},
        spans=(
            *table.spans,
            Span(("tuned_estimate", "tuned_low", "tuned_high"), "tuned_low", "tuned_high"),
        ),
        numeric=frozenset({4, 7, 8}),
    )  # fmt: skip
    return without_blank(both, "p (adjusted)")


def _both_verdicts(row: tuple[Cell, ...], shared: Verdict, tuned: Verdict) -> tuple[Cell, ...]:
    return (
        *row[:2],
        measured_cell(shared),
        outcome_cell(shared),
        Cell(formatting.p_value(shared.p_adjusted)),
        measured_cell(tuned),
        outcome_cell(tuned),
        Cell(formatting.p_value(tuned.p_adjusted)),
        Cell(_counts(shared.n, tuned.n)),
    )


def comparison_table(findings: Findings, tuned: TunedFindings) -> Table:
    """One row an effect: with shared settings, with own ones, and how far it moved."""
    metric = metric_description(findings)
    unit = metric.difference_unit
    several_contexts = tuned.effects["context"].nunique() > 1
    rows = tuple(
        (
            *([Cell(str(effect["context"]))] if several_contexts else []),
            Cell(str(effect["arm"]), note=f"against {effect['reference']}"),
            *(_estimate_cell(effect, which, unit) for which in ("shared", "tuned", "change")),
            Cell(_counts(effect["shared_n"], effect["tuned_n"])),
        )
        for effect in tuned.effects.to_dict("records")
    )
    bracket = f" ({unit})" if unit else ""
    header = (
        *(["Context"] if several_contexts else []),
        "Arm",
        f"{SHARED}{bracket}",
        f"{OWN}{bracket}",
        f"Change{bracket}",
        "Seeds",
    )
    return Table(
        "comparison",
        f"Effects on {with_direction(metric)} with shared settings and with each arm's own, on the "
        "same seeds. Change: from the first to the second, paired by seed; where its interval "
        "leaves out zero, the shared settings suited one of the two better. All intervals are of "
        "95 %, each for itself.",
        header,
        rows,
        tuned.effects,
        keys=("context", "arm"),
        spans=tuple(
            Span((which, low, high), low, high, unit)
            for which in ("shared", "tuned", "change")
            for low, high in [(f"{which}_low", f"{which}_high")]
        ),
        formats=dict.fromkeys(("shared_n", "tuned_n"), formatting.count),
        numeric=frozenset(range(len(header) - 4, len(header))),
    )


_PARTS = ("", "_low", "_high")


def _estimate_cell(effect: dict[Any, Any], which: str, unit: str) -> Cell:
    value, low, high = (effect[f"{which}{part}"] for part in _PARTS)
    return Cell(formatting.with_interval(value, low, high, unit, signed=True))


def settings_table(findings: Findings, tuned: TunedFindings) -> Table:
    """One row an arm and setting: before, at its best point, and what the point was worth."""
    settings = tuned.settings
    several_contexts = settings["context"].nunique() > 1
    metric = describe_metric(tuned.searches[0].metric, findings.plan.metrics)
    rows = tuple(
        (
            *([Cell(str(row["context"]))] if several_contexts else []),
            Cell(str(row["arm"])),
            Cell(str(row["key"])),
            Cell(scalar_name(row["shared"])),
            Cell(scalar_name(row["tuned"]), note=_at_edge(row)),
            Cell(formatting.number(row["shared_value"], metric.unit)),
            Cell(formatting.number(row["value"], metric.unit)),
            Cell(formatting.count(row["points"]), note=_not_completed(row)),
        )
        for row in settings.to_dict("records")
    )
    label = formatting.sentence_case(metric.label)
    bracket = f" ({metric.unit})" if metric.unit else ""
    header = (
        *(["Context"] if several_contexts else []),
        "Arm",
        "Setting",
        "Shared",
        "Own",
        f"{label}, shared{bracket}",
        f"{label}, own{bracket}",
        "Points tried",
    )
    seeds = ", ".join(map(str, tuned.searches[0].seeds))
    plural = "" if len(tuned.searches[0].seeds) == 1 else "s"
    return Table(
        "tuned_settings",
        f"The settings that did best in each arm's search, by {with_direction(metric)} on "
        f"seed{plural} {seeds}, which the comparison leaves out. What is best of several points "
        "looks better there than it is.",
        header,
        rows,
        settings,
        keys=("context", "arm", "parameter"),
        formats=dict.fromkeys(("shared_value", "value"), formatting.number_in(metric.unit))
        | dict.fromkeys(("points", "completed"), formatting.count),
        numeric=frozenset(range(len(header) - 5, len(header))),
    )


def _at_edge(row: dict[Any, Any]) -> str:
    return f"near the {row['edge']} searched" if row["edge"] else ""


def _not_completed(row: dict[Any, Any]) -> str:
    lost = row["points"] - row["completed"]
    return f"{lost} of them not completed" if lost else ""


def _counts(shared: int, tuned: int) -> str:
    if shared == tuned:
        return formatting.count(shared)
    return f"{formatting.count(shared)} and {formatting.count(tuned)}"
