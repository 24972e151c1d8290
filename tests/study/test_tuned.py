from typing import Any

from ablate.study.plan import Plan
from ablate.study.planning import make_plan
from ablate.study.schema import Factor, Study, Tune
from ablate.study.search_space import Parameter, SearchSpace
from ablate.study.tuned import (
    alike_when_tuned,
    searched_arms,
    searched_for,
    tuned_plan,
)
from tests.study.fake_workload import FakeWorkload

LEVELS = {"adam": {"training.optimizer": "adam"}, "sgd": {"training.optimizer": "sgd"}}


def make(**changes: Any) -> Plan:
    fields: dict[str, Any] = {
        "name": "s",
        "question": "q",
        "contexts": {"baseline": {"training.epochs": 3}},
        "factors": {"optimizer": Factor(name="optimizer", levels=LEVELS)},
        "seeds": (0, 1),
    }
    return make_plan(Study(**(fields | changes)), FakeWorkload())


def space(*keys: str) -> SearchSpace:
    """Rates and momenta, and choices of the optimizer."""
    parameters = [
        Parameter(name=key, key=key, type="categorical", choices=("adam", "sgd"), why="w")
        if key.endswith("optimizer")
        else Parameter(name=key, key=key, type="float", range=(0.1, 0.9), why="w")
        for key in keys
    ]
    return SearchSpace(name="space", parameters=tuple(parameters))


def test_arms_keep_names_levels_and_seeds_and_have_trials_of_their_own():
    plan = make()
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


def test_settings_that_mean_the_same_leave_an_arm_its_trials():
    plan = make()
    adam = plan.arm("baseline", "baseline")
    tuned = tuned_plan(plan, {adam.key: adam.settings | {"training.momentum": 0.5}})
    assert (tuned.arms, tuned.trials) == (plan.arms, plan.trials)


def test_arms_that_compute_the_same_share_a_search():
    plan = make(contexts={"one": {}, "two": {"training.optimizer": "sgd"}})
    serving = {key: arm.key for key, arm in searched_for(plan).items()}
    assert serving == {
        ("one", "baseline"): ("one", "baseline"),
        ("one", "sgd"): ("one", "sgd"),
        ("two", "baseline"): ("one", "sgd"),
        ("two", "adam"): ("one", "baseline"),
    }
    assert [arm.key for arm in searched_arms(plan)] == [("one", "baseline"), ("one", "sgd")]


class TestAlikeWhenTuned:
    def names(self, plan: Plan, *keys: str) -> list[tuple[str, str]]:
        return [(one.name, two.name) for one, two in alike_when_tuned(plan, space(*keys))]

    def test_arms_that_differ_in_more_than_what_is_searched_are_not(self):
        assert self.names(make(), "training.rate") == []

    def test_arms_that_differ_only_there_are(self):
        assert self.names(make(), "training.rate", "training.optimizer") == [("baseline", "sgd")]

    def test_a_difference_that_shows_at_one_end_alone_is_one(self):
        levels = {"none": {}, "some": {"training.momentum": 0.9}}
        contexts = {"baseline": {"training.optimizer": "sgd"}}
        plan = make(factors={"m": Factor(name="m", levels=levels)}, contexts=contexts)
        assert self.names(plan, "training.optimizer") == []  # without effect under Adam
        assert self.names(plan, "training.momentum") == [("baseline", "some")]

    def test_equal_arms_of_two_contexts_may_stay_equal(self):
        plan = make(contexts={"one": {}, "two": {"training.optimizer": "sgd"}})
        assert self.names(plan, "training.rate") == []


def test_being_tuned_changes_no_trial_with_shared_settings():
    tune = Tune(space=space("training.rate"))
    assert make(tune=tune).trials == make().trials
