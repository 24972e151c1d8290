"""The studies that ship say what they hold, and share the trials that they are meant to share."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from ablate.study.loading import load_study
from ablate.study.plan import Plan
from ablate.study.planning import make_plan

FOLDER = Path(__file__).parents[2] / "studies"
STUDIES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
AS_PUBLISHED = {"image_size", "task1", "task2", "transfer"}
"""Those that stop early, as the publication did; the others train for a fixed time."""

EPOCHS = {"pretrain": {4}, "super_convergence": {3, 10}}
"""Of what prepares another study, and of comparisons that are about the length of training; the
others train ten epochs."""

CLAIMS = [
    "a significant drop",
    "done because it is common; no effect is claimed",
    "the most significant change; the first step to the high 70s",
    "from about 60 % to the mid 70s in 10 epochs",
    "one of the most efficient ways to improve",
    "moved the network toward 85 %",
    "more stable training, substantially faster convergence",
    "from 79.4 to 85.1 % with nearly the same hyperparameters",
    "overfits less than GoodModel",
    "trains unstably, for which its initialisation is blamed",
]
"""What the publication states of its ten claims, in its order."""

BESIDE_CLAIMS = {
    "69.5 %",
    "converges extremely fast, then flattens",
    "training accuracy about 99 %",
    "validation loss rising as it overfits",
}
"""What else it states, of SimpleModel and of ResNet18."""


class In(NamedTuple):
    """An arm of a shipped study."""

    study: str
    arm: str
    context: str = "baseline"

    def hashes(self) -> list[str]:
        """Of its trials with the first two seeds, which every study has."""
        return [
            trial.hash
            for trial in plan(self.study).trials
            if (trial.context, trial.arm) == (self.context, self.arm) and trial.seed < 2
        ]


SHARED = [
    [
        In("pooling", "baseline"),
        In("filter_size", "baseline"),
        In("normalization", "baseline"),
        In("optimizer", "baseline"),
        In("dropout", "baseline"),
        In("initialization", "baseline"),
        In("last_batch", "baseline"),
        In("factorial", "baseline"),
        In("super_convergence", "baseline"),
        In("task2e", "baseline", "good_model"),
        In("path", "+ dropout"),
    ],
    [
        In("pooling", "strided_conv"),
        In("factorial", "strided_conv"),
        In("task2e", "strided_conv", "good_model"),
    ],
    [In("filter_size", "kernel_size=5"), In("task2e", "kernel_size=5", "good_model")],
    [
        In("normalization", "normalization=none"),
        In("factorial", "normalization=none"),
        In("task2e", "normalization=none", "good_model"),
    ],
    [In("normalization", "before_activation"), In("path", "+ normalization_position")],
    [
        In("optimizer", "sgd"),
        In("factorial", "sgd"),
        In("last_batch", "sgd"),
        In("task2e", "sgd", "good_model"),
    ],
    [In("dropout", "rising"), In("task2e", "rising", "good_model")],
    [
        In("dropout", "dropout=none"),
        In("task2e", "dropout=none", "good_model"),
        In("path", "+ depth"),
    ],
    [
        In("initialization", "framework_default"),
        In("factorial", "framework_default"),
        In("task2e", "framework_default", "good_model"),
    ],
    [In("task2e", "baseline", "simple_model"), In("path", "baseline")],
    [In("task2e", "kernel_size=3", "simple_model"), In("path", "+ kernel_size")],
    [In("dropout_goodest", "light"), In("path", "+ expansion")],
    [In("task2", "goodest_model"), In("transfer", "goodest_model")],
    [In("transfer", "classifier"), In("image_size", "baseline")],
    [In("dropout_goodest", "baseline"), In("path", "+ dropout_schedule")],
]


@cache
def plan(name: str, dataset: str | None = None) -> Plan:
    return make_plan(load_study(FOLDER / f"{name}.yaml", dataset=dataset))


@pytest.mark.parametrize("dataset", [None, "digits"])
@pytest.mark.parametrize("name", STUDIES)
def test_no_two_trials_of_a_study_are_the_same(name: str, dataset: str | None) -> None:
    trials = plan(name, dataset).trials
    assert len({trial.hash for trial in trials}) == len(trials) > 0


@pytest.mark.parametrize("name", STUDIES)
def test_the_opening_comment_says_what_the_study_holds(name: str) -> None:
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    opening = text[: text.index("\nquestion: ")].splitlines()
    held = re.match(r"# (\d+) arms? x (\d+) seeds?, .+; measured: ", opening[0])
    assert held is not None
    assert [int(number) for number in held.groups()] == [
        len(plan(name).arms),
        len(plan(name).study.seeds),
    ]
    assert opening[-1] == f"# ablate run studies/{name}.yaml"


@pytest.mark.parametrize("name", sorted(set(STUDIES) - AS_PUBLISHED - {"smoke"}))
def test_comparisons_train_for_a_fixed_time_and_look_four_times_at_each_epoch(name: str) -> None:
    for trial in plan(name).unique_trials:
        training = plan(name).resolved_settings(trial)["training"]
        assert training["epochs"] in EPOCHS.get(name, {10})
        assert training["early_stopping_patience"] is None
        assert training["validations_per_epoch"] == 4


@pytest.mark.parametrize("name", sorted(AS_PUBLISHED))
def test_networks_as_published_stop_early(name: str) -> None:
    for trial in plan(name).unique_trials:
        assert plan(name).resolved_settings(trial)["training"]["early_stopping_patience"] == 4


@pytest.mark.parametrize("arms", SHARED, ids=lambda arms: str(arms[0]))
def test_studies_share_the_trials_of_equal_arms(arms: list[In]) -> None:
    assert [arm.hashes() for arm in arms] == [arms[0].hashes()] * len(arms)
    assert len(arms[0].hashes()) == 2


def test_no_other_trials_are_shared() -> None:
    listed = {hash_ for arms in SHARED for hash_ in arms[0].hashes()}
    seen: set[str] = set()
    for name in STUDIES:
        own = {trial.hash for trial in plan(name).trials if trial.seed < 2}
        assert (own & seen) <= listed
        seen |= own


def test_goodest_model_is_itself_whatever_network_is_transferred() -> None:
    other = make_plan(
        load_study(
            FOLDER / "transfer.yaml",
            overrides={"architecture.backbone": "resnet34", "data.classes": [5, 6, 7]},
        )
    )
    networks = {
        trial.arm: other.resolved_settings(trial)["architecture"]["backbone"]
        for trial in other.trials
    }
    assert networks.pop("goodest_model") is None
    assert set(networks.values()) == {"resnet34"}


def test_every_step_of_the_path_changes_one_factor() -> None:
    arms = plan("path").arms
    for position, factor in enumerate(plan("path").study.factors, start=1):
        before, after = arms[position - 1].levels, arms[position].levels
        assert {name for name in after if before[name] != after[name]} == {factor}


def test_task_2e_holds_the_ten_published_claims_in_their_order() -> None:
    stated = [claim.published for claim in plan("task2e").study.claims]
    assert list(dict.fromkeys(stated)) == CLAIMS


@pytest.mark.parametrize("name", STUDIES)
def test_a_claim_is_quoted_in_the_same_words_everywhere(name: str) -> None:
    stated = {claim.published for claim in plan(name).study.claims} - {None}
    assert stated <= {*CLAIMS, *BESIDE_CLAIMS}


def test_published_numbers_stand_beside_the_arms_that_they_belong_to() -> None:
    numbers: dict[tuple[str, str | None], dict[str, float]] = {}
    for name in ("task1", "task2", "optimizer"):
        for number in plan(name).study.published:
            arm = None if number.arm is None else plan(name).select(number.arm).name
            numbers.setdefault((name, arm), {})[number.metric] = number.value
    assert numbers == {
        ("task1", "baseline"): {
            "train_accuracy": 87.7,
            "validation_accuracy": 69.9,
            "test_accuracy": 69.5,
        },
        ("task2", "baseline"): {
            "train_loss": 0.107576,
            "validation_loss": 0.716263,
            "test_loss": 0.744095,
            "train_accuracy": 96.8,
            "validation_accuracy": 80.1,
            "test_accuracy": 79.4,
        },
        ("task2", "goodest_model"): {
            "train_loss": 0.185432,
            "validation_loss": 0.466123,
            "test_loss": 0.454339,
            "train_accuracy": 94.0,
            "validation_accuracy": 84.8,
            "test_accuracy": 85.1,
        },
        ("optimizer", None): {"test_accuracy": 60},
    }


def test_trials_of_pooling_keep_their_hashes() -> None:
    """Records of these exist: a change here orphans them, and is right only where equal settings
    and seed have come to mean other results."""
    assert In("pooling", "baseline").hashes()[0] == "3b848d0a28ce5d93589d"
    assert In("pooling", "strided_conv").hashes()[0] == "ea92f3a594903be157f0"
