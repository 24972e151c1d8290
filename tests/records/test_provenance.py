from typing import Any

from ablate.records.provenance import provenance_of
from tests.records.samples import make_record


def test_what_differs_in_every_trial_says_nothing_of_a_run():
    def of(**provenance: Any) -> dict[str, str]:
        return provenance_of([make_record(provenance=provenance)])

    assert of(device="NVIDIA H100", process=7, peak_memory_gb=1.5) == {"device": "NVIDIA H100"}
    assert of(gpu={"cuda": "13.0", "memory_gb": 85.0}) == {
        "gpu.cuda": "13.0",
        "gpu.memory_gb": "85.0",
    }
    assert of(source="results.csv", last_point={"epoch": 3.0, "step": 90.0}) == {
        "source": "results.csv"
    }


def test_where_trials_differ_each_value_says_of_how_many_it_is():
    records = [make_record(provenance={"commit": commit}) for commit in ("b", "a", "b")]
    assert provenance_of(records)["commit"] == "a (1 trial), b (2 trials)"


def test_what_some_trials_do_not_say_is_not_said_of_all():
    records = [make_record(provenance={"precision": "bfloat16"} if said else {}) for said in (1, 0)]
    assert provenance_of(records)["precision"] == "bfloat16 (1 trial)"
