from typing import Any

import pytest

from ablate.errors import StudyError
from ablate.study.plan import PlanRow, make_plan, plan_table
from ablate.study.schema import Selector
from tests.study.fake_workload import FAKE
from tests.study.made_studies import MOMENTUM, NORM, OPTIMIZER, POOL, RECIPE, THREE, WIDTH, study


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


def test_equal_arms_of_several_contexts_share_their_trials() -> None:
    contexts = {"a": {}, "b": {"model.pool": "mean"}}
    plan = make_plan(study({"pool": POOL}, contexts=contexts, seeds=[0]), FAKE)
    assert [(trial.context, trial.arm) for trial in plan.unique_trials] == [
        ("a", "baseline"),
        ("a", "mean"),
    ]
    assert {trial.hash for trial in plan.trials} == {t.hash for t in plan.unique_trials}
    assert len(plan.trials) == 4


def test_names_and_questions_do_not_change_the_hash() -> None:
    plain = make_plan(study({"pool": POOL}), FAKE)
    other = make_plan(study({"other": POOL}, name="b", question="Why?", retries=3), FAKE)
    assert [t.hash for t in plain.trials] == [t.hash for t in other.trials]


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


def test_a_claim_that_names_no_arm_is_refused() -> None:
    claim = {
        "kind": "interaction",
        "says": "a",
        "change": {"levels": {"pool": "mean"}},
        "first": {"levels": {"norm": "none"}},
        "second": {"levels": {"norm": "batch"}},
    }
    factors = {"pool": POOL, "norm": NORM}
    assert make_plan(study(factors, claims=[claim], design="full_factorial"), FAKE)
    with pytest.raises(StudyError) as error:
        make_plan(study(factors, claims=[claim]), FAKE)
    assert str(error.value) == (
        "claims.0.second: 'baseline' has no arm with {norm: batch, pool: mean}\n"
        "    its arms are 'baseline', 'mean', 'batch'"
    )


def test_an_interaction_whose_change_sets_out_from_two_levels_is_refused() -> None:
    claim = {
        "says": "What a stride is worth depends on the network.",
        "kind": "interaction",
        "change": {"levels": {"pool": "stride"}},
        "first": {"context": "small", "levels": {}},
        "second": {"context": "large", "levels": {}},
    }
    contexts = {"small": {"model.pool": "max"}, "large": {"model.pool": "mean"}}
    with pytest.raises(StudyError) as error:
        make_plan(study({"pool": THREE}, contexts=contexts, claims=[claim]), FAKE)
    assert str(error.value) == (
        "claims.0.change: sets out from pool: max in the first setting and from pool: mean in the "
        "second, which are two changes\n    add `base: {pool: max}`, from which it sets out in both"
    )
    based = claim | {"base": {"levels": {"pool": "max"}}}
    make_plan(study({"pool": THREE}, contexts=contexts, claims=[based]), FAKE)


def test_an_interaction_of_a_setting_with_itself_is_refused() -> None:
    claim = {
        "kind": "interaction",
        "says": "a",
        "change": {"levels": {"pool": "mean"}},
        "first": {"levels": {"norm": "batch"}},
        "second": {"levels": {"norm": "batch"}},
    }
    factors = {"pool": POOL, "norm": NORM}
    with pytest.raises(StudyError) as error:
        make_plan(study(factors, claims=[claim], design="full_factorial"), FAKE)
    assert str(error.value) == (
        "claims.0.second: compares 'mean, batch' with itself\n    name two arms that differ"
    )


@pytest.mark.parametrize(
    "again",
    [
        {},
        {"published": "elsewhere"},
        {"metric": "test_accuracy"},
        {"context": "baseline"},
        {"worse": {"levels": {"pool": "max"}}},
        {"by": 0.0},
    ],
)
def test_a_claim_that_asks_what_another_asks_is_refused(again: dict[str, Any]) -> None:
    claim = {"kind": "difference", "better": {"levels": {"pool": "mean"}}, "worse": {}}
    claims = [claim | {"says": "a"}, claim | {"says": "b"} | again]
    with pytest.raises(StudyError) as error:
        make_plan(study({"pool": POOL, "norm": NORM}, claims=claims), FAKE)
    assert str(error.value) == (
        "claims.1: asks what claim 1 asks\n"
        "    keep one of the two; its `published` may name several publications"
    )


def test_equality_is_asked_once_whichever_arm_comes_first() -> None:
    arms = {"levels": {"pool": "mean"}}, {}
    claims = [
        {"kind": "no_difference", "says": "a", "first": one, "second": two, "margin": 0.5}
        for one, two in (arms, arms[::-1])
    ]
    with pytest.raises(StudyError, match="asks what claim 1 asks"):
        make_plan(study({"pool": POOL, "norm": NORM}, claims=claims), FAKE)


@pytest.mark.parametrize(
    "other", [{"metric": "validation_accuracy"}, {"by": 1.0}, {"family": "own"}]
)
def test_claims_that_ask_something_else_of_the_same_arms_are_two(other: dict[str, Any]) -> None:
    claim = {"kind": "difference", "better": {"levels": {"pool": "mean"}}, "worse": {}}
    claims = [claim | {"says": "a"}, claim | {"says": "a"} | other]
    assert make_plan(study({"pool": POOL, "norm": NORM}, claims=claims), FAKE)


def largest(change: dict[str, str], *rivals: dict[str, str]) -> dict[str, Any]:
    return {
        "kind": "largest_effect",
        "says": "a",
        "change": {"levels": change},
        "rivals": [{"levels": rival} for rival in rivals],
    }


BASELINE_IS_NONE = (
    "names the baseline, which changes nothing\n    name the level that replaces the baseline's: "
    "what that loses (`direction: loss`) is what the baseline's gains"
)


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (largest({"pool": "max"}), f"claims.0.change: {BASELINE_IS_NONE}"),
        (largest({"pool": "mean"}, {}), f"claims.0.rivals: {BASELINE_IS_NONE}"),
        (
            largest({"pool": "mean"}, {"momentum": "0.9"}, {"pool": "mean"}),
            "claims.0.rivals: compares 'mean' with itself\n    name two arms that differ",
        ),
        (
            largest({"pool": "mean"}, {"momentum": "0.9"}, {"momentum": "0.9"}),
            "claims.0.rivals: compares with 'sgd, momentum=0.9' twice\n    name each rival once",
        ),
        (
            largest({"pool": "mean", "momentum": "0.9"}),
            "claims.0.change: 'mean, sgd, momentum=0.9' changes more than one factor\n"
            "    name a level of one factor",
        ),
    ],
)
def test_a_largest_effect_is_of_changes_of_one_factor(claim: dict[str, Any], message: str) -> None:
    factors = {"pool": POOL, "optimizer": OPTIMIZER, "momentum": MOMENTUM}
    conditional = largest({"momentum": "0.9"}, {"pool": "mean"})
    assert make_plan(study(factors, claims=[conditional], design="full_factorial"), FAKE)
    with pytest.raises(StudyError) as error:
        make_plan(study(factors, claims=[claim], design="full_factorial"), FAKE)
    assert str(error.value) == message


def test_the_changes_of_a_path_are_its_steps() -> None:
    factors = {"pool": POOL, "norm": NORM}
    claims = [largest({"norm": "batch"}, {"pool": "mean"})]
    assert make_plan(study(factors, claims=claims, design="path"), FAKE)


def test_a_greedy_plan_holds_the_steps_taken_and_the_next_candidates() -> None:
    factors = {"pool": POOL, "norm": NORM, "width": WIDTH}
    greedy = study(factors, design={"kind": "path", "order": "greedy"}, seeds=[0])
    assert [arm.name for arm in make_plan(greedy, FAKE, ("norm",)).arms] == [
        "baseline", "+ norm", "+ pool", "+ width",
    ]  # fmt: skip


def test_the_table_shows_arms_as_differences_from_the_baseline() -> None:
    contexts = {"baseline": {"training.epochs": 1}}
    of = study({"optimizer": OPTIMIZER}, contexts=contexts, seeds=[0, 1, 2])
    plan = make_plan(of, FAKE)
    assert plan_table(plan, {plan.trials[0].hash, plan.trials[2].hash}) == [
        PlanRow("baseline", "baseline", "training.epochs: 1", 3, 2),
        PlanRow(
            "baseline",
            "sgd",
            "training.optimizer: adam -> sgd, training.rate: 0.001 -> 0.05",
            3,
            0,
        ),
    ]


def test_the_table_tells_text_from_the_number_that_it_looks_like() -> None:
    values = ["1", 2, "1e-3", "true", "null", "", False, None, "one"]
    factors = {f"f{index}": {"it": {"model.width": value}} for index, value in enumerate(values)}
    contexts = {"baseline": {"model.width": 1}}
    rows = plan_table(make_plan(study(factors, contexts=contexts, seeds=[0]), FAKE))
    assert [row.changes.removeprefix("model.width: ") for row in rows] == [
        "1", "1 -> '1'", "1 -> 2", "1 -> '1e-3'", "1 -> 'true'", "1 -> 'null'", "1 -> ''",
        "1 -> false", "1 -> none", "1 -> one",
    ]  # fmt: skip


def test_the_table_shows_a_step_of_a_path_as_its_difference_from_the_step_before() -> None:
    plan = make_plan(study({"pool": POOL, "norm": NORM}, design="path"), FAKE)
    assert [row.changes for row in plan_table(plan)] == [
        "",
        "model.pool: max -> mean",
        "model.norm: none -> batch",
    ]


def test_the_table_shows_greedy_candidates_as_differences_from_the_last_step() -> None:
    of = study(
        {"pool": POOL, "norm": NORM, "width": WIDTH}, design={"kind": "path", "order": "greedy"}
    )
    rows = plan_table(make_plan(of, FAKE, ("norm",)))
    assert [(row.arm, row.changes) for row in rows] == [
        ("baseline", ""),
        ("+ norm", "model.norm: none -> batch"),
        ("+ pool", "model.pool: max -> mean"),
        ("+ width", "model.width: 8 -> 64"),
    ]
