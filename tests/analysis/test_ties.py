"""Seeds that agree too closely are told of."""

import pytest

from ablate.analysis.findings import analyse
from tests.analysis.evidence import NORM, WIDTH, ByArm, plan_of, records_of


def warnings_of(values: ByArm, *factors, **fields) -> list[str]:
    plan = plan_of(*(factors or (WIDTH,)), seeds=3, **fields)
    told = analyse(plan, records_of(plan, values)).warnings
    return [warning for warning in told if warning.startswith("Seeds ")]


def test_an_arm_to_which_seeds_make_no_difference_is_named():
    values = {"baseline": [80.1, 80.4, 80.2], "wide": [81.5, 81.5, 81.5]}
    assert warnings_of(values) == [
        "Seeds make no difference to 'wide': all 3 have the same test accuracy. If they repeat one "
        "trial, they are worth one seed."
    ]


@pytest.mark.parametrize("wide", [[81.5, 81.5, None], [81.5, 81.5, 81.6], [81.5, "diverged", 81.5]])
def test_two_seeds_may_well_agree(wide):
    assert warnings_of({"baseline": [80.1, 80.9, 80.2], "wide": wide}) == []


def test_effects_whose_intervals_are_of_rounding_alone_are_named_together():
    values = {
        "baseline": [80.0, 81.5, 80.5],
        "wide": [81.0, 82.5, 81.5],
        "batch": [83.0, 84.5, 83.5],
    }
    assert warnings_of(values, WIDTH, NORM) == [
        "Seeds agree on these effects more closely than steps of 0.5 points can tell, so that "
        "intervals are as wide as such steps make them: 'wide'; 'batch'."
    ]


def test_an_arm_that_ties_with_its_reference_on_every_seed_is_not_told_of():
    assert warnings_of({"baseline": [80.0, 81.5, 80.5], "wide": [80.0, 81.5, 80.5]}) == []


def test_of_several_contexts_each_is_named():
    values = {
        ("short", "baseline"): [80.0, 81.5, 80.5],
        ("short", "wide"): [81.0, 82.5, 81.5],
        ("long", "baseline"): [85.0, 85.0, 85.0],
        ("long", "wide"): [85.0, 87.0, 85.5],
    }
    contexts = {"short": {}, "long": {"training.epochs": 9}}
    told = warnings_of(values, contexts=contexts)
    assert any("no difference to 'baseline' of 'long'" in warning for warning in told)
    assert any(warning.endswith(": 'wide' of 'short'.") for warning in told)
