from typing import Any

import pytest

from ablate.errors import Problem
from ablate.study.looking import looking_problems, looking_warnings
from ablate.study.schema import Tune
from tests.study.made_studies import POOL, study
from tests.study.test_tuned import space

CLAIM = {"kind": "reaches", "says": "a", "arm": {}, "value": 1.0}
NO_CLAIM = "the study makes no claim to decide"


def problems(**keys: Any) -> list[str]:
    return [each.message for each in looking_problems(study({"pool": POOL}, **keys), "max_seeds")]


def test_a_study_with_a_claim_can_be_looked_at() -> None:
    assert problems(claims=[CLAIM]) == []


@pytest.mark.parametrize("claims", [[], [{"kind": "open", "says": "a", "why": "b"}]])
def test_one_without_a_claim_to_decide_cannot(claims: list[Any]) -> None:
    assert tuple(looking_problems(study({"pool": POOL}, claims=claims), "--until-decided")) == (
        Problem("--until-decided", NO_CLAIM, "add `claims`"),
    )


def test_all_that_it_does_not_go_with_is_told_at_once() -> None:
    tune = Tune(space=space("training.rate"))
    told = problems(design={"kind": "path", "order": "greedy"}, tune=tune)
    assert [message.partition(" a")[0] for message in told] == [
        NO_CLAIM.partition(" a")[0],
        "a greedy path has no fixed",
        "a tuned study is compared twice on the same seeds,",
    ]


def test_giving_claims_up_is_in_vain_where_they_are_looked_at_once() -> None:
    (warning,) = looking_warnings(study({"pool": POOL}, stop_futile=True))
    assert warning == (
        "`stop_futile` has no effect where claims are looked at once: add `max_seeds`, or run with "
        "--until-decided."
    )
    assert not [*looking_warnings(study({"pool": POOL}, stop_futile=True, max_seeds=5))]
    assert not [*looking_warnings(study({"pool": POOL}))]
