"""Which of the pairs behind effects hold a trial that diverged, and so no measurement."""

from typing import Any

import pandas as pd

from ablate.analysis.contexts import changes
from ablate.analysis.findings import Findings


def of_effects(findings: Findings) -> pd.DataFrame:
    """The pairs of `findings.differences`, with a column diverged."""
    trials = _diverged(findings)
    effects = findings.effects[["context", "arm", "reference"]].drop_duplicates(["context", "arm"])
    reference = effects.set_index(["context", "arm"])["reference"].to_dict()
    flags = [
        bool(trials & {(context, arm, seed), (context, reference.get((context, arm)), seed)})
        for context, arm, seed in _keys(findings.differences, "context", "arm", "seed")
    ]
    return findings.differences.assign(diverged=flags)


def of_contexts(findings: Findings) -> pd.DataFrame:
    """The pairs of `findings.context_differences`, with a column diverged."""
    trials = _diverged(findings)
    if not trials:
        return findings.context_differences.assign(diverged=False)
    arms = {
        (change.factor, change.text, change.context): list(change.weights)
        for change in changes(findings.plan, findings.trials, findings.plan.study.metric)
    }
    flags = [
        bool(trials & {(*arm, seed) for arm in arms.get((factor, change, context), [])})
        for factor, change, context, seed in _keys(
            findings.context_differences, "factor", "change", "context", "seed"
        )
    ]
    return findings.context_differences.assign(diverged=flags)


def _diverged(findings: Findings) -> set[tuple[Any, ...]]:
    own = findings.trials[findings.trials["status"] == "diverged"]
    return set(_keys(own, "context", "arm", "seed"))


def _keys(table: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return list(zip(*(table[column] for column in columns), strict=True))
