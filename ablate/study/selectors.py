"""The arms that a claim names, by the selectors in it."""

from ablate.study.arms import conditions
from ablate.study.schema import Claim, Interaction, Selector, Study


def selectors(study: Study, claim: Claim) -> list[tuple[str, Selector]]:
    """A claim's arms by the key that names them.

    An interaction compares four arms: change and base, each in the first and the second setting,
    in the context of that setting or else of the change. What the change is varied under holds in
    its base too, or the change would be of that as well.
    """
    if claim.kind == "interaction":
        return [
            (
                place,
                Selector(
                    levels=setting.levels | part.levels, context=context_of_setting(claim, setting)
                ),
            )
            for place, setting in (("first", claim.first), ("second", claim.second))
            for part in (claim.change, _base(study, claim, setting))
        ]
    if claim.kind == "largest_effect":
        return [("change", claim.change), *(("rivals", rival) for rival in claim.rivals)]
    values = ((key, getattr(claim, key)) for key in type(claim).model_fields)
    return [(key, value) for key, value in values if isinstance(value, Selector)]


def context_of_setting(claim: Interaction, setting: Selector) -> str | None:
    """Where an interaction measures its change in one of its settings; None where only the claim
    may say so.
    """
    return setting.context or claim.change.context or claim.base.context


def _base(study: Study, claim: Interaction, setting: Selector) -> Selector:
    """What an interaction's change is measured against in one of its settings."""
    context = context_of_setting(claim, setting) or claim.context
    held = {
        factor: level
        for factor, level in needed_levels(study, claim.change).items()
        if factor not in claim.change.levels.keys() | setting.levels.keys()
        and (context in study.factors[factor].contexts or not study.factors[factor].contexts)
    }
    return claim.base.model_copy(update={"levels": held | claim.base.levels})


def needed_levels(study: Study, selector: Selector) -> dict[str, str]:
    """All that the levels of a selector are varied under."""
    needed: dict[str, str] = {}
    for factor in selector.levels:
        needed |= conditions(study, factor)
    return needed
