from ablate.study.plan import make_plan
from ablate.study.schema import Factor, Study
from ablate.study.tuned import tuned_plan
from tests.study.fake_workload import FakeWorkload

LEVELS = {"adam": {"training.optimizer": "adam"}, "sgd": {"training.optimizer": "sgd"}}


def test_arms_keep_names_levels_and_seeds_and_have_trials_of_their_own():
    study = Study(
        name="s",
        question="q",
        contexts={"baseline": {"training.epochs": 3}},
        factors={"optimizer": Factor(name="optimizer", levels=LEVELS)},
        seeds=(0, 1),
    )
    plan = make_plan(study, FakeWorkload())
    sgd = plan.arm("baseline", "sgd")
    tuned = tuned_plan(plan, {sgd.key: sgd.settings | {"training.rate": 0.1}})
    assert [(arm.name, arm.levels) for arm in tuned.arms] == [
        (arm.name, arm.levels) for arm in plan.arms
    ]
    assert [(trial.arm, trial.seed) for trial in tuned.trials] == [
        (trial.arm, trial.seed) for trial in plan.trials
    ]
    for before, after in zip(plan.trials, tuned.trials, strict=True):
        assert (before.hash == after.hash) == (after.arm == "baseline")
    trial = next(trial for trial in tuned.trials if trial.arm == "sgd")
    assert trial.spec.settings["training"] == {"optimizer": "sgd", "rate": 0.1, "epochs": 3}
    assert tuned.resolved_settings(trial)["training"]["rate"] == 0.1
