"""The tables of a report: for the reader as written cells, for reuse as a frame of plain numbers.

Both come from the same table of analysis, and a report's prose draws on nothing else.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ablate.analysis.arm_names import quoted
from ablate.analysis.factorial import lacks_combinations
from ablate.analysis.findings import Findings
from ablate.analysis.tables import FACTOR, ArmKey, metric_column
from ablate.reporting import diverged_pairs, formatting
from ablate.reporting.table import Cell, Span, Table, without_blank
from ablate.study.arms import Arm, levels_in_force
from ablate.study.plan import Plan
from ablate.study.yaml_source import scalar_name
from ablate.workload import MetricDescription, describe_metric

_COSTS: tuple[tuple[str, str, formatting.Writer], ...] = (
    ("Core-seconds a trial", "core_seconds", formatting.number_in("s")),
    ("GPU-seconds a trial", "gpu_seconds", formatting.number_in("s")),
    ("FLOPs a trial", "flops", lambda flops: formatting.scaled(flops or None, "FLOPs")),
)
"""Of an arm's trials, each with its column of `effects.arm_table`."""
_UNEVEN = 1.5  # ratio of times from which a difference between arms may be one of machine or load


def metric_description(findings: Findings, metric: str | None = None) -> MetricDescription:
    """Label, unit and direction of a metric (the study's own by default)."""
    name = metric or findings.plan.study.metric
    return describe_metric(name, findings.plan.metrics)


def with_direction(metric: MetricDescription) -> str:
    """Its label, which says where less is better: "validation loss (lower is better)"."""
    return metric.label if metric.higher_is_better else f"{metric.label} (lower is better)"


def short_factor_names(factors: Iterable[str]) -> dict[str, str]:
    """Dotted key -> its last part, as long as no two factors share it."""
    names = list(factors)
    last = [name.rpartition(".")[2] for name in names]
    return {
        name: short if last.count(short) == 1 else name
        for name, short in zip(names, last, strict=True)
    }


def _estimate_text(effect: Mapping[Any, Any], unit: str) -> str:
    """An effect with its sign, written as its interval is."""
    return formatting.alike(effect["estimate"], effect["low"], effect["high"], unit, signed=True)


def reference_arms(plan: Plan) -> dict[str, Arm]:
    """By context, what its effects are measured against."""
    return {arm.context: arm for arm in plan.arms if arm.is_reference}


def shown_levels(plan: Plan) -> dict[ArmKey, dict[str, str]]:
    """By arm the level of each factor that its trials ran with; see `levels_in_force`."""
    references = reference_arms(plan)
    return {
        (arm.context, arm.name): levels_in_force(plan.study, arm, references[arm.context])
        for arm in plan.arms
    }


def reference_note(effect: Mapping[Any, Any], baselines: Mapping[str, str]) -> str:
    """What an effect is measured against, where that is not its context's baseline."""
    reference = effect["reference"]
    return "" if reference == baselines.get(effect["context"]) else f"against {reference}"


def _arm_note(effect: Mapping[Any, Any], baselines: Mapping[str, str]) -> str:
    also = f"also {effect['also']}" if effect["also"] else ""
    return "; ".join(filter(None, [also, reference_note(effect, baselines)]))


def _step_note(effect: Mapping[Any, Any], unit: str) -> str:
    if formatting.is_missing(effect["step"]):
        return ""
    step = formatting.with_unit(formatting.as_given(float(f"{effect['step']:.4g}")), unit)
    return f"as wide as steps of {step} would make it: seeds agree more closely"


def is_unpaired(effect: Mapping[Any, Any]) -> bool:
    """Whether an effect is a difference of means, of arms whose seeds do not match."""
    return bool(effect.get("method") == "welch")


def numbers_of_seeds(findings: Findings, effect: Mapping[Any, Any]) -> str:
    """Of the arm and of its reference: "5 against 4"."""
    n = {(arm["context"], arm["arm"]): arm["n"] for arm in findings.arms.to_dict("records")}
    both = (effect["context"], effect["arm"]), (effect["context"], effect["reference"])
    return " against ".join(formatting.count(n[arm]) for arm in both)


def unpaired_note(findings: Findings, effect: Mapping[Any, Any]) -> str:
    """That a difference is one of means, and of how many seeds; "" of a paired one."""
    if not is_unpaired(effect):
        return ""
    return f"Welch: seeds do not match, {numbers_of_seeds(findings, effect)}"


def diverged_note(findings: Findings, effect: Mapping[Any, Any]) -> str:
    """How many trials of an effect's arms diverged: "2 of wide diverged"; "" of none."""
    arms = {(arm["context"], arm["arm"]): arm for arm in findings.arms.to_dict("records")}
    return _diverged(arms[effect["context"], effect[which]] for which in ("arm", "reference"))


def diverged_in(findings: Findings, context: str) -> str:
    """The same of all arms of a context, which a main effect is a mean over."""
    return _diverged(arm for arm in findings.arms.to_dict("records") if arm["context"] == context)


_NAMED = 3  # up to so many arms are named


def _diverged(arms: Iterable[Mapping[Any, Any]]) -> str:
    counts = {str(arm["arm"]): int(arm["diverged"]) for arm in arms if arm["diverged"]}
    if len(counts) > _NAMED:
        return f"{sum(counts.values())} trials of {len(counts)} arms diverged"
    names = quoted(*counts)
    told = [f"{count} of {name}" for count, name in zip(counts.values(), names, strict=True)]
    return f"{' and '.join(told)} diverged" if told else ""


def _seeds_note(findings: Findings, effect: Mapping[Any, Any]) -> str:
    notes = unpaired_note(findings, effect), diverged_note(findings, effect)
    return "; ".join(filter(None, notes))


def published_table(findings: Findings) -> Table | None:
    """Published numbers beside measured ones; None when the study names none."""
    if findings.published.empty:
        return None
    several_contexts = len(reference_arms(findings.plan)) > 1
    rows, units = [], {}
    for row in findings.published.to_dict("records"):
        metric = metric_description(findings, row["metric"])
        units[row["metric"]] = metric.unit
        rows.append(
            (
                Cell(str(row["label"]), note=_text(row.get("note"))),
                *([Cell(_text(row["context"]) or formatting.MISSING)] if several_contexts else []),
                Cell(_text(row["arm"]) or formatting.MISSING),
                Cell(metric.label),
                Cell(formatting.with_unit(formatting.as_given(row["published"]), metric.unit)),
                Cell(
                    formatting.estimate(
                        row["measured"], row["low"], row["high"], metric.unit, signed=False
                    )
                ),
                Cell(formatting.count(row["n"])),
            )
        )
    header = (
        "Published as",
        *(["Context"] if several_contexts else []),
        *("Arm", "Metric", "Published", "Measured", "Seeds"),
    )
    return Table(
        "published",
        "Published numbers beside the measured means (95 % interval over seeds).",
        header,
        tuple(rows),
        findings.published.assign(unit=[units[name] for name in findings.published["metric"]]),
        keys=("label", "metric"),
        apart=("context", "arm", "published"),
        formats={"n": formatting.count, "published": formatting.as_given},
        spans=(Span(("measured", "low", "high"), "low", "high"),),
        numeric=frozenset(range(len(header) - 3, len(header))),
    )


def arm_table(findings: Findings) -> Table:
    """One row an arm: mean, 95 % interval, n, what went wrong and what it cost."""
    metric = metric_description(findings)
    several_contexts = findings.arms["context"].nunique() > 1
    # Nothing is known of what results from elsewhere cost.
    costs = [cost for cost in _COSTS if (findings.arms[cost[1]] > 0).any()]
    rows = tuple(
        (
            *([Cell(str(arm["context"]))] if several_contexts else []),
            Cell(str(arm["arm"]), "strong" if arm["is_reference"] else "plain"),
            Cell(formatting.alike(arm["mean"], arm["low"], arm["high"], metric.unit)),
            Cell(formatting.interval(arm["low"], arm["high"], metric.unit)),
            Cell(formatting.count(arm["n"]), note=endings_note(arm)),
            *(Cell(write(arm[column])) for _, column, write in costs),
        )
        for arm in findings.arms.to_dict("records")
    )
    label = formatting.sentence_case(formatting.with_bracket(metric.label, metric.unit))
    header = (
        *(["Context"] if several_contexts else []),
        "Arm",
        label,
        "95 % interval",
        "Seeds",
        *(title for title, _, _ in costs),
    )
    return Table(
        "arms",
        f"Mean {with_direction(metric)} over seeds"
        f"{', and what a trial cost on average' if costs else ''}.{uneven_times(findings)}",
        header,
        rows,
        findings.arms,
        keys=("context", "arm"),
        spans=(Span(("mean", "sd", "low", "high"), "low", "high", metric.unit),),
        formats=dict.fromkeys(("n", "diverged", "failed", "missing"), formatting.count)
        | dict.fromkeys(("core_seconds", "gpu_seconds"), formatting.number_in("s"))
        | {"failure_rate": formatting.number_in("%")},
        numeric=frozenset(range(2 if several_contexts else 1, len(header))),
    )


def uneven_times(findings: Findings) -> str:
    """What a reader of costs must know where trials of one arm took very different times for the
    same computation: machine, load, and what was done once for all seeds.
    """
    ended = findings.trials[findings.trials["flops"] > 0]
    if ended.empty:
        return ""
    paces = ended[["core_seconds", "gpu_seconds"]].div(ended["flops"], axis=0)
    of_arm = paces[paces > 0].groupby([ended["context"], ended["arm"]])
    ratios = (of_arm.max() / of_arm.min()).to_numpy(dtype=float)
    ratio = float(np.nanmax(ratios, initial=0.0))
    if not ratio > _UNEVEN:
        return ""
    times = f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}"
    return (
        f" For the same computation, trials of one arm took up to {times} times as long as others: "
        "times hang on the machine, on what ran beside, and on what is computed once for several "
        "trials."
    )


def endings_note(arm: Mapping[Any, Any]) -> str:
    """How many trials of an arm did not train to their end, by how they ended; "" of none."""
    return ", ".join(
        f"{formatting.count(arm[ending])} {ending}{_rate(arm) if ending == 'diverged' else ''}"
        for ending in ("diverged", "failed", "missing")
        if not formatting.is_missing(arm.get(ending)) and arm[ending] > 0
    )


def _rate(arm: Mapping[Any, Any]) -> str:
    rate = arm.get("failure_rate")
    return "" if formatting.is_missing(rate) else f" ({formatting.count(rate)} %)"


def at_every_look(findings: Findings) -> str:
    """Of a study that is looked at after every seed: what its intervals are."""
    if findings.plan.study.max_seeds is None:
        return ""
    return (
        " Intervals hold at all looks together, of at most "
        f"{findings.plan.study.max_seeds} seeds; there is no p value for that."
    )


def effect_table(findings: Findings) -> Table | None:
    """One row an effect, paired by seed; None of a study of one arm."""
    if findings.effects.empty:
        return None
    metric = metric_description(findings)
    unit = metric.difference_unit
    several_contexts = findings.effects["context"].nunique() > 1
    short = short_factor_names(findings.effects["factor"].dropna().unique())
    baselines = {context: arm.name for context, arm in reference_arms(findings.plan).items()}
    rows = tuple(
        (
            *([Cell(str(effect["context"]))] if several_contexts else []),
            Cell(short.get(effect["factor"]) or _text(effect["factor"]) or formatting.MISSING),
            Cell(str(effect["arm"]), note=_arm_note(effect, baselines)),
            Cell(_estimate_text(effect, unit)),
            Cell(
                formatting.interval(effect["low"], effect["high"], unit),
                note=_step_note(effect, unit),
            ),
            Cell(formatting.count(effect["n"]), note=_seeds_note(findings, effect)),
            Cell(formatting.p_value(effect["p_holm"])),
            Cell(formatting.ratio(effect["hedges_g"], signed=True)),
            Cell(formatting.ratio(effect["probability_of_improvement"])),
        )
        for effect in findings.effects.to_dict("records")
    )
    header = (
        *(["Context"] if several_contexts else []),
        "Factor",
        "Arm",
        formatting.with_bracket("Difference", unit),
        "95 % interval",
        "Seeds",
        "p (Holm)",
        "Hedges' g",
        "P(better)",
    )
    table = Table(
        "effects",
        f"Effects on {with_direction(metric)}, against the baseline and paired by seed where "
        "nothing else is said. Hedges' g: the mean of the differences within seeds over their "
        "standard deviation, which is not that of the arms. P(better): how often the arm beats its "
        "reference, seed against seed, a tie counting as half."
        f"{at_every_look(findings)}",
        header,
        rows,
        findings.effects,
        keys=("context", "arm"),
        spans=(Span(("estimate", "low", "high", "sd"), "low", "high", unit),),
        formats=dict.fromkeys(("p", "p_holm"), formatting.p_value)
        | dict.fromkeys(("hedges_g", "probability_of_improvement"), formatting.ratio)
        | {"n": formatting.count},
        numeric=frozenset(range(len(header) - 6, len(header))),
    )
    return without_blank(table, "p (Holm)")


def _averaged(findings: Findings) -> str:
    """What a change in a context is a mean of."""
    if findings.plan.study.design.kind != "full_factorial":
        return ""
    if lacks_combinations(findings.plan, findings.trials, findings.plan.study.metric):
        return " and averaged over those levels of the other factors at which both have values"
    return " and averaged over the levels of the other factors"


def context_table(findings: Findings) -> Table | None:
    """One row a change and context; None where no two contexts hold the same change."""
    if findings.contexts.empty:
        return None
    metric = metric_description(findings)
    unit = metric.difference_unit
    short = short_factor_names(findings.contexts["factor"].unique())
    keys = ["factor", "change", "context"]
    diverged = diverged_pairs.of_contexts(findings).groupby(keys)["diverged"].sum().to_dict()
    rows = tuple(
        (
            Cell(short[row["factor"]]),
            Cell(str(row["change"])),
            Cell(str(row["context"])),
            Cell(_estimate_text(row, unit)),
            Cell(formatting.interval(row["low"], row["high"], unit)),
            Cell(
                formatting.count(row["n"]),
                note=_with_diverged(diverged.get(tuple(row[key] for key in keys), 0)),
            ),
        )
        for row in findings.contexts.to_dict("records")
    )
    return Table(
        "contexts",
        f"The same change of {with_direction(metric)} in each context: the second level against "
        "the first, of arms that differ in that factor alone, paired by seed"
        f"{_averaged(findings)}, wherever the context starts. A level called baseline is the "
        f"context's own.{at_every_look(findings)}",
        (
            "Factor",
            "Change",
            "Context",
            formatting.with_bracket("Difference", unit),
            "95 % interval",
            "Seeds",
        ),
        rows,
        findings.contexts,
        keys=tuple(keys),
        spans=(Span(("estimate", "low", "high"), "low", "high", unit),),
        formats={"n": formatting.count},
        numeric=frozenset({3, 4, 5}),
    )


def _with_diverged(pairs: int) -> str:
    return f"{pairs} with a trial that diverged" if pairs else ""


def trial_table(findings: Findings) -> Table:
    """The raw numbers: every trial with its ending and the study's metric."""
    metric = metric_description(findings)
    several_contexts = findings.trials["context"].nunique() > 1
    is_cost_known = bool(findings.trials["core_seconds"].notna().any())
    rows = tuple(
        (
            *([Cell(str(trial["context"]))] if several_contexts else []),
            Cell(str(trial["arm"])),
            Cell(str(trial["seed"])),
            Cell(str(trial["status"]), "plain" if trial["status"] == "completed" else "strong"),
            Cell(
                formatting.number(trial.get(metric_column(findings.plan.study.metric)), metric.unit)
            ),
            *([Cell(formatting.number(trial["core_seconds"], "s"))] if is_cost_known else []),
            Cell(str(trial["hash"])[:10], "muted"),
        )
        for trial in findings.trials.to_dict("records")
    )
    label = formatting.sentence_case(formatting.with_bracket(metric.label, metric.unit))
    header = (
        *(["Context"] if several_contexts else []),
        "Arm",
        "Seed",
        "Status",
        label,
        *(["Core-seconds"] if is_cost_known else []),
        "Record",
    )
    seed = header.index("Seed")
    return Table(
        "trials",
        "Every trial. The exported table holds every recorded metric.",
        header,
        rows,
        _with_shown_levels(findings),
        keys=("context", "arm", "seed"),
        numeric=frozenset({seed, *range(seed + 2, len(header) - 1)}),
    )


def _with_shown_levels(findings: Findings) -> pd.DataFrame:
    """The trials, with the levels that the ablation table shows: analysis goes by those drawn."""
    levels, trials = shown_levels(findings.plan), findings.trials
    arms = list(zip(trials["context"], trials["arm"], strict=True))
    factors = {factor for arm in findings.plan.arms for factor in arm.levels}
    return trials.assign(
        **{
            f"{FACTOR}{factor}": pd.Series([levels[arm].get(factor) for arm in arms], trials.index)
            for factor in sorted(factors)
            if f"{FACTOR}{factor}" in trials
        }
    )


def provenance_table(
    trials: pd.DataFrame, costs: pd.DataFrame, provenance: Mapping[str, str]
) -> Table:
    """Where the numbers come from: how many trials there are and what they cost, and every fact of
    `provenance`.

    trials: by their column status. costs: the same, each once: core_seconds, gpu_seconds.
    """
    completed = int((trials["status"] == "completed").sum())
    core_seconds, gpu_seconds = costs["core_seconds"].sum(min_count=1), costs["gpu_seconds"].sum()
    is_known = not formatting.is_missing(core_seconds)
    facts = [
        ("trials", f"{completed} completed of {len(trials)}"),
        *([("core-hours", formatting.hours(core_seconds / 3600))] if is_known else []),
        *([("GPU-hours", formatting.hours(gpu_seconds / 3600))] if gpu_seconds else []),
        *((name.replace("_", " "), value) for name, value in provenance.items()),
    ]
    return Table(
        "provenance",
        "Where the numbers come from.",
        ("What", "Value"),
        tuple((Cell(name), Cell(value)) for name, value in facts),
        pd.DataFrame(facts, columns=["what", "value"]),
        keys=("what",),
    )


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)


def baselines(plan: Plan) -> tuple[str, ...]:
    """What each context's effects are measured against, in the study's own keys, a line each: the
    baseline as written, or, where the design takes a reference of its own, that.
    """
    references = {context: arm.settings for context, arm in reference_arms(plan).items()}
    return tuple(
        f"{name}: {', '.join(f'{key} {scalar_name(value)}' for key, value in settings.items())}"
        for name, settings in (plan.study.contexts | references).items()
        if settings
    )
