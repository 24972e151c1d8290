"""The seam: names of workloads and descriptions of metrics."""

import pytest

from ablate.errors import AblateError
from ablate.image_classification.metrics import METRICS
from ablate.workload import (
    MetricDescription,
    cure_by_validation,
    describe_metric,
    guessed_direction,
    is_direction_known,
    load_workload,
    rests_on_test_data,
)


@pytest.mark.parametrize("name", ["test_loss", "word_error", "train_seconds", "summary.loss"])
def test_losses_errors_and_times_are_taken_to_be_better_when_lower(name: str) -> None:
    assert not describe_metric(name, {}).higher_is_better


@pytest.mark.parametrize("name", ["test_accuracy", "lossless", "score"])
def test_other_metrics_are_taken_to_be_better_when_higher(name: str) -> None:
    assert describe_metric(name, {}).higher_is_better


@pytest.mark.parametrize(
    "name", ["generalization_gap", "rmse", "val-cross_entropy", "eval.wer", "err@5", "EER"]
)
def test_errors_by_their_usual_names_are_better_when_lower(name: str) -> None:
    assert not describe_metric(name, {}).higher_is_better
    assert is_direction_known(name, {})


@pytest.mark.parametrize(
    "name",
    ["val/loss", "Loss/val", "val loss", "val:loss", "valLoss", "valNLLLoss", "logloss", "wordWER"],
)
def test_words_stand_between_any_signs_and_in_camel_case(name: str) -> None:
    assert not describe_metric(name, {}).higher_is_better
    assert is_direction_known(name, {})


@pytest.mark.parametrize("name", ["mAP", "valF1", "eval/AUC-ROC", "Train:topAccuracy"])
def test_capitals_hide_no_word(name: str) -> None:
    assert describe_metric(name, {}).higher_is_better
    assert is_direction_known(name, {})


@pytest.mark.parametrize(
    "name", ["accuracy_drop", "score/error", "top1_err", "acc_std", "return_variance"]
)
def test_words_that_disagree_make_a_guess(name: str) -> None:
    assert not describe_metric(name, {}).higher_is_better
    assert not is_direction_known(name, {})


@pytest.mark.parametrize(("name", "known"), [("top1", True), ("f1_score", True), ("wobble", False)])
def test_of_a_metric_of_unknown_words_the_direction_is_a_guess(name: str, known: bool) -> None:
    assert is_direction_known(name, {}) == known
    assert is_direction_known(name, {name: MetricDescription(label=name)})


def test_a_description_is_taken_before_any_guess() -> None:
    described = MetricDescription(label="gain", higher_is_better=True)
    assert describe_metric("loss", {"loss": described}) is described


def test_a_validation_metric_is_what_its_test_counterpart_is_described_to_be() -> None:
    tested = MetricDescription(
        label="residual", unit="m", higher_is_better=False, chance=9.0, only_at_end=True, note="?"
    )
    known = {"test_residual": tested}
    described = describe_metric("validation_residual", known)
    assert described == MetricDescription(
        label="validation residual", unit="m", higher_is_better=False, chance=9.0
    )
    assert is_direction_known("validation_residual", known)
    assert not rests_on_test_data("validation_residual", {"validation_residual": described})
    own = MetricDescription(label="its own")
    assert describe_metric("validation_residual", {**known, "validation_residual": own}) is own
    assert not is_direction_known("residual", known)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("wobble", ("more", "false")),
        ("accuracy_drop", ("less", "true")),
    ],
)
def test_a_guess_is_told_with_its_cure(name: str, told: tuple[str, str]) -> None:
    assert guessed_direction(name, {}) == (
        f"That {told[0]} {name} is better is a guess: say which way it is, by "
        f"`metrics: {{{name}: {{label: ..., higher_is_better: {told[1]}}}}}`."
    )
    assert guessed_direction(name, {name: MetricDescription(label=name)}) == ""


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("image_clasification", "image_classification"),
        ("toy.train", "toy:train"),
        ("package.toy.train", "package.toy:train"),
    ],
)
def test_an_unknown_workload_is_named_with_what_is_near(name: str, near: str) -> None:
    with pytest.raises(AblateError) as caught:
        load_workload(name)
    assert str(caught.value) == f"no workload named '{name}'\n    did you mean '{near}'?"


def test_metrics_of_the_test_set_are_known_by_name_or_by_description() -> None:
    resting = {name for name in METRICS if rests_on_test_data(name, METRICS)}
    assert resting == {"test_accuracy", "test_loss", "generalization_gap"}
    assert rests_on_test_data("test_score", {})
    assert not rests_on_test_data("score", {})


@pytest.mark.parametrize("name", ["acc_test", "final.test.acc", "Test-Acc"])
def test_the_word_test_tells_where_no_description_does(name: str) -> None:
    assert rests_on_test_data(name, {})
    assert rests_on_test_data(name, {name: MetricDescription(label="accuracy")})
    told = {name: MetricDescription(label="accuracy", uses_test_data=False)}
    assert not rests_on_test_data(name, told)
    assert not rests_on_test_data("latest_acc", {})
    assert cure_by_validation(name, {}) == (
        "choose by a metric of validation data (or describe this one with `uses_test_data: false`)"
    )


def test_what_to_choose_by_in_their_place_is_named() -> None:
    assert cure_by_validation("test_loss", METRICS) == "choose by 'validation_loss'"
    assert cure_by_validation("generalization_gap", METRICS) == (
        "choose by a metric of validation data, such as 'validation_accuracy'"
    )
    assert cure_by_validation("gap", {}) == "choose by a metric of validation data"
