from ablate.study.planning import make_plan
from tests.study.fake_workload import FAKE
from tests.study.made_studies import NORM, POOL, WIDTH, study


def test_trials_come_seed_by_seed() -> None:
    plan = make_plan(study({"pool": POOL}, seeds=[4, 1]), FAKE)
    assert [(trial.arm, trial.seed) for trial in plan.trials] == [
        ("baseline", 4), ("mean", 4), ("baseline", 1), ("mean", 1),
    ]  # fmt: skip


def test_a_spec_is_what_the_workload_takes_for_the_trial() -> None:
    trial = make_plan(study({"pool": POOL}, seeds=[4]), FAKE).trials[1]
    assert trial.spec.model_dump() == {
        "workload": "image_classification",
        "workload_version": "7",
        "settings": {"model": {"pool": "mean"}},
        "seed": 4,
    }
    assert trial.hash == trial.spec.hash


def test_names_and_questions_do_not_change_the_hash() -> None:
    plain = make_plan(study({"pool": POOL}), FAKE)
    other = make_plan(study({"other": POOL}, name="b", question="Why?", retries=3), FAKE)
    assert [t.hash for t in plain.trials] == [t.hash for t in other.trials]


def test_a_greedy_plan_holds_the_steps_taken_and_the_next_candidates() -> None:
    factors = {"pool": POOL, "norm": NORM, "width": WIDTH}
    greedy = study(factors, design={"kind": "path", "order": "greedy"}, seeds=[0])
    assert [arm.name for arm in make_plan(greedy, FAKE, ("norm",)).arms] == [
        "baseline", "+ norm", "+ pool", "+ width",
    ]  # fmt: skip
