from typing import Any

import pytest

from ablate.records.compact import read_compact, write_compact
from ablate.records.counted_metrics import counted_metrics
from ablate.records.greedy_path import GreedyPath, criterion, follow, grown, start
from ablate.study.arms import Arm
from ablate.study.planning import make_plan
from ablate.workload import MetricDescription
from tests.records.greedy import RECIPE, Records, added, gains, greedy_plan, greedy_study
from tests.study.fake_workload import FAKE
from tests.study.made_studies import POOL, study


def names(path: GreedyPath) -> list[str]:
    return [arm.name for arm in path.plan.arms]


def finished(records: Records, **keys: Any) -> GreedyPath:
    """Runs and chooses until nothing is left."""
    path = start(greedy_plan(**keys))
    while True:
        records.run(path.plan)
        longer = grown(path, records.get)
        if longer is None:
            return path
        path = longer


def test_the_best_candidate_by_validation_data_comes_first() -> None:
    path = finished(Records())
    assert path.chosen == ("norm", "width", "pool")
    assert names(path) == ["baseline", "+ norm", "+ width", "+ pool"]
    assert path.candidates == ()


def test_the_path_follows_from_the_records_alone() -> None:
    records = Records()
    path = finished(records)
    assert follow(greedy_plan(), records.get) == path


def test_a_finished_path_keeps_the_trials_that_its_order_rests_on() -> None:
    records = Records()
    path = finished(records)
    kept = {trial.hash for trial in path.trials}
    assert kept == set(records)
    passed_over = kept - {trial.hash for trial in path.plan.trials}
    assert len(passed_over) == 2 * (2 + 1)  # two seeds of two candidates, then of one


def test_compact_records_lead_the_same_way(tmp_path: Any) -> None:
    """They keep seven digits: a tie must stay a tie."""

    def nearly_equal(arm: Arm, seed: int) -> dict[str, float]:
        noise = {"+ pool": 0.0, "+ norm": 1e-13, "+ width": -1e-13}.get(arm.name, 0.0)
        return {"validation_accuracy": 200 / 3 + noise}

    records = Records(nearly_equal)
    path = finished(records)
    assert path.chosen == ("pool", "norm", "width")
    write_compact(records.values(), tmp_path / "records.jsonl")
    assert follow(greedy_plan(), read_compact(tmp_path / "records.jsonl").get) == path


def test_compact_records_lead_the_same_way_at_the_border_of_a_tie(tmp_path: Any) -> None:
    """Rounded they are a tie, before they are none."""

    def apart(arm: Arm, seed: int) -> dict[str, float]:
        return {"validation_accuracy": 1.00000125 if "norm" in added(arm) else 1.00000005}

    records = Records(apart)
    path = finished(records)
    write_compact(records.values(), tmp_path / "records.jsonl")
    assert follow(greedy_plan(), read_compact(tmp_path / "records.jsonl").get) == path
    assert path.chosen == ("pool", "norm", "width")


def test_equal_means_stay_equal_though_their_values_are_rounded() -> None:
    def thirds(arm: Arm, seed: int) -> dict[str, float]:
        values = (200 / 3, 0.0) if "norm" in added(arm) else (100 / 3, 100 / 3)
        return {"validation_accuracy": values[seed]}

    assert finished(Records(thirds)).chosen == ("pool", "norm", "width")


def test_a_path_whose_trials_have_not_all_ended_waits_there() -> None:
    records = Records()
    finished(records)
    second_step = start(greedy_plan())
    longer = grown(second_step, records.get)
    assert longer is not None
    del records[next(trial.hash for trial in longer.plan.trials if trial.arm == "+ pool")]
    path = follow(greedy_plan(), records.get)
    assert path.chosen == ("norm",)
    assert names(path) == ["baseline", "+ norm", "+ pool", "+ width"]
    assert [arm.name for arm in path.candidates] == ["+ pool", "+ width"]


def test_lower_is_better_where_the_metric_says_so() -> None:
    def losses(arm: Arm, seed: int) -> dict[str, float]:
        loss = {"+ pool": 0.4, "+ norm": 0.2, "+ width": 0.3}.get(arm.name, 1.0)
        return {"validation_loss": loss}

    assert finished(Records(losses), metric="test_loss").chosen == ("norm", "width", "pool")


def test_a_test_metric_gives_way_to_its_validation_counterpart() -> None:
    assert criterion(greedy_study(metric="test_loss")) == "validation_loss"
    assert criterion(greedy_study(metric="validation_accuracy")) == "validation_accuracy"


RESIDUAL = {"test_residual": MetricDescription(label="r", higher_is_better=False, chance=90.0)}


def test_the_counterpart_of_a_described_metric_is_better_the_same_way() -> None:
    def residuals(arm: Arm, seed: int) -> dict[str, float]:
        return {"validation_residual": -gains(arm, seed)["validation_accuracy"]}

    path = finished(Records(residuals), metric="test_residual", metrics=RESIDUAL)
    assert path.chosen == ("norm", "width", "pool")


def test_a_diverged_trial_counts_at_the_chance_level_of_the_test_counterpart() -> None:
    path = start(greedy_plan(metric="test_residual", metrics=RESIDUAL))
    records = Records(lambda arm, seed: {"validation_residual": 95.0})
    for trial in path.plan.trials:
        records.add(path.plan, trial, **({"status": "diverged"} if trial.arm == "+ width" else {}))
    longer = grown(path, records.get)
    assert longer is not None
    assert longer.chosen == ("width",)


def best_first_step(**fields: Any) -> str:
    """What is chosen when the best candidate's trial with seed 0 ends otherwise."""
    path, records = start(greedy_plan(diverged=fields.pop("diverged", "chance"))), Records()
    for trial in path.plan.trials:
        other = trial.arm == "+ norm" and trial.seed == 0
        records.add(path.plan, trial, **(fields if other else {}))
    longer = grown(path, records.get)
    assert longer is not None
    return longer.chosen[0]


def test_a_failed_trial_is_left_out_of_the_mean() -> None:
    assert best_first_step(status="failed", error="ValueError: no luck") == "norm"


@pytest.mark.parametrize(("counts_as", "chosen"), [("chance", "width"), ("failure_rate", "norm")])
def test_a_diverged_trial_counts_as_the_study_says(counts_as: str, chosen: str) -> None:
    chance = {"validation_accuracy": 10.0}
    assert best_first_step(status="diverged", chance_level=chance, diverged=counts_as) == chosen


def test_a_candidate_of_which_nothing_finished_is_not_chosen() -> None:
    path, records = start(greedy_plan({"pool": RECIPE["pool"], "norm": RECIPE["norm"]})), Records()
    for trial in path.plan.trials:
        failed = {"status": "failed", "error": "out of memory"} if trial.arm == "+ norm" else {}
        records.add(path.plan, trial, **failed)
    longer = grown(path, records.get)
    assert longer is not None
    assert longer.chosen == ("pool",)


def test_a_study_of_another_design_has_nothing_to_choose() -> None:
    plan = make_plan(study({"pool": POOL}), FAKE)
    assert follow(plan, Records().get) == GreedyPath(plan, (), plan.unique_trials)


def test_what_a_study_declares_stands_where_a_record_does_not_say_it() -> None:
    def of(record: dict[str, Any]) -> Any:
        path, records = start(greedy_plan()), Records()
        trial = path.plan.trials[0]
        records.add(path.plan, trial, status="diverged", **record)
        described = {"accuracy": MetricDescription(label="accuracy", chance=10.0)}
        return counted_metrics(records.get(trial.hash), path.plan.study, described)

    assert of({}) == {"accuracy": 10.0}
    assert of({"chance_level": {"accuracy": 50.0}}) == {"accuracy": 50.0}
