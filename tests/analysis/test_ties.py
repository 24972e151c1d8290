"""Arms to which seeds make no difference are told of."""

import pytest

from ablate.analysis.findings import analyse
from tests.analysis.evidence import WIDTH, ByArm, plan_of, records_of


def warnings_of(values: ByArm, **fields) -> list[str]:
    plan = plan_of(WIDTH, seeds=3, **fields)
    told = analyse(plan, records_of(plan, values)).warnings
    return [warning for warning in told if warning.startswith("Seeds make")]


def test_an_arm_to_which_seeds_make_no_difference_is_named():
    values = {"baseline": [80.1, 80.4, 80.2], "wide": [81.5, 81.5, 81.5]}
    assert warnings_of(values) == [
        "Seeds make no difference to wide: all 3 have the same test accuracy. If they repeat one "
        "trial, they are worth one seed."
    ]


@pytest.mark.parametrize("wide", [[81.5, 81.5, None], [81.5, 81.5, 81.6], [81.5, "diverged", 81.5]])
def test_two_seeds_may_well_agree(wide):
    assert warnings_of({"baseline": [80.1, 80.9, 80.2], "wide": wide}) == []


def test_of_several_contexts_its_own_is_named():
    values = {
        ("short", "baseline"): [80.0, 81.5, 80.5],
        ("short", "wide"): [81.0, 82.5, 81.5],
        ("long", "baseline"): [85.0, 85.0, 85.0],
        ("long", "wide"): [85.0, 87.0, 85.5],
    }
    (told,) = warnings_of(values, contexts={"short": {}, "long": {"training.epochs": 9}})
    assert told.startswith("Seeds make no difference to baseline in long: all 3 ")
