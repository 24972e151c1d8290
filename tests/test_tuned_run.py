"""Tuned studies from file to report, without Ray: two comparisons, and a search of each arm."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ablate.cli import app
from ablate.records.search_result import read_search
from ablate.records.store import RecordStore
from ablate.tuning import search
from tests.tuning.here import all_here, run_here
from tests.tuning.two_valleys import BREAK, HOLD, LOG

ROOT = Path(__file__).parents[1]
STUDY = """\
question: Does Adam beat SGD?
workload: tests.tuning.two_valleys:train
baseline: {rate: 1e-3, optimizer: adam}
factors:
  optimizer: [adam, sgd]
seeds: 0-3
smallest_effect_of_interest: 0.5
claims:
  - says: Adam beats SGD.
    difference: {better: {optimizer: adam}, worse: {optimizer: sgd}}
tune:
  space:
    name: rates
    parameters:
      rate: {type: float, range: [1e-5, 1], scale: log, why: both best ones lie within}
  trials: 6
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with the study; every start of a trial is logged. No figures: they take
    most of a report's time, and are tested by themselves.
    """
    all_here(monkeypatch)
    monkeypatch.setattr("ablate.reporting.report.pictures", lambda findings: ())
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv(LOG, str(tmp_path / "log"))
    Path("study.yaml").write_text(STUDY)
    return tmp_path


def ablate(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def ran(*arguments: str) -> Result:
    result = ablate(*arguments)
    assert result.exit_code == 0, result.output
    return result


def change(old: str, new: str) -> None:
    path = Path("study.yaml")
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def starts() -> list[str]:
    log = Path("log")
    return log.read_text().splitlines() if log.exists() else []


def table(folder: str, name: str) -> list[dict[str, str]]:
    with Path(folder, "tables", f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


class TestRun:
    def test_a_verdict_that_hung_on_the_shared_rate_is_said_to(self):
        result = ran("run", "study.yaml")
        (verdict,) = table("runs/study", "verdicts")
        assert (verdict["verdict"], verdict["tuned_verdict"]) == ("supported", "refuted")
        (moved,) = table("runs/study", "comparison")
        assert float(moved["shared_high"]) < 0 < float(moved["tuned_low"])
        assert float(moved["change_low"]) > 0
        said = (
            "“Adam beats SGD.” is supported with shared settings and refuted with each arm's own: "
            "the shared rate suited adam."
        )
        assert result.stderr.splitlines()[-1] == f"Mind this: {said}"
        assert f"> - {said}\n" in Path("runs/study/report.md").read_text()
        answer, path = result.stdout.splitlines()
        assert answer.startswith("With shared settings, the claim is supported; the effect of sgd")
        assert ". With settings of each arm's own, the claim is refuted; the effect" in answer
        assert path == "runs/study/report.html"

    def test_it_trains_each_arm_at_its_own_best_on_the_studys_seeds(self):
        ran("run", "study.yaml")
        settings = table("runs/study", "tuned_settings")
        assert [(row["arm"], row["shared"], row["points"]) for row in settings] == [
            ("baseline", "0.001", "6"),
            ("sgd", "0.001", "6"),
        ]
        results = {result.arm: result for result in read_search(Path("runs/study"))}
        assert all(result.points[0].values == {"rate": 1e-3} for result in results.values())
        expected = [f"{arm} 0.001 {seed}" for seed in range(4) for arm in ("adam", "sgd")]
        for name, arm in (("baseline", "adam"), ("sgd", "sgd")):
            expected += [f"{arm} {p.values['rate']:g} 100" for p in results[name].points]
            best = results[name].best.values["rate"]
            expected += [f"{arm} {best:g} {seed}" for seed in range(4)]
        assert sorted(starts()) == sorted(set(expected))  # Adam's best is the shared rate

    def test_a_rate_that_a_level_sets_is_replaced(self):
        change("optimizer: [adam, sgd]", "optimizer: {adam: {}, sgd: {optimizer: sgd, rate: 0.5}}")
        ran("run", "study.yaml")
        sgd = table("runs/study", "tuned_settings")[1]
        assert (sgd["arm"], sgd["shared"]) == ("sgd", "0.5")
        assert sgd["tuned"] != "0.5"
        rates = {line.split()[1] for line in starts() if line.startswith("sgd")}
        assert {"0.5", f"{float(sgd['tuned']):g}"} < rates

    def test_where_the_shared_settings_are_the_best_their_trials_are_shared(self):
        change("trials: 6", "trials: 1")
        ran("run", "study.yaml")
        assert len(starts()) == 2 * 4 + 2
        (moved,) = table("runs/study", "comparison")
        assert (moved["shared"], moved["change"]) == (moved["tuned"], "")

    def test_a_whole_number_where_the_space_has_a_float_is_the_arms_own(self):
        change("rate: 1e-3", "rate: 1")
        ran("run", "study.yaml")
        own = [result.points[0].values["rate"] for result in read_search(Path("runs/study"))]
        assert (own, {type(rate) for rate in own}) == ([1, 1], {int})
        settings = table("runs/study", "tuned_settings")
        assert [row["shared"] for row in settings] == ["1", "1"]

    def test_the_same_command_trains_nothing_and_reports_the_same(self):
        first = ran("run", "study.yaml")
        report, before = Path("runs/study/report.md").read_bytes(), starts()
        assert ran("run", "study.yaml").stdout == first.stdout
        assert starts() == before
        assert Path("runs/study/report.md").read_bytes() == report

    def test_a_wider_range_is_searched_anew_and_more_points_go_on(self):
        ran("run", "study.yaml")
        change("1e-5, 1]", "1e-6, 1]")
        ran("run", "study.yaml")
        wider = read_search(Path("runs/study"))
        assert len(list(Path("runs/study").glob("search-*.journal"))) == 2
        change("trials: 6", "trials: 8")
        before = len(starts())
        ran("run", "study.yaml")
        longer = read_search(Path("runs/study"))
        assert [each.points[:6] for each in longer] == [each.points for each in wider]
        assert len(starts()) >= before + 4

    def test_fewer_points_count_for_every_arm_alike(self):
        ran("run", "study.yaml")
        change("trials: 6", "trials: 4")
        before = len(starts())
        ran("run", "study.yaml")
        assert {row["points"] for row in table("runs/study", "tuned_settings")} == {"4"}
        assert {line.split()[2] for line in starts()[before:]} <= {"0", "1", "2", "3"}

    def test_a_search_without_a_completed_point_is_an_error_and_the_rest_can_be_reported(self):
        change("range: [1e-5, 1]", "range: [1e-5, 1e-4]")
        change("1e-3, optimizer: adam}", "1e-3, optimizer: adam, broken: true}")
        change("seeds: 0-3", "seeds: 0-1\nretries: 0")
        result = ablate("run", "study.yaml")
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.splitlines()[-4:] == [
            line
            for arm in ("baseline", "sgd")
            for line in (
                f"search space 'rates': no point completed in arm '{arm}' of 'baseline': 0 "
                "diverged, 0 pruned, 6 failed",
                "    why points failed: ValueError: no luck; mend that, and the same command tries "
                "them again",
            )
        ]
        assert (
            "Mind this: Arms are compared with shared settings alone: the search is not finished, "
            "or completed no point, of baseline, sgd.\n"
        ) in ran("report", "runs/study").stderr

    def test_a_failed_trial_of_a_search_ends_it_with_1_and_the_same_command_tries_it_again(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        with monkeypatch.context() as patch:
            patch.setenv(BREAK, "0.01")
            assert ablate("run", "study.yaml").exit_code == 1
        assert all(result.failed for result in read_search(Path("runs/study")))
        last = ran("plan", "study.yaml").stdout.splitlines()[-1]
        assert last.startswith("Then a search of 2 arms x 6 points x 1 seed = 12 trials, and 8 ")
        ran("run", "study.yaml")
        assert not any(result.failed for result in read_search(Path("runs/study")))
        assert ran("plan", "study.yaml").stdout.splitlines()[-1].startswith("Every arm is searched")

    def test_a_failed_seed_of_a_point_that_was_stopped_is_no_failure_of_the_run(self):
        """Nothing tries it again: the point is told by the seed that was stopped."""
        change("  trials: 6", "  trials: 6\n  seeds: [100, 101]\n  scheduler: asha")
        ran("run", "study.yaml")
        store = RecordStore(Path("runs/study"))
        path = Path("runs/study/search.json")
        results = json.loads(path.read_text())
        point = results[1]["points"][5]
        point |= {"status": "pruned", "value": None}
        path.write_text(json.dumps(results))
        lost = store.get(point["trials"][1])
        (store.folder / f"{lost.hash}.json").unlink()
        failed = {"status": "failed", "metrics": {}, "error": "ValueError: no luck"}
        store.put(lost.model_copy(update=failed))
        ran("run", "study.yaml")

    def test_a_metric_that_no_trial_reports(self):
        change("  trials: 6", "  trials: 6\n  metric: validation_f1")
        result = ablate("run", "study.yaml")
        assert result.exit_code == 2
        assert result.stderr.splitlines()[-2:] == [
            "tune.metric: no trial reports 'validation_f1' among its final metrics, by which "
            "points are compared",
            "    let the workload report it, or name one of validation_accuracy",
        ]

    def test_it_is_not_decided_seed_by_seed(self):
        result = ablate("run", "study.yaml", "--until-decided")
        assert (result.exit_code, result.stderr) == (
            2,
            "--until-decided: a tuned study is compared twice on the same seeds, and looking after "
            "each of them would end at others with shared settings than with tuned ones\n"
            "    give the number of seeds beforehand, or leave out `tune`\n",
        )


class TestInterrupted:
    def test_by_ctrl_c_within_the_search(self, monkeypatch: pytest.MonkeyPatch):
        calls = []

        def interrupted(*arguments: object, **options: object) -> None:
            calls.append(1)
            if len(calls) == 2:  # the second arm's
                raise KeyboardInterrupt
            run_here(*arguments, **options)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(search, "run_tasks", interrupted)
            result = ablate("run", "study.yaml")
        assert (result.exit_code, result.stdout) == (130, "")
        assert not Path("runs/study/report.html").exists()
        assert len(starts()) == 8 + 6
        ran("run", "study.yaml")
        assert len(starts()) == 8 + 6 + 6 + 4  # Adam's best is the shared rate

    def test_by_ctrl_c_while_failed_points_are_tried_again_it_keeps_what_other_arms_have(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        def interrupted(*arguments: object, **options: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setenv(BREAK, "0.01")
            ablate("run", "study.yaml")
        before = read_search(Path("runs/study"))
        with monkeypatch.context() as patch:
            patch.setattr(search, "run_tasks", interrupted)
            assert ablate("run", "study.yaml").exit_code == 130
        assert [result.arm for result in before] == ["baseline", "sgd"]
        assert read_search(Path("runs/study"))[1:] == before[1:]

    def test_killed_within_the_search_it_goes_on_to_the_same_report(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ):
        program = (
            "import sys, pytest\n"
            "from tests.tuning.here import all_here\n"
            "from ablate.cli import app\n"
            "all_here(pytest.MonkeyPatch())\n"
            "app(sys.argv[1:])\n"
        )
        environment = os.environ | {HOLD: "17", "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            [sys.executable, "-c", program, "run", "study.yaml", "--out", "killed/run"],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 200
        while len(starts()) < 18 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(starts()) == 18  # 8 and 6 trials, and the fourth point of the second arm
        ran("run", "study.yaml", "--out", "killed/run")
        assert len(starts()) == 8 + 6 + 6 + 4 + 1  # one was lost
        ran("run", "study.yaml", "--out", "undisturbed/run")
        assert RecordStore(Path("killed/run")).hashes() == (
            RecordStore(Path("undisturbed/run")).hashes()
        )
        for name in ("verdicts", "comparison", "tuned_settings"):
            assert without_time(table("killed/run", name)) == (
                without_time(table("undisturbed/run", name))
            )


def without_time(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{key: row[key] for key in row if "hours" not in key} for row in rows]


class TestPlan:
    def test_it_says_what_the_search_will_take(self):
        lines = ran("plan", "study.yaml").stdout.splitlines()
        assert lines[-2:] == [
            "8 trials, 0 recorded, 8 to run; what they cost is not known before each arm has run.",
            "Then a search of 2 arms x 6 points x 1 seed = 12 trials, and 8 trials with settings "
            "of their own; what they cost is not known before each arm has run.",
        ]

    def test_with_a_cost_where_it_is_known_and_the_trials_left_once_arms_are_searched(self):
        ran("run", "study.yaml")
        assert ran("plan", "study.yaml").stdout.splitlines()[-2:] == [
            "8 trials, all recorded.",
            "Every arm is searched. With settings of their own: 8 trials, all recorded.",
        ]
        for name in ("search.json", "search.csv"):
            Path("runs/study", name).unlink()
        last = ran("plan", "study.yaml").stdout.splitlines()[-1]
        assert last.startswith("Then a search of 2 arms x 6 points x 1 seed = 12 trials, and 8 ")
        # Eight, and the first point of each arm's search, at the arm's own settings.
        assert last.endswith(
            " with settings of their own: about 0.00 core-hours, judging by 10 recorded trials."
        )

    def test_seeds_of_the_search_are_refused_for_the_comparison(self):
        result = ablate("plan", "study.yaml", "--seeds", "99-101")
        assert (result.exit_code, result.stderr) == (
            2,
            "--seeds: seed 100 would both choose settings and compare them: a setting that was "
            "chosen on a seed looks better on that seed than on others\n"
            "    leave them to `tune`\n",
        )


class TestReport:
    def test_a_compact_one_is_drawn_again_without_training(self):
        run = ran("run", "study.yaml")
        done = ran("report", "runs/study", "--out", "reports/study", "--compact")
        assert done.stdout == run.stdout.replace("runs/", "reports/")
        text = Path("runs/study/report.md").read_text()
        assert Path("reports/study/report.md").read_text() == text
        assert {path.name for path in Path("reports/study").iterdir()} == {
            "study.yaml", "records.jsonl", "search.json", "search.csv", "report.html", "report.md",
            "figures", "tables",
        }  # fmt: skip
        ran("report", "reports/study", "--out", "again")
        assert Path("again/report.md").read_text() == text

    def test_a_run_from_a_compact_report_trains_nothing(self):
        ran("run", "study.yaml")
        ran("report", "runs/study", "--out", "reports/study", "--compact")
        before = starts()
        ran("run", "study.yaml", "--out", "new/run", "--records", "reports/study")
        assert starts() == before
        assert read_search(Path("new/run")) == read_search(Path("runs/study"))
        assert RecordStore(Path("new/run")).hashes() == RecordStore(Path("runs/study")).hashes()

    def test_a_run_that_takes_searches_over_takes_their_stopped_trials_too(self):
        change("  trials: 6", "  trials: 6\n  scheduler: asha")
        ran("run", "study.yaml")
        store = RecordStore(Path("runs/study"))
        path = Path("runs/study/search.json")
        results = json.loads(path.read_text())
        point = results[1]["points"][5]
        point |= {"status": "pruned", "value": None}
        path.write_text(json.dumps(results))
        (hash_,) = point["trials"]
        stopped = store.get(hash_).model_copy(update={"status": "pruned", "metrics": {}})
        (store.folder / f"{hash_}.json").unlink()
        store.put(stopped)
        before = starts()
        ran("run", "study.yaml", "--out", "new/run", "--records", "runs/study")
        assert starts() == before
        assert RecordStore(Path("new/run")).get(hash_) == stopped

    def test_runs_with_other_seeds_are_joined(self):
        ran("run", "study.yaml", "--seeds", "0-1", "--out", "runs/one")
        before = len(starts())
        ran("run", "study.yaml", "--seeds", "2-3", "--out", "runs/two")
        assert len(starts()) == before + 4 + 2  # what is searched beside it is searched
        ran("report", "runs/one", "runs/two", "--out", "both")
        (moved,) = table("both", "comparison")
        assert (moved["shared_n"], moved["tuned_n"]) == ("4", "4")

    def test_runs_that_tuned_an_arm_differently_are_not(self):
        ran("run", "study.yaml", "--seeds", "0-1", "--out", "a/one")
        ran("run", "study.yaml", "--seeds", "2-3", "--out", "b/two")
        path = Path("b/two/search.json")
        content = json.loads(path.read_text())
        content[1]["points"][0]["value"] = 99.0
        path.write_text(json.dumps(content))
        result = ablate("report", "a/one", "b/two", "--out", "both")
        assert (result.exit_code, result.stderr) == (
            2,
            "b/two: has tuned arm 'sgd' to other settings than a/one\n"
            "    report the two one by one\n",
        )

    def test_a_best_value_near_an_end_of_its_range_is_warned_of(self):
        change("range: [1e-5, 1]", "range: [1e-4, 2e-3]")
        change("trials: 6", "trials: 12")
        result = ran("run", "study.yaml")
        (sgd,) = (row for row in table("runs/study", "tuned_settings") if row["arm"] == "sgd")
        assert sgd["edge"] == "highest"
        assert (
            f"Mind this: The best rate of sgd ({sgd['tuned']}) lies near the highest searched: a "
            "better one may lie outside, so widen the range.\n"
        ) in result.stderr
