"""Which arms are compared, and what is written of them."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ablate.comparison_folder import compare_runs, run_names, shown_rows
from ablate.errors import AblateError
from ablate.study.plan import Plan
from tests.runs import completed, failed, make_report, make_run
from tests.tuning.studies import make_trivial_plan

HISTORY = {
    "epoch": [1.0, 2.0],
    "seconds": [3.0, 6.0],
    "validation_loss": [0.75, 0.5],
    "validation_accuracy": [70.0, 80.0],
}


def make(folder: Path, plan: Plan, write: Any = make_run) -> Path:
    records = [completed(trial, history=HISTORY) for trial in plan.trials]
    written: Path = write(folder, plan, *records)
    return written


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A run with the arms baseline and b, and a report with baseline and c."""
    monkeypatch.chdir(tmp_path)
    return [
        make(Path("runs/pooling"), make_trivial_plan()),
        make(Path("reports/rate"), make_trivial_plan(arms=("c",)), make_report),
    ]


def refusal(*arguments: Any) -> str:
    with pytest.raises(AblateError) as caught:
        compare_runs(*arguments)
    return str(caught.value)


def test_picture_and_tables_lie_in_a_folder_named_for_the_runs(runs: list[Path]) -> None:
    found, paths = compare_runs(runs)
    folder = Path("runs/compare-pooling-rate")
    names = ["comparison.png", "comparison.svg", "arms.csv", "curves.csv"]
    assert list(paths) == [folder / name for name in names]
    assert (folder / "comparison.png").read_bytes().startswith(b"\x89PNG")
    labels = ["pooling: baseline", "b", "rate: baseline", "c"]
    assert pd.read_csv(folder / "arms.csv")["label"].tolist() == labels == list(found.arms["label"])
    curves = pd.read_csv(folder / "curves.csv")
    assert len(curves) == 2 * 4 * 2  # curves, arms, points
    assert set(curves["metric"]) == {"validation_loss", "validation_accuracy"}


@pytest.mark.parametrize(
    ("asked", "labels"),
    [
        (["pooling:a", "b"], ["baseline", "b"]),  # the level that the baseline is
        (["baseline"], ["pooling: baseline", "rate: baseline"]),
        (["rate:baseline", "b"], ["baseline", "b"]),
        (["c", "rate:c", "b"], ["c", "b"]),
        (["baseline/c"], ["c"]),
    ],
)
def test_arms_are_named_alone_or_with_their_run(
    runs: list[Path], tmp_path: Path, asked: list[str], labels: list[str]
) -> None:
    found, _ = compare_runs(runs, asked, ["validation_loss"], tmp_path / "out")
    assert list(found.arms["label"]) == labels


def test_the_table_says_what_each_arm_came_to(runs: list[Path], tmp_path: Path) -> None:
    found, _ = compare_runs(runs, ["c"], ["validation_loss"], tmp_path / "out")
    assert shown_rows(found) == (
        ("arm", "seeds", "validation_loss", "test_accuracy", "epochs", "seconds"),
        [("c", "2 of 2", "—", "82.50", "2.0", "6")],
    )


def test_less_than_ten_seconds_are_not_rounded_to_whole_ones(tmp_path: Path) -> None:
    plan = make_trivial_plan()
    history = HISTORY | {"seconds": [0.2, 0.497]}
    make_run(tmp_path / "run", plan, *(completed(t, history=history) for t in plan.trials))
    found, _ = compare_runs([tmp_path / "run"], ["b"], ["validation_loss"], tmp_path / "out")
    assert shown_rows(found)[1][0][-1] == "0.5"


def test_a_metric_that_is_named_like_a_column_is_shown_beside_it(tmp_path: Path) -> None:
    plan = make_trivial_plan(metric="seconds")
    records = [completed(t, metrics={"seconds": 100.0}, history=HISTORY) for t in plan.trials]
    make_run(tmp_path / "run", plan, *records)
    found, _ = compare_runs([tmp_path / "run"], ["b"], ["validation_loss"], tmp_path / "out")
    header, (row,) = shown_rows(found)
    assert header == ("arm", "seeds", "validation_loss", "metric.seconds", "epochs", "seconds")
    assert (row[3], row[5]) == ("100.0", "6")


def test_an_arm_or_a_metric_that_no_run_has_is_refused(runs: list[Path]) -> None:
    assert refusal(runs, ["pooling:bb"]) == (
        "--arm pooling:bb: no run has such an arm\n    did you mean 'pooling:b'?"
    )
    assert refusal(runs, [], ["validation_los"]) == (
        "--metric validation_los: no arm has a curve of it\n    did you mean 'validation_loss'?"
    )
    assert not Path("runs/compare-pooling-rate").exists()


def test_more_arms_than_a_picture_can_tell_apart_are_refused(tmp_path: Path) -> None:
    names = tuple("bcdefghijk")
    run = make(tmp_path / "many", make_trivial_plan(seeds=1, arms=names))
    assert refusal([run]) == (
        "11 arms are too many for one picture\n"
        f"    choose up to 10 with --arm: baseline, {', '.join(names)}"
    )


def test_arms_without_curves_are_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path / "new", make_trivial_plan())
    assert refusal([run]) == (
        "none of these arms has a curve to be drawn\n    run their studies first"
    )


def test_arms_that_count_no_trial_with_a_curve_are_refused(tmp_path: Path) -> None:
    plan = make_trivial_plan()
    lost = [failed(t).model_copy(update={"history": HISTORY}) for t in plan.trials]
    run = make_run(tmp_path / "lost", plan, *lost)
    message = "none of these arms has a curve to be drawn\n    run their studies first"
    assert refusal([run]) == message
    assert refusal([run], [], ["validation_loss"]) == message


def test_a_metric_without_any_value_has_no_curve(tmp_path: Path) -> None:
    plan = make_trivial_plan()
    history = {**HISTORY, "empty": [None, None]}
    run = make_run(tmp_path / "run", plan, *(completed(t, history=history) for t in plan.trials))
    assert refusal([run], [], ["empty"]).startswith("--metric empty: no arm has a curve of it")


def test_runs_are_named_by_as_much_of_their_folders_as_tells_them_apart() -> None:
    folders = ["runs/pooling", "runs/rate"], ["runs/pooling", "reports/pooling"]
    assert [run_names([Path(name) for name in names]) for names in folders] == [
        ["pooling", "rate"], ["runs/pooling", "reports/pooling"],
    ]  # fmt: skip
    with pytest.raises(AblateError) as caught:
        run_names([Path("runs/pooling"), Path("runs/../runs/pooling")])
    assert str(caught.value) == "a run is named twice\n    name each run once"
