"""What decides a claim, in words: what is compared, and where the interval must lie."""

from collections.abc import Iterable

from ablate.analysis.arm_names import quoted
from ablate.analysis.claims import Verdict
from ablate.reporting import formatting

_COMPARED = {
    "difference": "lead of {0} over {1}",
    "no_difference": "lead of {0} over {1}",
    "no_worse": "lead of {0} over {1}",
    "open": "lead of {0} over {1}",
    "faster": "lead of {0} over {1}",
    "more_stable": "spread of {1} over that of {0}",
    "interaction": "lead of {0} over {1}, less that of {2} over {3}",
}
_SUPPORTED = {
    "above": "supported above {0}, refuted below",
    "below": "supported below {0}, refuted above",
    "inside": "supported within ±{0}, refuted beyond",
    "outside": "supported beyond ±{0}, refuted within",
}


def which_lead_is_positive(verdicts: Iterable[Verdict]) -> str:
    """A sentence for a table with leads, of which a difference may have the other sign."""
    if not any(verdict_rule(verdict).startswith("lead") for verdict in verdicts):
        return ""
    return " A lead is positive where the arm that is named first is better."


def verdict_rule(verdict: Verdict) -> str:
    """As in "lead of max_pool over strided_conv; supported above 0.5 points, refuted below."

    Of a pair, and of both pairs of an interaction, the claim's better side comes first, and the
    estimate is its lead (of an interaction, the first lead less the second), whichever way the
    metric is better. "" where the claim compares no arms, or none that have come up.
    """
    parts = []
    several = 4 if verdict.kind == "interaction" else 2
    if len(verdict.arms) == several and verdict.kind in _COMPARED:
        parts.append(_COMPARED[verdict.kind].format(*quoted(*verdict.arms)))
    if verdict.arms and verdict.threshold is not None and verdict.kind != "open":
        bound = formatting.with_unit(formatting.as_given(verdict.threshold), verdict.unit)
        parts.append(_SUPPORTED[verdict.wanted].format(bound))
    return f"{'; '.join(parts)}." if parts else ""
