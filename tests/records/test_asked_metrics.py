import math

from ablate.records.asked_metrics import as_asked, asked_metrics, claims_without_course, is_finite
from ablate.records.schema import TrialRecord
from ablate.study.plan import Plan
from ablate.study.schema import Design, Difference, Faster, PublishedNumber
from tests.analysis.evidence import WIDTH, arm, plan_of, record_of
from tests.study.fake_workload import FAKE

DESCRIBED = set(FAKE.metrics)


def test_the_study_asks_for_what_it_names_and_what_its_workload_describes():
    both = {"better": arm(), "worse": arm(width="wide")}
    plan = plan_of(
        WIDTH,
        metric="score",
        claims=(
            Difference(says="?", metric="memory", **both),
            Faster(says="?", faster=arm(), slower=arm(width="wide"), curve="course"),
        ),
        published=(PublishedNumber(value=1.0, metric="bleu", label="theirs"),),
    )
    assert asked_metrics(plan) - DESCRIBED == {"score", "memory", "course", "bleu"}
    assert asked_metrics(plan) >= DESCRIBED


def test_a_threshold_needs_a_course_and_a_mean_over_training_is_enough_without():
    arms = {"faster": arm(), "slower": arm(width="wide")}
    claims = (
        Difference(says="?", better=arm(), worse=arm(width="wide")),
        Faster(says="?", **arms, curve="f1"),
        Faster(says="?", **arms, curve="f1", threshold=80.0),
    )
    study = plan_of(WIDTH, claims=claims).study

    def lacking(*given: str, courses: tuple[str, ...] = ()) -> list[int]:
        return list(claims_without_course(study, given, courses))

    assert lacking("f1") == [2, 3]
    assert lacking("f1_mean") == [3]
    assert lacking("f1", courses=("f1",)) == []
    assert lacking("accuracy") == []  # as the metric itself is absent, and told to be


def test_a_greedy_path_asks_for_what_its_order_is_found_by():
    design = Design(kind="path", order="greedy")
    assert "validation_score" in asked_metrics(plan_of(WIDTH, metric="test_score", design=design))
    assert "validation_score" not in asked_metrics(plan_of(WIDTH, metric="test_score"))


def found(plan: Plan, record: TrialRecord) -> TrialRecord | None:
    return as_asked(plan, {record.hash: record}.get)(record.hash)


def test_a_record_that_lacks_what_another_study_did_not_ask_for_counts_as_diverged():
    theirs, ours = plan_of(WIDTH, metric="score"), plan_of(WIDTH, metric="minor")
    record = record_of(theirs.trials[0], 80.0, "score", provenance={"not_finite": ["minor"]})
    assert found(theirs, record) is record
    counted = found(ours, record)
    assert counted is not None
    assert (counted.status, counted.metrics) == ("diverged", {})
    assert counted.error == "not finite at the end: minor"
    assert as_asked(ours, {}.get)(record.hash) is None


def test_a_record_with_a_value_that_has_exploded_counts_as_diverged_where_it_is_asked_for():
    plan = plan_of(WIDTH, metric="score")
    exploded = record_of(plan.trials[0], {"score": 2e154, "minor": 1.0})
    counted = found(plan, exploded)
    assert counted is not None
    assert (counted.status, counted.error) == ("diverged", "not finite at the end: score")
    large = record_of(plan.trials[0], {"score": 1e154, "minor": 9e307})
    assert found(plan, large) is large


def test_finite_is_what_has_a_finite_square():
    assert all(map(is_finite, (0.0, -1.3e154, 1.3e154)))
    assert not any(map(is_finite, (1.4e154, -9e307, math.inf, math.nan)))
