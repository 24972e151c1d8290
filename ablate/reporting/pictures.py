"""Which figures a report shows, each drawn from the findings' tables."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
from matplotlib.figure import Figure

from ablate.analysis.contexts import changes
from ablate.analysis.findings import Findings, TunedFindings
from ablate.analysis.looks import looked_at_once
from ablate.analysis.tables import counts_steps, metric_column
from ablate.reporting import diverged_pairs, formatting
from ablate.reporting.factorial_table import alias_names, averaged_over, effect_name
from ablate.reporting.figures import (
    cost,
    curves,
    forest,
    growth,
    interaction,
    paired_forest,
    strip,
    theme,
    waterfall,
)
from ablate.reporting.figures.drawn_intervals import (
    EVERY_LOOK,
    ONE_LOOK,
    cut_at_percent,
    with_interval,
)
from ablate.reporting.figures.palette import NEUTRAL, ArmStyle, arm_styles
from ablate.reporting.picture import Picture, draw_picture, file_name, has_numbers
from ablate.reporting.search_pictures import search_pictures
from ablate.reporting.tables import metric_description, short_factor_names, uneven_times
from ablate.workload import test_counterpart

_PARTS = ("validation", "train", "test")


def pictures(findings: Findings) -> Iterator[Picture]:
    """Every figure that the findings hold data for, in the order of the report."""
    styles = _styles(findings)
    with theme.themed():
        if findings.tuned is None:
            yield from _of_one_comparison(findings, styles)
            return
        yield from _of_tuned(findings, findings.tuned, styles)
        for picture in _of_one_comparison(findings, styles):
            yield replace(picture, caption=f"With shared settings. {picture.caption}")


def _styles(findings: Findings) -> dict[str, ArmStyle]:
    """How each arm looks in all figures: arms with results come first, as looks that nothing else
    has are few.
    """
    with_results = {
        name
        for each in (findings, *([findings.tuned.findings] if findings.tuned else []))
        for table in (each.arms, *each.curves.values())
        if has_numbers(table, "mean")
        for name in table.loc[table["mean"].notna(), "arm"]
    }
    arms = sorted(findings.plan.arms, key=lambda arm: arm.name not in with_results)
    return arm_styles([arm.name for arm in arms], [arm.name for arm in arms if arm.is_reference])


def _of_one_comparison(findings: Findings, styles: dict[str, ArmStyle]) -> Iterator[Picture]:
    if has_numbers(findings.effects, "estimate"):
        yield from _forests(findings, styles)
        yield from _interactions(findings)
        yield from _factorials(findings)
        yield from _waterfalls(findings)
    if has_numbers(findings.growth, "estimate"):
        yield _growth(findings)
    if has_numbers(findings.arms, "mean"):
        yield _strip(findings, styles)
    yield from _curves(findings, styles)
    if has_numbers(findings.arms, "mean") and cost.columns(findings.arms):
        yield _cost(findings, styles)


def _of_tuned(
    findings: Findings, tuned: TunedFindings, styles: dict[str, ArmStyle]
) -> Iterator[Picture]:
    """What a tuned study adds, the figures of its searches last."""
    if has_numbers(tuned.effects, "shared") or has_numbers(tuned.effects, "tuned"):
        yield _paired_forest(findings, tuned, styles)
    for picture in search_pictures(tuned.search, styles):
        yield replace(picture, caption=f"The search of each arm. {picture.caption}")


def _paired_forest(
    findings: Findings, tuned: TunedFindings, styles: dict[str, ArmStyle]
) -> Picture:
    metric = metric_description(findings)
    short = short_factor_names(tuned.effects["factor"].dropna().unique())
    effects = _by_factor(findings, tuned.effects)
    effects = effects.assign(factor=effects["factor"].map(short))
    pairs = {
        "shared": diverged_pairs.of_effects(findings),
        "tuned": diverged_pairs.of_effects(tuned.findings),
    }

    def draw(figure: Figure) -> None:
        paired_forest.draw(
            effects,
            pairs,
            figure.subplots(),
            styles,
            label=metric.label,
            unit=metric.difference_unit,
            higher_is_better=metric.higher_is_better,
            smallest_effect_of_interest=findings.plan.study.smallest_effect_of_interest,
        )

    smallest = findings.plan.study.smallest_effect_of_interest
    caption = paired_forest.caption(effects, pairs, smallest)
    title = f"Effects on {metric.label} with shared and with own settings"
    return draw_picture("forest_shared_and_own", title, caption, paired_forest.size(effects), draw)


def _by_factor(findings: Findings, effects: pd.DataFrame) -> pd.DataFrame:
    """Effects in the study's order of factors, changes of several factors last."""
    order = {factor: place for place, factor in enumerate(findings.plan.study.factors)}
    places = effects["factor"].map(order).fillna(len(order))
    return effects.loc[places.sort_values(kind="stable").index]


def _forests(findings: Findings, styles: dict[str, ArmStyle]) -> Iterator[Picture]:
    metric = metric_description(findings)
    short = short_factor_names(findings.effects["factor"].dropna().unique())
    effects = _by_factor(findings, findings.effects)
    yield _forest(
        findings,
        effects.assign(factor=effects["factor"].map(short)),
        diverged_pairs.of_effects(findings),
        styles,
        ("forest", f"Effects on {metric.label}", "Each arm's difference from its reference"),
    )
    if has_numbers(findings.contexts, "estimate") and findings.contexts["factor"].nunique() > 1:
        yield from _forests_by_context(findings, styles)


def _forests_by_context(findings: Findings, styles: dict[str, ArmStyle]) -> Iterator[Picture]:
    """One a factor; its rows are changes, as contexts may start at opposite levels."""
    pairs = diverged_pairs.of_contexts(findings).assign(arm=lambda table: table["change"])
    subject = (
        "The same change in each context, wherever that starts, the second level against the first"
    )
    reached = _reached(findings, styles)
    for factor, short in short_factor_names(findings.contexts["factor"].unique()).items():
        rows = findings.contexts[findings.contexts["factor"] == factor]
        if not has_numbers(rows, "estimate"):
            continue
        name = short.replace("_", " ")
        yield _forest(
            findings,
            rows.assign(factor=name, arm=rows["change"], reference="the first level"),
            pairs[pairs["factor"] == factor],
            {change: reached.get((factor, change), NEUTRAL) for change in rows["change"]},
            (f"forest_{file_name(short)}", f"Effects of {name} by context", subject),
        )


def _reached(findings: Findings, styles: dict[str, ArmStyle]) -> dict[tuple[str, str], ArmStyle]:
    """How the arm looks that a change leads to, by factor and change: the one that has this level
    and is else its context's reference. A change that leads to none is left out.
    """
    references = {arm.context: arm.levels for arm in findings.plan.arms if arm.is_reference}
    of_level = {}
    for arm in reversed(findings.plan.arms):
        changed = arm.levels.items() - references[arm.context].items()
        if len(changed) == 1:
            of_level[next(iter(changed))] = styles[arm.name]
    return {
        (change.factor, change.text): of_level[change.factor, change.end]
        for change in changes(findings.plan, findings.trials, findings.plan.study.metric)
        if (change.factor, change.end) in of_level
    }


def _forest(
    findings: Findings,
    effects: pd.DataFrame,
    differences: pd.DataFrame,
    styles: dict[str, ArmStyle],
    words: tuple[str, str, str],
) -> Picture:
    """words: name, title, and what an effect is of."""
    metric = metric_description(findings)

    def draw(figure: Figure) -> None:
        forest.draw(
            effects,
            differences,
            figure.subplots(),
            styles,
            label=metric.label,
            unit=metric.difference_unit,
            higher_is_better=metric.higher_is_better,
            smallest_effect_of_interest=smallest,
            kind=kind,
        )

    name, title, subject = words
    smallest = findings.plan.study.smallest_effect_of_interest
    kind = _kind_of_effects(findings)
    caption = forest.caption(subject, effects, differences, smallest, kind)
    return draw_picture(name, title, caption, forest.size(effects), draw)


def _kind_of_effects(findings: Findings) -> str:
    """What intervals of effects are; those of an arm's own mean are of one look."""
    return ONE_LOOK if findings.plan.study.max_seeds is None else EVERY_LOOK


def _interactions(findings: Findings) -> Iterator[Picture]:
    metric = metric_description(findings)
    if not has_numbers(findings.contexts, "estimate"):
        return
    short = short_factor_names(findings.contexts["factor"].unique())
    named = findings.contexts["factor"].map(short).str.replace("_", " ")
    cells = findings.contexts.rename(columns={"context": "column", "estimate": "value"})
    cells = cells.assign(row=named + ": " + findings.contexts["change"])

    def draw(figure: Figure) -> None:
        interaction.draw(
            cells,
            figure.subplots(),
            label=f"difference in {metric.label}",
            unit=metric.difference_unit,
            higher_is_better=metric.higher_is_better,
        )

    interval = with_interval(findings.contexts, "estimate", _kind_of_effects(findings))
    caption = (
        "The same change in each context, from the first level named to the second, wherever the "
        f"context starts: mean{interval}."
    )
    if has_numbers(findings.contexts, "low"):
        caption += (
            " A row whose cells disagree by more than their intervals allow is a conclusion that "
            "depends on the context."
        )
    yield draw_picture("interaction", "Effects by context", caption, interaction.size(cells), draw)


def _factorials(findings: Findings) -> Iterator[Picture]:
    """Main effects on the diagonal, two-way interactions beside it, one map a context."""
    metric = metric_description(findings)
    contexts = list(dict.fromkeys(findings.factorial["context"]))
    for context in contexts:
        effects = findings.factorial[findings.factorial["context"] == context]
        cells = _factorial_cells(findings, effects)
        if not has_numbers(cells, "value"):
            continue

        def draw(figure: Figure, cells: pd.DataFrame = cells) -> None:
            interaction.draw(
                cells,
                figure.subplots(),
                label=f"effect on {metric.label}",
                unit=metric.difference_unit,
                higher_is_better=metric.higher_is_better,
            )

        several = len(contexts) > 1
        yield draw_picture(
            f"factorial_{file_name(context)}" if several else "factorial",
            "Main effects and interactions" + (f" in {context}" if several else ""),
            _factorial_caption(findings, effects),
            interaction.size(cells),
            draw,
        )


def _factorial_cells(findings: Findings, effects: pd.DataFrame) -> pd.DataFrame:
    """The effects of one context, each with its row and column."""
    names = short_factor_names(dict.fromkeys(f for arm in findings.plan.arms for f in arm.levels))
    main = effects[effects["kind"] == "main"]
    changes = dict(
        zip(zip(main["effect"], main["level"], strict=True), main["change"], strict=True)
    )

    def place(factor: str, level: str) -> str:
        return f"{names[factor].replace('_', ' ')}: {changes.get((factor, level), level)}"

    rows, columns = [], []
    for effect in effects.to_dict("records"):
        factors = effect["effect"].split(":")
        rows.append(place(factors[0], effect["level"]))
        columns.append(place(factors[-1], effect["other_level"] or effect["level"]))
    return effects.assign(row=rows, column=columns, value=effects["estimate"])


def _factorial_caption(findings: Findings, effects: pd.DataFrame) -> str:
    """What a cell is; where a claim is about an interaction, also why its number is another."""
    interval = with_interval(effects, "estimate", _kind_of_effects(findings))
    text = (
        "On the diagonal the main effect of each change, averaged over "
        f"{averaged_over(findings)}: mean{interval}. Beside it the interaction of two "
        "changes: half of how much more the one is worth with the other made than without; near "
        "zero, the two add up."
    )
    if any(claim.kind == "interaction" for claim in findings.plan.study.claims):
        text += (
            " A claim of an interaction is about the whole of that difference, turned the way that "
            "the claim has it, at the baseline's levels of factors that it does not name."
        )
    return text + _not_told_apart(findings, effects)


def _not_told_apart(findings: Findings, effects: pd.DataFrame) -> str:
    """Of a fraction: which cells stand for more than the effect that they are named for."""
    aliased = effects[effects["aliased_with"].astype(bool)].drop_duplicates("effect")
    pairs = [
        f"{effect_name(findings, row['effect'])} from {alias_names(findings, row['aliased_with'])}"
        for row in aliased.to_dict("records")
    ]
    return f" This fraction does not tell {'; '.join(pairs)}." if pairs else ""


def _waterfalls(findings: Findings) -> Iterator[Picture]:
    if findings.plan.study.design.kind != "path":
        return
    metric = metric_description(findings)
    contexts = list(dict.fromkeys(findings.arms["context"]))
    for context in contexts:
        steps = _steps(findings, context)

        def draw(figure: Figure, steps: pd.DataFrame = steps) -> None:
            waterfall.draw(
                steps,
                figure.subplots(),
                label=metric.label,
                unit=metric.unit,
                difference_unit=metric.difference_unit,
                higher_is_better=metric.higher_is_better,
            )

        several = len(contexts) > 1
        yield draw_picture(
            f"waterfall_{file_name(context)}" if several else "waterfall",
            f"The path, step by step, in {context}" if several else "The path, step by step",
            "One change after the other: each bar is as long as the step's effect, which stands to "
            "its right, and ends at the mean after it. It begins at the mean before, but where "
            f"that is of other seeds.{_of_outlines(steps)}{cut_at_percent([steps], metric.unit)}",
            waterfall.size(steps),
            draw,
        )


def _of_outlines(steps: pd.DataFrame) -> str:
    """Of steps between arms that share no seed."""
    outlined = steps["mean"].notna() & steps["start"].notna() & steps["estimate"].isna()
    if not outlined.any():
        return ""
    return " An outline is no effect: the means on both its sides share no seed."


def _steps(findings: Findings, context: str) -> pd.DataFrame:
    """The arms of a path beside the effect of the step that leads to each."""
    arms = findings.arms[findings.arms["context"] == context]
    effects = findings.effects[findings.effects["context"] == context].drop_duplicates("arm")
    step_of = effects.set_index("arm").rename(
        columns={"low": "estimate_low", "high": "estimate_high"}
    )[["reference", "estimate", "estimate_low", "estimate_high"]]
    steps: pd.DataFrame = arms.join(step_of, on="arm")
    steps["start"] = steps["reference"].map(arms.set_index("arm")["mean"])
    return steps


def _growth(findings: Findings) -> Picture:
    return draw_picture(
        "growth",
        "How the evidence grew",
        " ".join(
            filter(None, (growth.caption(findings.growth), looked_at_once(findings.plan.study)))
        ),
        growth.size(findings.growth),
        lambda figure: growth.draw(findings.growth, figure),
    )


def _strip(findings: Findings, styles: dict[str, ArmStyle]) -> Picture:
    metric = metric_description(findings)

    def draw(figure: Figure) -> None:
        strip.draw(
            findings.trials,
            findings.arms,
            figure,
            styles,
            metric=column,
            label=metric.label,
            unit=metric.unit,
        )

    column = metric_column(findings.plan.study.metric)
    caption = strip.caption(findings.trials, findings.arms, column, metric.unit)
    title = f"{formatting.sentence_case(metric.label)}, seed by seed"
    return draw_picture("strip", title, caption, strip.size(findings.arms), draw)


def _curves(findings: Findings, styles: dict[str, ArmStyle]) -> Iterator[Picture]:
    references = [arm.name for arm in findings.plan.arms if arm.is_reference]
    drawn = set[str]()
    for quantity, place, parts in _curves_by_place(findings):
        label, unit = _curve_words(findings, quantity, parts)
        tables = {part: findings.curves[column] for part, column in parts.items()}
        shown = (metric_description(findings, column).note for column in parts.values())
        notes = dict.fromkeys(filter(None, shown))

        def draw(
            figure: Figure,
            tables: dict[str, pd.DataFrame] = tables,
            label: str = label,
            unit: str = unit,
            place: str = place,
        ) -> None:
            curves.draw(
                tables, figure, styles, references=references, label=label, unit=unit, place=place
            )

        caption = curves.caption(tables.values(), curves.cuts_bands(tables, unit))
        apart = " by step" if place == "step" and quantity in drawn else ""
        drawn.add(quantity)
        yield draw_picture(
            f"curves_{file_name(quantity + apart)}",
            f"Learning curves: {label}{apart}",
            " ".join([caption + curves.own_axes(tables), *notes]),
            curves.size(tables),
            draw,
        )


def _curves_by_place(findings: Findings) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Quantity, what its points are counted in, and its columns by part, a row a figure: parts of
    which some count epochs and some steps share no axis.
    """
    for quantity, parts in _curve_families(findings).items():
        by_steps = {
            part: column for part, column in parts.items() if counts_steps(findings.history, column)
        }
        by_epochs = {part: parts[part] for part in parts if part not in by_steps}
        if by_epochs:
            yield quantity, "epoch", by_epochs
        if by_steps:
            yield quantity, "step", by_steps


def _curve_families(findings: Findings) -> dict[str, dict[str, str]]:
    """Quantity -> part -> history column, in order of their names, whichever records they come
    from; a column without a part's prefix is its own family.
    """
    families: dict[str, dict[str, str]] = {}
    for part in _PARTS:
        for column, table in findings.curves.items():
            if column.startswith(f"{part}_") and has_numbers(table, "mean"):
                families.setdefault(column.removeprefix(f"{part}_"), {})[part] = column
    for column, table in findings.curves.items():
        if not column.startswith(tuple(f"{part}_" for part in _PARTS)) and has_numbers(
            table, "mean"
        ):
            families.setdefault(column, {})[metric_description(findings, column).label] = column
    return dict(sorted(families.items()))


def _curve_words(findings: Findings, quantity: str, parts: dict[str, str]) -> tuple[str, str]:
    """Label and unit of a family: those of the first of its metrics that is described, without the
    part that stands above its panel.
    """
    for part, column in parts.items():
        if not {column, test_counterpart(column)}.isdisjoint(findings.plan.metrics):
            described = metric_description(findings, column)
            title = curves.PART_TITLES.get(part, "")
            label = described.label.removeprefix(f"{part} ").removeprefix(f"{title} ")
            return label, described.unit
    return quantity.replace("_", " "), ""


def _cost(findings: Findings, styles: dict[str, ArmStyle]) -> Picture:
    metric = metric_description(findings)

    def draw(figure: Figure) -> None:
        cost.draw(findings.arms, figure, styles, label=metric.label, unit=metric.unit)

    title = f"{formatting.sentence_case(metric.label)} against cost"
    caption = (
        f"Each arm's mean{with_interval(findings.arms, 'mean')}, over what one of its trials cost "
        f"on average.{uneven_times(findings)}{cut_at_percent([findings.arms], metric.unit)}"
    )
    return draw_picture("cost", title, caption, cost.size(findings.arms), draw)
