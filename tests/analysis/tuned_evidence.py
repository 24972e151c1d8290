"""Tuned studies made by hand: searches of given points, and records of both comparisons."""

from collections.abc import Mapping
from typing import Any

from ablate.analysis.findings import Findings, analyse
from ablate.records.schema import TrialRecord
from ablate.records.search_result import SearchPoint, SearchResult
from ablate.records.tuned_search import finished, own_plan
from ablate.study.arms import overlaid
from ablate.study.plan import Plan
from ablate.study.schema import Difference, Tune
from ablate.study.search_space import Parameter, SearchSpace
from tests.analysis.evidence import OPTIMIZER, ByArm, arm, plan_of, records_of

RATES = SearchSpace(
    name="rates",
    parameters=(
        Parameter(
            name="rate", key="training.rate", type="float", range=(1e-5, 1), scale="log", why="w"
        ),
    ),
)
ADAM_WINS = Difference(says="Adam beats SGD.", better=arm(), worse=arm(optimizer="sgd"))
SEARCHED = {
    "baseline": {1e-3: 70.0, 1e-2: 65.0, 0.1: 10.0},
    "sgd": {1e-3: 40.0, 1e-2: 60.0, 0.1: 80.0},
}
"""Points of both arms: validation accuracy by rate. Adam is best as it is, SGD at a hundredfold."""


def tuned_study(**changes: Any) -> Plan:
    """Adam and SGD with a rate of 1e-3, to be searched by three points."""
    fields: dict[str, Any] = {
        "contexts": {"baseline": {"training.rate": 1e-3}},
        "claims": (ADAM_WINS,),
        "smallest_effect_of_interest": 0.5,
        "tune": Tune(space=RATES, trials=3),
        "seeds": 3,
    }
    return plan_of(OPTIMIZER, **(fields | changes))


def search_of(
    plan: Plan, name: str, points: Mapping[float, float | None], **changes: Any
) -> SearchResult:
    """A search of the arm of that name. points: value by rate; None: diverged without one."""
    tune, searched = plan.study.tune, plan.arm("baseline", name)
    assert tune is not None
    fields: dict[str, Any] = {
        "study": "study",
        "context": "baseline",
        "arm": name,
        "space": tune.space.name,
        "space_digest": tune.space.digest,
        "metric": "validation_accuracy",
        "higher_is_better": True,
        "seeds": tune.seeds,
        "points": tuple(
            SearchPoint(
                number=number,
                values={"rate": rate},
                settings={"training.rate": rate},
                status="diverged" if value is None else "completed",
                value=value,
                trials=tuple(
                    spec.hash
                    for spec in plan.specs_of(
                        overlaid(searched.settings, {"training.rate": rate}), tune.seeds
                    )
                ),
            )
            for number, (rate, value) in enumerate(points.items())
        ),
    }
    return SearchResult(**(fields | changes))


def searches_of(plan: Plan, points: Mapping[str, Mapping[float, float | None]] = SEARCHED) -> Any:
    """The finished searches of the arms named."""
    return finished(plan, [search_of(plan, name, own) for name, own in points.items()])


def findings_of(
    shared: ByArm,
    own: ByArm,
    plan: Plan | None = None,
    points: Mapping[str, Mapping[float, float | None]] = SEARCHED,
) -> Findings:
    """All that the records say. shared, own: test accuracies by arm, seed by seed; what an arm's
    own trials share with its shared ones is taken from `shared`.
    """
    plan = plan or tuned_study()
    searches = searches_of(plan, points)
    records: dict[str, TrialRecord] = {}
    again = own_plan(plan, searches)
    if again is not None:
        records = records_of(again, own)
    return analyse(plan, records | records_of(plan, shared), searches)
