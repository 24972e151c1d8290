from pathlib import Path

import pytest

from ablate.errors import AblateError, SettingsError
from ablate.study.loading import load_study
from ablate.study.planning import make_plan
from ablate.workload import Resources, load_workload

REFUSED = (
    "workload 'external': runs nothing: the results of this study come in as a table\n"
    "    use `ablate report STUDY --results FILE`"
)


def test_any_settings_are_accepted_and_name_the_trial():
    workload = load_workload("external")
    resolved = workload.resolve({"net.width": 3, "net": {"depth": 2}, "tricks": ["a", None]})
    assert resolved == {"net": {"width": 3, "depth": 2}, "tricks": ["a", None]}
    assert workload.identity(resolved) == workload.canonical(resolved) == resolved
    assert workload.resolve(resolved) == resolved


def test_a_key_cannot_be_value_and_section():
    with pytest.raises(SettingsError) as caught:
        load_workload("external").resolve({"net": 3, "net.width": 2})
    assert str(caught.value) == "net.width: 'net' is a value, and so has no keys"


def test_a_study_may_name_any_metric(tmp_path: Path):
    path = tmp_path / "study.yaml"
    path.write_text(
        "question: '?'\nworkload: external\nbaseline: {pool: max}\n"
        "factors: {pool: [max, mean]}\nseeds: 0-2\nmetric: F1 (macro)\n"
    )
    plan = make_plan(load_study(path))
    assert [arm.name for arm in plan.arms] == ["baseline", "mean"]
    assert {trial.spec.workload for trial in plan.trials} == {"external"}
    assert plan.training_flops(plan.trials[0]) == 0


def test_it_runs_nothing():
    workload = load_workload("external")
    with pytest.raises(AblateError) as caught:
        workload.run({}, 0, Resources(), {})
    assert str(caught.value) == REFUSED


def test_a_run_is_refused_when_its_data_are_loaded():
    workload = load_workload("external")
    (name,) = workload.data_needed({})
    with pytest.raises(AblateError) as caught:
        workload.load_data(name, None)
    assert str(caught.value) == REFUSED
