import pytest

from ablate.errors import AblateError
from ablate.records.greedy_path import follow
from ablate.study.plan import Plan
from ablate.study.planning import make_plan
from ablate.tuning.greedy import run_in_steps
from ablate.tuning.runner import RunSummary
from tests.records.greedy import Records, greedy_plan
from tests.study.fake_workload import FAKE
from tests.study.made_studies import POOL, study


def names(plan: Plan) -> list[str]:
    return [arm.name for arm in plan.arms]


def test_a_greedy_path_is_run_step_by_step_until_no_factor_is_left() -> None:
    records, steps, gathered = Records(), [], []

    def run(plan: Plan) -> RunSummary:
        steps.append(names(plan))
        records.run(plan)
        return RunSummary()

    def gather(plan: Plan) -> None:
        gathered.append((len(steps), names(plan)))

    plan, summary = run_in_steps(greedy_plan(), run, records.get, gather)
    assert steps == [
        ["baseline", "+ pool", "+ norm", "+ width"],
        ["baseline", "+ norm", "+ pool", "+ width"],
        ["baseline", "+ norm", "+ width", "+ pool"],
        ["baseline", "+ norm", "+ width", "+ pool"],
    ]
    assert gathered == list(enumerate(steps))[1:], "of each longer plan, before it is run"
    assert names(plan) == steps[-1]
    assert (len(records), summary) == (14, RunSummary())
    assert plan == follow(greedy_plan(), records.get).plan


def test_the_same_call_continues_after_an_interruption() -> None:
    records, calls = Records(), 0

    def run(plan: Plan) -> RunSummary:
        nonlocal calls
        calls += 1
        if calls == 2:
            records.add(plan, next(t for t in plan.trials if t.hash not in records))
            return RunSummary(interrupted=True)
        records.run(plan)
        return RunSummary()

    plan, summary = run_in_steps(greedy_plan(), run, records.get)
    assert names(plan) == ["baseline", "+ norm", "+ pool", "+ width"]
    assert (len(records), summary) == (9, RunSummary(interrupted=True))
    plan, summary = run_in_steps(greedy_plan(), run, records.get)
    assert names(plan) == ["baseline", "+ norm", "+ width", "+ pool"]
    assert (len(records), summary) == (14, RunSummary())


def test_a_failed_trial_is_tried_again_before_its_step_is_chosen() -> None:
    """Otherwise the order would depend on when a machine was lost."""
    records = Records()
    plan = greedy_plan()
    records.run(plan)
    unlucky = next(trial for trial in plan.trials if trial.arm == "+ norm")
    records.add(plan, unlucky, status="failed", error="worker lost")

    def run(plan: Plan) -> RunSummary:
        for hash_ in [hash_ for hash_, record in records.items() if record.status == "failed"]:
            del records[hash_]
        records.run(plan)
        return RunSummary()

    found, summary = run_in_steps(plan, run, records.get)
    assert names(found) == ["baseline", "+ norm", "+ width", "+ pool"]
    assert summary.failed == 0


def test_a_trial_that_stays_failed_is_counted_once() -> None:
    records = Records()

    def run(plan: Plan) -> RunSummary:
        failing = [t for t in plan.unique_trials if t.arm == "+ norm" and t.seed == 0][:1]
        for trial in failing:
            records.add(plan, trial, status="failed", error="ValueError: no luck")
        records.run(plan)
        return RunSummary(failed=len(failing))

    _, summary = run_in_steps(greedy_plan(), run, records.get)
    assert (len(records), summary) == (14, RunSummary(failed=1))


def test_a_metric_that_no_trial_reports_is_refused() -> None:
    records = Records(lambda arm, seed: {"test_accuracy": 60.0})

    def run(plan: Plan) -> RunSummary:
        records.run(plan)
        return RunSummary()

    with pytest.raises(AblateError) as error:
        run_in_steps(greedy_plan(), run, records.get)
    assert str(error.value) == (
        "metric: no trial has 'validation_accuracy' among its final metrics, by which a greedy "
        "path chooses\n"
        "    let the workload report it in its final metrics, or give another `metric`"
    )


def test_a_study_of_another_design_is_run_once() -> None:
    plan, records, calls = make_plan(study({"pool": POOL}), FAKE), Records(), []

    def run(plan: Plan) -> RunSummary:
        calls.append(plan)
        records.run(plan)
        return RunSummary()

    records.metrics = lambda arm, seed: {"test_accuracy": 60.0}
    assert run_in_steps(plan, run, records.get) == (plan, RunSummary())
    assert len(records) == 10
    assert calls == [plan]
