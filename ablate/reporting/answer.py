"""What a study found, in one sentence."""

from collections import Counter

from ablate.analysis.findings import Findings
from ablate.reporting import formatting
from ablate.reporting.factorial_table import alias_names, effect_name
from ablate.reporting.tables import metric_description

_ORDER = ("supported", "refuted", "undecided", "open")


def answer(findings: Findings) -> str:
    """How the claims fared and which effect is largest, with its interval; drawn from the tables
    of verdicts and effects. Of a tuned study a sentence for each of its comparisons.
    """
    if findings.tuned is None:
        return formatting.sentence_case(_said(findings)) + "."
    own = _said(findings.tuned.findings)
    return f"With shared settings, {_said(findings)}. With settings of each arm's own, {own}."


def _said(findings: Findings) -> str:
    parts = [_claims(findings), _largest_effect(findings)]
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
    return f"{metric.label} of {arm['arm']} is {mean}; there is nothing yet to compare it with"


def _claims(findings: Findings) -> str:
    counts = Counter[str](verdict.verdict for verdict in findings.verdicts)
    if not counts:
        return ""
    total = len(findings.verdicts)
    outcomes = [(counts[outcome], outcome) for outcome in _ORDER if counts[outcome]]
    if len(outcomes) == 1:
        if total == 1:
            return f"the claim is {outcomes[0][1]}"
        return f"all {total} claims are {outcomes[0][1]}"
    listed = [f"{count} {'is' if count == 1 else 'are'} {outcome}" for count, outcome in outcomes]
    return f"of {total} claims, {', '.join(listed[:-1])} and {listed[-1]}"


def _largest_effect(findings: Findings) -> str:
    if findings.factorial["estimate"].notna().any():
        return _largest_of_factorial(findings)
    effects = findings.effects.dropna(subset=["estimate"])
    if effects.empty:
        return ""
    largest = int(effects["estimate"].abs().to_numpy().argmax())
    effect = effects.to_dict("records")[largest]
    metric = metric_description(findings)
    change = formatting.estimate(
        effect["estimate"],
        effect["low"],
        effect["high"],
        metric.difference_unit,
        n=effect["n"],
    )
    where = f" in {effect['context']}" if effects["context"].nunique() > 1 else ""
    article = "the largest effect is that of" if len(effects) > 1 else "the effect of"
    verb = ":" if len(effects) > 1 else " is"
    return (
        f"{article} {effect['arm']}{where} on {metric.label}{verb} {change}, "
        f"against {effect['reference']}"
    )


def _largest_of_factorial(findings: Findings) -> str:
    """Of main effects and interactions: an arm of a factorial differs in many factors at once."""
    effects = findings.factorial.dropna(subset=["estimate"])
    effect = effects.to_dict("records")[int(effects["estimate"].abs().to_numpy().argmax())]
    metric = metric_description(findings)
    size = formatting.estimate(
        effect["estimate"],
        effect["low"],
        effect["high"],
        metric.difference_unit,
        n=effect["n"],
    )
    what = "main effect" if effect["kind"] == "main" else "interaction"
    where = f" in {effect['context']}" if effects["context"].nunique() > 1 else ""
    change = f" ({effect['change']})" if effect["change"] else ""
    name = effect_name(findings, effect["effect"])
    aliases = alias_names(findings, str(effect["aliased_with"]))
    untold = f", which this fraction does not tell from {aliases}" if aliases else ""
    return f"largest is the {what} of {name}{change}{where} on {metric.label}: {size}{untold}"
