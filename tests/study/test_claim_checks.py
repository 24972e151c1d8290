from typing import Any

import pytest

from ablate.errors import StudyError
from ablate.study.planning import make_plan
from ablate.study.schema import Study
from ablate.study.selectors import selectors
from tests.study.fake_workload import FAKE
from tests.study.made_studies import MOMENTUM, NORM, OPTIMIZER, POOL, THREE, study


def pooling_under(first: str, second: str) -> dict[str, Any]:
    """Whether what mean pooling does differs between two levels of normalisation."""
    return {
        "kind": "interaction",
        "says": "a",
        "change": {"levels": {"pool": "mean"}},
        "first": {"levels": {"norm": first}},
        "second": {"levels": {"norm": second}},
    }


def assert_asked_once(asked: Study, *, is_refused: bool) -> None:
    """Whether the second claim is refused, as it asks what the first asks."""
    if is_refused:
        with pytest.raises(StudyError, match=r"claims\.1: asks what claim 1 asks"):
            make_plan(asked, FAKE)
    else:
        assert make_plan(asked, FAKE)


def test_a_claim_that_names_no_arm_is_refused() -> None:
    claim = pooling_under("none", "batch")
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
    claim = pooling_under("batch", "batch")
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


@pytest.mark.parametrize("kind", ["no_difference", "no_worse"])
def test_a_margin_that_is_written_out_asks_nothing_new(kind: str) -> None:
    one, two = ("first", "second") if kind == "no_difference" else ("arm", "than")
    claim = {"kind": kind, "says": "a", one: {"levels": {"pool": "mean"}}, two: {}}
    claims = [claim, claim | {"margin": 0.5}]
    entries = {"claims": claims, "smallest_effect_of_interest": 0.5}
    with pytest.raises(StudyError, match=r"claims\.1: asks what claim 1 asks"):
        make_plan(study({"pool": POOL}, **entries), FAKE)
    claims[1]["metric"] = claims[0]["metric"] = "validation_accuracy"  # none is 0 there
    assert make_plan(study({"pool": POOL}, **entries), FAKE)


@pytest.mark.parametrize(
    ("better_in", "again", "is_the_same"),
    [
        (None, None, True),
        ("first", "second", True),
        ("second", "first", True),
        ("first", "first", False),
        (None, "first", False),
    ],
)
def test_an_interaction_is_asked_once_whichever_setting_comes_first(
    better_in: str | None, again: str | None, is_the_same: bool
) -> None:
    claims = [
        pooling_under("batch", "none") | {"better_in": better_in},
        pooling_under("none", "batch") | {"better_in": again},
    ]
    factors = {"pool": POOL, "norm": NORM}
    asked = study(factors, claims=claims, design="full_factorial")
    assert_asked_once(asked, is_refused=is_the_same)


def interaction(**parts: dict[str, Any]) -> dict[str, Any]:
    claim = {"kind": "interaction", "says": "a", "base": {}}
    return claim | {
        key: part if "context" in part else {"levels": part} for key, part in parts.items()
    }


@pytest.mark.parametrize(
    "again",
    [
        {"change": {"norm": "batch"}, "first": {"pool": "max"}, "second": {"pool": "mean"}},
        {
            "change": {"pool": "max"},
            "base": {"pool": "mean"},
            "first": {"norm": "none"},
            "second": {"norm": "batch"},
        },
    ],
)
def test_an_interaction_is_asked_once_whichever_factor_is_called_the_change(
    again: dict[str, Any],
) -> None:
    claims = [pooling_under("none", "batch"), interaction(**again)]
    factors = {"pool": POOL, "norm": NORM}
    asked = study(factors, claims=claims, design="full_factorial")
    assert_asked_once(asked, is_refused=True)
    sided = [claim | {"better_in": "first"} for claim in claims]
    asked = study(factors, claims=sided, design="full_factorial")
    opposite = "base" in again  # what the one adds, the other takes away
    assert_asked_once(asked, is_refused=not opposite)


@pytest.mark.parametrize(
    ("part", "key"),
    [
        ({"change": {"levels": {"pool": "mean"}, "context": "a"}}, "change"),
        ({"base": {"levels": {}, "context": "a"}}, "base"),
    ],
)
def test_an_interaction_is_measured_in_the_contexts_of_its_settings(
    part: dict[str, Any], key: str
) -> None:
    between = {"first": {"context": "b"}, "second": {"context": "c"}}
    claim = interaction(change={"pool": "mean"}, **between) | part
    contexts = {
        name: {"model.width": width} for name, width in zip("abc", (8, 16, 32), strict=True)
    }
    with pytest.raises(StudyError) as error:
        make_plan(study({"pool": POOL}, contexts=contexts, claims=[claim]), FAKE)
    assert str(error.value) == (
        f"claims.0.{key}: names the context a, and is measured in b, which another part of the "
        "claim names\n    name the context once: in the claim, or in `first` and `second` where "
        "they differ in it"
    )


def test_a_context_that_the_change_alone_names_is_that_of_all_four_arms() -> None:
    claim = pooling_under("none", "batch") | {
        "change": {"levels": {"pool": "mean"}, "context": "a"}
    }
    contexts = {name: {"model.width": width} for name, width in zip("ab", (8, 16), strict=True)}
    factors = {"pool": POOL, "norm": NORM}
    asked = study(factors, contexts=contexts, claims=[claim], design="full_factorial")
    plan = make_plan(asked, FAKE)
    named = selectors(asked, asked.claims[0])
    assert {plan.select(selector, None).context for _, selector in named} == {"a"}


@pytest.mark.parametrize(
    ("rivals", "is_the_same"),
    [
        (({"norm": "batch"}, {"pool": "stride"}), True),
        (({"pool": "stride"}, {"norm": "batch"}), True),
        (({"norm": "batch"},), False),
    ],
)
def test_a_largest_effect_is_asked_once_however_its_rivals_are_written(
    rivals: tuple[dict[str, str], ...], is_the_same: bool
) -> None:
    claims = [largest({"pool": "mean"}), largest({"pool": "mean"}, *rivals)]
    asked = study({"pool": THREE, "norm": NORM}, claims=claims)
    assert_asked_once(asked, is_refused=is_the_same)


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
