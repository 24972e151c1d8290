"""The key `tune`: what it means, and what is refused with file, line, key and the nearest word."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ablate.errors import StudyError
from ablate.study.loading import load_study
from ablate.study.schema import Study
from ablate.study.writing import study_to_yaml
from tests.study.fake_workload import FAKE

Load = Callable[..., Study]
Refused = Callable[..., str]

STUDY = """\
question: Which optimizer?
baseline: {training.rate: 0.01}
factors:
  training.optimizer: [adam, sgd]
seeds: 0-2
"""
RATES = "parameters:\n  training.rate: {type: float, range: [1e-5, 1], scale: log, why: w}\n"
CHOSEN_TWICE = (
    "would both choose settings and compare them: a setting that was chosen on a seed looks better "
    "on that seed than on others"
)


@pytest.fixture(autouse=True)
def _spaces(tmp_path: Path) -> None:
    folder = tmp_path / "search_spaces"
    folder.mkdir()
    (folder / "rates.yaml").write_text("about: The rate.\n" + RATES)
    (folder / "momenta.yaml").write_text(
        "parameters:\n  training.momentum: {type: float, range: [0, 0.9], why: w}\n"
    )
    (folder / "optimizers.yaml").write_text(
        "parameters:\n"
        "  optimizer: {key: training.optimizer, type: categorical, choices: [adam, sgd], why: w}\n"
    )


def test_a_space_by_name_with_defaults(load: Load) -> None:
    tune = load(STUDY + "tune: {space: rates}\n").tune
    assert (tune.space.name, tune.space.about) == ("rates", "The rate.")
    assert (tune.trials, tune.seeds, tune.metric) == (32, (100,), None)
    assert (tune.scheduler, tune.grace_period, tune.looks_after) == (None, None, None)
    (rate,) = tune.space.parameters
    assert (rate.key, rate.bounds, rate.scale) == ("training.rate", (1e-5, 1.0), "log")


def test_a_space_by_its_path_from_here_or_from_the_study(load: Load, tmp_path: Path) -> None:
    named = load(STUDY + "tune: {space: rates}\n").tune
    for path in ("search_spaces/rates.yaml", str(tmp_path / "search_spaces" / "rates.yaml")):
        assert load(STUDY + f"tune: {{space: {path}}}\n").tune == named


def test_a_space_is_found_beside_the_folder_of_the_study(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "studies").mkdir()
    study = tmp_path / "studies" / "study.yaml"
    study.write_text(STUDY + "tune: {space: rates}\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load_study(study, workload=FAKE).tune.space.name == "rates"


def test_the_long_form_holds_the_space_itself(load: Load, tmp_path: Path) -> None:
    (tmp_path / "search_spaces" / "mixed.yaml").write_text(
        "parameters:\n"
        "  momentum:\n"
        "    {key: training.momentum, type: float, range: [0, 0.9], when: {o: sgd}, why: 'a: b'}\n"
        "  o: {key: training.optimizer, type: categorical, choices: [adam, sgd], why: w}\n"
        "  width: {key: model.width, type: int, range: [4, 64], scale: log, why: w}\n"
        "  rates: {key: model.rates, type: categorical, choices: [[], [0.1, 0.2], null], why: w}\n"
    )
    study = load(
        STUDY.replace("training.optimizer: [adam, sgd]", "model.pool: [max, mean]")
        + "tune: {space: mixed, trials: 7, seeds: 100-101, metric: validation_loss, "
        "scheduler: median_stopping, grace_period: 3}\n"
    )
    for space in (tmp_path / "search_spaces").iterdir():
        space.unlink()
    assert load(study_to_yaml(study)) == study


def test_a_scheduler_looks_from_the_first_point_on_where_nothing_is_said(load: Load) -> None:
    tune = load(STUDY + "tune: {space: rates, scheduler: asha}\n").tune
    assert (tune.scheduler, tune.looks_after) == ("asha", 1)
    tune = load(STUDY + "tune: {space: rates, scheduler: asha, grace_period: 4}\n").tune
    assert tune.looks_after == 4


@pytest.mark.parametrize(
    ("tune", "message"),
    [
        (
            "5",
            "tune: `tune` is a mapping of keys to values, not 5\n"
            "    write {space: learning_rate, trials: 16}",
        ),
        (
            "{trials: 3}",
            "tune: 'space' is missing\n    name a search space: {space: learning_rate}",
        ),
        (
            "{space: rates, trails: 3}",
            "tune.trails: no key named 'trails'\n    did you mean 'trials'?",
        ),
        (
            "{space: raets}",
            "tune.space: no search space named 'raets' in search_spaces or BESIDE/search_spaces\n"
            "    did you mean 'rates'?",
        ),
        (
            "{space: [rates]}",
            "tune.space: ['rates'] is no search space\n"
            "    give a name, the path of a YAML file, or a mapping with `parameters`",
        ),
        (
            "{space: my/rates.yaml}",
            "tune.space: no file 'my/rates.yaml', from here or from the study",
        ),
        (
            "{space: rates, trials: 0}",
            "tune.trials: must be greater than or equal to 1, not 0",
        ),
        (
            "{space: rates, trials: many}",
            "tune.trials: must be a whole number, not 'many'",
        ),
        (
            "{space: rates, seeds: 9-8}",
            "tune.seeds: '9-8' runs backwards\n    write 8-9",
        ),
        (
            "{space: rates, seeds: [2, 100]}",
            f"tune.seeds: seed 2 {CHOSEN_TWICE}\n    search with others, such as [100, 101]",
        ),
        (
            "{space: rates, seeds: 0-1}",
            f"tune.seeds: seeds 0, 1 {CHOSEN_TWICE}\n    search with others, such as [100, 101]",
        ),
        (
            "{space: rates, metric: test_accuracy}",
            "tune.metric: the test set is not touched in choosing\n"
            "    choose by 'validation_accuracy'",
        ),
        (
            "{space: rates, metric: gap}",
            "tune.metric: the test set is not touched in choosing\n"
            "    choose by a metric of validation data, such as 'validation_accuracy'",
        ),
        (
            "{space: rates, metric: validation_los}",
            "tune.metric: no metric named 'validation_los'\n    did you mean 'validation_loss'?",
        ),
        (
            "{space: rates, scheduler: ahsa}",
            "tune.scheduler: 'ahsa' is not known here\n    did you mean 'asha'?",
        ),
        (
            "{space: rates, grace_period: 4}",
            "tune.grace_period: goes with `scheduler`\n    add that, too",
        ),
        (
            "{space: rates, scheduler: asha, grace_period: 0}",
            "tune.grace_period: must be greater than or equal to 1, not 0",
        ),
        (
            "{space: rates, scheduler: asha, metric: best_epoch}",
            "tune.scheduler: stops trials by their validation points, and 'best_epoch' is known "
            "only at the end\n    leave it out, or name as `metric` one that points hold",
        ),
        (
            "{space: momenta}",
            "tune.space: does not fit: search_spaces/momenta.yaml, line 2, "
            "parameters.training.momentum: changes nothing in arm 'baseline'\n"
            "    give it a `when`, leave it out, or search another arm",
        ),
        (
            "{space: {parameters: {training.raet: {type: float, range: [0, 1], why: w}}}}",
            "tune.space: does not fit: study.yaml, line 6, tune.space.parameters.training.raet: no "
            "setting named 'training.raet'\n    did you mean 'training.rate'?",
        ),
        (
            "{space: {parameters: {training.rate: {type: float, range: [1, 1], why: w}}}}",
            "tune.space.parameters.training.rate.range: the range is empty: 1 is both its ends\n"
            "    give it room, or set the value in the study's baseline",
        ),
        (
            "{space: optimizers}",
            "tune.space: 'baseline' and 'sgd' of 'baseline' differ in nothing but what is "
            "searched, so that tuned they would be one arm\n"
            "    leave out one of them, or search other settings",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    refused: Refused, tmp_path: Path, tune: str, message: str
) -> None:
    message = message.replace("BESIDE", str(tmp_path.parent))
    assert refused(STUDY + f"tune: {tune}\n") == f"study.yaml, line 6, {message}"


def test_seeds_of_the_command_line_are_held_against_those_of_the_search(refused: Refused) -> None:
    assert refused(STUDY + "tune: {space: rates}\n", seeds=(99, 100)) == (
        f"--seeds: seed 100 {CHOSEN_TWICE}\n    leave them to `tune`"
    )


def test_a_study_of_a_metric_with_test_data_names_another_to_search_for(
    load: Load, refused: Refused
) -> None:
    text = STUDY + "metric: gap\ntune: {space: rates"
    assert refused(text + "}\n") == (
        "study.yaml, line 7, tune: the study's metric, 'gap', rests on test data, and the test set "
        "is not touched in choosing\n"
        "    choose by a metric of validation data, such as 'validation_accuracy', by the key "
        "`metric` of `tune`"
    )
    assert load(text + ", metric: validation_loss}\n").tune.metric == "validation_loss"


def test_a_greedy_path_is_refused(refused: Refused) -> None:
    greedy = "design: {kind: path, order: greedy}\ntune: {space: rates}\n"
    assert refused(STUDY + greedy) == (
        "study.yaml, line 7, tune: a greedy path finds its arms by running, so that there are none "
        "to search beforehand\n    give the path an order, or leave out `tune`"
    )


def test_looking_after_every_seed_is_refused(refused: Refused) -> None:
    assert refused(STUDY + "max_seeds: 5\ntune: {space: rates}\n") == (
        "study.yaml, line 7, tune: goes with seeds that are fixed beforehand: looking after every "
        "seed would end at other seeds with shared settings than with tuned ones\n"
        "    leave out `max_seeds`, or `tune`"
    )


def test_giving_claims_up_is_refused(refused: Refused) -> None:
    assert refused(STUDY + "stop_futile: true\ntune: {space: rates}\n") == (
        "study.yaml, line 6, stop_futile: goes with looking after every seed, which a tuned study "
        "does not\n    leave out `stop_futile`, or `tune`"
    )


def test_results_from_elsewhere_are_refused(tmp_path: Path, load: Load) -> None:
    Path("study.yaml").write_text(STUDY + "workload: external\ntune: {space: rates}\n")
    with pytest.raises(StudyError) as caught:
        load_study("study.yaml")
    assert str(caught.value) == (
        "study.yaml, line 7, tune: results from elsewhere cannot be searched\n    leave out `tune`"
    )
