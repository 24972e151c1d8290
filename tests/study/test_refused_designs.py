from collections.abc import Callable
from typing import Any

import pytest

from ablate.errors import StudyError
from ablate.study.arms import BASELINE
from ablate.study.drawing import draw_arms
from ablate.study.schema import Study
from tests.study.fake_workload import FAKE
from tests.study.made_studies import (
    MOMENTUM,
    NORM,
    OPTIMIZER,
    POOL,
    POSITION,
    RECIPE,
    THREE,
    WIDTH,
    study,
)


def refusal(of: Study, draw: Callable[..., Any] = draw_arms) -> str:
    with pytest.raises(StudyError) as error:
        draw(of, FAKE)
    return str(error.value)


def test_baselines_that_nothing_tells_apart_are_refused_by_name() -> None:
    assert refusal(study({"pool": POOL}, contexts={"a": {}, "b": {}})) == (
        "baselines.b: baselines 'a' and 'b' compute the same in every arm\n    give each the "
        "setting that tells it from the other, such as the data it is of, or remove one"
    )


def test_baselines_may_have_arms_in_common() -> None:
    start, end = ({"model.pool": level["model.pool"]} for level in POOL.values())
    arms = draw_arms(study({"pool": POOL}, contexts={"a": start, "b": end}), FAKE)
    assert len(arms) == 4


# --- arms that change nothing -------------------------------------------------------------------

NO_ARM = "\n    an arm that changes nothing is none: give the level another setting, or remove it"


def test_a_level_that_equals_another_is_refused_by_name() -> None:
    twice = {**POOL, "average": {"model.pool": "mean"}}
    assert refusal(study({"pool": twice})) == (
        "factors.pool.levels.average: arms 'mean' and 'average' compute the same" + NO_ARM
    )


def test_a_level_without_effect_is_refused_by_name() -> None:
    after = {"plain": {}, "after": {"model.position": "after"}, "batch": NORM["batch"]}
    assert refusal(study({"norm": after})) == (
        "factors.norm.levels.after: arms 'baseline' and 'after' compute the same" + NO_ARM
    )


@pytest.mark.parametrize(
    ("design", "resolution", "place"),
    [("full_factorial", 4, ""), ("fractional_factorial", 5, ", in a full_factorial")],
)
def test_a_factor_without_effect_beside_a_level_is_to_be_varied_where_it_has_one(
    design: str, resolution: int, place: str
) -> None:
    factors = {"pool": POOL, "optimizer": OPTIMIZER, "momentum": MOMENTUM["levels"]}
    cure = (
        "arms 'baseline' and 'momentum=0.9' compute the same\n    vary 'momentum' only where it "
        f"has an effect, by `when: {{optimizer: sgd}}`{place}"
    )
    message = refusal(study(factors, design={"kind": design, "resolution": resolution}))
    assert message.startswith("factors.momentum.levels.0.9: " + cure)


def test_a_factor_with_an_effect_at_several_levels_is_given_no_condition() -> None:
    norms = {**NORM, "wide": {"model.norm": "batch", "model.width": 64}}
    message = refusal(study({"norm": norms, "position": POSITION}, design="full_factorial"))
    assert message.startswith(
        "factors.position.levels.after: arms 'baseline' and 'after' compute the same" + NO_ARM
    )


def test_a_factor_that_changes_nothing_anywhere_is_refused() -> None:
    assert refusal(study({"position": POSITION, "pool": POOL})) == (
        "factors.position: factor 'position' changes nothing: arms 'baseline' and 'after' compute "
        "the same\n    a factor needs two levels that differ in what is computed"
    )


def test_a_factor_is_not_varied_where_it_changes_nothing() -> None:
    contexts = {"bare": {}, "normalised": {"model.norm": "batch"}}
    arms = draw_arms(study({"position": POSITION, "pool": POOL}, contexts=contexts), FAKE)
    assert [(arm.context, arm.name, list(arm.levels)) for arm in arms] == [
        ("bare", "baseline", ["pool"]),
        ("bare", "mean", ["pool"]),
        ("normalised", "baseline", ["position", "pool"]),
        ("normalised", "after", ["position", "pool"]),
        ("normalised", "mean", ["position", "pool"]),
    ]


def test_a_factor_of_the_baseline_alone_is_refused() -> None:
    assert refusal(study({"pool": {"max": {"model.pool": "max"}}})) == (
        "factors.pool: factor 'pool' changes nothing: none of its levels differs from the "
        "baseline\n    a factor needs two levels that differ in what is computed"
    )


def test_a_factor_with_one_level_is_refused_in_a_factorial() -> None:
    """Its level would be the reference, though it differs from the baseline."""
    factors = {"pool": {"mean": {"model.pool": "mean"}}, "norm": NORM}
    assert refusal(study(factors, design="full_factorial")) == (
        "factors.pool: full_factorial needs two levels or more of each factor; 'pool' has 1\n"
        "    give the baseline's, too: a factorial crosses it like any other"
    )


def test_a_step_that_leads_back_on_a_path_is_refused_where_it_does() -> None:
    back = {"off": {}, "on": {"model.pool": "max"}}
    message = ".levels.on: arms 'baseline' and '+ back' compute the same" + NO_ARM
    assert refusal(study({"pool": POOL, "back": back}, design="path")) == "factors.back" + message
    design = {"kind": "path", "order": ["pool", "back"]}
    ordered = study({"back": back, "pool": POOL}, design=design)
    assert refusal(ordered) == "factors.back" + message


def test_a_step_that_comes_too_early_on_a_path_is_refused() -> None:
    early = study({"position": POSITION, "norm": NORM}, design="path")
    assert refusal(early) == (
        "factors.position.levels.after: arms 'baseline' and '+ position' compute the same" + NO_ARM
    )


def test_equal_combinations_of_a_factorial_are_refused() -> None:
    factors = {"norm": NORM, "position": POSITION}
    assert refusal(study(factors, design="full_factorial")) == (
        "factors.position.levels.after: arms 'baseline' and 'after' compute the same"
        "\n    vary 'position' only where it has an effect, by `when: {norm: batch}`"
    )


def test_a_factor_whose_arms_are_all_forbidden_is_refused() -> None:
    assert refusal(study({"pool": POOL, "norm": NORM}, forbid=[{"pool": "mean"}])) == (
        "factors.pool: factor 'pool' changes nothing: `forbid` leaves none of its arms\n"
        "    a factor needs two levels that differ in what is computed"
    )


def test_a_condition_that_no_baseline_can_meet_is_refused() -> None:
    factors = {
        "optimizer": {"levels": OPTIMIZER, "contexts": ["a"]},
        "momentum": {**MOMENTUM, "contexts": ["b"]},
    }
    of = study(factors, contexts={"a": {}, "b": {"training.epochs": 3}})
    assert refusal(of) == (
        "factors.momentum: factor 'momentum' changes nothing: its condition holds in no baseline\n"
        "    a factor needs two levels that differ in what is computed"
    )


def test_a_condition_on_a_level_that_the_path_never_leaves_is_none_to_refuse() -> None:
    factors = {
        "norm": {"levels": NORM, "contexts": ["x"]},
        "width": {"levels": WIDTH, "when": {"norm": "none"}, "contexts": ["y"]},
        "pool": POOL,
    }
    contexts = {"x": {}, "y": {"training.epochs": 3}}
    arms = draw_arms(study(factors, design="path", contexts=contexts), FAKE)
    assert [arm.name for arm in arms if arm.context == "y"] == ["baseline", "+ width", "+ pool"]


# --- designs that cannot be drawn ---------------------------------------------------------------

DESIGN_REFUSALS: dict[str, tuple[Study, str]] = {
    "three levels": (
        study({"pool": THREE}, design="path"),
        "factors.pool: path needs two levels of each factor; 'pool' has 3\n"
        "    give first the level without the ingredient, last the one with it",
    ),
    "incomplete order": (
        study(RECIPE, design={"kind": "path", "order": ["norm", "pool", "norm"]}),
        "design.order: the order repeats factor 'norm'\n"
        "design.order: the order leaves out factor 'width'",
    ),
    "order without a path": (
        study(RECIPE, design={"kind": "add_one_in", "order": ["norm", "pool", "width"]}),
        "design.order: add_one_in has no order\n    use kind: path",
    ),
    "greedy in several contexts": (
        study(
            RECIPE,
            design={"kind": "path", "order": "greedy"},
            contexts={"a": {}, "b": {"training.epochs": 3}},
        ),
        "design.order: a greedy order is found for one baseline, and there are several\n"
        "    give one baseline",
    ),
    "condition after its factor": (
        study({"momentum": MOMENTUM, "optimizer": OPTIMIZER}, design="path"),
        "design.order: 'momentum' is added before 'optimizer', which its condition names\n"
        "    put 'optimizer' first",
    ),
    "condition that a path leaves": (
        study({"width": {"levels": WIDTH, "when": {"pool": "max"}}, "pool": POOL}, design="path"),
        "factors.width.when.pool: needs 'pool' at 'max', and a path keeps it at 'mean' once it is "
        "added\n    write `when: {pool: mean}`, or use another design",
    ),
    "condition in a fraction": (
        study({"optimizer": OPTIMIZER, "momentum": MOMENTUM}, design="fractional_factorial"),
        "factors.momentum.when: a condition would break the balance of a fractional factorial\n"
        "    use full_factorial",
    ),
    "condition on a level that is not named baseline": (
        study(
            {"optimizer": OPTIMIZER, "width": {"levels": WIDTH, "when": {"optimizer": BASELINE}}}
        ),
        "factors.width.when.optimizer: no level of 'optimizer' is named 'baseline': in the "
        "baseline of 'baseline', it is at 'adam'\n    write `when: {optimizer: adam}`",
    ),
    "forbid in a fraction": (
        study(RECIPE, design="fractional_factorial", forbid=[{"pool": "max"}]),
        "forbid: leaving out arms would break the balance of a fractional factorial\n"
        "    use full_factorial",
    ),
    "forbidden baseline": (
        study(RECIPE, forbid=[{"pool": "max"}]),
        "forbid: the baseline of 'baseline' itself is excluded",
    ),
    "forbidden step": (
        study(RECIPE, design="path", forbid=[{"pool": "mean", "norm": "none"}]),
        "forbid: step '+ pool' of the path is excluded",
    ),
    "level that calls itself baseline": (
        study({"pool": {"baseline": {"model.pool": "mean"}, "max": {"model.pool": "max"}}}),
        "factors.pool.levels.baseline: a level named 'baseline' changes the baseline\n"
        "    give it a name of its own",
    ),
    "arms of one name": (
        study(
            {
                "pool": {"max": {}, "mean": {"model.pool": "mean"}, "mean, batch": THREE["stride"]},
                "norm": NORM,
            },
            design="full_factorial",
        ),
        "factors.pool.levels.mean, batch: two arms are named 'mean, batch', since the level "
        "'mean, batch' is named like several\n    name it 'mean_batch'",
    ),
    "level named like a factor with its level": (
        study(
            {
                "pool": {"max": {}, "norm=with": THREE["stride"]},
                "norm": {"no": {}, "with": NORM["batch"]},
            }
        ),
        "factors.pool.levels.norm=with: two arms are named 'norm=with', since the level "
        "'norm=with' is named like several\n    name it 'norm_with'",
    ),
    "circle of conditions": (
        study(
            {
                "pool": {"levels": POOL, "when": {"norm": "batch"}},
                "norm": {"levels": NORM, "when": {"pool": "mean"}},
            }
        ),
        "factors.pool.when: factor 'pool' depends on itself\n"
        "    remove one of the conditions that form the circle",
    ),
    "circle of conditions that another condition leads to": (
        study(
            {
                "width": {"levels": WIDTH, "when": {"pool": "mean"}},
                "pool": {"levels": POOL, "when": {"norm": "batch"}},
                "norm": {"levels": NORM, "when": {"pool": "mean"}},
            }
        ),
        "factors.pool.when: factor 'pool' depends on itself\n"
        "    remove one of the conditions that form the circle",
    ),
    "conditions that contradict each other": (
        study(
            {
                "optimizer": OPTIMIZER,
                "momentum": MOMENTUM,
                "width": {"levels": WIDTH, "when": {"optimizer": "adam", "momentum": "0.9"}},
            }
        ),
        "factors.width.when: the conditions of factor 'width', with those of the factors that "
        "they name, need 'optimizer' at 'adam' and at 'sgd'\n    remove one of the two",
    ),
    "refused combination": (
        study(
            {"pool": THREE, "width": {"thin": {"model.width": 8}, "one": {"model.width": 1}}},
            design="full_factorial",
        ),
        "factors.width: arm 'stride, one' of 'baseline': model: a strided layer needs a width of "
        "at least 2",
    ),
    "too many arms": (
        study(
            {f"f{i}": {str(j): {"model.width": 100 * i + j} for j in range(100)} for i in range(3)},
            design="full_factorial",
        ),
        "design: a full factorial of these factors has 1,000,000 arms\n"
        "    use fractional_factorial, or fewer factors",
    ),
}


@pytest.mark.parametrize("case", DESIGN_REFUSALS)
def test_a_design_that_cannot_be_drawn_is_refused(case: str) -> None:
    of, message = DESIGN_REFUSALS[case]
    assert refusal(of) == message
