"""Schedules have the shapes of their formulas, and every optimizer step has its rate."""

import warnings
from collections.abc import Iterator
from math import cos, pi
from pathlib import Path
from typing import Any

import pytest
import torch

from ablate.errors import SettingsError
from ablate.image_classification.settings.identity import canonical, identity
from ablate.image_classification.settings.keys import TrainingSettings
from ablate.image_classification.settings.resolving import resolve
from ablate.image_classification.training import loop
from ablate.image_classification.training.optimizers import make_optimizer
from ablate.image_classification.training.schedules import SCHEDULES, Rates, make_schedule
from ablate.image_classification.workload import WORKLOAD
from ablate.study.loading import load_study
from ablate.study.planning import make_plan
from ablate.workload import Resources

TINY = {
    "data.dataset": "digits",
    "architecture.filters": [4, 8],
    "training.epochs": 2,
    "training.precision": "float32",
}
ONE_CYCLE = {"training.schedule": "one_cycle"}


def course(steps: int, **recipe: Any) -> list[Rates]:
    """The rates that a recipe's optimizer really holds, step by step."""
    settings = TrainingSettings(**recipe)
    optimizer = make_optimizer([torch.nn.Parameter(torch.ones(1))], settings)
    return [rates_of(optimizer) for _ in make_schedule(optimizer, settings, steps)]


def rates_of(optimizer: torch.optim.Optimizer) -> Rates:
    group = optimizer.param_groups[0]
    return Rates(group["lr"], group["betas"][0] if "betas" in group else group["momentum"])


@pytest.fixture(scope="module")
def digits() -> dict[str, Any]:
    return {"digits": WORKLOAD.load_data("digits", None)}


def trial(data: dict[str, Any], settings: dict[str, Any]) -> list[dict[str, Any]]:
    resolved = WORKLOAD.resolve({**TINY, **settings})
    return list(WORKLOAD.run(resolved, 0, Resources(cpus=1), data))


def test_every_schedule_a_study_may_name_is_there() -> None:
    assert set(TrainingSettings.model_fields["schedule"].annotation.__args__) == set(SCHEDULES)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_constant_schedule_leaves_an_optimizer_as_it_is(optimizer: str) -> None:
    settings = TrainingSettings(optimizer=optimizer, learning_rate=0.3, momentum=0.7, beta1=0.8)
    made = make_optimizer([torch.nn.Parameter(torch.ones(1))], settings)
    before = dict(made.param_groups[0])
    assert all(made.param_groups[0] == before for _ in make_schedule(made, settings, 5))


def test_cosine_falls_from_the_learning_rate_toward_zero() -> None:
    rates = [rate for rate, _ in course(100, schedule="cosine", learning_rate=0.2)]
    expected = {0: 0.2, 25: 0.1 * (1 + cos(pi / 4)), 50: 0.1, 99: 0.1 * (1 + cos(0.99 * pi))}
    assert {step: rates[step] for step in expected} == pytest.approx(expected)
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] > 0


def test_one_cycle_rises_to_the_learning_rate_and_falls_far_below_its_start() -> None:
    rates = [
        rate
        for rate, _ in course(
            101,
            schedule="one_cycle",
            learning_rate=2.0,
            one_cycle_warm_up=0.4,
            one_cycle_start_divisor=10,
            one_cycle_final_divisor=100,
        )
    ]
    peak = 39  # the 40th step
    assert rates[0] == pytest.approx(0.2)
    assert rates[13] == pytest.approx(0.2 + 1.8 * 0.25)  # a third of the way: cos(pi/3) = 1/2
    assert rates[26] == pytest.approx(0.2 + 1.8 * 0.75)
    assert rates[peak] == max(rates) == 2.0
    assert rates[-1] == pytest.approx(0.002)
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 7, 10, 633])
@pytest.mark.parametrize("warm_up", [0.0, 0.25, 0.3, 0.99])
def test_one_cycle_reaches_its_maximum_in_however_few_steps(steps: int, warm_up: float) -> None:
    rates = [
        rate
        for rate, _ in course(
            steps, schedule="one_cycle", learning_rate=0.1, one_cycle_warm_up=warm_up
        )
    ]
    assert len(rates) == steps
    assert max(rates) == 0.1
    assert min(rates) > 0


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_one_cycle_is_pytorchs_where_its_maximum_falls_on_a_step(optimizer: str) -> None:
    recipe = {"optimizer": optimizer, "momentum": 0.95, "beta1": 0.95, "learning_rate": 0.4}
    ours = course(200, schedule="one_cycle", one_cycle_momentum=0.85, **recipe)
    reference = make_optimizer([torch.nn.Parameter(torch.ones(1))], TrainingSettings(**recipe))
    scheduler = torch.optim.lr_scheduler.OneCycleLR(reference, max_lr=0.4, total_steps=200)
    theirs = [rates_of(reference)]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Detected call of `lr_scheduler.step")
        for _ in range(199):
            scheduler.step()
            theirs.append(rates_of(reference))
    torch.testing.assert_close(torch.tensor(ours), torch.tensor(theirs))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_momentum_moves_against_the_rate_only_if_asked_to(optimizer: str) -> None:
    recipe = {"optimizer": optimizer, "momentum": 0.9, "beta1": 0.9, "schedule": "one_cycle"}
    assert {momentum for _, momentum in course(100, **recipe)} == {0.9}
    moved = [momentum for _, momentum in course(100, one_cycle_momentum=0.8, **recipe)]
    assert [moved[0], moved[29], moved[99]] == pytest.approx([0.9, 0.8, 0.9])
    assert min(moved) == moved[29]


@pytest.mark.parametrize(
    ("batch_size", "validations"),
    [(64, 1), (64, 4), (1289, 1)],  # 1289 leaves a last batch of one image, which is left out
)
def test_there_are_as_many_rates_as_optimizer_steps(
    digits: dict[str, Any], monkeypatch: pytest.MonkeyPatch, batch_size: int, validations: int
) -> None:
    made: list[Iterator[None]] = []
    taken: list[int] = []

    def observed(optimizer: torch.optim.Optimizer, settings: Any, steps: int) -> Iterator[None]:
        optimizer.register_step_post_hook(lambda *_: taken.append(steps))
        made.append(make_schedule(optimizer, settings, steps))
        return made[0]

    monkeypatch.setattr(loop, "make_schedule", observed)
    settings = {
        "training.schedule": "cosine",
        "training.batch_size": batch_size,
        "training.validations_per_epoch": validations,
    }
    trial(digits, settings)
    steps = 2 * {64: 21, 1289: 1}[batch_size]
    assert taken == [steps] * steps
    assert next(made[0], "all used") == "all used"


def test_early_stopping_cuts_a_schedule_off_and_does_not_shorten_it(digits: dict[str, Any]) -> None:
    settings = {
        "training.schedule": "cosine",
        "training.learning_rate": 1e-9,  # nothing is learned
        "training.epochs": 12,
        "training.validations_per_epoch": 2,
    }
    full = trial(digits, settings)[:-1]
    stopped = trial(digits, {**settings, "training.early_stopping_patience": 1})[:-1]
    assert len(stopped) < len(full) == 24
    losses = [[point["validation_loss"] for point in points] for points in (stopped, full)]
    assert losses[0] == losses[1][: len(stopped)]


@pytest.mark.parametrize(
    "changed",
    [
        {"training.schedule": "cosine"},
        ONE_CYCLE,
        {**ONE_CYCLE, "training.one_cycle_warm_up": 0.6},
        {**ONE_CYCLE, "training.one_cycle_start_divisor": 2},
        {**ONE_CYCLE, "training.one_cycle_final_divisor": 1},
        {**ONE_CYCLE, "training.one_cycle_momentum": 0.5},
    ],
)
def test_each_key_of_a_schedule_changes_what_is_learned(
    digits: dict[str, Any], changed: dict[str, Any]
) -> None:
    momentum = {"training.momentum": 0.9, "training.learning_rate": 0.01}
    one = trial(digits, {**momentum, **(ONE_CYCLE if len(changed) > 1 else {})})
    other = trial(digits, {**momentum, **changed})
    assert one[-1]["train_loss"] != other[-1]["train_loss"]


def test_one_cycle_trains_the_network(digits: dict[str, Any]) -> None:
    settings = {
        **ONE_CYCLE,
        "training.momentum": 0.9,
        "training.learning_rate": 0.05,
        "training.epochs": 4,
    }
    assert trial(digits, settings)[-1]["test_accuracy"] > 80


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"training.schedule": "constant"}),
        ({}, {"training.one_cycle_warm_up": 0.5, "training.one_cycle_start_divisor": 2}),
        (
            {"training.schedule": "cosine"},
            {
                "training.schedule": "cosine",
                "training.one_cycle_final_divisor": 2,
                "training.one_cycle_momentum": 0.5,
            },
        ),
        (
            {**ONE_CYCLE, "training.momentum": 0.9},
            {**ONE_CYCLE, "training.momentum": 0.9, "training.one_cycle_momentum": 0.9},
        ),
    ],
)
def test_keys_without_effect_change_neither_canonical_form_nor_hash(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert canonical(resolve(one)) == canonical(resolve(other))
    assert identity(resolve(one)) == identity(resolve(other))


STEPS = {"data.dataset": "digits", "training.epochs": 2, "training.batch_size": 512, **ONE_CYCLE}
"""Six steps: 1,290 images in three batches, twice."""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Less than a step of warm-up is none, and then but the last rate tells a divisor.
        ({"warm_up": 0.0}, {"warm_up": 0.01}),
        ({"warm_up": 0.0}, {"warm_up": 0.2}),
        ({"warm_up": 0.5}, {"warm_up": 0.45}),
        (
            {"warm_up": 0.0, "start_divisor": 10, "final_divisor": 100},
            {"warm_up": 0.0, "start_divisor": 100, "final_divisor": 10},
        ),
        # The rate rises to the end.
        ({"warm_up": 0.99, "final_divisor": 10}, {"warm_up": 0.99, "final_divisor": 1000}),
    ],
)
def test_cycles_of_the_same_rates_at_each_step_are_one_trial(
    digits: dict[str, Any], one: dict[str, Any], other: dict[str, Any]
) -> None:
    given = [
        {**STEPS, **{f"training.one_cycle_{key}": value for key, value in keys.items()}}
        for keys in (one, other)
    ]
    assert canonical(resolve(given[0])) == canonical(resolve(given[1]))
    first, second = (trial(digits, settings)[-1] for settings in given)
    assert first["train_loss"] == second["train_loss"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"warm_up": 0.3}, {"warm_up": 0.5}),
        ({"start_divisor": 10, "final_divisor": 100}, {"start_divisor": 100, "final_divisor": 10}),
        ({"warm_up": 0.0, "final_divisor": 10}, {"warm_up": 0.0, "final_divisor": 100}),
        ({"warm_up": 0.99, "start_divisor": 10}, {"warm_up": 0.99, "start_divisor": 100}),
    ],
)
def test_cycles_of_other_rates_are_other_trials(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = (
        {**STEPS, **{f"training.one_cycle_{key}": value for key, value in keys.items()}}
        for keys in (one, other)
    )
    assert canonical(resolve(first)) != canonical(resolve(second))


def test_a_schedule_enters_the_hash_with_its_own_keys_alone() -> None:
    given = {**ONE_CYCLE, "training.momentum": 0.9, "training.one_cycle_warm_up": 0.4}
    assert identity(resolve(given))["training"] == {
        "schedule": "one_cycle",
        "momentum": 0.9,
        "one_cycle_warm_up": 0.4,
    }


def test_trials_from_before_there_were_schedules_keep_their_hash(tmp_path: Path) -> None:
    text = (
        "question: Is this the hash that records have?\n"
        "baseline:\n"
        "  preset: good_model\n"
        "  data.dataset: cifar10\n"
        "  training.early_stopping_patience: null\n"
        "seeds: [0]\n"
    )
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    study = load_study(tmp_path / "study.yaml")
    assert [trial.hash for trial in make_plan(study).trials] == ["3b848d0a28ce5d93589d"]


def message_of(settings: dict[str, Any]) -> str:
    with pytest.raises(SettingsError) as caught:
        resolve(settings)
    return str(caught.value)


def test_an_unknown_schedule_is_refused_with_the_nearest_one() -> None:
    assert message_of({"training.schedule": "onecycle"}) == (
        "training.schedule: 'onecycle' is not a level\n    did you mean 'one_cycle'?"
    )


@pytest.mark.parametrize(
    ("optimizer", "key", "own"),
    [("sgd", "training.momentum", "0.0"), ("adam", "training.beta1", "0.9")],
)
def test_momentum_that_would_rise_with_the_rate_is_refused(
    optimizer: str, key: str, own: str
) -> None:
    settings = {"training.optimizer": optimizer, "training.one_cycle_momentum": 0.95}
    resolve(settings)  # without effect under a constant rate
    assert message_of({**settings, **ONE_CYCLE}) == (
        f"training.one_cycle_momentum: 0.95 lies above {key}, {own}, from which it is to fall\n"
        f"    raise {key}, or leave one_cycle_momentum out"
    )
