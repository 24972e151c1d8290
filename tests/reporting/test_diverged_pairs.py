"""A pair holds a diverged trial where any trial that it is made of diverged."""

import pytest

from ablate.analysis.findings import Findings, analyse
from ablate.records.schema import TrialRecord
from ablate.reporting import diverged_pairs
from tests.analysis.evidence import POOL, WIDTH, plan_of, records_of

CONTEXTS = {
    "small": {"model.width": 8, "model.pool": "max"},
    "large": {"model.width": 16, "model.pool": "stride"},
}


def found(diverged: set[tuple[str, str, int]], **plan: object) -> Findings:
    """Three seeds an arm, of which these diverged, at a chance level of 10."""
    made = plan_of(WIDTH, POOL, seeds=3, **plan)
    values = {arm.key: [70.0, 71.0, 72.5] for arm in made.arms}
    records = records_of(made, values)
    for trial in made.trials:
        if (trial.context, trial.arm, trial.seed) in diverged:
            fields = records[trial.hash].model_dump() | {
                "status": "diverged",
                "metrics": {},
                "chance_level": {made.study.metric: 10.0},
            }
            records[trial.hash] = TrialRecord.model_validate(fields)
    return analyse(made, records)


def test_a_pair_of_an_effect_is_flagged_by_either_of_its_trials() -> None:
    pairs = diverged_pairs.of_effects(
        found({("baseline", "wide", 0), ("baseline", "baseline", 2), ("baseline", "mean", 1)})
    )
    flagged = pairs[pairs["diverged"]].groupby("arm")["seed"].apply(list)
    assert flagged.to_dict() == {"wide": [0, 2], "mean": [1, 2], "stride": [2]}


def test_a_pair_of_a_change_in_a_context_is_flagged_there_alone() -> None:
    pairs = diverged_pairs.of_contexts(found({("large", "mean", 1)}, contexts=CONTEXTS))
    flagged = pairs[pairs["diverged"]]
    assert set(zip(flagged["context"], flagged["change"], flagged["seed"], strict=True)) == {
        ("large", "max -> mean", 1),
        ("large", "mean -> stride", 1),
    }


@pytest.mark.parametrize("contexts", [{"baseline": {}}, CONTEXTS])
def test_nothing_is_flagged_where_no_trial_diverged(contexts: dict[str, dict[str, object]]) -> None:
    findings = found(set(), contexts=contexts)
    assert not diverged_pairs.of_effects(findings)["diverged"].any()
    assert not diverged_pairs.of_contexts(findings)["diverged"].any()
