import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ablate.errors import AblateError, RecordError, StudyError
from ablate.records.schema import TrialRecord
from ablate.records.search_result import SearchMethod, SearchResult, read_search
from ablate.records.store import RecordStore
from ablate.run_folder import open_run
from ablate.search_folder import (
    chosen_arms,
    is_search,
    read_search_folder,
    search_folder_for,
    search_study,
    write_compact_search,
)
from ablate.study.loading import load_study
from ablate.study.plan import Plan
from ablate.study.planning import make_plan
from ablate.study.search_options import SearchOptions
from ablate.study.search_space import Parameter
from ablate.study.space_file import check_space, read_space
from ablate.tuning.samplers import SAMPLERS
from ablate.tuning.schedulers import SCHEDULERS
from ablate.workload import MetricDescription, load_workload
from tests.tuning.here import run_trials_here, search_here

ROOT = Path(__file__).parents[1]
STUDY = """\
question: Which optimizer is better, each at its best rate?
workload: tests.tuning.valley:train
baseline: {{momentum: 0.5, rate: 0.0025, log: {log}}}
factors:
  optimizer: [sgd, adam]
metric: test_accuracy
seeds: 0-1
"""
SPACE = """\
parameters:
  rate: {type: float, range: [1e-5, 1], scale: log, why: the best is known}
"""


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    search_here(monkeypatch)


def files(folder: Path) -> tuple[Plan, str]:
    study, space = folder / "optimizer.yaml", folder / "rates.yaml"
    study.write_text(STUDY.format(log=folder / "log"))
    space.write_text(SPACE)
    return make_plan(load_study(study)), str(space)


def search(
    plan: Plan,
    space: str,
    folder: Path,
    arm: str | None = None,
    others: Sequence[Path] = (),
    **options: Any,
) -> tuple[SearchResult, ...]:
    return search_study(plan, space, folder, SearchOptions(**options), arm=arm, others=others)


def starts(folder: Path) -> int:
    return len((folder / "log").read_text().splitlines())


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ({}, "runs/optimizer-learning_rate"),
        ({"dataset": "digits"}, "runs/optimizer-digits-learning_rate"),
        ({"out": Path("here")}, "here"),
    ],
)
def test_where_a_search_lives(given: dict[str, Any], folder: str):
    found = search_folder_for(Path("studies/optimizer.yaml"), "learning_rate", **given)
    assert found == Path(folder)
    assert search_folder_for(Path("a/b.yaml"), "my/space.yaml") == Path("runs/b-space")


def test_every_arm_is_searched_and_all_that_is_found_lies_in_the_folder(tmp_path: Path):
    plan, space = files(tmp_path)
    folder = tmp_path / "runs" / "search"
    results = search(plan, space, folder, trials=5, sampler="random")
    assert [result.arm for result in results] == ["baseline", "sgd", "adam"]
    assert all(result.points[0].values == {"rate": 0.0025} for result in results)
    assert read_search(folder) == results
    assert (folder / "search_space.yaml").read_text() == SPACE
    assert load_study(folder / "study.yaml").question == plan.study.question
    rows = (folder / "search.csv").read_text().splitlines()
    assert rows[0] == "context,arm,point,status,validation_accuracy,flops,rate,trials"
    assert len(rows) == 1 + 15
    assert len(RecordStore(folder).hashes()) == starts(tmp_path) == 15


def test_the_same_call_changes_nothing_and_more_trials_go_on(tmp_path: Path):
    plan, space = files(tmp_path)
    folder = tmp_path / "runs" / "search"
    first = search(plan, space, folder, arm="sgd", trials=3)
    assert search(plan, space, folder, arm="sgd", trials=3) == first
    (longer,) = search(plan, space, folder, arm="sgd", trials=5)
    assert longer.points[:3] == first[0].points
    assert starts(tmp_path) == 5


def test_searching_one_arm_keeps_what_was_found_in_the_others_the_same_way(tmp_path: Path):
    plan, space = files(tmp_path)
    folder = tmp_path / "runs" / "search"
    every = search(plan, space, folder, trials=2)
    (sgd,) = search(plan, space, folder, arm="sgd", trials=3)
    assert read_search(folder) == (every[0], sgd, every[2])


def test_another_search_is_not_written_over_whatever_storage_it_has(tmp_path: Path):
    plan, space = files(tmp_path)
    folder = tmp_path / "runs" / "search"
    (first,) = search(plan, space, folder, arm="sgd", trials=1)
    elsewhere = str(tmp_path / "other.journal")
    for other in ({"seeds": (1, 2)}, {"metric": "validation_loss"}, {"sampler": "nsga2"}):
        with pytest.raises(AblateError) as caught:
            search(plan, space, folder, arm="sgd", trials=1, storage=elsewhere, **other)
        assert str(caught.value) == (
            f"{folder}: is another search, of the space rates by validation_accuracy on seeds 100\n"
            "    name another folder with --out, or move its search.json away"
        )
    (folder / "search.journal").unlink()
    with pytest.raises(AblateError, match="is another search"):
        search(plan, space, folder, arm="sgd", trials=1, seeds=(1, 2))
    assert read_search(folder) == (first,)
    assert not Path(elsewhere).exists()
    again = search(plan, space, folder, arm="sgd", trials=1, storage=elsewhere)
    assert read_search(folder) == again == (first,)
    (folder / "search.json").unlink()
    other = search(plan, space, folder, arm="sgd", trials=1, seeds=(1, 2))
    assert read_search(folder) == other


def test_arms_are_not_searched_in_opposite_directions(tmp_path: Path):
    plan, space = files(tmp_path)
    folder, study = tmp_path / "runs" / "search", tmp_path / "optimizer.yaml"
    (first,) = search(plan, space, folder, arm="sgd", trials=1)
    less = "metrics: {test_accuracy: {label: accuracy, higher_is_better: false}}\n"
    study.write_text(study.read_text() + less)
    turned = make_plan(load_study(study))
    with pytest.raises(AblateError) as caught:
        search(turned, space, folder, arm="adam", trials=1)
    assert str(caught.value) == (
        f"{folder}/search.journal: belongs to another search: it took more validation_accuracy to "
        "be better, not less\n"
        "    search in another folder with --out, name another storage with --storage, or remove "
        "this one: trials that are recorded are not run again"
    )
    with pytest.raises(AblateError) as caught:
        search(turned, space, folder, arm="adam", trials=1, storage=str(tmp_path / "new.journal"))
    assert str(caught.value) == (
        f"{folder}: is another search, of the space rates by validation_accuracy (more is better) "
        "on seeds 100\n"
        "    name another folder with --out, or move its search.json away"
    )
    assert read_search(folder) == (first,)


def test_an_arm_with_other_settings_than_when_it_was_searched_is_left_out(tmp_path: Path):
    plan, space = files(tmp_path)
    folder = tmp_path / "runs" / "search"
    baseline, _, adam = search(plan, space, folder, trials=1)
    factor = plan.study.factors["optimizer"]
    levels = {**factor.levels, "sgd": {**factor.levels["sgd"], "momentum": 0.9}}
    factors = {"optimizer": factor.model_copy(update={"levels": levels})}
    edited = make_plan(plan.study.model_copy(update={"factors": factors}))
    with pytest.raises(AblateError, match="belongs to another search"):
        search(edited, space, folder, arm="sgd", trials=1)
    assert load_study(folder / "study.yaml") == plan.study  # which is still what was searched
    search(edited, space, folder, arm="adam", trials=1)
    assert read_search(folder) == (baseline, adam)


def test_a_study_that_can_no_longer_be_read_hinders_no_search(tmp_path: Path):
    plan, space = files(tmp_path)
    folder = tmp_path / "runs" / "search"
    (first,) = search(plan, space, folder, arm="sgd", trials=1)
    text = (folder / "study.yaml").read_text()
    (folder / "study.yaml").write_text(text.replace("rate: 0.0025", "rate: 0.0025, gone: true"))
    search(plan, space, folder, arm="adam", trials=1)
    assert [result.arm for result in read_search(folder)] == ["sgd", "adam"]
    assert read_search(folder)[0] == first


def test_the_search_of_another_study_is_not_written_over(tmp_path: Path):
    plan, space = files(tmp_path)
    folder = tmp_path / "runs" / "search"
    search(plan, space, folder, arm="sgd", trials=1)
    changes = {"question": "Another?", "name": "another"}
    other = make_plan(plan.study.model_copy(update=changes))
    with pytest.raises(AblateError, match="is the run of another study"):
        search(other, space, folder, arm="sgd", trials=1)


def of_the_other_kind(folder: Path, theirs: str, ours: str) -> str:
    return (
        f"{folder}: is the folder of a {theirs}, whose report that of a {ours} would replace\n"
        f"    name another folder with --out; with --records {folder} what is trained there is used"
    )


def test_the_folder_of_a_run_is_not_searched_in(tmp_path: Path):
    plan, space = files(tmp_path)
    folder = tmp_path / "runs" / "run"
    with open_run(folder, plan) as store:
        run_trials_here(plan, store)
    with pytest.raises(AblateError) as caught:
        search(plan, space, folder, trials=1)
    assert str(caught.value) == of_the_other_kind(folder, "run", "search")
    assert not (folder / "search_space.yaml").exists()


def test_the_folder_of_a_search_is_not_run_in(tmp_path: Path):
    plan, space = files(tmp_path)
    folder = tmp_path / "runs" / "search"
    search(plan, space, folder, arm="sgd", trials=1)
    (folder / "search.json").unlink()  # as where the search was killed
    with pytest.raises(AblateError) as caught, open_run(folder, plan):
        pass
    assert str(caught.value) == of_the_other_kind(folder, "search", "run")


def test_how_points_were_chosen_is_noted_for_each_call_that_asked_for_some(tmp_path: Path):
    plan, space = files(tmp_path)
    folder = tmp_path / "runs" / "search"
    common: dict[str, Any] = {"arm": "sgd"}
    search(plan, space, folder, **common, trials=2, sampler="random", seed=5)
    search(plan, space, folder, **common, trials=2, sampler="tpe")
    (result,) = search(plan, space, folder, **common, trials=3, scheduler="asha")
    assert result.methods == (
        SearchMethod(sampler="random", seed=5),
        SearchMethod(sampler="tpe", seed=0, scheduler="asha", grace_period=1),
    )
    assert read_search(folder) == (result,)


def test_what_a_run_beside_it_has_trained_is_not_trained_again(tmp_path: Path):
    plan, space = files(tmp_path)
    options: dict[str, Any] = {"arm": "sgd", "trials": 4, "seeds": (0,)}
    first = search(plan, space, tmp_path / "runs" / "one", **options)
    second = search(plan, space, tmp_path / "runs" / "two", **options)
    assert second == first
    assert starts(tmp_path) == 4
    assert len(RecordStore(tmp_path / "runs" / "two").hashes()) == 4


@pytest.mark.parametrize("others", [[], ["elsewhere"]])
def test_what_was_stopped_in_another_search_by_the_same_scheduler_is_not_trained_again(
    tmp_path: Path, others: list[str]
):
    plan, space = files(tmp_path)
    options: dict[str, Any] = {"arm": "sgd", "trials": 4, "scheduler": "asha", "grace_period": 2}
    first = tmp_path / (others[0] if others else "runs/one")
    (found,) = search(plan, space, first, **options)
    stopped = stop(RecordStore(first), found.points[1].trials[0])
    before = starts(tmp_path)
    second = tmp_path / "runs" / "two"
    RecordStore(second).put(failed(stopped))  # an earlier try, which tells nothing
    (again,) = search(plan, space, second, others=[tmp_path / name for name in others], **options)
    assert starts(tmp_path) == before
    assert again.points[1].status == "pruned"
    assert RecordStore(second).get(stopped.hash) == stopped


def test_a_trial_that_was_stopped_where_more_was_better_is_run_where_less_is(tmp_path: Path):
    plan, space = files(tmp_path)
    options: dict[str, Any] = {"arm": "sgd", "trials": 2, "scheduler": "asha", "grace_period": 2}
    (found,) = search(plan, space, tmp_path / "runs" / "one", **options)
    stop(RecordStore(tmp_path / "runs" / "one"), found.points[1].trials[0])
    turned = MetricDescription(label="accuracy", higher_is_better=False)
    study = plan.study.model_copy(update={"metrics": {"validation_accuracy": turned}})
    (again,) = search(make_plan(study), space, tmp_path / "runs" / "two", **options)
    assert [point.status for point in again.points] == ["completed", "completed"]


def failed(record: TrialRecord) -> TrialRecord:
    return record.model_copy(update={"status": "failed", "error": "ValueError: no luck"})


def stop(store: RecordStore, hash_: str) -> TrialRecord:
    """The record of a trial that ended, as if asha had stopped it."""
    judge = {"scheduler": "asha", "grace_period": 2, "metric": "validation_accuracy"}
    record = store.get(hash_)
    assert record is not None
    stopped = record.model_copy(
        update={
            "status": "pruned",
            "metrics": {},
            "provenance": record.provenance | {"judged_by": judge},
        }
    )
    (store.folder / f"{hash_}.json").unlink()
    return store.put(stopped)


def test_a_folder_of_another_search_is_refused(tmp_path: Path):
    plan, space = files(tmp_path)
    folder = tmp_path / "runs" / "search"
    search(plan, space, folder, arm="sgd", trials=1)
    Path(space).write_text(SPACE.replace("1e-5", "1e-4"))
    with pytest.raises(AblateError) as caught:
        search(plan, space, folder, arm="sgd", trials=1)
    assert "its space of the same name had other parameters" in str(caught.value)


def test_a_space_that_does_not_fit_is_refused_with_its_line_before_anything_is_written(
    tmp_path: Path,
):
    path = tmp_path / "space.yaml"
    path.write_text("parameters:\n  training.learning_raet: {type: float, range: [0, 1], why: w}\n")
    plan = make_plan(load_study(ROOT / "studies" / "smoke.yaml"))
    with pytest.raises(StudyError) as caught:
        search(plan, str(path), tmp_path / "run")
    assert str(caught.value) == (
        f"{path}, line 2, parameters.training.learning_raet: no setting named 'learning_raet' in "
        "training\n    did you mean 'learning_rate'?"
    )
    assert not (tmp_path / "run").exists()


class TestReadingAgain:
    """What a folder holds is enough for its report, and so is what a compact copy holds."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        plan, space = files(tmp_path)
        folder = tmp_path / "runs" / "search"
        search(plan, space, folder, trials=2, seeds=(100, 101))
        return folder

    def test_a_search_is_read_as_it_ended(self, folder: Path, tmp_path: Path):
        search = read_search_folder(folder)
        assert search.results == read_search(folder)
        assert (search.space.name, search.space.parameters[0].name) == ("rates", "rate")
        hashes = {hash_ for r in search.results for p in r.points for hash_ in p.trials}
        assert set(search.records) == hashes
        assert search.plan.study.question == files(tmp_path)[0].study.question

    def test_a_compact_copy_says_the_same(self, folder: Path, tmp_path: Path):
        copy = tmp_path / "reports" / "rates"
        search = read_search_folder(folder)
        write_compact_search(search, folder, copy)
        again = read_search_folder(copy)
        assert (again.space, again.results) == (search.space, search.results)
        assert {hash_: record.metrics for hash_, record in again.records.items()} == {
            hash_: pytest.approx(record.metrics, rel=1e-6)
            for hash_, record in search.records.items()
        }
        assert not (copy / "records").exists()

    def test_which_folders_are_searches(self, folder: Path, tmp_path: Path):
        assert is_search(folder)
        assert not is_search(tmp_path)
        (folder / "search_space.yaml").unlink()
        assert not is_search(folder)

    def test_one_that_was_killed_is_a_search_without_a_result(self, folder: Path):
        (folder / "search.json").unlink()
        assert is_search(folder)
        with pytest.raises(RecordError) as caught:
            read_search_folder(folder)
        assert str(caught.value) == (
            f"{folder}: holds no result of a search\n    run `ablate search` to its end"
        )

    def test_points_of_another_space_are_refused(self, folder: Path):
        (folder / "search_space.yaml").write_text(SPACE.replace("1e-5", "0.1"))
        with pytest.raises(RecordError) as caught:
            read_search_folder(folder)
        assert str(caught.value) == (
            f"{folder / 'search.json'}: its point 0 of arm 'baseline' lies outside the space of "
            "search_space.yaml: rate is 0.0025\n    `ablate search` writes both anew"
        )


class TestChosenArms:
    def test_all_or_one(self, tmp_path: Path):
        plan, _ = files(tmp_path)
        assert chosen_arms(plan, None) == plan.arms
        assert [arm.name for arm in chosen_arms(plan, "adam")] == ["adam"]
        assert [arm.name for arm in chosen_arms(plan, "baseline/adam")] == ["adam"]

    def test_arms_that_compute_the_same_are_searched_once(self, tmp_path: Path):
        path = tmp_path / "study.yaml"
        path.write_text(
            "question: q\n"
            "workload: tests.tuning.valley:train\n"
            "baselines: {one: {rate: 0.1}, two: {rate: 0.1, optimizer: adam}}\n"
            "factors: {optimizer: {adam: {optimizer: adam}, sgd: {optimizer: sgd}}}\n"
            "metric: test_accuracy\n"
        )
        plan = make_plan(load_study(path))
        keys = [arm.key for arm in chosen_arms(plan, None)]
        assert keys == [("one", "baseline"), ("one", "adam"), ("one", "sgd")]

    def test_a_name_that_is_none(self, tmp_path: Path):
        plan, _ = files(tmp_path)
        with pytest.raises(AblateError) as caught:
            chosen_arms(plan, "adm")
        assert str(caught.value) == "--arm adm: no arm named 'adm'\n    did you mean 'adam'?"


@pytest.mark.parametrize("path", sorted((ROOT / "search_spaces").glob("*.yaml")), ids=str)
def test_the_command_at_the_head_of_a_space_can_be_meant(path: Path):
    command = re.match(
        r"# ablate search (studies/\w+\.yaml)(?: --arm (\w+))? --space (\w+)", path.read_text()
    )
    study, arm, space = command.groups()
    assert space == path.stem
    plan = make_plan(load_study(ROOT / study))
    loaded = read_space(path)
    check_space(loaded.space, load_workload(plan.study.workload), chosen_arms(plan, arm))


class TestPage:
    PAGE = (ROOT / "docs" / "searches.md").read_text()

    def test_its_space_fits_the_study_that_it_speaks_of(self, tmp_path: Path):
        (text,) = re.findall(r"```yaml\n(.*?)```", self.PAGE, re.DOTALL)
        path = tmp_path / "space.yaml"
        path.write_text(text)
        plan = make_plan(load_study(ROOT / "studies" / "optimizer.yaml"))
        space = read_space(path).space
        check_space(space, load_workload(plan.study.workload), plan.arms)
        assert [item.name for item in space.parameters] == [
            "optimizer",
            "training.learning_rate",
            "momentum",
        ]

    @pytest.mark.parametrize(
        "word",
        [
            *SAMPLERS,
            *SCHEDULERS,
            *(key for key in Parameter.model_fields if key != "name"),
            *sorted(path.stem for path in (ROOT / "search_spaces").glob("*.yaml")),
        ],
    )
    def test_everything_is_named(self, word: str):
        assert f"`{word}`" in self.PAGE

    def test_its_python_runs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        (code,) = re.findall(r"```python\n(.*?)```", self.PAGE, re.DOTALL)
        study = tmp_path / "studies" / "optimizer.yaml"
        study.parent.mkdir()
        text = STUDY.format(log=tmp_path / "log")
        study.write_text(text.replace("{momentum", "{data.dataset: valley, momentum"))
        (tmp_path / "search_spaces").mkdir()
        (tmp_path / "search_spaces" / "learning_rate.yaml").write_text(SPACE)
        monkeypatch.chdir(tmp_path)
        exec(code, {})
        assert len(read_search(tmp_path / "runs" / "mine")[0].points) == 8
