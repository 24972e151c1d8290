"""What is wrong with a plan's claims: arms that there are not, comparisons that are none."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ablate.errors import Problem, StudyError
from ablate.study.arms import Arm, conditions
from ablate.study.plan import Plan
from ablate.study.schema import Claim, Selector
from ablate.study.selectors import context_of_setting, selectors


def claim_problems(plan: Plan) -> Iterator[Problem]:
    """Every problem, with its place in the study."""
    if plan.study.design.order != "greedy":  # its arms are found by running
        yield from _unknown_arms(plan)
        yield from _compared_with_themselves(plan)
        yield from _no_single_changes(plan)
        yield from _unlike_changes(plan)
    yield from _torn_contexts(plan)
    yield from _claimed_twice(plan)


def _unknown_arms(plan: Plan) -> Iterator[Problem]:
    """Claims and published numbers that name arms which the design does not draw."""
    named: list[tuple[str, Callable[[], Any]]] = []
    for index, claim in enumerate(plan.study.claims):
        for key, selector in selectors(plan.study, claim):
            named.append((f"claims.{index}.{key}", _selecting(plan, selector, claim.context)))
    for index, number in enumerate(plan.study.published):
        if number.arm is not None:
            named.append((f"published.{index}.arm", _selecting(plan, number.arm, None)))
    for where, select in named:
        try:
            select()
        except StudyError as error:
            for problem in error.problems:
                yield problem._replace(where=where)


def _compared_with_themselves(plan: Plan) -> Iterator[Problem]:
    for index, claim in enumerate(plan.study.claims):
        try:
            found = named_twice(plan, claim)
        except StudyError:  # it names an arm that there is not
            continue
        if found:
            yield Problem(
                f"claims.{index}.{found.key}",
                f"compares {found.what}",
                found.cure,
            )


def _claimed_twice(plan: Plan) -> Iterator[Problem]:
    """A claim that is there twice would take two shares of the error rate for one question."""
    asked: list[Any] = []
    for index, claim in enumerate(plan.study.claims):
        try:
            question = _question(plan, claim)
        except StudyError:  # it names an arm that there is not
            question = index
        if question in asked and claim.kind != "open":
            yield Problem(
                f"claims.{index}",
                f"asks what claim {asked.index(question) + 1} asks",
                "keep one of the two; its `published` may name several publications",
            )
        asked.append(question)


def questions(plan: Plan) -> list[tuple[str, Any]]:
    """Of the claims that are to be decided the sentence, and what it asks, however written."""
    decided = (claim for claim in plan.study.claims if claim.kind != "open")
    return [(claim.says, _question(plan, claim)) for claim in decided]


def _question(plan: Plan, claim: Claim) -> Any:
    """What a claim asks, however it is written: of which arms, in what metric, beyond what."""
    study, metric = plan.study, plan.study.metric_of(claim)
    asked = claim.model_dump(exclude={"says", "published", "context", "metric"})
    if study.design.order == "greedy":  # its arms are found by running
        return asked, claim.context, metric
    asked = {key: value for key, value in asked.items() if not _is_of_arms(getattr(claim, key))}
    for bound in ("by", "margin"):
        if asked.get(bound, 0.0) is None:
            asked[bound] = study.smallest_effect_of_interest if metric == study.metric else 0.0
    if claim.kind == "interaction" and claim.better_in == "second":
        asked["better_in"] = "first"
    return asked, _compared(plan, claim), metric


def _compared(plan: Plan, claim: Claim) -> Any:
    """The arms that a claim compares, alike where it asks the same of them."""
    named = [plan.select(each, claim.context).key for _, each in selectors(plan.study, claim)]
    if claim.kind == "no_difference":
        return sorted(named)
    if claim.kind == "interaction":
        change_first, base_first, change_second, base_second = named
        added, taken = sorted((change_first, base_second)), sorted((base_first, change_second))
        in_order = {"first": [added, taken], "second": [taken, added]}
        return in_order.get(claim.better_in or "", sorted((added, taken)))
    if claim.kind == "largest_effect":
        change, *rivals = named
        return change, sorted(rivals) or _other_changes(plan, change)
    return named


def _other_changes(plan: Plan, change: tuple[str, str]) -> list[tuple[str, str]]:
    """The arms that a largest effect is compared with where it names none, sorted."""
    return sorted(
        arm.key
        for arm in plan.arms
        if arm.context == change[0]
        and arm.key != change
        and not arm.is_reference
        and _is_single_change(plan, arm)
    )


def _is_of_arms(value: object) -> bool:
    return isinstance(value, Selector) or (
        isinstance(value, tuple) and all(isinstance(each, Selector) for each in value)
    )


def _no_single_changes(plan: Plan) -> Iterator[Problem]:
    """Changes of a largest effect that are none, or several."""
    for index, claim in enumerate(plan.study.claims):
        if claim.kind != "largest_effect":
            continue
        for key, selector in selectors(plan.study, claim):
            try:
                arm = plan.select(selector, claim.context)
            except StudyError:  # it names an arm that there is not
                continue
            if arm.is_reference:
                yield Problem(
                    f"claims.{index}.{key}",
                    "names the baseline, which changes nothing",
                    "name the level that replaces the baseline's: what that loses (`direction: "
                    "loss`) is what the baseline's gains",
                )
            elif not _is_single_change(plan, arm):
                yield Problem(
                    f"claims.{index}.{key}",
                    f"'{arm.name}' changes more than one factor",
                    "name a level of one factor",
                )


def _unlike_changes(plan: Plan) -> Iterator[Problem]:
    """Interactions whose change sets out from other levels in the one setting than in the other."""
    for index, claim in enumerate(plan.study.claims):
        if claim.kind != "interaction":
            continue
        try:
            _, first, _, second = (
                plan.select(selector, claim.context) for _, selector in selectors(plan.study, claim)
            )
        except StudyError:  # it names an arm that there is not
            continue
        for factor in claim.change.levels:
            one, other = (base.levels.get(factor) for base in (first, second))
            if one != other:
                yield Problem(
                    f"claims.{index}.change",
                    f"sets out from {factor}: {one} in the first setting and from {factor}: "
                    f"{other} in the second, which are two changes",
                    f"add `base: {{{factor}: {one}}}`, from which it sets out in both",
                )


def _torn_contexts(plan: Plan) -> Iterator[Problem]:
    """Interactions whose change or base names another context than it is measured in."""
    for index, claim in enumerate(plan.study.claims):
        if claim.kind != "interaction":
            continue
        for setting, (key, part) in itertools.product(
            (claim.first, claim.second), (("change", claim.change), ("base", claim.base))
        ):
            measured_in = context_of_setting(claim, setting)
            if part.context not in (None, measured_in):
                yield Problem(
                    f"claims.{index}.{key}",
                    f"names the context {part.context}, and is measured in {measured_in}, which "
                    "another part of the claim names",
                    "name the context once: in the claim, or in `first` and `second` where they "
                    "differ in it",
                )
                break


def _is_single_change(plan: Plan, arm: Arm) -> bool:
    """Whether an arm changes one factor, on top of what its condition names; a step of a path
    does.
    """
    reference = plan.reference(arm.context).levels
    changed = {factor: level for factor, level in arm.levels.items() if level != reference[factor]}
    return plan.study.design.kind == "path" or any(
        changed.items() <= {**conditions(plan.study, factor), factor: level}.items()
        for factor, level in changed.items()
    )


def _selecting(plan: Plan, selector: Selector, context: str | None) -> Callable[[], Arm]:
    return lambda: plan.select(selector, context)


class NamedTwice(NamedTuple):
    """Two arms of a claim that are one."""

    key: str
    """Under which it is named again."""
    what: str
    """What the claim compares, as a part of a sentence."""
    cure: str = "name two arms that differ"


def named_twice(plan: Plan, claim: Claim) -> NamedTwice | None:
    """The arm that a claim compares with itself, under one name or under two that stand for the
    same trials, or the rival that it names twice; None where all that it compares differ. Raises
    StudyError when it names an arm that there is not.

    A rival that is named twice would count as two in the error rate. The four arms of an
    interaction may share trials, as two settings may share a base.
    """
    arms: list[Arm] = []
    for key, selector in selectors(plan.study, claim):
        arm = plan.select(selector, claim.context)
        if key == "rivals" and arm in arms[1:]:
            return NamedTwice(key, f"with '{arm.name}' twice", "name each rival once")
        if arm in arms:
            return NamedTwice(key, f"'{arm.name}' with itself")
        arms.append(arm)
    if len(arms) != 2 or key == "rivals" or _hashes(plan, arms[0]) != _hashes(plan, arms[1]):
        return None
    one, other = (f"'{arm.name}' of '{arm.context}'" for arm in arms)
    return NamedTwice(key, f"{one} with {other}, which are the same trials")


def _hashes(plan: Plan, arm: Arm) -> set[str]:
    return {trial.hash for trial in plan.trials_of(arm)}
