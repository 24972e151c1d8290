"""Which studies can be looked at after every seed, and what they say of it in vain."""

from collections.abc import Iterator

from ablate.errors import Problem
from ablate.study.schema import Study


def looking_problems(study: Study, asked_by: str) -> Iterator[Problem]:
    """Why a study cannot be looked at repeatedly: there is nothing to decide, an order is still to
    be found, or its seeds are to be fixed beforehand.

    asked_by: the option or key named as the place.
    """
    if not any(claim.kind != "open" for claim in study.claims):
        yield Problem(asked_by, "the study makes no claim to decide", "add `claims`")
    if study.design.order == "greedy":
        yield Problem(
            asked_by,
            "a greedy path has no fixed arms to claim things of",
            "give the path an order, or the number of seeds beforehand",
        )
    if study.tune is not None:
        yield Problem(
            asked_by,
            "a tuned study is compared twice on the same seeds, and looking after each of them "
            "would end at others with shared settings than with tuned ones",
            "give the number of seeds beforehand, or leave out `tune`",
        )


def looking_warnings(study: Study) -> Iterator[str]:
    """What a study asks of looking repeatedly where it is looked at once."""
    if study.stop_futile and study.max_seeds is None:
        yield (
            "`stop_futile` has no effect where claims are looked at once: add `max_seeds`, or run "
            "with --until-decided."
        )
