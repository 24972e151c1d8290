"""What the recorder makes of Ray Tune's calls, without Ray; on Ray it is tested with the runner."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ablate.errors import RecordError
from ablate.records.encoding import encode
from ablate.records.schema import TrialRecord
from ablate.records.store import RecordStore
from ablate.tuning.progress import Silent, TrialName
from ablate.tuning.recorder import Recorder, error_text
from ablate.tuning.runner import missing_tasks
from ablate.tuning.trainable import OUTCOME, WEIGHTS
from tests.runs import completed
from tests.tuning.studies import make_trivial_plan


@pytest.fixture
def trial(tmp_path: Path) -> Any:
    """As much of a trial of Ray Tune's as the recorder looks at."""
    task, *_ = missing_tasks(make_trivial_plan(seeds=1), RecordStore(tmp_path))
    config = {"task": task.model_dump(mode="json")}
    return SimpleNamespace(trial_id="a", config=config, last_result={}, error_file=None)


def test_a_stopped_trial_that_cannot_be_recorded_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trial: Any
):
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ablate.records.store.write_atomically", full)
    recorder = Recorder(RecordStore(tmp_path), Silent())
    recorder.on_trial_start(1, [], trial)
    recorder.on_step_end(1, [])
    with pytest.raises(RecordError) as caught:
        recorder.on_trial_complete(1, [], trial)  # Ray Tune goes on after that
    with pytest.raises(RecordError) as again:
        recorder.on_step_end(1, [])
    assert again.value is caught.value is recorder.error
    assert "cannot be written: No space left on device" in str(again.value)


def test_what_hears_of_a_stopped_trial_ends_the_run_where_it_fails(tmp_path: Path, trial: Any):
    class Deaf(Silent):
        def trial_ended(self, *arguments: Any) -> None:
            raise ValueError("the storage of the search is full")

    recorder = Recorder(RecordStore(tmp_path), Deaf())
    recorder.on_trial_start(1, [], trial)
    with pytest.raises(ValueError) as caught:
        recorder.on_trial_complete(1, [], trial)  # Ray Tune goes on after that
    with pytest.raises(ValueError) as again:
        recorder.on_step_end(1, [])
    assert again.value is caught.value


def test_an_error_of_other_bytes_than_text_is_told(tmp_path: Path, trial: Any):
    file = tmp_path / "error.txt"
    file.write_bytes(b"Failure # 1 (occurred at now)\nValueError: caf\xe9\n")
    trial.error_file = str(file)
    assert error_text(trial) == "ValueError: caf\ufffd"


@pytest.mark.parametrize("content", ["", "\n", "Failure # 1 (occurred at now)\n \n"])
def test_a_trial_that_failed_without_a_word_is_recorded_so(
    tmp_path: Path, trial: Any, content: str
):
    file = tmp_path / "error.txt"
    file.write_text(content)
    trial.error_file = str(file)
    store = RecordStore(tmp_path)
    recorder = Recorder(store, Silent())
    recorder.on_trial_start(1, [], trial)
    recorder.on_trial_error(1, [], trial)
    assert [(record.status, record.error) for record in store.records()] == [
        ("failed", "no reason given")
    ]


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (
            {"precision": "float32", "device": "cpu"},
            ["Seed 0 is now computed in bfloat16 on cpu, and recorded trials of it were in float32 "
            "on cpu: what compares them mixes the two."],
        ),
        ({"precision": "bfloat16"}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_another_arithmetic_than_that_of_a_seeds_recorded_trials_is_told_at_the_first(
    tmp_path: Path, trial: Any, before: dict[str, str], told: list[str]
):
    remarks: list[str] = []

    class Listener(Silent):
        def remarked(self, remark: str) -> None:
            remarks.append(remark)

    store = RecordStore(tmp_path)
    trials = make_trivial_plan(seeds=2).trials
    recorded, new = (trial for trial in trials if trial.seed == 0)
    store.put(completed(recorded, provenance=before))
    of_other_seed = next(trial for trial in trials if trial.seed == 1)  # pairs with neither
    store.put(completed(of_other_seed, provenance={"precision": "float16"}))
    recorder = Recorder(store, Listener())
    for _ in range(2):
        recorder.on_trial_start(1, [], trial)
        record = completed(new, provenance={"precision": "bfloat16", "device": "cpu"})
        recorder.on_trial_result(1, [], trial, {OUTCOME: encode(record), WEIGHTS: None})
    assert remarks == told


def test_who_waits_is_told_by_what_the_study_asks_and_the_record_is_the_same_whoever_asks(
    tmp_path: Path, trial: Any
):
    told: list[str] = []

    class Listener(Silent):
        def trial_ended(self, hash_: str, trial: TrialName, record: TrialRecord) -> None:
            told.append(record.status)

    plan, store = make_trivial_plan(seeds=1), RecordStore(tmp_path)
    recorder = Recorder(store, Listener())
    recorder.on_trial_start(1, [], trial)
    record = completed(plan.trials[0], provenance={"not_finite": [plan.study.metric]})
    recorder.on_trial_result(1, [], trial, {OUTCOME: encode(record), WEIGHTS: None})
    assert told == ["diverged"]
    assert [kept.status for kept in store.records()] == ["completed"]
