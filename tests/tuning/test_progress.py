import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from ablate.records.schema import Cost
from ablate.tuning.progress import (
    LiveProgress,
    PlainProgress,
    Silent,
    Tally,
    TrialName,
    duration,
    show_progress,
)
from tests.records.samples import make_failed, make_record


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def drive(listener: Any, clock: Clock, look: Callable[[], Any] = lambda: None) -> None:
    """Four trials, one recorded before; one fails, one is still running when `look` is called."""
    record = make_record(cost=Cost(seconds=12.34))
    listener.run_started(4, 3, "test_accuracy")
    listener.data_loading("cifar10")
    clock.now += 50
    for seed in range(3):
        listener.trial_started(str(seed), TrialName("baseline", "strided_conv", seed))
    listener.point_reported("2", {"epoch": 3.0, "validation_accuracy": 71.234, "x": 1.0})
    clock.now += 30
    listener.trial_ended("0", TrialName("baseline", "strided_conv", 0), record)
    listener.trial_ended(
        "1", TrialName("good", "strided_conv", 1), make_failed(error="a\nOSError: b")
    )
    look()
    listener.trial_ended("2", TrialName("baseline", "strided_conv", 2), record)


def test_plain_lines_tell_each_ending():
    file, clock = io.StringIO(), Clock()
    drive(PlainProgress(file, clock), clock)
    assert file.getvalue().splitlines() == [
        "4 trials, 1 already recorded, 3 to run",
        "reading cifar10",
        "2/4, 60 s left  strided_conv, seed 0  test_accuracy 82.5  12.3 s",
        "3/4, 15 s left  good: strided_conv, seed 1  failed: OSError: b",
        "4/4  strided_conv, seed 2  test_accuracy 82.5  12.3 s",
    ]


def test_trials_that_turn_out_not_to_be_needed_count_as_done():
    file, trial = io.StringIO(), TrialName("baseline", "adam", 0)
    listener = PlainProgress(file, Clock())
    listener.run_started(5, 4, "test_accuracy", at_most=True)
    listener.trial_started("0", trial)
    listener.left_to_run(3)
    listener.trial_ended("0", trial, make_record(cost=Cost(seconds=1)))
    listener.left_to_run(1)
    listener.left_to_run(0)
    listener.left_to_run(0)
    assert file.getvalue().splitlines() == [
        "5 trials at most, of which at most 4 to run",
        "3/5  adam, seed 0  test_accuracy 82.5  1.0 s",
        "5/5",
    ]


def test_the_live_table_shows_what_runs():
    file, clock = io.StringIO(), Clock()
    console = Console(file=file, force_terminal=True, width=100, color_system=None)
    listener = LiveProgress(console, clock)
    shown: list[str] = []

    def look() -> None:
        paper = io.StringIO()
        Console(file=paper, width=100).print(listener.render())
        shown.extend(line.rstrip() for line in paper.getvalue().splitlines())

    with listener:
        drive(listener, clock, look)
    assert shown == [
        "arm           seed  epoch  validation      time",
        "strided_conv  2     3      accuracy 71.23  30 s",
        "trials done 3/4, 15 s left",
    ]
    assert "strided_conv, seed 0  test_accuracy 82.5  12.3 s" in file.getvalue()


def test_what_trials_say_is_a_line_a_minute_of_each():
    file, clock = io.StringIO(), Clock()
    listener = PlainProgress(file, clock)
    for seconds, trial in ((0, "a"), (1, "b"), (2, "a"), (60, "a"), (61, "b")):
        clock.now = 100.0 + seconds
        listener.trial_said(trial, TrialName("baseline", trial, 0), f"{seconds} %")
    assert file.getvalue().splitlines() == [
        "a, seed 0: 0 %",
        "b, seed 0: 1 %",
        "a, seed 0: 60 %",
        "b, seed 0: 61 %",
    ]


def test_a_log_tells_of_a_long_trial_every_five_minutes():
    file, clock = io.StringIO(), Clock()
    listener = PlainProgress(file, clock)
    listener.trial_started("0", TrialName("good", "adam", 4))
    for seconds in (299, 300, 599, 601, 900):
        clock.now = 100.0 + seconds
        listener.point_reported("0", {"epoch": seconds / 100, "validation_accuracy": 71.234})
    listener.trial_ended("0", TrialName("good", "adam", 4), make_record(cost=Cost(seconds=901)))
    listener.point_reported("0", {"epoch": 20.0})
    assert file.getvalue().splitlines() == [
        "good: adam, seed 4: epoch 3, validation_accuracy 71.23",
        "good: adam, seed 4: epoch 6.01, validation_accuracy 71.23",
        "1/0  good: adam, seed 4  test_accuracy 82.5  901.0 s",
    ]


def test_the_live_table_shows_what_a_trial_says_until_its_next_point():
    listener, trial = LiveProgress(Console(file=io.StringIO()), Clock()), TrialName("b", "a", 0)

    def shown() -> str:
        paper = io.StringIO()
        Console(file=paper, width=100).print(listener.render())
        return paper.getvalue()

    listener.trial_started("0", trial)
    listener.trial_said("0", trial, "35 %, 4 min left")
    assert "35 %, 4 min left" in shown()
    listener.point_reported("0", {"validation_loss": 0.5})
    assert "35 %" not in shown() and "loss 0.5" in shown()


@pytest.mark.parametrize("words", ["step [/3]", "[red]", "reading [cache]"])
def test_the_live_table_takes_no_word_for_markup(words: str):
    paper = io.StringIO()
    listener, trial = LiveProgress(Console(file=io.StringIO()), Clock()), TrialName("b", words, 0)
    listener.trial_started("0", trial)
    listener.trial_said("0", trial, words)
    Console(file=paper, width=100).print(listener.render())
    assert paper.getvalue().splitlines()[1].split("0 s")[0].split() == (
        f"b: {words} 0 {words}".split()
    )


def test_without_a_terminal_there_are_plain_lines():
    with show_progress(io.StringIO()) as listener:
        assert isinstance(listener, PlainProgress)


def test_a_remark_is_a_line_of_its_own():
    remark = "baseline: its settings lie outside the space (widths is [2, 2])"
    plain, live = io.StringIO(), io.StringIO()
    PlainProgress(plain, Clock()).remarked(remark)
    LiveProgress(Console(file=live, width=40), Clock()).remarked(remark)
    assert plain.getvalue() == live.getvalue() == f"{remark}\n"


def test_a_silent_listener_hears_everything():
    drive(Silent(), Clock())
    Silent().remarked("all is well")


def test_a_study_without_its_metric_shows_what_it_has():
    file = io.StringIO()
    listener = PlainProgress(file, Clock())
    listener.run_started(1, 1, "test_loss")
    listener.trial_ended("0", TrialName("baseline", "a", 0), make_record())
    assert file.getvalue().splitlines() == [
        "1 trial, 0 already recorded, 1 to run",
        "1/1  a, seed 0  test_accuracy 82.5  4.0 s",
    ]


def test_the_pace_is_counted_from_the_first_trial():
    clock = Clock()
    tally = Tally(clock)
    tally.begin(total=10, to_run=4)
    clock.now += 1000
    assert tally.seconds_left() is None
    tally.count_from_now()
    clock.now += 10
    tally.count_end()
    assert tally.seconds_left() == 30
    assert str(tally) == "7/10, 30 s left"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (42, "42 s"),
        (99.4, "99 s"),
        (100, "2 min"),
        (3599, "60 min"),
        (11100, "3 h 05 min"),
    ],
)
def test_durations_read_easily(seconds: float, text: str):
    assert duration(seconds) == text
