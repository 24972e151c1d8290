import re
from pathlib import Path
from typing import Any

import pandas
import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from ablate import __version__
from ablate.cli import app
from ablate.errors import AblateError, StudyError
from ablate.records.schema import Cost, TrialRecord
from ablate.records.store import RecordStore
from ablate.study.loading import load_study
from ablate.study.plan import PlannedTrial
from ablate.study.planning import make_plan
from ablate.study.search_options import SearchOptions
from ablate.tuning.runner import RunSummary
from ablate.tuning.running import Running

COMMANDS = get_command(app).commands
EVERY_COMMAND = COMMANDS | {
    f"{name} {below}": command
    for name, group in COMMANDS.items()
    for below, command in getattr(group, "commands", {}).items()
}

TRIVIAL = """\
question: Does the way trials end reach the records?
workload: tests.tuning.trivial:train
baseline: {level: a}
factors:
  level: [a, b]
seeds: 0-1
"""
DIGITS = """\
question: Does pooling matter?
baseline: {preset: good_model, data.dataset: digits}
factors:
  architecture.downsampling: [max_pool, strided_conv]
seeds: 0-1
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, with the trivial study and one of digits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    Path("trivial.yaml").write_text(TRIVIAL)
    Path("digits.yaml").write_text(DIGITS)
    return tmp_path


def ablate(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("command", ["plan", "run", "report"])
def test_a_name_too_long_for_the_system_is_refused_without_a_traceback(command: str):
    result = ablate(command, f"{'a' * 300}.yaml")
    assert result.exit_code == 2
    assert "File name too long" in result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_an_error_that_python_alone_has_raised_keeps_its_traceback(
    monkeypatch: pytest.MonkeyPatch,
):
    def broken(*_: Any, **__: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr("ablate.cli.planned", broken)
    assert isinstance(ablate("plan", "trivial.yaml").exception, TimeoutError)


def files() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def refusal(*arguments: str) -> str:
    """All that a refused command says; it does nothing else."""
    before = files()
    result = ablate(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert files() == before
    assert "Traceback" not in result.stderr
    return result.stderr


def record(trial: PlannedTrial, core_seconds: float = 1.0, **changes: Any) -> TrialRecord:
    fields: dict[str, Any] = {
        "hash": trial.hash,
        "spec": trial.spec,
        "status": "completed",
        "metrics": {"test_accuracy": 60.0 + trial.seed + (trial.arm == "b") * (1 + trial.seed)},
        "cost": Cost(seconds=core_seconds, core_seconds=core_seconds),
    }
    return TrialRecord(**(fields | changes))


def trials(study_file: str = "trivial.yaml") -> tuple[PlannedTrial, ...]:
    """Baseline and b of its first seed, then of the next; of the trivial study 0 and 1."""
    return make_plan(load_study(study_file)).trials


def put(folder: str, *records: TrialRecord) -> None:
    for each in records:
        RecordStore(Path(folder)).put(each)


class TestHelp:
    @pytest.mark.parametrize("name", sorted(EVERY_COMMAND))
    def test_it_shows_a_runnable_line(self, name: str):
        result = ablate(*name.split(), "--help")
        assert result.exit_code == 0
        assert f"\n  ablate {name} " in result.output

    @pytest.mark.parametrize("name", sorted(EVERY_COMMAND))
    def test_the_line_it_shows_names_options_that_there_are(self, name: str):
        command = EVERY_COMMAND[name]
        options = {word for parameter in command.params for word in parameter.opts}
        shown = [line for line in (command.help or "").splitlines() if "ablate" in line]
        assert {word for line in shown for word in line.split() if word.startswith("--")} <= options

    def test_alone_it_names_every_command(self):
        output = ablate("--help").output
        assert {name for name in COMMANDS if f"\n  {name} " in output} == set(COMMANDS)
        assert set(COMMANDS) >= {"run", "plan", "report", "model"}

    def test_the_version_is_shown(self):
        result = ablate("--version")
        assert (result.exit_code, result.output) == (0, f"ablate {__version__}\n")


class TestRefusals:
    """File, line, what is wrong and the nearest word: by `plan`, and by `run` before it runs."""

    @pytest.mark.parametrize("command", ["plan", "run"])
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                ["trivail.yaml"],
                "trivail.yaml: no such file\n    did you mean 'trivial.yaml'?\n",
            ),
            (
                ["."],
                ".: is a folder, not a study\n    known are: digits.yaml, trivial.yaml\n",
            ),
            (
                ["trivial.yaml", "--seeds", "4-0"],
                "--seeds 4-0: '4-0' runs backwards\n    write 0-4\n",
            ),
            (
                ["trivial.yaml", "--seeds", "0,one"],
                "--seeds 0,one: 'one' is no seed and no range of seeds\n"
                "    write them as 0-4, as 0-2,7 or as [0, 1]\n",
            ),
            (
                ["trivial.yaml", "--set", "epochs"],
                "--set epochs: has no key and value\n    write --set training.epochs=2\n",
            ),
            (
                ["digits.yaml", "--set", "training.epoch=2"],
                "--set training.epoch: no setting named 'epoch' in training\n"
                "    did you mean 'epochs'?\n",
            ),
            (
                ["digits.yaml", "--set", "training.optimizer=adamm"],
                "--set training.optimizer: 'adamm' is not a level\n    did you mean 'adam'?\n",
            ),
            (
                ["digits.yaml", "--dataset", "digit"],
                "--dataset digit: no data set named 'digit'\n    did you mean 'digits'?\n",
            ),
            (
                ["trivial.yaml", "--records", "nowhere"],
                "nowhere: holds no records: neither records/ nor records.jsonl\n"
                "    name the folder of a run or of a report\n",
            ),
        ],
    )
    def test_of_what_the_command_line_says(self, command: str, arguments: list[str], message: str):
        assert refusal(command, *arguments) == message

    @pytest.mark.parametrize("command", ["plan", "run"])
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                TRIVIAL + "sede: 0-4\n",
                "study.yaml, line 7, sede: no key named 'sede'\n    did you mean 'seeds'?\n",
            ),
            (
                TRIVIAL + "design: {kind: one_at_a_time\n",
                "study.yaml, line 8: is not YAML: expected ',' or '}', but got '<stream end>'\n"
                "    check indentation, colons and quotes there\n",
            ),
            (
                TRIVIAL + "seeds: 0-4\n",
                "study.yaml, line 7: key 'seeds' is written twice\n",
            ),
            (
                DIGITS.replace("strided_conv", "strided_convolution"),
                "study.yaml, line 4, factors.architecture.downsampling[1]: 'strided_convolution' "
                "is not a level\n    did you mean 'strided_conv'?\n",
            ),
            (
                TRIVIAL.replace("trivial:train", "trivial:trian"),
                "study.yaml, line 2, workload: workload 'tests.tuning.trivial:trian' cannot be "
                "loaded: module 'tests.tuning.trivial' has no attribute 'trian'. It must name an "
                "importable module and a function in it, as in my_package.training:train\n",
            ),
        ],
    )
    def test_of_what_the_study_says(self, command: str, text: str, message: str):
        Path("study.yaml").write_text(text)
        assert refusal(command, "study.yaml") == message

    def test_all_problems_are_named_at_once(self):
        Path("study.yaml").write_text(DIGITS.replace("seeds", "sede").replace("good_", "god_"))
        assert refusal("plan", "study.yaml").splitlines() == [
            "study.yaml, line 5, sede: no key named 'sede'",
            "    did you mean 'seeds'?",
            "study.yaml, line 2, baseline.preset: no preset named 'god_model'",
            "    did you mean 'good_model'?",
        ]

    def test_debug_shows_where_it_comes_from(self):
        result = ablate("--debug", "plan", "trivail.yaml")
        assert result.exit_code == 1
        assert isinstance(result.exception, StudyError)
        assert result.output == ""

    @pytest.mark.parametrize(
        "arguments", [["plan"], ["run", "trivial.yaml", "--max-concurrent", "0"], ["pln"]]
    )
    def test_wrong_usage_says_where_help_is(self, arguments: list[str]):
        assert re.search(r"^Try 'ablate.* (-h|--help)' for help\.$", refusal(*arguments), re.M)


class TestPlan:
    def test_it_shows_arms_recorded_trials_and_what_the_rest_costs(self):
        base_0, b_0, *_ = trials()
        put("runs/trivial", record(base_0, 1800.0), record(b_0, 3600.0))
        before = files()
        result = ablate("plan", "trivial.yaml")
        assert (result.exit_code, result.stderr) == (0, "")
        *table, cost = result.stdout.splitlines()
        assert [line.split() for line in table] == [
            ["Does", "the", "way", "trials", "end", "reach", "the", "records?"],
            ["arm", "settings", "trials", "recorded"],
            ["baseline", "level:", "a", "2", "1"],
            ["b", "level:", "a", "->", "b", "2", "1"],
        ]
        assert cost == (
            "4 trials, 2 recorded, 2 to run: about 1.50 core-hours, judging by 2 recorded trials."
        )
        assert files() == before

    def test_it_names_the_data_that_trials_read(self):
        result = ablate(
            "plan", "digits.yaml", "--set", "architecture.backbone=resnet18",
            "--set", "architecture.weights=imagenet",
        )  # fmt: skip
        assert result.exit_code == 2  # pooling changes nothing in a backbone
        Path("digits.yaml").write_text(
            DIGITS.replace("good_model", "resnet18").replace(
                "architecture.downsampling: [max_pool, strided_conv]",
                "architecture.weights: [imagenet, none]",
            )
        )
        result = ablate("plan", "digits.yaml")
        assert result.stdout.splitlines()[-1] == "It reads digits, weights resnet18 imagenet."

    def test_results_from_elsewhere_are_not_said_to_run(self):
        Path("trivial.yaml").write_text(TRIVIAL.replace("tests.tuning.trivial:train", "external"))
        assert ablate("plan", "trivial.yaml").stdout.splitlines()[-1] == (
            "4 trials, 0 recorded; the results of 4 come in as a table, by `ablate report STUDY "
            "--results FILE`."
        )

    def test_contexts_are_named_where_there_are_several(self):
        two = "baselines: {small: {level: a}, large: {level: a, width: 9}}"
        Path("trivial.yaml").write_text(TRIVIAL.replace("baseline: {level: a}", two))
        rows = [line.split() for line in ablate("plan", "trivial.yaml").stdout.splitlines()]
        assert rows[1] == ["context", "arm", "settings", "trials", "recorded"]
        assert [row[0] for row in rows[2:-1]] == ["small", "small", "large", "large"]

    def test_the_cost_of_what_never_ran_is_not_known(self):
        assert ablate("plan", "trivial.yaml", "--seeds", "0-2").stdout.endswith(
            "\n6 trials, 0 recorded, 6 to run; what they cost is not known before each arm has "
            "run.\n"
        )

    def test_nothing_is_left_to_run_when_all_is_recorded(self):
        put("elsewhere", *map(record, trials()))
        result = ablate("plan", "trivial.yaml", "--records", "elsewhere")
        assert result.stdout.endswith("\n4 trials, all recorded.\n")

    def test_another_data_set_is_another_run(self):
        plan = make_plan(load_study("digits.yaml"))
        put("runs/digits-digits", record(plan.trials[0], cost=Cost(core_seconds=60.0, flops=1e9)))
        result = ablate("plan", "digits.yaml", "--dataset", "digits")
        assert "\n4 trials, 1 recorded, 3 to run: about " in result.stdout


class TestRun:
    def test_a_run_whose_trials_are_recorded_only_writes_its_report(self):
        put("runs/trivial", *map(record, trials()))
        result = ablate("run", "trivial.yaml")
        assert result.exit_code == 0, result.output
        assert result.stderr.startswith("4 trials, 4 already recorded, 0 to run\n")
        assert result.stdout.splitlines()[-1] == "runs/trivial/report.html"
        assert Path("runs/trivial/report.html").is_file()
        assert load_study("runs/trivial/study.yaml") == load_study("trivial.yaml")

    def test_weights_that_cannot_be_had_are_refused_before_any_trial(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ):
        from torchvision.models import ResNet18_Weights

        nowhere = "http://127.0.0.1:9/resnet18-f37072fd.pth"
        monkeypatch.setattr(ResNet18_Weights.IMAGENET1K_V1.value, "url", nowhere)
        monkeypatch.setenv("TORCH_HOME", str(folder / "torch"))
        monkeypatch.delenv("ABLATE_WEIGHTS_DIR", raising=False)
        levels = "architecture.train_from: [layer4, classifier]"
        text = DIGITS.replace("good_model", "resnet18")
        Path("digits.yaml").write_text(re.sub(r"architecture\..*", levels, text))
        result = ablate("run", "digits.yaml")
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.splitlines()[1:3] == [
            "reading digits",
            "reading weights resnet18 imagenet",
        ]
        assert (
            f"no resnet18-f37072fd.pth in {folder}/torch/hub/checkpoints, and the download failed"
        ) in result.stderr
        assert "  ABLATE_WEIGHTS_DIR: a folder with resnet18-f37072fd.pth\n" in result.stderr
        assert not list(Path("runs/digits").glob("records/*"))

    def test_what_other_runs_know_is_gathered_once(self, monkeypatch: pytest.MonkeyPatch):
        put("runs/trivial", *map(record, trials()))
        gathered: list[Any] = []
        monkeypatch.setattr("ablate.run_folder.collect", lambda *about: gathered.append(about))
        assert ablate("run", "trivial.yaml", "--records", "runs/trivial").exit_code == 0
        ((folder, _, others),) = gathered
        assert (folder, others) == (Path("runs/trivial"), [Path("runs/trivial")])

    def test_failed_trials_are_reported_and_exit_with_1(self, monkeypatch: pytest.MonkeyPatch):
        good, bad, *rest = trials()
        put("runs/trivial", *map(record, [good, *rest]))
        put("runs/trivial", record(bad, status="failed", metrics={}, error="ValueError: no luck"))
        monkeypatch.setattr(
            "ablate.study_run.run_trials", lambda *args, **options: RunSummary(failed=1)
        )
        result = ablate("run", "trivial.yaml")
        assert result.exit_code == 1
        assert result.stdout.splitlines()[-1] == "runs/trivial/report.html"
        assert "failed" in Path("runs/trivial/report.md").read_text(encoding="utf-8")

    def test_an_interrupted_run_writes_no_report_and_exits_with_130(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(
            "ablate.study_run.run_trials", lambda *args, **options: RunSummary(interrupted=True)
        )
        result = ablate("run", "trivial.yaml")
        assert (result.exit_code, result.stdout) == (130, "")
        assert (
            result.stderr == "Stopped. Finished trials are recorded; the same command continues.\n"
        )
        assert not Path("runs/trivial/report.html").exists()

    def test_options_reach_the_trials(self, monkeypatch: pytest.MonkeyPatch):
        given: dict[str, Any] = {}

        def run_trials(plan: Any, store: RecordStore, running: Running) -> RunSummary:
            given.update(running._asdict())
            given.update(seeds=plan.study.seeds, baseline=plan.study.contexts["baseline"])
            given["folder"] = store.run_folder
            return RunSummary(interrupted=True)

        monkeypatch.setattr("ablate.study_run.run_trials", run_trials)
        Path("data").mkdir()
        ablate(
            "run", "digits.yaml", "--seeds", "3", "--set", "training.epochs=2", "--out", "new",
            "--data-dir", "data", "--cpus-per-trial", "2", "--gpus-per-trial", "0.5",
            "--max-concurrent", "3", "--address", "here:1",
        )  # fmt: skip
        progress = given.pop("progress")
        assert hasattr(progress, "trial_ended")
        assert given == {
            "seeds": (3,),
            "baseline": {
                "preset": "good_model", "data.dataset": "digits", "training.epochs": 2,
            },
            "folder": Path("new"),
            "data_dir": Path("data"),
            "resources": (2.0, 0.5),
            "max_concurrent": 3,
            "address": "here:1",
            "connected": False,
        }  # fmt: skip

    @pytest.mark.parametrize("command", ["run", "search"])
    def test_a_mistyped_data_folder_is_not_passed_over(self, command: str):
        Path("file").touch()
        for wrong in ("nowhere", "file"):
            assert refusal(command, "digits.yaml", "--data-dir", wrong) == (
                f"--data-dir: there is no folder {wrong}\n"
                "    name the folder that the data lie in, or leave it out\n"
            )


class TestReport:
    def test_it_prints_what_a_run_says_and_its_own_path_last(self):
        put("runs/trivial", *map(record, trials()))
        run = ablate("run", "trivial.yaml")
        result = ablate("report", "runs/trivial", "--out", "reports/trivial", "--compact")
        assert result.exit_code == 0, result.output
        assert result.stdout == run.stdout.replace("runs/", "reports/")
        assert {path.name for path in Path("reports/trivial").iterdir()} == {
            "study.yaml", "records.jsonl", "report.html", "report.md", "figures", "tables",
        }  # fmt: skip

    def test_a_report_with_its_evidence_says_what_that_says_to_the_last_digit(self):
        numbers = (1 / 3 + trial / 7 for trial in range(100))
        put(
            "runs/trivial", *(record(t, metrics={"test_accuracy": next(numbers)}) for t in trials())
        )
        ablate("run", "trivial.yaml")
        ablate("report", "runs/trivial", "--out", "reports/trivial", "--compact")
        tables = {p.name: p.read_bytes() for p in Path("reports/trivial/tables").iterdir()}
        assert ablate("report", "reports/trivial", "--out", "again").exit_code == 0
        assert {p.name: p.read_bytes() for p in Path("again/tables").iterdir()} == tables

    def test_seeds_left_aside_are_told_in_the_report_too(self):
        Path("other.yaml").write_text(TRIVIAL.replace("0-1", "1-2") + "retries: 2\n")
        for name in ("trivial", "other"):
            put(f"runs/{name}", *map(record, trials(f"{name}.yaml")))
            assert ablate("run", f"{name}.yaml").exit_code == 0
        result = ablate("report", "runs/trivial", "runs/other", "--out", "both", "--compact")
        assert result.exit_code == 0, result.output
        told = (
            "Seeds 2 of runs/other are left aside: its study differs from that of runs/trivial in "
            "name and retries."
        )
        assert told in " ".join(result.output.split())
        assert told in Path("both/report.md").read_text()
        assert told in Path("both/report.html").read_text()

    def test_a_report_goes_into_no_file(self):
        put("runs/trivial", *map(record, trials()))
        Path("runs/trivial/study.yaml").write_text(TRIVIAL)
        assert refusal("report", "runs/trivial", "--out", "digits.yaml") == (
            "digits.yaml: no folder can be made there: File exists\n"
            "    name another folder with --out\n"
        )

    def test_what_is_no_run_is_refused(self):
        assert refusal("report", "trivial.yaml") == (
            "trivial.yaml: is a study, not a run of it\n"
            "    name the run's folder, such as runs/trivial\n"
        )


class TestModel:
    def test_it_shows_layers_and_totals(self):
        result = ablate("model", "good_model")
        assert result.exit_code == 0
        header, first, *_, total = result.stdout.splitlines()
        assert header.split("  ")[0] == "layer"
        assert first.split() == [
            "stage1.convolution1", "3x3", "convolution", "32x32x32", "896", "1,769,472",
        ]  # fmt: skip
        assert total.split() == ["total", "271,850", "58,656,000"]

    def test_settings_image_and_classes_change_it(self):
        result = ablate(
            "model", "good_model", "--set", "architecture.classifier_widths=[]",
            "--set", "data.dataset=digits", "--image", "1x16x16", "--classes", "2",
        )  # fmt: skip
        assert result.exit_code == 0, result.output
        rows = {line.split()[0]: line.split() for line in result.stdout.splitlines()}
        assert rows["stage1.convolution1"][-3:-1] == ["32x16x16", f"{1 * 9 * 32 + 32}"]
        assert rows["classifier.output"][-3:-1] == ["2", f"{128 * 2 * 2 * 2 + 2:,}"]

    def test_a_backbone_shows_the_layers_of_torchvision(self):
        result = ablate("model", "resnet18", "--set", "data.image_size=64")
        rows = [line.split() for line in result.stdout.splitlines()]
        assert rows[1] == [
            "conv1", "7x7", "convolution,", "stride", "2,", "frozen", "64x32x32", "9,408",
            "19,267,584",
        ]  # fmt: skip
        assert rows[-2][-3:] == ["10", "5,130", "10,240"]
        assert rows[-1][:2] == ["total", "11,181,642"]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                ["god_model"],
                "preset: no preset named 'god_model'\n    did you mean 'good_model'?\n",
            ),
            (
                ["good_model", "--set", "architecture.downsampling=max_pol"],
                "architecture.downsampling: 'max_pol' is not a level\n"
                "    did you mean 'max_pool'?\n",
            ),
            (
                [
                    "good_model",
                    "--set",
                    "architecture={filters: [4, 4, 4, 4, 4, 4], convolutions_per_stage: 1}",
                ],
                "architecture: filters has 6 entries, and each stage halves the map, but images of "
                "32x32 pixels can be halved only 5 times: use fewer stages or larger images\n",
            ),
            (
                ["good_model", "--image", "3x4x4"],
                "architecture: filters has 3 entries, and each stage halves the map, but images of "
                "4x4 pixels can be halved only 2 times: use fewer stages or larger images\n",
            ),
            *(
                (
                    ["good_model", "--image", image],
                    f"--image {image}: is no shape of an image\n"
                    "    write channels x height x width, as in 3x32x32\n",
                )
                for image in ("32", "3x32x", "3x0x32", "3x-1x32", "axbxc", "3x32x3²")
            ),
        ],
    )
    def test_what_cannot_be_built_is_refused(self, arguments: list[str], message: str):
        assert refusal("model", *arguments) == message


def searched(folder: Path, metric: str = "validation_accuracy") -> Any:
    """A search's folder, in which one of two arms has a point that completed."""
    from ablate.records.search_result import SearchPoint, SearchResult
    from ablate.study.search_space import SearchSpace
    from tests.reporting.search_factory import RATE, write_search_folder

    common = {"study": "digits", "context": "baseline", "space": "rate"}
    common |= {"metric": metric, "higher_is_better": True}
    values = {RATE.name: 0.01}
    point = SearchPoint(number=0, values=values, settings=values, value=91.25, status="completed")
    results = tuple(
        SearchResult(arm=arm, seeds=(100, 101), points=points, **common)
        for arm, points in (("baseline", (point,)), ("strided_conv", ()))
    )
    write_search_folder(folder, DIGITS, SearchSpace(name="rate", parameters=(RATE,)), results)
    return results


class TestSearch:
    def test_prints_the_answer_the_best_of_each_arm_and_the_report(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from ablate import search_folder

        given: dict[str, Any] = {}

        def search_study(plan: Any, space: str, folder: Path, *asked: Any, **options: Any) -> Any:
            given.update(options, asked=asked)
            return searched(folder)

        monkeypatch.setattr(search_folder, "search_study", search_study)
        result = ablate("search", "digits.yaml", "--space", "rate", "--seeds", "100-101")
        assert result.exit_code == 1, result.output  # for the arm without a best point
        answer, *rows, path = result.stdout.splitlines()
        assert answer == (
            "Best: baseline at learning rate 0.01 (validation accuracy 91.25 %, n=2 seeds, of "
            "1 point); no point completed in strided_conv."
        )
        assert [row.split() for row in rows] == [
            ["Arm", "Validation", "accuracy", "(%)", "Edge", "Settings"],
            ["baseline", "91.25", "no", "training.learning_rate:", "0.01"],
            ["strided_conv", "—", "—", "no", "point", "completed"],
        ]
        assert path == "runs/digits-rate/report.html"
        assert Path(path).is_file()
        assert given["asked"] == (SearchOptions(seeds=(100, 101)),)
        assert [path.name for path in given["spaces"]] == ["search_spaces", "search_spaces"]

    @pytest.mark.parametrize(
        ("endings", "code"),
        [
            ((("completed", ("a",)),), 0),
            ((("completed", ("a",)), ("failed", ())), 0),  # the workload refused the settings
            ((("completed", ("a",)), ("pruned", ("b",)), ("diverged", ("c",))), 0),
            ((("completed", ("a",)), ("failed", ("b",))), 1),
            ((("failed", ("a",)),), 1),
            ((("pruned", ("a",)), ("failed", ())), 1),
        ],
    )
    def test_a_failed_trial_or_no_completed_point_is_an_exit_code(
        self, monkeypatch: pytest.MonkeyPatch, endings: Any, code: int
    ) -> None:
        from ablate import search_folder

        def search_study(plan: Any, space: str, folder: Path, *asked: Any, **options: Any) -> Any:
            result, _ = searched(folder)
            points = tuple(
                result.points[0].model_copy(
                    update={
                        "number": place,
                        "status": status,
                        "trials": trials,
                        "value": 91.25 if status == "completed" else None,
                    }
                )
                for place, (status, trials) in enumerate(endings)
            )
            return (result.model_copy(update={"points": points}),)

        monkeypatch.setattr(search_folder, "search_study", search_study)
        result = ablate("search", "digits.yaml", "--space", "rate")
        assert result.exit_code == code, result.output
        assert result.stdout.splitlines()[-1] == "runs/digits-rate/report.html"

    def test_a_report_is_drawn_again_elsewhere_with_its_evidence(self) -> None:
        searched(Path("runs/rate"))
        arguments = ("runs/rate", "--out", "reports/rate", "--compact")
        first = ablate("report", *arguments)
        assert first.exit_code == 0, first.output
        assert first.stdout.splitlines()[-1] == "reports/rate/report.html"
        assert {path.name for path in Path("reports/rate").iterdir()} == {
            "study.yaml", "search_space.yaml", "search.json", "search.csv", "records.jsonl",
            "report.md", "report.html", "figures", "tables",
        }  # fmt: skip
        text = Path("reports/rate/report.html").read_bytes()
        again = ablate("report", "reports/rate")
        assert again.stdout.splitlines()[-1] == "reports/rate/report.html"
        assert Path("reports/rate/report.html").read_bytes() == text

    def test_a_search_is_reported_alone(self) -> None:
        searched(Path("runs/rate"))
        message = "is a search, whose report is its own\n    name no other with it\n"
        assert refusal("report", "runs/rate", "runs/rate") == f"runs/rate: {message}"
        assert refusal("report", "runs/rate", "--results", "x.csv") == f"runs/rate: {message}"
        elsewhere = ("runs/trivial", "runs/rate", "--out", "drawn")
        assert refusal("report", *elsewhere) == f"runs/rate: {message}"

    def test_a_search_that_was_killed_is_no_run(self) -> None:
        searched(Path("runs/rate"))
        Path("runs/rate/search.json").unlink()
        assert refusal("report", "runs/rate") == (
            "runs/rate: holds no result of a search\n    run `ablate search` to its end\n"
        )

    def test_its_report_can_be_drawn_again_in_a_folder_of_its_own(self) -> None:
        searched(Path("runs/rate"))
        drawn = []
        for _ in range(2):
            result = ablate("report", "runs/rate", "--out", "drawn")
            assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "drawn/report.html")
            files = (path for path in Path("drawn").rglob("*") if path.is_file())
            drawn.append({path: path.read_bytes() for path in files})
        assert drawn[0] == drawn[1]
        assert Path("drawn/report.html") in drawn[0]

    def test_its_report_does_not_replace_that_of_another_search(self) -> None:
        searched(Path("runs/rate"))
        searched(Path("runs/loss"), metric="validation_loss")
        before = Path("runs/loss/search.json").read_bytes()
        assert refusal("report", "runs/rate", "--out", "runs/loss", "--compact") == (
            "runs/loss: is another search, of the space rate by validation_loss on seeds 100-101\n"
            "    name another folder with --out, or move its search.json away\n"
        )
        assert Path("runs/loss/search.json").read_bytes() == before

    def test_its_report_does_not_replace_that_of_a_run(self) -> None:
        searched(Path("runs/rate"))
        put("runs/trivial", *map(record, trials()))
        ablate("run", "trivial.yaml")
        before = Path("runs/trivial/report.md").read_bytes()
        message = refusal("report", "runs/rate", "--out", "runs/trivial", "--compact")
        assert message.startswith("runs/trivial: is the folder of a run, whose report that of a ")
        assert Path("runs/trivial/report.md").read_bytes() == before

    def test_points_before_a_trial_is_stopped_go_with_what_stops_it(self) -> None:
        space = "parameters: {training.learning_rate: {type: float, range: [0.1, 1], why: a test}}"
        Path("rate.yaml").write_text(space)
        result = ablate("search", "digits.yaml", "--space", "rate.yaml", "--grace-period", "4")
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == "--grace-period: goes with --scheduler\n    add that, too\n"

    def test_a_space_that_is_not_there_is_named(self) -> None:
        assert "no search space named 'nowhere'" in refusal(
            "search", "digits.yaml", "--space", "nowhere"
        )


class TestUntilDecided:
    CLAIMS = "claims:\n- {says: B is worse., difference: {better: {level: a}, worse: {level: b}}}\n"

    def test_a_plan_shows_every_seed_that_a_maximum_may_lead_to(self) -> None:
        Path("trivial.yaml").write_text(TRIVIAL + "max_seeds: 5\n" + self.CLAIMS)
        result = ablate("plan", "trivial.yaml")
        assert result.stdout.splitlines()[-1] == (
            "10 trials at most, 0 recorded, 10 to run; what they cost is not known before each arm "
            "has run."
        )

    def test_a_plan_refuses_what_a_run_does(self) -> None:
        Path("trivial.yaml").write_text(TRIVIAL + "max_seeds: 5\n")
        line = len(TRIVIAL.splitlines()) + 1
        message = (
            f"trivial.yaml, line {line}, max_seeds: the study makes no claim to decide\n"
            "    add `claims`\n"
        )
        assert refusal("plan", "trivial.yaml") == refusal("run", "trivial.yaml") == message

    def test_a_plan_says_that_nothing_is_given_up_without_looking(self) -> None:
        Path("trivial.yaml").write_text(TRIVIAL + "stop_futile: true\n" + self.CLAIMS)
        assert ablate("plan", "trivial.yaml").stderr == (
            "Mind this: `stop_futile` has no effect where claims are looked at once: add "
            "`max_seeds`, or run with --until-decided.\n"
        )

    def test_a_maximum_alone_is_refused(self) -> None:
        assert refusal("run", "digits.yaml", "--max-seeds", "5") == (
            "--max-seeds: goes with --until-decided\n    add that, too\n"
        )
        assert refusal("run", "digits.yaml", "--stop-futile") == (
            "--stop-futile: goes with --until-decided\n    add that, too\n"
        )

    def test_a_study_with_a_maximum_may_be_told_to_give_up(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from ablate import study_run

        studies = []

        def run_study(plan: Any, *_: Any, **__: Any) -> study_run.Ended:
            studies.append(plan.study)
            return study_run.Ended(None, 0)

        monkeypatch.setattr(study_run, "run_study", run_study)
        Path("trivial.yaml").write_text(TRIVIAL + "max_seeds: 5\n" + self.CLAIMS)
        ablate("run", "trivial.yaml", "--stop-futile")
        assert [(study.max_seeds, study.stop_futile) for study in studies] == [(5, True)]

    def test_a_claim_that_the_maximum_is_too_few_for_is_told_before_the_first_trial(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from ablate import study_run

        interrupted = study_run.Ended(None, 0)
        monkeypatch.setattr(study_run, "run_study", lambda *_, **__: interrupted)
        stabler = "more_stable: {stable: {level: b}, unstable: {level: a}}"
        Path("trivial.yaml").write_text(f"{TRIVIAL}claims:\n- {{says: B is stabler., {stabler}}}\n")
        result = ablate("run", "trivial.yaml", "--until-decided", "--max-seeds", "5")
        assert result.stderr.splitlines()[0] == (
            "Mind this: 'B is stabler.' stays undecided, and no seed is added for it: spread is "
            "judged from 10 seeds on, and the maximum is 5."
        )

    def test_more_seeds_than_there_may_be_are_refused(self) -> None:
        Path("trivial.yaml").write_text(TRIVIAL + self.CLAIMS)
        assert refusal("run", "trivial.yaml", "--until-decided", "--max-seeds", "10001") == (
            "--max-seeds: 10,001 seeds are more than 10,000\n    give at most 10,000\n"
        )

    def test_a_study_without_claims_has_nothing_to_decide(self) -> None:
        assert refusal("run", "digits.yaml", "--until-decided") == (
            "--until-decided: the study makes no claim to decide\n    add `claims`\n"
        )


class TestVisualize:
    SMALL = ("--set", "architecture.filters=[4, 4, 4]", "--dataset", "digits")

    def test_it_prints_what_it_drew_and_the_folder_last(self):
        result = ablate("visualize", "activations", "simple_model", *self.SMALL, "--class", "3")
        assert result.exit_code == 0, result.output
        network = "simple_model_untrained_seed0_filters_4_4_4_dataset_digits"
        name = f"activations_{network}_stage1_convolution1_3_test_image_3"
        assert result.stdout.splitlines() == [
            f"visualization/{name}.png", f"visualization/{name}.svg", "visualization",
        ]  # fmt: skip

    def test_filters_come_with_a_sentence(self):
        result = ablate("visualize", "filters", "simple_model", *self.SMALL, "--out", "new")
        sentence, *paths = result.stdout.splitlines()
        assert sentence.startswith("Likest to a Sobel kernel are for horizontal edges filter ")
        assert (len(paths), paths[-1]) == (6, "new")
        assert all(Path(path).exists() for path in paths)

    @pytest.mark.parametrize("command", ["filters", "activations"])
    def test_weights_are_looked_for_in_the_data_folder(
        self, command: str, monkeypatch: pytest.MonkeyPatch
    ):
        asked = {}

        def find_subject(which: str, **options: Any) -> None:
            asked.update(options)
            raise AblateError("enough")

        monkeypatch.setattr("ablate.visualized_network.find_subject", find_subject)
        Path("there").mkdir()
        assert refusal("visualize", command, "resnet18", "--data-dir", "there") == "enough\n"
        assert asked["data_dir"] == Path("there")

    @pytest.mark.parametrize("command", ["filters", "activations"])
    def test_a_network_that_there_is_none_of_is_refused(self, command: str):
        assert refusal("visualize", command, "god_model") == (
            "god_model: is neither the folder of a run, nor a file of weights, nor a preset\n"
            "    did you mean 'good_model'?\n"
        )

    def test_a_report_elsewhere_takes_the_pictures_along(self):
        put("runs/trivial", *map(record, trials()))
        Path("runs/trivial/study.yaml").write_text(TRIVIAL)
        ablate("visualize", "activations", "simple_model", *self.SMALL, "--out",
               "runs/trivial/visualization")  # fmt: skip
        result = ablate("report", "runs/trivial", "--out", "reports/trivial")
        assert result.exit_code == 0, result.output
        assert len(list(Path("reports/trivial/visualization").glob("*.png"))) == 1
        assert "## What the networks see" in Path("reports/trivial/report.md").read_text()


class TestCompare:
    def test_it_shows_the_arms_and_prints_the_folder_last(self):
        history = {"epoch": [1.0, 2.0], "validation_loss": [0.75, 0.5]}
        put("runs/trivial", *(record(trial, history=history) for trial in trials()))
        Path("runs/trivial/study.yaml").write_text(TRIVIAL)
        result = ablate("compare", "runs/trivial", "--arm", "b", "--out", "compared")
        assert (result.exit_code, result.stderr) == (0, "")
        assert [line.split() for line in result.stdout.splitlines()] == [
            ["arm", "seeds", "validation_loss", "test_accuracy", "epochs", "seconds"],
            ["b", "2", "of", "2", "—", "62", "[49,", "75]", "2.0", "—"],
            ["compared/comparison.png"],
            ["compared/comparison.svg"],
            ["compared/arms.csv"],
            ["compared/curves.csv"],
            ["compared"],
        ]

    def test_what_is_no_run_is_refused(self):
        assert refusal("compare", "trivial.yaml") == (
            "trivial.yaml: is a study, not a run of it\n"
            "    name the run's folder, such as runs/trivial\n"
        )


EXTERNAL = """\
question: Does mean pooling pay?
workload: external
baseline: {pool: max}
factors: {pool: [max, mean]}
metric: accuracy
claims:
  - says: Mean pooling pays.
    difference: {better: {pool: mean}, worse: {pool: max}}
"""
RESULTS = "pool,seed,accuracy\n" + "".join(
    f"max,{seed},{80 + seed / 10}\nmean,{seed},{83 + seed / 9}\n" for seed in range(4)
)


class TestReportOfResultsFromElsewhere:
    @pytest.mark.parametrize("kind", ["csv", "parquet"])
    def test_a_table_becomes_a_report_with_verdicts_and_no_cost(self, kind: str):
        Path("study.yaml").write_text(EXTERNAL)
        Path("results.csv").write_text(RESULTS)
        if kind == "parquet":
            pandas.read_csv("results.csv").to_parquet("results.parquet")
        result = ablate("report", "study.yaml", "--results", f"results.{kind}", "--out", "found")
        assert result.exit_code == 0, result.stderr
        assert result.stdout.startswith("The claim is supported;")
        page = Path("found/report.md").read_text()
        assert "✓ supported" in page
        assert not any(cost in page for cost in ("ore-hours", "ore-seconds", "FLOPs", "cost"))
        arms = pandas.read_csv("found/tables/arms.csv")
        assert arms["core_seconds"].isna().all()
        macros = "".join(path.read_text() for path in Path("found").rglob("*.tex"))
        assert "CoreSeconds" not in macros
        assert "\\newcommand{\\studyEffect" in macros

    @pytest.mark.parametrize("compact", [[], ["--compact"]])
    def test_another_studys_evidence_is_not_written_over(self, compact: list[str]):
        Path("study.yaml").write_text(EXTERNAL)
        Path("other.yaml").write_text(EXTERNAL.replace("Does mean pooling pay?", "Something else?"))
        Path("results.csv").write_text(RESULTS)
        options = ("--results", "results.csv", "--out", "found", *compact)
        assert ablate("report", "study.yaml", *options).exit_code == 0
        before = Path("found/study.yaml").read_bytes()
        result = ablate("report", "other.yaml", *options)
        assert result.exit_code == 2
        assert "found: is the run of another study: Does mean pooling pay?" in result.stderr
        assert Path("found/study.yaml").read_bytes() == before
        page = Path("found/report.md").read_text()
        assert ablate("report", "found").exit_code == 0
        assert Path("found/report.md").read_text() == page
        run = ablate("run", "study.yaml", "--out", "found")
        assert run.exit_code == 2
        assert "found: is the report of results from elsewhere" in run.stderr
