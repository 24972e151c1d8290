"""The table of a factorial's effects, and their names in words."""

from ablate.analysis.factorial import lacks_combinations
from ablate.analysis.findings import Findings
from ablate.reporting import formatting
from ablate.reporting.table import Cell, Span, Table, without_blank
from ablate.reporting.tables import (
    at_every_look,
    diverged_in,
    metric_description,
    short_factor_names,
    with_direction,
)


def factorial_table(findings: Findings) -> Table | None:
    """Main effects and two-way interactions of a factorial; None for other designs."""
    if findings.factorial.empty:
        return None
    metric = metric_description(findings)
    unit = metric.difference_unit
    several_contexts = findings.factorial["context"].nunique() > 1
    aliased = findings.factorial["aliased_with"].astype(bool).any()
    rows = tuple(
        (
            *([Cell(str(row["context"]))] if several_contexts else []),
            Cell(effect_name(findings, row["effect"]), note=str(row["change"])),
            Cell(formatting.alike(row["estimate"], row["low"], row["high"], unit, signed=True)),
            Cell(formatting.interval(row["low"], row["high"], unit)),
            Cell(formatting.count(row["n"])),
            Cell(formatting.p_value(row["p_holm"])),
            Cell(_share(row["share"])),
            *([Cell(alias_names(findings, row["aliased_with"]))] if aliased else []),
        )
        for row in findings.factorial.to_dict("records")
    )
    header = (
        *(["Context"] if several_contexts else []),
        "Effect",
        formatting.with_bracket("Estimate", unit),
        "95 % interval",
        "Seeds",
        "p (Holm)",
        "Share of variation",
        *(["Not told apart from"] if aliased else []),
    )
    first = 2 if several_contexts else 1
    table = Table(
        "factorial",
        f"Main effects on {with_direction(metric)}, each averaged over {averaged_over(findings)}, "
        "and two-way interactions (half the difference between a factor's effects at two levels of "
        "the other). Share: of the variation, but for that between seeds (type II sums of squares)"
        f"{_without_share(findings)}.{at_every_look(findings)}{_of_diverged(findings)}",
        header,
        rows,
        findings.factorial,
        keys=("context", "effect", "change"),
        spans=(Span(("estimate", "low", "high"), "low", "high", unit),),
        formats=dict.fromkeys(("p", "p_holm"), formatting.p_value)
        | {"n": formatting.count, "share": formatting.ratio},
        numeric=frozenset(range(first, first + 5)),
    )
    return without_blank(table, "p (Holm)")


def _of_diverged(findings: Findings) -> str:
    """As in " In small, 3 of sgd diverged." of each context with such trials."""
    several = findings.factorial["context"].nunique() > 1
    told = [
        f" {f'In {context}, ' if several else ''}{diverged}."
        for context in dict.fromkeys(findings.factorial["context"])
        if (diverged := diverged_in(findings, context))
    ]
    return "".join(told)


def averaged_over(findings: Findings) -> str:
    """What main effects are means over."""
    if lacks_combinations(findings.plan, findings.trials, findings.plan.study.metric):
        return (
            "those combinations of the other factors that have values at both levels, as not all "
            "combinations are there"
        )
    return "all levels of the other factors"


def _without_share(findings: Findings) -> str:
    table = findings.factorial
    told = ""
    if (table["share"].isna() & table["estimate"].notna()).any():
        told = "; none where an interaction is not to be told from others, or trials are too few"
    if (table["share"].notna() & table["aliased_with"].astype(bool)).any():
        told += "; that of an effect holds what it is not told apart from"
    return told


def effect_name(findings: Findings, effect: str) -> str:
    """A main effect or interaction of a factorial in words: "downsampling × optimizer"."""
    short = short_factor_names(dict.fromkeys(f for arm in findings.plan.arms for f in arm.levels))
    return " × ".join(short[factor].replace("_", " ") for factor in effect.split(":"))


def alias_names(findings: Findings, effects: str) -> str:
    """The effects that a fraction cannot tell from another, in words."""
    return ", ".join(effect_name(findings, effect) for effect in effects.split(", ") if effect)


def _share(share: float) -> str:
    return formatting.MISSING if formatting.is_missing(share) else f"{100 * share:.1f} %"
