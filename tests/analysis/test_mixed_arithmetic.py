"""Who compares trials of several arithmetics is told."""

from collections.abc import Callable

from ablate.analysis.findings import analyse
from ablate.study.plan import Plan, PlannedTrial
from tests.analysis.evidence import WIDTH, plan_of, record_of

GOOD = {"baseline": [80.0, 81.0, 82.5], "wide": [82.0, 83.5, 84.0]}


def in_precisions(plan: Plan, precisions: dict[tuple[str, int], str]) -> tuple[str, ...]:
    records = {
        trial.hash: record_of(
            trial,
            GOOD[trial.arm][trial.seed],
            provenance={"precision": precisions.get((trial.arm, trial.seed), "float32")},
        )
        for trial in plan.trials
    }
    return analyse(plan, records).warnings


def test_pairs_that_mix_precisions_are_told():
    plan = plan_of(WIDTH, seeds=3)
    assert in_precisions(plan, {("wide", 1): "bfloat16"}) == (
        "Trials of seed 1 were trained partly in bfloat16 on cpu and float32 on cpu, so their "
        "pairs mix the two.",
    )
    assert in_precisions(plan, {("wide", 1): "bfloat16", ("wide", 2): "bfloat16"}) == (
        "Trials of seeds 1, 2 were trained partly in bfloat16 on cpu and float32 on cpu, so their "
        "pairs mix the two.",
    )


def test_contexts_of_their_own_precisions_mix_no_pair_and_are_told():
    plan = plan_of(WIDTH, seeds=3, contexts={"one": {}, "two": {"training.rate": 0.5}})

    def told(precision_of: Callable[[PlannedTrial], str]) -> tuple[str, ...]:
        outcomes = {
            trial.hash: record_of(
                trial,
                GOOD[trial.arm][trial.seed] + (trial.context == "two"),
                provenance={"precision": precision_of(trial)},
            )
            for trial in plan.trials
        }
        return analyse(plan, outcomes).warnings

    assert told(lambda trial: "float32") == ()
    assert told(lambda trial: "float32" if trial.context == "one" else "bfloat16") == (
        "On seeds 0, 1, 2 trials were trained in arithmetic of their context's own (one in float32 "
        "on cpu, two in bfloat16 on cpu): no pair mixes them, but what is compared across contexts "
        "does.",
    )
    assert told(lambda trial: "bfloat16" if trial.seed == 1 else "float32") == ()
    of_arms = told(lambda trial: "bfloat16" if trial.arm == "wide" else "float32")
    assert of_arms == (
        "Trials of seeds 0, 1, 2 were trained partly in bfloat16 on cpu and float32 on cpu, so "
        "their pairs mix the two.",
    )


def test_pairs_that_mix_devices_are_told():
    plan = plan_of(WIDTH, seeds=3)
    records = {
        trial.hash: record_of(
            trial,
            GOOD[trial.arm][trial.seed],
            provenance={"precision": "float32", "device": "H100" if trial.seed else "cpu"},
        )
        for trial in plan.trials
    }
    assert analyse(plan, records).warnings == (), "within each pair they are alike"
    moved = plan.trials[0]
    assert moved.seed == 0
    records[moved.hash] = record_of(
        moved, 80.0, provenance={"precision": "float32", "device": "H100"}
    )
    assert analyse(plan, records).warnings == (
        "Trials of seed 0 were trained partly in float32 on H100 and float32 on cpu, so their "
        "pairs mix the two.",
    )


def test_a_seed_whose_trials_share_another_precision_is_no_mixture():
    plan = plan_of(WIDTH, seeds=3)
    assert in_precisions(plan, {("wide", 1): "bfloat16", ("baseline", 1): "bfloat16"}) == ()
