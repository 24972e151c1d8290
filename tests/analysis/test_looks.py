import numpy as np
import pytest

from ablate.analysis import inference, sequential
from ablate.analysis.claims import Verdict, standing, verdicts
from ablate.analysis.looks import (
    critical_of,
    growth_table,
    looked_at_once,
    looks_of,
    never_decided,
)
from ablate.records.schema import FIRST_SEEN_AT, TrialRecord
from ablate.study.schema import Difference, MoreStable, Open
from tests.analysis.evidence import WIDTH, arm, evidence_of, plan_of, records_of

BETTER = Difference(says="Wide is better.", better=arm(width="wide"), worse=arm())
STABLER = MoreStable(says="Wide is stabler.", stable=arm(width="wide"), unstable=arm())
VALUES = {"baseline": [80.0, 80.1, 79.9, 80.0, 80.2], "wide": [81.0, 83.1, 82.2, 81.9, 82.4]}


def test_looking_starts_with_three_seeds_and_ends_with_those_there_are():
    assert looks_of(plan_of(WIDTH, seeds=5, max_seeds=4)) == [3, 4]
    assert looks_of(plan_of(WIDTH, seeds=5, max_seeds=20)) == [3, 4, 5]
    assert looks_of(plan_of(WIDTH, seeds=2, max_seeds=20)) == []
    assert looks_of(plan_of(WIDTH, seeds=5)) == []


def test_spread_is_looked_at_once_at_the_maximum():
    plan = plan_of(WIDTH, seeds=5, max_seeds=5, claims=(BETTER, STABLER))
    better, stabler = standing(evidence_of(plan, records_of(plan, VALUES)))
    critical = critical_of(plan, better.reading, 3)
    assert critical(3, 0.05) == pytest.approx(sequential.critical_value(3, 5, 0.05))
    critical = critical_of(plan, stabler.reading, 4)
    assert critical(4, 0.05) == np.inf
    assert critical(5, 0.05) == pytest.approx(inference.critical_value(5, 0.05))


def test_the_interval_of_an_open_claim_holds_at_all_looks_too():
    claim = Open(says="What is width worth?", why="Unsaid.", better=arm(width="wide"), worse=arm())
    plan = plan_of(WIDTH, seeds=5, max_seeds=8, claims=(claim,))
    evidence = evidence_of(plan, records_of(plan, VALUES))
    stands = standing(evidence)
    (verdict,) = verdicts(evidence, stands)
    sample = stands[0].reading.sample
    half = sequential.critical_value(5, 8, 0.05) * sample.sd / np.sqrt(5)
    assert (verdict.low, verdict.high) == pytest.approx((sample.mean - half, sample.mean + half))


def test_before_the_first_look_a_claim_has_neither_an_interval_nor_a_level():
    unsaid = Open(says="What is width worth?", why="Unsaid.", better=arm(width="wide"), worse=arm())
    plan = plan_of(WIDTH, seeds=2, max_seeds=8, claims=(BETTER, unsaid))
    evidence = evidence_of(plan, records_of(plan, {k: v[:2] for k, v in VALUES.items()}))
    for early in verdicts(evidence, standing(evidence)):
        assert (early.low, early.high, early.confidence, early.n) == (None, None, None, 2)


def test_no_claim_is_given_up_at_the_last_look():
    """A seed that is missing there never comes: nothing is left to give up."""
    values = {"baseline": [80.0, 80.1, 79.9, 80.0, 80.2, 80.1, 79.8], "wide": [80.1] * 7}
    for most, given_up in ((8, True), (7, False)):
        plan = plan_of(WIDTH, seeds=7, max_seeds=most, stop_futile=True, claims=(BETTER,))
        evidence = evidence_of(plan, records_of(plan, values | {"wide": ["failed", *[80.1] * 6]}))
        (verdict,) = verdicts(evidence, standing(evidence))
        assert ("Given up" in verdict.note) == given_up


def test_a_trial_that_had_failed_is_seen_from_the_next_look_on_and_leaves_verdicts_as_they_were():
    wide = [82.0, 70.0, 82.1, 81.9, 82.0, 82.1]
    plan = plan_of(WIDTH, seeds=6, max_seeds=6, claims=(BETTER,))
    values = {"baseline": [80.0, 80.1, 79.9, 80.0, 80.2, 80.1]}
    failed = records_of(plan, values | {"wide": ["failed" if v == 70.0 else v for v in wide]})
    regained = records_of(plan, values | {"wide": wide})

    def verdict(records: dict[str, TrialRecord]) -> Verdict:
        evidence = evidence_of(plan, records)
        (one,) = verdicts(evidence, standing(evidence))
        return one

    def seen_from(look: int) -> dict[str, TrialRecord]:
        late = {
            hash_: record.model_copy(update={"provenance": {FIRST_SEEN_AT: look}})
            for hash_, record in regained.items()
            if record.metrics.get("test_accuracy") == 70.0
        }
        return regained | late

    without = verdict(failed)
    assert (without.verdict, without.n) == ("supported", 3)
    assert verdict(regained).verdict == "undecided", "were it seen at once"
    for look in (6, 7):
        assert verdict(seen_from(look)) == without


def test_evidence_grows_up_to_the_look_that_settled_the_claim():
    plan = plan_of(WIDTH, seeds=5, max_seeds=5, claims=(BETTER,))
    stands = standing(evidence_of(plan, records_of(plan, VALUES)))
    growth = growth_table(plan, stands)
    assert growth["n"].tolist() == list(range(3, stands[0].reading.sample.n + 1))
    assert growth["estimate"].iloc[0] == pytest.approx(np.mean([1.0, 3.0, 2.3]))
    assert set(growth["verdict"]) == {stands[0].outcome or "undecided"}


def test_a_study_that_looks_once_has_no_growth():
    plan = plan_of(WIDTH, seeds=5, claims=(BETTER, STABLER))
    assert growth_table(plan, standing(evidence_of(plan, records_of(plan, VALUES)))).empty


def test_a_claim_that_the_maximum_is_too_few_for_is_told():
    few, enough, once = (
        plan_of(WIDTH, claims=(BETTER, STABLER), max_seeds=most).study for most in (9, 10, None)
    )
    assert list(never_decided(few)) == [
        "'Wide is stabler.' stays undecided, and no seed is added for it: spread is judged from "
        "10 seeds on, and the maximum is 9."
    ]
    assert list(never_decided(enough)) == list(never_decided(once)) == []


def test_a_claim_whose_interval_is_of_one_look_is_told():
    still = STABLER.model_copy(update={"says": "Still.", "metric": "validation_accuracy"})
    several = (BETTER, STABLER, still)
    assert looked_at_once(plan_of(WIDTH, claims=several[:2], max_seeds=12).study) == (
        "Spread is looked at once, at 12 seeds: of 'Wide is stabler.' the interval is a plain t "
        "interval."
    )
    assert looked_at_once(plan_of(WIDTH, claims=several, max_seeds=12).study) == (
        "Spread is looked at once, at 12 seeds: of 'Wide is stabler.' and 'Still.' the intervals "
        "are plain t intervals."
    )
    for claims, most in (((BETTER,), 12), (several, 9), (several, None)):
        assert looked_at_once(plan_of(WIDTH, claims=claims, max_seeds=most).study) == ""
