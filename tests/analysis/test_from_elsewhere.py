"""What a report says of a table of results before anything is believed."""

from pathlib import Path

import pytest

from ablate.analysis.findings import analyse
from ablate.errors import RecordError
from ablate.records.compact import read_compact, write_compact
from ablate.records.results_table import read_results
from ablate.study.loading import load_study

STUDY = """
question: Does mean pooling pay?
workload: external
baseline: {pool: max}
factors: {pool: [max, mean]}
metric: err
smallest_effect_of_interest: 0.5
metrics: {err: {label: error, unit: "%", higher_is_better: false}}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def warnings_of(table: str, study: str = STUDY) -> tuple[str, ...]:
    """Of the report, which are the same once its evidence is stored and read back."""
    Path("study.yaml").write_text(study, encoding="utf-8")
    Path("results.csv").write_text(table, encoding="utf-8")
    results = read_results(Path("results.csv"), load_study("study.yaml"))
    write_compact(results.records.values(), Path("records.jsonl"))
    warnings = analyse(results.plan, results.records).warnings
    assert analyse(results.plan, read_compact(Path("records.jsonl"))).warnings == warnings
    return warnings


# --- percent --------------------------------------------------------------------------------------

FRACTIONS = "arm,seed,err\nbaseline,0,.20\nbaseline,1,.21\nmean,0,.10\nmean,1,.112\n"
MAY_BE_FRACTIONS = (
    "err is in percent, and all that results.csv gives of it is at most 1: if these are fractions, "
    "multiply them by 100."
)


def test_errors_in_percent_that_may_be_fractions_are_told():
    assert warnings_of(FRACTIONS) == (MAY_BE_FRACTIONS,)


@pytest.mark.parametrize("other", ["1.2", "12"])
def test_one_error_that_exceeds_1_tells_that_all_are_in_percent(other: str):
    assert warnings_of(FRACTIONS.replace(".112", other)) == ()


def test_a_course_that_begins_above_1_tells_so_too():
    rows = "arm,seed,metric,epoch,value\n" + "".join(
        f"{arm},{seed},err,1,{first}\n{arm},{seed},err,2,0.{3 + seed}{len(arm)}\n"
        for arm in ("baseline", "mean")
        for seed, first in enumerate((0.9, 0.8))
    )
    assert warnings_of(rows) == (MAY_BE_FRACTIONS,)
    assert warnings_of(rows.replace("0.9", "9")) == ()


def test_fractions_of_what_is_in_no_percent_are_fine():
    assert warnings_of(FRACTIONS, STUDY.replace('unit: "%", ', "")) == ()


# --- what is not there ----------------------------------------------------------------------------


def test_trials_that_the_table_lacks_are_not_said_to_come():
    text = "arm,seed,err\nbaseline,0,20\nbaseline,1,21\nmean,10,12\nmean,11,13\n"
    assert warnings_of(text)[0] == "4 of 8 trials missing (not in results.csv): baseline, mean."


def test_accuracies_that_are_fractions_are_still_refused():
    with pytest.raises(RecordError, match="is at most 1"):
        warnings_of(FRACTIONS, STUDY.replace("false", "true"))
