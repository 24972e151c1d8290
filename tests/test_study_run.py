"""Which way a study's run takes, and what is left of one that was interrupted."""

from pathlib import Path
from typing import Any

import pytest

from ablate import study_run
from ablate.combined_runs import read_runs
from ablate.errors import AblateError
from ablate.records.looks import sequential_plan
from ablate.records.store import RecordStore
from ablate.study.loading import load_study
from ablate.study.plan import Plan
from ablate.study.planning import make_plan
from ablate.study_run import run_study
from ablate.tuning.runner import RunSummary
from tests.tuning.here import all_here, run_trials_here

STUDY = """\
question: Which arm is better?
workload: tests.tuning.two_valleys:train
baseline: {rate: 1e-3, optimizer: adam}
factors:
  optimizer: [adam, sgd]
  rate: [1e-3, 1e-2]
seeds: 0-1
smallest_effect_of_interest: 0.5
claims:
  - says: SGD is worse.
    difference: {better: {optimizer: adam}, worse: {optimizer: sgd}}
"""
TUNE = """\
tune:
  space:
    name: rates
    parameters:
      rate: {type: float, range: [1e-5, 1], scale: log, why: both best ones lie within}
  trials: 2
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    all_here(monkeypatch)
    monkeypatch.chdir(tmp_path)


def planned(text: str = STUDY) -> Plan:
    Path("study.yaml").write_text(text)
    return make_plan(load_study(Path("study.yaml")))


def test_each_trial_of_the_plan_is_run_and_reported(tmp_path: Path):
    ended = run_study(planned(), tmp_path / "run")
    assert ended.run is not None
    assert len(ended.run.records) == 6
    assert ended.failed == 0


def test_a_maximum_of_seeds_leads_from_look_to_look(tmp_path: Path):
    plan = sequential_plan(planned(), 6)
    ended = run_study(plan, tmp_path / "run")
    assert ended.run is not None
    assert 3 <= len(ended.run.plan.study.seeds) < 6, "decided before the maximum"


def test_a_report_shows_the_looks_that_the_run_took_whatever_others_have_recorded(tmp_path: Path):
    other = tmp_path / "far" / "other"
    baseline = STUDY.partition("factors:")[0] + "factors: {}\nseeds: 0-9\n"
    run_study(planned(baseline), other)
    ended = run_study(sequential_plan(planned(), 10), tmp_path / "run", [other])
    assert ended.run is not None
    seeds = ended.run.plan.study.seeds
    assert len(seeds) < 10
    assert read_runs([tmp_path / "run"]) == ended.run


class TestAMaximumInTheStudyItself:
    """`max_seeds` as a key means what `--until-decided` does."""

    def test_seeds_are_added_until_the_claims_are_decided(self, tmp_path: Path):
        ended = run_study(planned(STUDY + "max_seeds: 6\n"), tmp_path / "run")
        assert ended.run is not None
        assert 3 <= len(ended.run.plan.study.seeds) < 6, "more than its own two"
        assert load_study(tmp_path / "run" / "study.yaml").seeds == tuple(range(6))

    def test_seeds_beyond_it_are_not_trained(self, tmp_path: Path):
        text = STUDY.replace("seeds: 0-1", "seeds: 0-9\nmax_seeds: 3")
        ended = run_study(planned(text), tmp_path / "run")
        assert ended.run is not None
        assert {record.spec.seed for record in ended.run.records.values()} == {0, 1, 2}
        assert len(list((tmp_path / "run" / "records").glob("*.json"))) == 9

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                STUDY + "design: {kind: path, order: greedy}\n",
                "max_seeds: a greedy path has no fixed arms to claim things of\n"
                "    give the path an order, or the number of seeds beforehand",
            ),
            (
                STUDY.partition("claims:")[0],
                "max_seeds: the study makes no claim to decide\n    add `claims`",
            ),
        ],
        ids=["greedy", "no claims"],
    )
    def test_what_it_does_not_go_with_is_refused_before_anything_is_written(
        self, tmp_path: Path, text: str, message: str
    ):
        study = planned(text).study.model_copy(update={"max_seeds": 5})
        with pytest.raises(AblateError) as caught:
            run_study(make_plan(study), tmp_path / "run")
        assert str(caught.value) == message
        assert not (tmp_path / "run").exists()
        with pytest.raises(AblateError) as caught:
            planned("max_seeds: 5\n" + text)
        assert str(caught.value) == f"study.yaml, line 1, {message}", "as soon as it is read"


def test_tune_leads_to_a_search_of_each_arm(tmp_path: Path):
    text = STUDY.replace("  rate: [1e-3, 1e-2]\n", "") + TUNE
    ended = run_study(planned(text), tmp_path / "run")
    assert ended.run is not None
    assert set(ended.run.searches) == {arm.key for arm in ended.run.plan.arms}


def test_a_greedy_order_is_found_step_by_step(tmp_path: Path):
    text = STUDY + "design: {kind: path, order: greedy}\n"
    ended = run_study(planned(text), tmp_path / "run")
    assert ended.run is not None
    assert {"optimizer": "sgd", "rate": "0.01"} in [arm.levels for arm in ended.run.plan.arms]


def test_an_interrupted_run_has_nothing_to_report_and_keeps_its_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def interrupted(plan: Plan, store: RecordStore, **options: Any) -> RunSummary:
        return run_trials_here(plan, store)._replace(interrupted=True)

    monkeypatch.setattr(study_run, "run_trials", interrupted)
    assert run_study(planned(), tmp_path / "run").run is None
    assert len(list((tmp_path / "run" / "records").glob("*.json"))) == 6
