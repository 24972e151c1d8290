import itertools
import math
from typing import Any

import pytest

from ablate.study.arms import Arm
from ablate.study.drawing import draw_arms, next_greedy_arms
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


def names(arms: tuple[Arm, ...]) -> list[str]:
    return [arm.name for arm in arms]


def levels(arms: tuple[Arm, ...]) -> list[tuple[str, ...]]:
    return [tuple(arm.levels.values()) for arm in arms]


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
    of = study({}, contexts={"a": {}, "b": {"model.width": 2}})
    assert [arm.key for arm in draw_arms(of, FAKE)] == [("a", "baseline"), ("b", "baseline")]


# --- leave one out, add one in, path ------------------------------------------------------------


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


@pytest.mark.parametrize("design", ["add_one_in", "path"])
def test_an_ingredient_of_the_baseline_is_added_to_what_the_bare_recipe_leaves(design: str) -> None:
    """A path whose baseline is the finished recipe."""
    factors = {
        "cycle": {"no": {"training.rate": 0.1}, "yes": CYCLE["yes"]},
        "optimizer": {"sgd": OPTIMIZER["sgd"], "adam": {"training.optimizer": "adam"}},
        "rate": {"own": {"training.rate": 0.3}, "usual": {"training.rate": 0.01}},
    }
    arms = draw_arms(
        study(factors, design=design, contexts={"baseline": {"training.rate": 0.01}}), FAKE
    )
    assert arms[-1].settings["training.rate"] == 0.01


@pytest.mark.parametrize("design", ["leave_one_out", "full_factorial"])
def test_a_factor_that_is_not_varied_in_a_context_is_at_its_reference_level(design: str) -> None:
    """Position matters to normalisation alone; the rate that both its levels set holds anyway."""
    position = {name: {**sets, "training.rate": 0.01} for name, sets in POSITION.items()}
    contexts = {"bare": {}, "normalised": {"model.norm": "batch"}}
    when = {} if design == "leave_one_out" else {"position": "before"}
    factors = {"position": position, "pool": POOL, "width": {"levels": WIDTH, "when": when}}
    arms = draw_arms(study(factors, design=design, contexts=contexts), FAKE)
    assert {arm.settings["training.rate"] for arm in arms} == {0.01}
    bare = [arm for arm in arms if arm.context == "bare"]
    assert all("position" not in arm.levels for arm in bare)
    assert {arm.levels["width"] for arm in bare} == {"thin", "wide"}


@pytest.mark.parametrize("design", ["leave_one_out", "full_factorial"])
def test_a_condition_holds_only_where_those_do_that_it_rests_on(design: str) -> None:
    factors = {
        "norm": NORM,
        "width": {"levels": WIDTH, "when": {"norm": "batch"}},
        "pool": {"levels": {"mean": POOL["mean"], "max": POOL["max"]}, "when": {"width": "wide"}},
    }
    arms = draw_arms(
        study(factors, design=design, contexts={"baseline": {"model.pool": "stride"}}), FAKE
    )
    without = [arm for arm in arms if arm.levels["norm"] == "none"]
    assert [arm.settings["model.pool"] for arm in without] == ["stride"]
    assert all("model.width" not in arm.settings for arm in without)


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


@pytest.mark.parametrize("order", ["greedy", ["width", "pool"]])
def test_a_path_may_forbid_what_the_workload_refuses(order: Any) -> None:
    """A stride needs a width of 2, which comes first."""
    pool = {"max": {"model.pool": "max"}, "stride": {"model.pool": "stride"}}
    width = {"one": {"model.width": 1}, "wide": {"model.width": 8}}
    of = study(
        {"pool": pool, "width": width},
        contexts={"baseline": {"model.width": 1}},
        design={"kind": "path", "order": order},
        forbid=[{"pool": "stride", "width": "one"}],
    )
    candidates = next_greedy_arms if order == "greedy" else draw_arms
    names = [arm.name for arm in candidates(of, FAKE)]
    assert names == (["+ width"] if order == "greedy" else ["baseline", "+ width", "+ pool"])


def test_what_is_forbidden_may_be_what_the_workload_refuses() -> None:
    """A stride needs a width of 2; neither level makes sense without the other."""
    pool = {"max": {"model.pool": "max"}, "stride": {"model.pool": "stride"}}
    width = {"one": {"model.width": 1}, "wide": {"model.width": 8}}
    factors = {"pool": pool, "width": width}
    of = study(
        factors,
        contexts={"baseline": {"model.width": 1}},
        design="full_factorial",
        forbid=[{"pool": "stride", "width": "one"}, {"pool": "max", "width": "wide"}],
    )
    assert [arm.levels for arm in draw_arms(of, FAKE)] == [
        {"pool": "max", "width": "one"},
        {"pool": "stride", "width": "wide"},
    ]
