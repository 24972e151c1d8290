"""The table of verdicts, and how one of them is written."""

from collections import Counter

import pandas as pd

from ablate.analysis.claims import Verdict
from ablate.analysis.findings import Findings
from ablate.reporting import formatting
from ablate.reporting.table import Cell, Span, Table, without_blank
from ablate.reporting.verdict_rule import verdict_rule, which_lead_is_positive

MARKS = {"supported": "✓", "refuted": "✗", "undecided": "?", "open": "○"}
_FINDS = {
    "no_difference": "shown equality within ±{}",
    "no_worse": "ruled out a loss of {}",
}
"""What seeds that are too few for a claim can do; of other kinds, find an effect."""
_TO = {"supported": "support", "refuted": "refute"}
_FIELDS = (
    "says", "kind", "context", "metric", "published", "verdict", "unit", "estimate", "low", "high",
    "threshold", "wanted", "n", "p", "p_adjusted", "leaning", "seeds_needed", "too_few_seeds",
    "detectable_effect", "core_hours", "gpu_hours", "family", "confidence", "note",
)  # fmt: skip


def verdict_table(findings: Findings) -> Table | None:
    """One row a claim; None when the study makes none."""
    if not findings.verdicts:
        return None
    several_contexts = len(findings.plan.study.contexts) > 1
    on_gpus = any(verdict.gpu_hours for verdict in findings.verdicts)
    hours = [verdict.gpu_hours if on_gpus else verdict.core_hours for verdict in findings.verdicts]
    is_cost_known = not all(formatting.is_missing(cost) for cost in hours)
    rows = []
    for verdict, cost in zip(findings.verdicts, hours, strict=True):
        where = f"in {verdict.context}" if several_contexts and verdict.context else ""
        rows.append(
            (
                Cell(verdict.says, note=where),
                Cell(verdict.published or formatting.MISSING),
                measured_cell(verdict),
                outcome_cell(verdict),
                Cell(formatting.count(verdict.n)),
                Cell(formatting.p_value(verdict.p_adjusted)),
                *([Cell(formatting.hours(cost))] if is_cost_known else []),
            )
        )
    frame = pd.DataFrame(
        [
            {
                "claim": position,
                **{name: getattr(verdict, name) for name in _FIELDS},
                "arms": "; ".join(verdict.arms),
            }
            for position, verdict in enumerate(findings.verdicts, start=1)
        ]
    )
    table = Table(
        "verdicts",
        "Each claim, what was published, what was measured and what follows. Brackets hold the "
        "interval that decides, by where the whole of it lies, at the level that its family leaves "
        f"the claim.{which_lead_is_positive(findings.verdicts)}"
        f"{told_of_largest(findings)}{_shared_costs(findings) if is_cost_known else ''}",
        (
            *("Claim", "Published", "Measured", "Verdict", "Seeds", "p (adjusted)"),
            *([f"{'GPU' if on_gpus else 'Core'}-hours"] if is_cost_known else []),
        ),
        tuple(rows),
        frame,
        keys=("claim",),
        says=("says",),
        formats=dict.fromkeys(("n", "seeds_needed", "too_few_seeds"), formatting.count)
        | dict.fromkeys(("p", "p_adjusted"), formatting.p_value)
        | dict.fromkeys(("core_hours", "gpu_hours"), formatting.hours)
        | {"confidence": formatting.confidence, "threshold": formatting.as_given},
        spans=(Span(("estimate", "low", "high"), "low", "high", threshold="threshold"),),
        numeric=frozenset({4, 5, 6} if is_cost_known else {4, 5}),
    )
    return without_blank(table, "p (adjusted)")


def told_of_largest(findings: Findings) -> str:
    """What estimate and interval of a largest effect are; "" where none is claimed."""
    if not any(verdict.kind == "largest_effect" for verdict in findings.verdicts):
        return ""
    return (
        " Of a largest effect the estimate is the least of the leads, and each end of the interval "
        "the least of theirs, whosever that is; the upper ends, as any one rival refutes, at the "
        "error rate divided by the number of rivals, of whom no change counts as one."
    )


def _shared_costs(findings: Findings) -> str:
    arms = Counter(
        (verdict.context, arm) for verdict in findings.verdicts for arm in set(verdict.arms)
    )
    if not any(count > 1 for count in arms.values()):
        return ""
    return " Hours are those of a claim's arms, and arms that several claims share count in each."


def outcome_cell(verdict: Verdict) -> Cell:
    """The verdict with its mark."""
    return Cell(f"{MARKS[verdict.verdict]} {verdict.verdict}", verdict.verdict)


def measured_cell(verdict: Verdict) -> Cell:
    """What was measured for a claim, how that decides, and what is to be said about it."""
    signed = verdict.kind != "reaches"
    text = formatting.estimate(
        verdict.estimate,
        verdict.low,
        verdict.high,
        verdict.unit,
        signed=signed,
        told_from=verdict.threshold,
    )
    rule = "; ".join(filter(None, (_level(verdict), verdict_rule(verdict))))
    notes = [text for text in (rule, verdict.note) if text]
    if verdict.verdict == "undecided":
        notes += _what_it_would_take(verdict)
    return Cell(text, note=" ".join(notes))


def _level(verdict: Verdict) -> str:
    """As in "98.33 % interval"; "" where there is none."""
    if verdict.confidence is None:
        return ""
    return f"{100 * verdict.confidence:.4g} % interval"


def _what_it_would_take(verdict: Verdict) -> list[str]:
    sentences = []
    power = "80 % power"
    if verdict.leaning is not None:
        power += f" to {_TO[verdict.leaning]} it"
    power += ", were effect and spread as seen"
    if not formatting.is_missing(verdict.seeds_needed):
        sentences.append(f"{formatting.count(verdict.seeds_needed)} seeds would give {power}.")
    if not formatting.is_missing(verdict.too_few_seeds):
        few = formatting.count(verdict.too_few_seeds)
        sentences.append(f"Not even {few} seeds would give {power}.")
    if not formatting.is_missing(verdict.detectable_effect):
        found = formatting.number(verdict.detectable_effect, verdict.unit)
        what = _FINDS.get(verdict.kind, "found {}").format(
            formatting.with_unit(found, verdict.unit)
        )
        sentences.append(f"{formatting.seeds(verdict.n)} could have {what} with 80 % power.")
    return sentences
