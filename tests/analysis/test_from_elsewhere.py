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
TWO_BASELINES = STUDY.replace(
    "baseline: {pool: max}", "baselines: {small: {width: 8, pool: max}, large: {pool: max}}"
)


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


def test_an_accuracy_that_is_a_fraction_among_percentages_is_told():
    study = STUDY.replace("err", "acc").replace(", higher_is_better: false", "")
    table = "arm,seed,acc\nbaseline,0,82.5\nbaseline,1,0.821\nmean,0,0\nmean,1,81.2\n"
    told = "acc of baseline with seed 1 is 0.821 %, and of others up to 82.5 %"
    assert [text for text in warnings_of(table, study) if "fraction" in text] == [
        f"{told}: if it is a fraction, multiply it by 100."
    ]
    assert not any("fraction" in text for text in warnings_of(table.replace("0.821", "82"), study))


def test_a_lone_fraction_is_told_where_the_studys_own_numbers_are_in_percent():
    study = STUDY.replace("metric: err", "metric: acc")
    study = "".join(line for line in study.splitlines(True) if not line.startswith("metrics:"))
    table = "arm,seed,acc\nbaseline,0,82\nbaseline,1,0.821\nmean,0,82.1\nmean,1,82.5\n"
    assert any("if it is a fraction" in text for text in warnings_of(table, study))
    assert not any("fraction" in text for text in warnings_of(table.replace("0.821", "82"), study))


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


# --- ends -----------------------------------------------------------------------------------------


def courses(place: str, *trials: tuple[str, int, int], status: str = "") -> str:
    """Arm, seed and last point of each trial; the last trial has the status."""
    lines = ["arm,seed,status,metric,value," + place]
    for arm, seed, last in trials:
        own = status if (arm, seed, last) == trials[-1] else ""
        for point in range(1, last + 1):
            lines.append(
                f"{arm},{seed},{own},err,{9 + seed / 8 + len(arm) / 7 - point / 9},{point}"
            )
    return "\n".join(lines)


ALIKE = (("baseline", 0, 5), ("baseline", 1, 5), ("mean", 0, 5))


@pytest.mark.parametrize("place", ["epoch", "step"])
@pytest.mark.parametrize("last", [1, 2])
def test_a_trial_that_ends_before_the_others_is_told(place: str, last: int):
    assert warnings_of(courses(place, *ALIKE, ("mean", 1, last))) == (
        f"Trials end at different {place}s: the last err of mean with seed 1 is of {place} {last}, "
        f"that of baseline with seed 0 of {place} 5. If one broke off, a column 'status' says so.",
    )
    assert warnings_of(courses(place, *ALIKE, ("mean", 1, 5))) == ()


def test_ends_of_trials_that_do_not_count_may_differ():
    trials = (*ALIKE, ("mean", 1, 5), ("mean", 2, 2))
    (missing, failed, why) = warnings_of(courses("epoch", *trials, status="crashed"))
    assert missing == "1 of 6 trials failed (missing in means and effects): mean."
    assert failed == "1 of 6 trials missing (not in results.csv): baseline."
    assert why == "Why trials failed: failed where it ran."


def test_steps_may_differ_where_epochs_agree():
    text = (
        "arm,seed,metric,epoch,step,value\nbaseline,0,err,1,10,9.5\nbaseline,0,err,2,20,9\n"
        "mean,0,err,1,20,8\nmean,0,err,2,40,7.5\n"
    )
    seed = "There is one seed, so there are no intervals, and no claim can be decided."
    assert warnings_of(text) == (seed,)
    differ, _ = warnings_of(text.replace("mean,0,err,2,40,7.5\n", ""))
    assert differ.startswith("Trials end at different epochs: the last err of mean with seed 0 is")


def test_a_final_value_that_is_given_apart_has_no_place():
    text = courses("epoch", *ALIKE, ("mean", 1, 2)).splitlines()
    final = [f"{arm},{seed},,err,{4 + seed / 3 + len(arm)}," for arm, seed, _ in ALIKE]
    assert warnings_of("\n".join([*text, *final, "mean,1,,err,6,"])) == ()


def test_the_ends_of_several_baselines_are_named_with_theirs():
    text = "context,arm,seed,metric,step,value\n" + "".join(
        f"{context},{arm},{seed},err,{last},{number + seed / 3}\n"
        for context, arm, last, number in (
            ("small", "baseline", 1234567, 9),
            ("small", "mean", 1234567, 8),
            ("large", "baseline", 1234567, 7),
            ("large", "mean", 17, 6.5),
        )
        for seed in (0, 1)
    )
    assert warnings_of(text, TWO_BASELINES) == (
        "Trials end at different steps: the last err of mean in large with seed 0 is of step 17, "
        "that of baseline in small with seed 0 of step 1234567. If one broke off, a column "
        "'status' says so.",
    )


# --- what is not there ----------------------------------------------------------------------------


def test_trials_that_the_table_lacks_are_not_said_to_come():
    text = "arm,seed,err\nbaseline,0,20\nbaseline,1,21\nmean,1,12\nmean,2,13\n"
    assert warnings_of(text)[0] == "2 of 6 trials missing (not in results.csv): baseline, mean."


def test_an_arm_with_seeds_of_its_own_lacks_none():
    text = "arm,seed,err\nbaseline,0,20\nbaseline,1,21\nmean,10,12\nmean,11,13\n"
    assert warnings_of(text) == (
        "Seeds of mean and baseline do not match: their effect is by Welch's test, without pairs.",
    )


def test_an_arm_with_seeds_of_its_own_hides_no_trial_that_others_lack():
    three = STUDY.replace("[max, mean]", "[max, mean, sum]")
    text = (
        "arm,seed,err\nbaseline,0,20\nbaseline,1,21\nmean,10,12\nmean,11,13\n"
        "sum,0,14\nsum,1,15\nsum,2,16\n"
    )
    missing, unpaired = warnings_of(text, three)
    assert missing == "1 of 8 trials missing (not in results.csv): baseline."
    assert unpaired.startswith("Seeds of mean and baseline do not match")


def test_a_lone_trial_with_another_seed_may_be_a_misprint():
    text = "arm,seed,err\nbaseline,0,20\nbaseline,1,21\nmean,10,12\n"
    assert warnings_of(text)[0] == "2 of 5 trials missing (not in results.csv): mean."


def test_accuracies_that_are_fractions_are_still_refused():
    with pytest.raises(RecordError, match="is at most 1"):
        warnings_of(FRACTIONS, STUDY.replace("false", "true"))
