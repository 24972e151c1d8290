"""Factorial designs: main effects, two-way interactions, and their shares of the variation.

Effects and intervals come from contrasts within each seed, whose variances need not be alike in
all arms; the analysis of variance gives the shares (statsmodels, type II).
"""

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ablate.analysis.effects import SeedContrast, contrast, values_of
from ablate.analysis.inference import (
    ALPHA,
    Critical,
    Floats,
    critical_value,
    exceeds,
    holm,
    interval,
)
from ablate.analysis.tables import FACTOR, UNLIMITED, ArmKey, Resolution, metric_column
from ablate.study.aliases import aliases
from ablate.study.arms import Arm
from ablate.study.designs import FACTORIALS
from ablate.study.plan import Plan

_ROUND_OFF = 1e-20  # of the squared outcomes: less variation than that is none
COLUMNS = [
    "context", "effect", "kind", "change", "level", "other_level", "n", "estimate", "low", "high",
    "p", "p_holm", "share", "aliased_with",
]  # fmt: skip


def factorial_table(
    plan: Plan,
    trials: pd.DataFrame,
    metric: str,
    resolution: Resolution = UNLIMITED,
    repeated: Critical | None = None,
) -> pd.DataFrame:
    """One row a main effect (a level against the reference level, averaged over all else), and one
    a two-way interaction of two such levels (half the difference of differences). In a full
    factorial that lacks combinations (see `lacks_combinations`), each is averaged over those that
    have all levels compared.

    Columns context, effect (factor, or two joined by ":"), kind ("main", "interaction"), change
    (empty for an interaction of two levels by two, of which there is one), level (that the factor
    is changed to) and other_level (that of an interaction's second factor; empty else), n (seeds
    on which all arms concerned have a value), estimate, low, high (95 %), p, p_holm (over the
    table, effects that a fraction cannot tell apart as one), share (of the variation within seeds,
    see `variance_shares`; of a factor's levels together) and aliased_with (effects that a fraction
    cannot tell from this one). Empty for other designs, and without trials.

    repeated: c_n of a study that looks after every seed: intervals hold at all looks together, and
    there are no p values.
    """
    if plan.study.design.kind not in FACTORIALS:
        return pd.DataFrame(columns=COLUMNS)
    rows = [
        row
        for context in plan.study.contexts
        for row in _rows(plan, trials, metric, context, resolution, repeated or critical_value)
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    if repeated is not None:
        table["p"] = np.nan
    return table.assign(p_holm=_holm_of_classes(table))


def _holm_of_classes(table: pd.DataFrame) -> Floats:
    """Effects that a fraction cannot tell apart are one comparison, and one of them counts."""
    about = zip(table["context"], table["effect"], table["aliased_with"], strict=True)
    classes = [
        (context, frozenset([effect, *aliased.split(", ")]) if aliased else position)
        for position, (context, effect, aliased) in enumerate(about)
    ]
    p: dict[Any, float] = {}
    for its_class, own in zip(classes, table["p"], strict=True):
        p.setdefault(its_class, own)
    adjusted = dict(zip(p, holm(np.array(list(p.values()), dtype=float)), strict=True))
    return np.array([adjusted[its_class] for its_class in classes], dtype=np.float64)


def lacks_combinations(plan: Plan, trials: pd.DataFrame, metric: str) -> bool:
    """Whether effects of a full factorial are averaged over some combinations of the other factors
    only: conditions or `forbid` leave out some, or an arm has no value.
    """
    if plan.study.design.kind != "full_factorial":
        return False
    counts = []
    for context in plan.study.contexts:
        arms = [arm.levels for arm in plan.arms if arm.context == context]
        levels = [len({each[factor] for each in arms}) for factor in arms[0]]
        counts.append((len(arms), math.prod(levels)))
    lacking = any(there < every for there, every in counts)
    return lacking or bool(arms_without_values(plan, trials, metric))


def arms_without_values(plan: Plan, trials: pd.DataFrame, metric: str) -> list[Arm]:
    """Arms of a factorial of which no seed has a value while other arms have: effects of a full one
    leave them out, and those of a fraction, which needs all of its arms, are not known.
    """
    without = [arm for arm in plan.arms if not len(values_of(trials, metric, arm.key))]
    is_any = plan.study.design.kind in FACTORIALS and len(without) < len(plan.arms)
    return without if is_any else []


def _rows(
    plan: Plan,
    trials: pd.DataFrame,
    metric: str,
    context: str,
    resolution: Resolution,
    critical: Critical,
) -> Iterator[dict[str, Any]]:
    arms = [arm for arm in plan.arms if arm.context == context]
    # Without an arm, what a fraction averages over the others holds effects of other factors.
    is_fraction = plan.study.design.kind == "fractional_factorial"
    valued = [arm for arm in arms if is_fraction or len(values_of(trials, metric, arm.key))]
    reference = plan.reference(context).levels
    shares = variance_shares(_shared_out(plan, trials, metric, context), metric, tuple(reference))
    shadows = _aliases(plan, context)
    for factor, base in reference.items():
        for level in dict.fromkeys(arm.levels[factor] for arm in arms):
            if level == base:
                continue
            ends: dict[tuple[str, ...], float] = {(level,): 1.0, (base,): -1.0}
            if weights := _weights_with_values(plan, arms, valued, (factor,), ends):
                pairs = contrast(trials, metric, weights, resolution)
                term = _Term(factor, "main", f"{base} -> {level}", level)
                yield _row(context, term, pairs, shares, shadows, critical)
    for one, other in itertools.combinations(reference, 2):
        for term, cells in _interactions(arms, one, other):
            if weights := _weights_with_values(plan, arms, valued, (one, other), cells):
                pairs = contrast(trials, metric, weights, resolution)
                yield _row(context, term, pairs, shares, shadows, critical)


def _shared_out(plan: Plan, trials: pd.DataFrame, metric: str, context: str) -> pd.DataFrame:
    """A context's trials; of a fraction those of seeds on which all arms have a value, as only
    together they keep its effects apart.
    """
    own = trials[trials["context"] == context]
    column = metric_column(metric)
    if plan.study.design.kind != "fractional_factorial" or column not in own:
        return own
    arms = own.dropna(subset=[column]).groupby("seed")["arm"].nunique()
    return own[own["seed"].isin(arms.index[arms == own["arm"].nunique()])]


class _Term(NamedTuple):
    """What a row is about; see `factorial_table`."""

    effect: str
    kind: str
    change: str
    level: str
    other_level: str = ""


def _row(
    context: str,
    term: _Term,
    pairs: SeedContrast,
    shares: dict[str, float],
    shadows: dict[str, str],
    critical: Critical,
) -> dict[str, Any]:
    sample = pairs.sample
    low, high = interval(sample, ALPHA, critical)
    return {
        "context": context,
        **term._asdict(),
        "n": sample.n,
        "estimate": float(sample.mean),
        "low": float(low),
        "high": float(high),
        "p": float(exceeds(sample, 0.0).p),
        "share": shares.get(term.effect, np.nan),
        "aliased_with": shadows.get(term.effect, ""),
    }


def _interactions(
    arms: list[Arm], one: str, other: str
) -> Iterator[tuple[_Term, dict[tuple[str, ...], float]]]:
    """Half of (the one's effect where the other is changed) minus (where it is not), as weights of
    levels: the usual scale, on which an interaction of two levels by two is as large as a main
    effect of the same sum of squares. Each level is held against the reference arm's.
    """
    first, second = (list(dict.fromkeys(arm.levels[name] for arm in arms)) for name in (one, other))
    only_one = len(first) == len(second) == 2
    signs = (0.5, -0.5, -0.5, 0.5)
    for level, other_level in itertools.product(first[1:], second[1:]):
        change = f"{first[0]} -> {level}, {second[0]} -> {other_level}"
        term = _Term(
            f"{one}:{other}", "interaction", "" if only_one else change, level, other_level
        )
        corners = itertools.product((first[0], level), (second[0], other_level))
        yield term, dict(zip(corners, signs, strict=True))


def _weights_with_values(
    plan: Plan,
    arms: list[Arm],
    valued: list[Arm],
    factors: tuple[str, ...],
    cells: Mapping[tuple[str, ...], float],
) -> dict[ArmKey, float]:
    """`_weights` of the arms that have a value on any seed, as if the others were forbidden: one
    that always fails would else leave no effect its seeds. Of all arms, which gives a row without
    numbers, where that leaves nothing to compare.
    """
    return _weights(plan, valued, factors, cells) or _weights(plan, arms, factors, cells)


def _weights(
    plan: Plan,
    arms: list[Arm],
    factors: tuple[str, ...],
    cells: Mapping[tuple[str, ...], float],
) -> dict[ArmKey, float]:
    """Weights of arms, out of those of levels of some factors, averaged over all other factors.

    In a full factorial that lacks some combinations (conditions, `forbid`, arms without values),
    only over those that have all the levels, so that nothing else differs between what is compared;
    empty if none has.
    """
    members = {
        cell: [arm for arm in arms if cell == tuple(arm.levels[name] for name in factors)]
        for cell in cells
    }
    if plan.study.design.kind == "full_factorial" and members:
        shared = set.intersection(
            *({other_levels(arm, factors) for arm in own} for own in members.values())
        )
        members = {
            cell: [arm for arm in own if other_levels(arm, factors) in shared]
            for cell, own in members.items()
        }
    if not all(members.values()):
        return {}
    return {arm.key: cells[cell] / len(own) for cell, own in members.items() for arm in own}


def other_levels(arm: Arm, factors: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    """An arm's levels of all but these factors."""
    return frozenset(item for item in arm.levels.items() if item[0] not in factors)


def variance_shares(
    trials: pd.DataFrame, metric: str, factors: tuple[str, ...]
) -> dict[str, float]:
    """Share of each factor and two-way interaction in the variation within seeds.

    trials: of one context. By type II sums of squares: what a term adds to a model of all terms
    that do not contain it, seeds as blocks. The rest is noise and interactions of more factors.
    Without a share are interactions that are not to be told from other terms (of combinations that
    there are not, of a fraction), and all where there are too few trials for them; all terms where
    there are too few for main effects, or nothing varies. Keys as "a" and "a:b".
    """
    names = {f"f{index}": factor for index, factor in enumerate(factors)}
    table = trials[["seed", metric_column(metric), *(FACTOR + factor for factor in factors)]]
    table = table.set_axis(["seed", "outcome", *names], axis=1).dropna(subset=["outcome"])
    within = table["outcome"] - table.groupby("seed")["outcome"].transform("mean")
    if not np.square(within).sum() > _ROUND_OFF * np.square(table["outcome"]).sum():
        return {}
    used = [name for name in names if table[name].nunique() > 1]
    outcome = table["outcome"].to_numpy(dtype=np.float64)
    terms = _terms_told_apart(table, used)
    if not terms:
        return {}
    design, owners = _design(table, terms)
    squares = {term: _added(outcome, design, owners, term) for term in terms}
    total = _residual(outcome, design) + sum(squares.values())
    return {
        ":".join(names[part] for part in term.split(":")): square / total
        for term, square in squares.items()
    }


def _terms_told_apart(table: pd.DataFrame, used: list[str]) -> list[str]:
    """The main effects, and the interactions that add to a model of all other terms; see
    `variance_shares`.
    """
    pairs = [f"{a}:{b}" for a, b in itertools.combinations(used, 2)]
    design, owners = _design(table, [*used, *pairs])
    rank = np.linalg.matrix_rank(design)
    if rank < design.shape[1]:
        others = {pair: design[:, [owner != pair for owner in owners]] for pair in pairs}
        pairs = [pair for pair in pairs if np.linalg.matrix_rank(others[pair]) < rank]
    if pairs and rank < design.shape[0]:
        return [*used, *pairs]
    design, _ = _design(table, used)
    return used if np.linalg.matrix_rank(design) == design.shape[1] < design.shape[0] else []


def _design(table: pd.DataFrame, terms: list[str]) -> tuple[Floats, list[str]]:
    """The design matrix, and of each column the term that it belongs to."""
    from statsmodels.formula.api import ols

    codes = {name: pd.factorize(table[name])[0].astype(str) for name in terms if name in table}
    seeds = ["C(seed)"] if table["seed"].nunique() > 1 else []
    formula = f"outcome ~ {' + '.join(['1', *terms, *seeds])}"
    model = ols(formula, table.assign(**codes))
    return model.exog, [re.sub(r"\[[^]]*\]", "", name) for name in model.exog_names]


def _added(outcome: Floats, design: Floats, owners: list[str], term: str) -> float:
    """Sum of squares that a term explains beyond all terms that do not contain it."""
    parts = set(term.split(":"))
    others = np.array([not parts <= set(owner.split(":")) for owner in owners])
    own = np.array([owner == term for owner in owners])
    without, with_it = (
        _residual(outcome, design[:, others]),
        _residual(outcome, design[:, others | own]),
    )
    return max(without - with_it, 0.0)


def _residual(outcome: Floats, design: Floats) -> float:
    fitted = design @ np.linalg.lstsq(design, outcome)[0]
    return float(np.square(outcome - fitted).sum())


def _aliases(plan: Plan, context: str) -> dict[str, str]:
    if plan.study.design.kind != "fractional_factorial":
        return {}
    return {
        alias.effect: ", ".join(alias.aliased_with)
        for alias in aliases(plan.study, plan.workload)
        if alias.context == context
    }
