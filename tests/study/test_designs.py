import itertools
import math
from collections.abc import Callable
from typing import Any

import pytest

from ablate.errors import StudyError
from ablate.study.arms import BASELINE, Arm, levels_in_force
from ablate.study.designs import Aliased, aliases, draw_arms, next_greedy_arms
from ablate.study.schema import Study
from tests.study.fake_workload import FAKE

POOL = {"max": {"model.pool": "max"}, "mean": {"model.pool": "mean"}}
THREE = {**POOL, "stride": {"model.pool": "stride"}}
NORM = {"none": {"model.norm": "none"}, "batch": {"model.norm": "batch"}}
WIDTH = {"thin": {"model.width": 8}, "wide": {"model.width": 64}}
POSITION = {"before": {"model.position": "before"}, "after": {"model.position": "after"}}
OPTIMIZER = {
    "adam": {"training.optimizer": "adam"},
    "sgd": {"training.optimizer": "sgd", "training.rate": 0.05},
}
MOMENTUM = {
    "levels": {"0": {"training.momentum": 0.0}, "0.9": {"training.momentum": 0.9}},
    "when": {"optimizer": "sgd"},
}


def study(factors: dict[str, Any], **keys: Any) -> Study:
    """A study of factors given as levels, or as a factor's keys."""
    long = {
        name: {"name": name, **(value if "levels" in value else {"levels": value})}
        for name, value in factors.items()
    }
    design = keys.pop("design", {})
    return Study.model_validate(
        {
            "name": "study",
            "question": "?",
            "contexts": {"baseline": {}},
            "factors": long,
            "design": {"kind": design} if isinstance(design, str) else design,
            **keys,
        }
    )


def names(arms: tuple[Arm, ...]) -> list[str]:
    return [arm.name for arm in arms]


def levels(arms: tuple[Arm, ...]) -> list[tuple[str, ...]]:
    return [tuple(arm.levels.values()) for arm in arms]


def refusal(of: Study, draw: Callable[..., Any] = draw_arms) -> str:
    with pytest.raises(StudyError) as error:
        draw(of, FAKE)
    return str(error.value)


# --- levels in force ----------------------------------------------------------------------------

RATE = {"slow": {"training.rate": 0.001}, "fast": {"training.rate": 0.05}}


def in_force(of: Study) -> dict[str, dict[str, str]]:
    reference, *others = draw_arms(of, FAKE)
    return {arm.name: levels_in_force(of, arm, reference) for arm in others}


def test_a_level_that_sets_what_another_factor_is_about_brings_its_level_along():
    assert in_force(study({"optimizer": OPTIMIZER, "rate": RATE})) == {
        "sgd": {"optimizer": "sgd", "rate": "fast"},
        "fast": {"optimizer": "adam", "rate": "fast"},  # not all that sgd sets
    }


def test_one_that_sets_it_to_what_no_level_says_leaves_the_name():
    other = {"adam": {}, "sgd": {"training.optimizer": "sgd", "training.rate": 0.1}}
    assert in_force(study({"optimizer": other, "rate": RATE}))["sgd"]["rate"] == "slow"


def test_what_a_level_brings_along_needs_the_condition_of_its_factor():
    conditional = {"levels": MOMENTUM["levels"], "when": {"optimizer": "sgd"}}
    factors = {
        "optimizer": {"adam": {}, "sgd": {"training.optimizer": "sgd", "training.momentum": 0.9}},
        "momentum": conditional,
        "pool": {"max": {}, "mean": {"model.pool": "mean", "training.momentum": 0.9}},
    }
    of = study(factors)
    assert in_force(of)["mean"]["momentum"] == draw_arms(of, FAKE)[0].levels["momentum"]


@pytest.mark.parametrize(
    ("baseline", "shown"),
    [
        ({}, {"optimizer": "adam"}),  # nothing says what momentum would be
        ({"training.momentum": 0.0}, {"optimizer": "adam", "momentum": "0"}),
    ],
)
def test_where_its_condition_fails_a_factor_has_the_level_that_the_settings_hold_or_none(
    baseline: dict[str, float], shown: dict[str, str]
) -> None:
    of = study(
        {"optimizer": OPTIMIZER, "momentum": MOMENTUM},
        design="leave_one_out",
        contexts={"baseline": baseline},
    )
    assert in_force(of)["without optimizer"] == shown


# --- one at a time ------------------------------------------------------------------------------


def test_one_at_a_time_changes_one_factor_of_the_baseline() -> None:
    arms = draw_arms(study({"pool": POOL, "norm": NORM}), FAKE)
    assert arms == (
        Arm(
            name="baseline",
            context="baseline",
            levels={"pool": "max", "norm": "none"},
            is_reference=True,
            settings={},
        ),
        Arm(
            name="mean",
            context="baseline",
            levels={"pool": "mean", "norm": "none"},
            is_reference=False,
            settings={"model.pool": "mean"},
        ),
        Arm(
            name="batch",
            context="baseline",
            levels={"pool": "max", "norm": "batch"},
            is_reference=False,
            settings={"model.norm": "batch"},
        ),
    )


def test_the_reference_is_called_baseline_where_no_level_equals_it() -> None:
    arms = draw_arms(study({"pool": POOL}, contexts={"baseline": {"model.pool": "stride"}}), FAKE)
    assert levels(arms) == [("baseline",), ("max",), ("mean",)]


def test_the_reference_is_found_in_each_context() -> None:
    contexts = {"a": {}, "b": {"model.pool": "mean"}}
    arms = draw_arms(study({"pool": POOL}, contexts=contexts), FAKE)
    assert [arm.key for arm in arms] == [
        ("a", "baseline"), ("a", "mean"), ("b", "baseline"), ("b", "max"),
    ]  # fmt: skip


def test_a_factor_keeps_to_its_contexts() -> None:
    factors = {"pool": POOL, "norm": {"levels": NORM, "contexts": ["b"]}}
    arms = draw_arms(study(factors, contexts={"a": {}, "b": {"model.width": 9}}), FAKE)
    assert [(arm.context, arm.name, list(arm.levels)) for arm in arms] == [
        ("a", "baseline", ["pool"]),
        ("a", "mean", ["pool"]),
        ("b", "baseline", ["pool", "norm"]),
        ("b", "mean", ["pool", "norm"]),
        ("b", "batch", ["pool", "norm"]),
    ]


def test_an_arm_is_named_by_its_level_unless_that_is_not_clear() -> None:
    wide = {"large": {"model.width": 64}, "9": {"model.width": 9}}
    rate = {"large": {"training.rate": 1.0}, "none": {"training.rate": 0.0}}
    arms = draw_arms(study({"width": wide, "rate": rate, "pool": POOL}), FAKE)
    assert names(arms) == [
        "baseline", "width=large", "width=9", "rate=large", "rate=none", "mean",
    ]  # fmt: skip


def test_a_level_in_any_script_may_name_its_arm() -> None:
    levels = {"groß": {"model.width": 64}, "平均": {"model.width": 9}, "√2": {"model.width": 7}}
    arms = draw_arms(study({"width": levels}), FAKE)
    assert names(arms) == ["baseline", "groß", "平均", "width=√2"]


def test_a_conditional_factor_is_varied_on_top_of_what_it_needs() -> None:
    arms = draw_arms(study({"momentum": MOMENTUM, "optimizer": OPTIMIZER}), FAKE)
    assert names(arms) == ["baseline", "momentum=0.9, sgd", "sgd"]
    assert arms[1].settings == {
        "training.optimizer": "sgd",
        "training.rate": 0.05,
        "training.momentum": 0.9,
    }


def test_a_forbidden_arm_is_not_drawn() -> None:
    arms = draw_arms(study({"pool": THREE, "norm": NORM}, forbid=[{"pool": "mean"}]), FAKE)
    assert names(arms) == ["baseline", "stride", "batch"]


def test_a_study_without_factors_is_its_baselines() -> None:
    assert [arm.key for arm in draw_arms(study({}, contexts={"a": {}, "b": {}}), FAKE)] == [
        ("a", "baseline"),
        ("b", "baseline"),
    ]


# --- leave one out, add one in, path ------------------------------------------------------------

RECIPE = {"pool": POOL, "norm": NORM, "width": WIDTH}


def test_leave_one_out_starts_from_the_full_recipe() -> None:
    arms = draw_arms(study(RECIPE, design="leave_one_out"), FAKE)
    assert names(arms) == ["baseline", "without pool", "without norm", "without width"]
    assert levels(arms) == [
        ("mean", "batch", "wide"),
        ("max", "batch", "wide"),
        ("mean", "none", "wide"),
        ("mean", "batch", "thin"),
    ]
    assert arms[0].settings == {"model.pool": "mean", "model.norm": "batch", "model.width": 64}


def test_leave_one_out_takes_an_ingredient_from_a_baseline_that_has_it() -> None:
    full = {"model.pool": "mean", "model.norm": "batch", "model.width": 64}
    arms = draw_arms(
        study(RECIPE, design="leave_one_out", contexts={"baseline": full}),
        FAKE,
    )
    assert [arm.settings for arm in arms] == [
        full, {**full, "model.pool": "max"}, {**full, "model.norm": "none"},
        {**full, "model.width": 8},
    ]  # fmt: skip


def test_add_one_in_starts_from_the_bare_recipe() -> None:
    arms = draw_arms(study(RECIPE, design="add_one_in"), FAKE)
    assert names(arms) == ["baseline", "with pool", "with norm", "with width"]
    assert levels(arms)[0] == ("max", "none", "thin")
    assert levels(arms)[2] == ("max", "batch", "thin")


def test_a_path_adds_one_ingredient_after_another() -> None:
    design = {"kind": "path", "order": ["norm", "width", "pool"]}
    arms = draw_arms(study(RECIPE, design=design), FAKE)
    assert names(arms) == ["baseline", "+ norm", "+ width", "+ pool"]
    assert levels(arms) == [
        ("max", "none", "thin"),
        ("max", "batch", "thin"),
        ("max", "batch", "wide"),
        ("mean", "batch", "wide"),
    ]


def test_a_path_without_an_order_goes_as_written() -> None:
    arms = draw_arms(study(RECIPE, design="path"), FAKE)
    assert names(arms) == ["baseline", "+ pool", "+ norm", "+ width"]


def test_a_greedy_path_offers_each_factor_left_on_top_of_those_chosen() -> None:
    greedy = study(RECIPE, design={"kind": "path", "order": "greedy"})
    assert names(draw_arms(greedy, FAKE)) == ["baseline"]
    assert names(next_greedy_arms(greedy, FAKE)) == ["+ pool", "+ norm", "+ width"]
    assert names(draw_arms(greedy, FAKE, ("norm",))) == ["baseline", "+ norm"]
    assert levels(next_greedy_arms(greedy, FAKE, ("norm",))) == [
        ("mean", "batch", "thin"),
        ("max", "batch", "wide"),
    ]
    assert next_greedy_arms(greedy, FAKE, ("norm", "pool", "width")) == ()


CYCLE = {"no": {}, "yes": {"training.rate": 0.5, "training.epochs": 3}}
OVERLAPPING = {"optimizer": OPTIMIZER, "cycle": CYCLE}
"""Both set the rate."""


@pytest.mark.parametrize("order", [("optimizer", "cycle"), ("cycle", "optimizer")])
def test_a_later_step_of_a_path_overrides_an_earlier_one(order: tuple[str, ...]) -> None:
    path = draw_arms(study(OVERLAPPING, design={"kind": "path", "order": order}), FAKE)
    rates = {"optimizer": 0.05, "cycle": 0.5}
    assert [arm.settings.get("training.rate") for arm in path] == [
        None, rates[order[0]], rates[order[1]],
    ]  # fmt: skip
    greedy = study(OVERLAPPING, design={"kind": "path", "order": "greedy"})
    assert draw_arms(greedy, FAKE, order) == path
    assert next_greedy_arms(greedy, FAKE, order[:1]) == path[2:]


@pytest.mark.parametrize("design", ["add_one_in", "path"])
def test_an_ingredient_overrides_the_bare_recipe(design: str) -> None:
    factors = {
        "optimizer": OPTIMIZER,
        "cycle": {"no": {"training.rate": 0.1}, "yes": CYCLE["yes"]},
    }
    arms = draw_arms(study(factors, design=design), FAKE)
    assert [arm.settings["training.rate"] for arm in arms] == [0.1, 0.05, 0.5]


def test_on_a_path_a_condition_refines_the_level_that_it_names() -> None:
    factors = {
        "cycle": CYCLE,
        "optimizer": OPTIMIZER,
        "rate": {
            "levels": {"low": {"training.rate": 0.01}, "lower": {"training.rate": 0.001}},
            "when": {"optimizer": "sgd"},
        },
    }
    arms = draw_arms(study(factors, design="path"), FAKE)
    assert [arm.settings.get("training.rate") for arm in arms] == [None, 0.5, 0.01, 0.001]


def test_a_greedy_path_takes_a_factor_that_only_one_order_masks() -> None:
    momentum = {"0": {}, "0.9": {"training.momentum": 0.9}}
    sgd = {"adam": {}, "sgd": {"training.optimizer": "sgd", "training.momentum": 0.5}}
    greedy = study(
        {"momentum": momentum, "optimizer": sgd}, design={"kind": "path", "order": "greedy"}
    )
    assert names(next_greedy_arms(greedy, FAKE)) == ["+ optimizer"]
    assert names(next_greedy_arms(greedy, FAKE, ("optimizer",))) == ["+ momentum"]


def test_a_greedy_path_offers_no_factor_before_it_has_an_effect() -> None:
    greedy = study({"norm": NORM, "position": POSITION}, design={"kind": "path", "order": "greedy"})
    assert names(next_greedy_arms(greedy, FAKE)) == ["+ norm"]
    assert names(next_greedy_arms(greedy, FAKE, ("norm",))) == ["+ position"]


# --- factorials ---------------------------------------------------------------------------------


def test_a_full_factorial_is_every_combination_with_the_baseline_first() -> None:
    arms = draw_arms(study({"pool": POOL, "norm": NORM}, design="full_factorial"), FAKE)
    assert names(arms) == ["baseline", "batch", "mean", "mean, batch"]
    assert [arm.is_reference for arm in arms] == [True, False, False, False]


def test_a_full_factorial_has_no_arm_beyond_its_levels() -> None:
    stride = {"baseline": {"model.pool": "stride"}}
    factors = {"pool": POOL, "norm": NORM}
    arms = draw_arms(study(factors, design="full_factorial", contexts=stride), FAKE)
    assert levels(arms) == [("max", "none"), ("max", "batch"), ("mean", "none"), ("mean", "batch")]
    assert arms[0].settings == {"model.pool": "max"}


def test_a_full_factorial_varies_a_factor_only_where_its_condition_holds() -> None:
    factors = {"optimizer": OPTIMIZER, "momentum": MOMENTUM}
    arms = draw_arms(study(factors, design="full_factorial"), FAKE)
    assert levels(arms) == [("adam", "0"), ("sgd", "0"), ("sgd", "0.9")]


@pytest.mark.parametrize("design", ["one_at_a_time", "full_factorial"])
def test_a_forbidden_combination_may_call_the_reference_level_baseline(design: str) -> None:
    def drawn(norm: str) -> list[str]:
        forbid = [{"pool": "mean", "norm": norm}]
        factors = {"pool": THREE, "norm": NORM}
        return names(draw_arms(study(factors, design=design, forbid=forbid), FAKE))

    assert drawn("baseline") == drawn("none")
    assert "mean" not in drawn("baseline")


def test_it_is_called_so_too_where_no_level_equals_the_baseline() -> None:
    wide = {"wide": WIDTH["wide"]}
    forbid = [{"pool": "mean", "width": "baseline"}]
    arms = draw_arms(study({"pool": THREE, "width": wide}, forbid=forbid), FAKE)
    assert names(arms) == ["baseline", "stride", "wide"]


def test_a_full_factorial_leaves_forbidden_combinations_out() -> None:
    forbid = [{"pool": "mean", "norm": "batch"}]
    factors = {"pool": POOL, "norm": NORM}
    arms = draw_arms(study(factors, design="full_factorial", forbid=forbid), FAKE)
    assert names(arms) == ["baseline", "batch", "mean"]


def test_a_fractional_factorial_holds_the_baseline_and_is_balanced() -> None:
    optimizer = {"optimizer": OPTIMIZER}
    four = study({**RECIPE, **optimizer}, design={"kind": "fractional_factorial", "resolution": 4})
    arms = draw_arms(four, FAKE)
    assert (len(arms), arms[0].name) == (8, "baseline")
    for factor, reference in arms[0].levels.items():
        assert sum(arm.levels[factor] == reference for arm in arms) == 4


@pytest.mark.parametrize(
    ("factors", "resolution", "arms", "shortest"),
    [(3, 3, 4, 3), (4, 3, 8, 4), (5, 3, 8, 3), (5, 4, 16, 5), (6, 4, 16, 4), (8, 3, 16, 4)],
)
def test_a_fraction_has_the_highest_resolution_of_as_many_arms(
    factors: int, resolution: int, arms: int, shortest: int
) -> None:
    two_levels = {key: {"without": {}, "with": {key: 1}} for key in "abcdefgh"[:factors]}
    design = {"kind": "fractional_factorial", "resolution": resolution}
    drawn = draw_arms(study(two_levels, workload="external", design=design))
    columns = [[1 if arm.levels[key] == "with" else -1 for arm in drawn] for key in two_levels]
    # The shortest word: fewest columns whose product is the same in every arm.
    words = [
        size
        for size in range(1, factors + 1)
        for chosen in itertools.combinations(columns, size)
        if len({math.prod(signs) for signs in zip(*chosen, strict=True)}) == 1
    ]
    assert (len(drawn), min(words)) == (arms, shortest)


def test_aliases_of_a_fraction_are_those_of_the_textbook() -> None:
    """The half fraction of 2^4 by I = abcd (Montgomery, table 8.3): ab = cd, ac = bd, ad = bc."""
    factors = dict(zip("abcd", (POOL, NORM, WIDTH, OPTIMIZER), strict=True))
    design = {"kind": "fractional_factorial", "resolution": 4}
    assert set(aliases(study(factors, design=design), FAKE)) == {
        Aliased("baseline", "a:b", ("c:d",)),
        Aliased("baseline", "c:d", ("a:b",)),
        Aliased("baseline", "a:c", ("b:d",)),
        Aliased("baseline", "b:d", ("a:c",)),
        Aliased("baseline", "a:d", ("b:c",)),
        Aliased("baseline", "b:c", ("a:d",)),
    }


def test_a_full_factorial_has_no_aliases() -> None:
    assert aliases(study(RECIPE, design="full_factorial"), FAKE) == ()


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
