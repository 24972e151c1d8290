"""What an open claim waits for."""

import pytest

from ablate.analysis.open_claims import open_arms
from ablate.study.schema import Difference, Faster, MoreStable, Open
from tests.analysis.evidence import NORM, WIDTH, arm, evidence_of, plan_of, records_of

CLOSE = Difference(says="Batch is better.", better=arm(norm="batch"), worse=arm())
STABLER = MoreStable(says="Wide is stabler.", stable=arm(width="wide"), unstable=arm())
VALUES = {
    "baseline": [80.0, 80.1, 79.9],
    "wide": [81.0, 83.1, 82.2],
    "batch": [80.1, 80.0, 79.9],
}
BASELINE, WIDE, BATCH = (("baseline", name) for name in ("baseline", "wide", "batch"))


@pytest.mark.parametrize(
    ("most", "waiting"), [(9, {BASELINE, BATCH}), (10, {BASELINE, BATCH, WIDE})]
)
def test_spread_that_the_maximum_is_too_few_for_waits_for_nothing(most, waiting):
    plan = plan_of(WIDTH, NORM, seeds=3, max_seeds=most, claims=(CLOSE, STABLER))
    assert open_arms(evidence_of(plan, records_of(plan, VALUES))) == waiting


def test_a_claim_that_is_settled_or_never_decided_waits_for_nothing():
    clear = CLOSE.model_copy(update={"better": arm(width="wide")})
    shown = Open(says="?", why="?", better=arm(norm="batch"), worse=arm())
    plan = plan_of(WIDTH, NORM, seeds=3, max_seeds=4, claims=(clear, shown))
    values = VALUES | {"wide": [90.0, 90.1, 89.9]}
    assert open_arms(evidence_of(plan, records_of(plan, values))) == set()


def test_a_claim_whose_curves_never_get_there_in_both_arms_waits_for_nothing():
    sooner = Faster(
        says="?",
        faster=arm(width="wide"),
        slower=arm(),
        curve="validation_accuracy",
        threshold=70.0,
    )
    plan = plan_of(WIDTH, seeds=3, max_seeds=4, claims=(sooner,))
    reached = {"epoch": [1.0, 2.0], "validation_accuracy": [50.0, 75.0]}
    short = {"epoch": [1.0, 2.0], "validation_accuracy": [50.0, 60.0]}
    values = {name: [80.0] * 3 for name in ("baseline", "wide")}

    def waiting(of_wide):
        curves = {"baseline": [short, reached, reached], "wide": of_wide}
        return open_arms(evidence_of(plan, records_of(plan, values, curves)))

    assert waiting([reached] * 3) == {BASELINE, WIDE}
    assert waiting([short, reached, reached]) == set()
