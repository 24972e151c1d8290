"""Evidence made by hand: a plan of the fake workload, and records with given values."""

from collections.abc import Mapping, Sequence
from typing import Any

from ablate.analysis.claims import Verdict, standing, verdicts
from ablate.analysis.evidence import Evidence
from ablate.analysis.tables import history_table, trial_table
from ablate.records.schema import Cost, TrialRecord
from ablate.study.plan import Plan, PlannedTrial
from ablate.study.planning import make_plan
from ablate.study.schema import Design, Factor, Selector, Study
from tests.study.fake_workload import FAKE

ByArm = Mapping[Any, Sequence[Any]]
"""Arm (a pair with its context where there are several) -> what its trials have, seed by seed."""

WIDTH = Factor(name="width", levels={"narrow": {"model.width": 8}, "wide": {"model.width": 16}})
POOL = Factor(
    name="pool",
    levels={
        "max": {"model.pool": "max"},
        "mean": {"model.pool": "mean"},
        "stride": {"model.pool": "stride"},
    },
)
NORM = Factor(
    name="norm", levels={"plain": {"model.norm": "none"}, "batch": {"model.norm": "batch"}}
)
RATE = Factor(
    name="rate", levels={"slow": {"training.rate": 1e-3}, "fast": {"training.rate": 1e-2}}
)
EPOCHS = Factor(
    name="epochs", levels={"short": {"training.epochs": 2}, "long": {"training.epochs": 4}}
)
OPTIMIZER = Factor(
    name="optimizer",
    levels={"adam": {"training.optimizer": "adam"}, "sgd": {"training.optimizer": "sgd"}},
)
MOMENTUM = Factor(
    name="momentum",
    levels={"still": {"training.momentum": 0.0}, "rolling": {"training.momentum": 0.9}},
    when={"optimizer": "sgd"},
)


def arm(context: str | None = None, **levels: str) -> Selector:
    """A selector, e.g. arm(width="wide")."""
    return Selector(levels=levels, context=context)


def plan_of(
    *factors: Factor,
    seeds: int | Sequence[int] = 5,
    design: str | Design = "one_at_a_time",
    chosen: tuple[str, ...] = (),
    **changes: Any,
) -> Plan:
    """The plan of a study of these factors. seeds: how many, or which."""
    fields: dict[str, Any] = {
        "name": "study",
        "question": "?",
        "contexts": {"baseline": {}},
        "factors": {factor.name: factor for factor in factors},
        "design": Design(kind=design) if isinstance(design, str) else design,
        "seeds": tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds),
    }
    return make_plan(Study(**(fields | changes)), FAKE, chosen)


def records_of(
    plan: Plan,
    values: ByArm,
    histories: ByArm | None = None,
    **fields: Any,
) -> dict[str, TrialRecord]:
    """Records by hash. values: each as `record_of` takes it, or None without a record.

    histories: by column; fields: of every record. A trial costs an hour of one core.
    """
    records = {}
    for trial in plan.trials:
        place = plan.study.seeds.index(trial.seed)
        value = _given(trial, values, place, plan)
        history = None if histories is None else _given(trial, histories, place, plan)
        if value is not None:
            own = fields if history is None else {"history": _listed(history), **fields}
            records[trial.hash] = record_of(trial, value, plan.study.metric, **own)
    return records


def record_of(
    trial: PlannedTrial,
    value: float | Mapping[str, float] | str,
    metric: str = "test_accuracy",
    **fields: Any,
) -> TrialRecord:
    """The record of a trial. value: its metric, all its metrics, or the status it ended with."""
    status = value if isinstance(value, str) else "completed"
    metrics = (
        {} if isinstance(value, str) else value if isinstance(value, Mapping) else {metric: value}
    )
    content: dict[str, Any] = {
        "metrics": metrics,
        "cost": Cost(seconds=3600.0, core_seconds=3600.0, flops=1e9),
        "error": "ValueError: no luck" if status == "failed" else None,
    }
    return TrialRecord(hash=trial.hash, spec=trial.spec, status=status, **(content | fields))


def evidence_of(plan: Plan, records: Mapping[str, TrialRecord]) -> Evidence:
    """The tables that claims are held against."""
    return Evidence(plan, trial_table(plan, records), history_table(plan, records), records)


def verdicts_of(plan: Plan, values: ByArm, **fields: Any) -> tuple[Verdict, ...]:
    """The verdicts on a plan's claims, with these values in its records."""
    evidence = evidence_of(plan, records_of(plan, values, **fields))
    return verdicts(evidence, standing(evidence))


def _given(trial: PlannedTrial, by_arm: ByArm, place: int, plan: Plan) -> Any:
    own = by_arm.get((trial.context, trial.arm))
    if own is None and len(plan.study.contexts) == 1:
        own = by_arm.get(trial.arm)
    return None if own is None else own[place]


def _listed(history: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    return {name: list(column) for name, column in history.items()}
