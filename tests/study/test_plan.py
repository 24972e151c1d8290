from typing import Any

import pytest

from ablate.errors import StudyError
from ablate.study.planning import make_plan
from ablate.study.schema import Selector
from tests.study.fake_workload import FAKE
from tests.study.made_studies import MOMENTUM, NORM, OPTIMIZER, POOL, RECIPE, WIDTH, study


def test_equal_arms_of_several_contexts_share_their_trials() -> None:
    contexts = {"a": {}, "b": {"model.pool": "mean"}}
    plan = make_plan(study({"pool": POOL}, contexts=contexts, seeds=[0]), FAKE)
    assert [(trial.context, trial.arm) for trial in plan.unique_trials] == [
        ("a", "baseline"),
        ("a", "mean"),
    ]
    assert {trial.hash for trial in plan.trials} == {t.hash for t in plan.unique_trials}
    assert len(plan.trials) == 4


def test_settings_are_complete() -> None:
    plan = make_plan(study({"pool": POOL}), FAKE)
    assert plan.resolved_settings(plan.trials[1]) == FAKE.resolve({"model.pool": "mean"})


def test_on_a_path_a_level_names_the_step_that_brings_it_in() -> None:
    factors = {"pool": POOL, "norm": NORM, "width": WIDTH}
    plan = make_plan(study(factors, design="path"), FAKE)
    assert plan.select(Selector(levels={"norm": "batch"})).name == "+ norm"
    assert plan.select(Selector(levels={"norm": "batch", "pool": "mean"})).name == "+ norm"
    assert plan.select(Selector(levels={"norm": "none"})).is_reference
    with pytest.raises(StudyError, match=r"^'baseline' has no arm with {norm: batch, pool: max}\n"):
        plan.select(Selector(levels={"norm": "batch", "pool": "max"}))


def test_a_selector_names_the_arm_that_differs_in_its_levels() -> None:
    plan = make_plan(study({"optimizer": OPTIMIZER, "momentum": MOMENTUM, "pool": POOL}), FAKE)
    assert plan.select(Selector()).is_reference
    assert plan.select(Selector(levels={"pool": "max"})).is_reference
    assert plan.select(Selector(levels={"pool": "mean"})).name == "mean"
    assert plan.select(Selector(levels={"momentum": "0.9"})).name == "sgd, momentum=0.9"


@pytest.mark.parametrize(
    ("design", "level"), [("one_at_a_time", "max"), ("leave_one_out", "mean"), ("path", "max")]
)
def test_a_selector_may_call_the_reference_level_baseline(design: str, level: str) -> None:
    plan = make_plan(study({"pool": POOL, "norm": NORM}, design=design), FAKE)
    arm = plan.select(Selector(levels={"pool": "baseline"}))
    assert (arm.is_reference, arm.levels["pool"]) == (True, level)
    other = {"norm": "none" if design == "leave_one_out" else "batch"}
    if design != "path":
        both = plan.select(Selector(levels={"pool": "baseline", **other}))
        assert both == plan.select(Selector(levels=other))


def test_a_reference_level_may_be_called_baseline_beside_what_it_is_varied_under() -> None:
    plan = make_plan(study({"optimizer": OPTIMIZER, "momentum": MOMENTUM}), FAKE)
    reference = plan.reference("baseline").levels["momentum"]
    assert reference != "baseline"
    selected = [plan.select(Selector(levels={"momentum": m})) for m in ("baseline", reference)]
    assert selected[0] == selected[1]
    assert selected[0].name == "sgd"


def test_a_level_that_is_itself_named_baseline_stays_that_level() -> None:
    pool = {"mean": {"model.pool": "mean"}, "baseline": {}}
    plan = make_plan(study({"pool": pool}, design="leave_one_out"), FAKE)
    assert plan.reference("baseline").levels == {"pool": "baseline"}
    plan = make_plan(study({"pool": pool}, design="add_one_in"), FAKE)
    assert plan.reference("baseline").levels == {"pool": "mean"}
    assert plan.select(Selector(levels={"pool": "baseline"})).name == "with pool"


def select(plan_keys: dict[str, Any], selector: Selector, context: str | None = None) -> str:
    with pytest.raises(StudyError) as error:
        make_plan(study({"pool": POOL, "norm": NORM}, **plan_keys), FAKE).select(selector, context)
    return str(error.value)


def test_a_selector_that_names_no_arm_is_refused() -> None:
    two = {"contexts": {"a": {}, "b": {"model.width": 9}}}
    both = Selector(levels={"pool": "mean", "norm": "batch"})
    assert select({}, both) == (
        "'baseline' has no arm with {pool: mean, norm: batch}\n"
        "    its arms are 'baseline', 'mean', 'batch'"
    )
    assert select(two, Selector()) == (
        "there are several baselines, and none is named\n    add `context:` with one of a, b"
    )
    assert select(two, Selector(context="bb"), "a") == (
        "no baseline named 'bb'\n    did you mean 'b'?"
    )
    assert select({}, Selector(levels={"width": "wide"})) == (
        "factor 'width' changes nothing in 'baseline'\n    varied there are: pool, norm"
    )


def test_of_a_fraction_an_arm_that_it_leaves_out_is_refused_with_why() -> None:
    factors = {**RECIPE, "optimizer": OPTIMIZER}
    plan = make_plan(study(factors, design={"kind": "fractional_factorial", "resolution": 4}), FAKE)
    with pytest.raises(StudyError, match="the fraction leaves it out; its arms are"):
        plan.select(Selector(levels={"pool": "mean"}))
