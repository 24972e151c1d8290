"""What a study found, in one sentence."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ablate.analysis.arm_names import of_context, quoted
from ablate.analysis.findings import Findings
from ablate.reporting import formatting
from ablate.reporting.factorial_table import alias_names, effect_name
from ablate.reporting.tables import (
    diverged_in,
    diverged_note,
    is_unpaired,
    metric_description,
    numbers_of_seeds,
    with_direction,
)

_ORDER = ("supported", "refuted", "undecided", "open")
_EQUAL = 1e-9
"""Relative difference of sizes that is rounding: aliases are one number reckoned twice."""


def answer(findings: Findings) -> str:
    """How the claims fared and which effect is largest, with its interval; drawn from the tables
    of verdicts and effects. Of a tuned study a sentence for each of its comparisons.
    """
    if findings.tuned is None:
        return formatting.sentence_case(_said(findings)) + "."
    own = _said(findings.tuned.findings)
    return f"With shared settings, {_said(findings)}. With settings of each arm's own, {own}."


def _said(findings: Findings) -> str:
    parts = [_claims(findings) + _early(findings), _largest_effect(findings)]
    return "; ".join(part for part in parts if part) or _without_comparison(findings)


def _without_comparison(findings: Findings) -> str:
    """Of a study of one arm, or of one that has only begun."""
    measured = findings.arms.dropna(subset=["mean"])
    if measured.empty:
        return "no trial has a result"
    arm = measured.to_dict("records")[0]
    metric = metric_description(findings)
    mean = formatting.estimate(
        arm["mean"], arm["low"], arm["high"], metric.unit, n=arm["n"], signed=False
    )
    what = f"{with_direction(metric)} of {arm['arm']}{_where(findings, arm)}"
    return f"{what} is {mean}; there is nothing yet to compare it with"


def _claims(findings: Findings) -> str:
    counts = Counter[str](verdict.verdict for verdict in findings.verdicts)
    if not counts:
        return ""
    total = len(findings.verdicts)
    outcomes = [(counts[outcome], outcome) for outcome in _ORDER if counts[outcome]]
    if len(outcomes) == 1:
        if total == 1:
            return f"the claim is {outcomes[0][1]}"
        return f"{'both' if total == 2 else f'all {total}'} claims are {outcomes[0][1]}"
    listed = [f"{count} {'is' if count == 1 else 'are'} {outcome}" for count, outcome in outcomes]
    return f"of {total} claims, {', '.join(listed[:-1])} and {listed[-1]}"


def _early(findings: Findings) -> str:
    """How many claims are settled before all of their trials are recorded."""
    settled = [each for each in findings.verdicts if each.verdict in ("supported", "refuted")]
    early = sum(each.early for each in settled)
    if not early:
        return ""
    if len(findings.verdicts) == 1:
        which = ""
    elif len(settled) == 1:
        which = "the settled one "
    else:
        every = len(settled) == len(findings.verdicts)
        which = f"{early} of {'them' if every else f'the {len(settled)} settled'} "
    return f" ({which}at an early look)"


def _largest_effect(findings: Findings) -> str:
    if findings.factorial["estimate"].notna().any():
        return _largest_of_factorial(findings)
    metric = metric_description(findings)
    found = _largest(findings.effects)
    if found is None:
        return ""
    effect, among = found.effect, found.among
    if found.of == 1:
        beginning, verb = "the effect of", " is"
    elif not effect["estimate"]:
        return f"no effect on {metric.label}{among} differs from 0"
    else:
        beginning, verb = f"the largest effect seen{_of_those(among)} is that of", ":"
    arm, reference = quoted(effect["arm"], effect["reference"])
    diverged = diverged_note(findings, effect)
    return (
        f"{beginning} {arm}{_where(findings, effect)} on {with_direction(metric)}{verb} "
        f"{_size(findings, effect)}, against {reference}{f' ({diverged})' if diverged else ''}"
    )


def _largest_of_factorial(findings: Findings) -> str:
    """Of main effects and interactions: an arm of a factorial differs in many factors at once."""
    metric = metric_description(findings)
    found = _largest(findings.factorial)
    if found is None:
        return ""
    effect = found.effect
    if not effect["estimate"]:
        return f"no effect on {metric.label}{found.among} differs from 0"
    what = "main effect" if effect["kind"] == "main" else "interaction"
    change = f" ({effect['change']})" if effect["change"] else ""
    name = effect_name(findings, effect["effect"])
    aliases = alias_names(findings, str(effect["aliased_with"]))
    untold = f", which this fraction does not tell from {aliases}" if aliases else ""
    which = f"{what} of {name}{change}{_where(findings, effect)} on {with_direction(metric)}"
    largest = f"the largest effect seen{_of_those(found.among)}"
    diverged = diverged_in(findings, str(effect["context"]))
    told = f" ({diverged})" if diverged else ""
    return f"{largest} is the {which}: {_size(findings, effect)}{untold}{told}"


def _of_those(among: str) -> str:
    return f", of those{among}," if among else ""


class _Largest(NamedTuple):
    effect: Mapping[Any, Any]
    of: int
    """As many have an estimate."""
    among: str
    """Which effects it is the largest of; empty: of all."""


def _largest(effects: pd.DataFrame) -> _Largest | None:
    """The effect farthest from 0: of those that have an interval, so that no single seed makes the
    headline, unless all of these are 0. Ties, as of aliases, go to the first main effect.
    """
    known = effects[np.isfinite(effects["estimate"].astype(float))]
    bounded = known.dropna(subset=["low", "high"])
    some = bounded if bounded["estimate"].any() else known
    if some.empty:
        return None
    sizes = some["estimate"].abs()
    tied = some[sizes >= sizes.max() * (1 - _EQUAL)]
    mains = tied[tied["kind"] == "main"] if "kind" in tied else tied
    among = ""
    if len(some) < len(known):
        among = " with an interval"
    elif len(known) < len(effects):
        among = " that could be estimated"
    return _Largest((tied if mains.empty else mains).to_dict("records")[0], len(known), among)


def _where(findings: Findings, row: Mapping[Any, Any]) -> str:
    return of_context(findings.plan, str(row["context"]))


def _size(findings: Findings, effect: Mapping[Any, Any]) -> str:
    unit = metric_description(findings).difference_unit
    unpaired = is_unpaired(effect)
    size = formatting.estimate(
        effect["estimate"],
        effect["low"],
        effect["high"],
        unit,
        n=None if unpaired else effect["n"],
    )
    return f"{size}, unpaired, {numbers_of_seeds(findings, effect)} seeds" if unpaired else size
