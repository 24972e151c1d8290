from ablate.study.plan_table import PlanRow, plan_table
from ablate.study.planning import make_plan
from tests.study.fake_workload import FAKE
from tests.study.made_studies import NORM, OPTIMIZER, POOL, WIDTH, study


def test_the_table_shows_arms_as_differences_from_the_baseline() -> None:
    contexts = {"baseline": {"training.epochs": 1}}
    of = study({"optimizer": OPTIMIZER}, contexts=contexts, seeds=[0, 1, 2])
    plan = make_plan(of, FAKE)
    assert plan_table(plan, {plan.trials[0].hash, plan.trials[2].hash}) == [
        PlanRow("baseline", "baseline", "training.epochs: 1", 3, 2),
        PlanRow(
            "baseline",
            "sgd",
            "training.optimizer: adam -> sgd, training.rate: 0.001 -> 0.05",
            3,
            0,
        ),
    ]


def test_the_table_tells_text_from_the_number_that_it_looks_like() -> None:
    values = ["1", 1.0, True, 2, "1e-3", "true", "null", "", False, None, "one"]
    factors = {f"f{index}": {"it": {"model.width": value}} for index, value in enumerate(values)}
    contexts = {"baseline": {"model.width": 1}}
    rows = plan_table(make_plan(study(factors, contexts=contexts, seeds=[0]), FAKE))
    assert [row.changes.removeprefix("model.width: ") for row in rows] == [
        "1", "1 -> '1'", "1 -> 1.0", "1 -> true", "1 -> 2", "1 -> '1e-3'", "1 -> 'true'",
        "1 -> 'null'", "1 -> ''", "1 -> false", "1 -> none", "1 -> one",
    ]  # fmt: skip


def test_the_table_shows_a_step_of_a_path_as_its_difference_from_the_step_before() -> None:
    plan = make_plan(study({"pool": POOL, "norm": NORM}, design="path"), FAKE)
    assert [row.changes for row in plan_table(plan)] == [
        "",
        "model.pool: max -> mean",
        "model.norm: none -> batch",
    ]


def test_the_table_shows_greedy_candidates_as_differences_from_the_last_step() -> None:
    of = study(
        {"pool": POOL, "norm": NORM, "width": WIDTH}, design={"kind": "path", "order": "greedy"}
    )
    rows = plan_table(make_plan(of, FAKE, ("norm",)))
    assert [(row.arm, row.changes) for row in rows] == [
        ("baseline", ""),
        ("+ norm", "model.norm: none -> batch"),
        ("+ pool", "model.pool: max -> mean"),
        ("+ width", "model.width: 8 -> 64"),
    ]
