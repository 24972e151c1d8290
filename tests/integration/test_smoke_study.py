"""The whole way of a study, by the installed command: file, trials, records, report."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.integration.command import ablate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STUDY = "studies/smoke.yaml"
ALL_RECORDED = "4 trials, 4 already recorded, 0 to run\n"


class Smoke(NamedTuple):
    """The smoke study, run once for all tests here."""

    folder: Path
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Smoke:
    folder = tmp_path_factory.mktemp("smoke") / "run"
    return Smoke(folder, ablate("run", STUDY, "--out", folder))


def state(folder: Path, pattern: str) -> Mapping[str, tuple[int, bytes]]:
    """When each file was written, and what it holds."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.glob(pattern)
    }


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def test_a_run_prints_the_path_of_its_report_last(smoke: Smoke):
    assert smoke.done.returncode == 0, smoke.done.stderr
    answer, path = smoke.done.stdout.splitlines()
    assert path == str(smoke.folder / "report.html")
    assert Path(path).is_file()
    assert answer.startswith("The effect of strided_conv on test accuracy is ")


def test_a_run_tells_what_it_does_and_how_each_trial_ended(smoke: Smoke):
    opening, reading, *endings = smoke.done.stderr.splitlines()
    assert (opening, reading) == ("4 trials, 0 already recorded, 4 to run", "reading digits")
    assert [ending.partition("/")[0] for ending in endings] == ["1", "2", "3", "4"]
    named = {ending.split("  ")[1] for ending in endings}
    assert named == {
        f"{arm}, seed {seed}" for arm in ("baseline", "strided_conv") for seed in (0, 1)
    }


def test_a_run_folder_holds_study_records_report_figures_and_tables(smoke: Smoke):
    assert names(smoke.folder) == {
        "study.yaml", "records", "report.html", "report.md", "figures", "tables",
    }  # fmt: skip
    assert {Path(name).suffix for name in names(smoke.folder / "records")} == {".json"}
    assert len(names(smoke.folder / "records")) == 4
    figures = names(smoke.folder / "figures")
    assert {Path(name).stem for name in figures} >= {"forest", "strip", "curves_accuracy", "cost"}
    assert figures == {f"{Path(name).stem}.{kind}" for name in figures for kind in ("png", "svg")}
    assert {"arms.csv", "effects.csv", "trials.csv"} <= names(smoke.folder / "tables")


def test_every_picture_that_the_report_shows_is_there(smoke: Smoke):
    text = (smoke.folder / "report.md").read_text(encoding="utf-8")
    shown = {part.partition(")")[0] for part in text.split("](")[1:]}
    assert shown == {f"figures/{path.name}" for path in smoke.folder.glob("figures/*.png")}


def test_running_again_trains_nothing_and_reports_the_same(smoke: Smoke):
    records = state(smoke.folder, "records/*.json")
    report = (smoke.folder / "report.md").read_bytes()
    tables = {path: content for path, (_, content) in state(smoke.folder, "tables/*").items()}
    done = ablate("run", STUDY, "--out", smoke.folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(ALL_RECORDED)
    assert done.stdout == smoke.done.stdout
    assert state(smoke.folder, "records/*.json") == records
    assert (smoke.folder / "report.md").read_bytes() == report
    assert {
        path: content for path, (_, content) in state(smoke.folder, "tables/*").items()
    } == tables


def test_a_study_as_run_means_the_same_trials(smoke: Smoke):
    done = ablate("plan", smoke.folder / "study.yaml", "--out", smoke.folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("4 trials, all recorded.\n")


def test_a_committed_report_answers_the_study_without_training(smoke: Smoke, tmp_path: Path):
    report, fresh = tmp_path / "reports" / "smoke", tmp_path / "runs" / "fresh"
    done = ablate("report", smoke.folder, "--out", report, "--compact")
    assert done.returncode == 0, done.stderr
    assert done.stdout == smoke.done.stdout.replace(str(smoke.folder), str(report))
    assert names(report) == {
        "study.yaml", "records.jsonl", "report.html", "report.md", "figures", "tables",
    }  # fmt: skip
    assert (report / "report.md").read_bytes() == (smoke.folder / "report.md").read_bytes()

    done = ablate("run", STUDY, "--out", fresh, "--records", report)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(ALL_RECORDED)
    assert len(names(fresh / "records")) == 4

    again = ablate("report", report)
    assert again.returncode == 0, again.stderr
    assert (report / "report.md").read_bytes() == (fresh / "report.md").read_bytes()
