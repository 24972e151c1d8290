"""Seeds one at a time: which arms get them, when it ends, and that it goes on where it was."""

from typing import Any

import numpy as np
import pytest

from ablate.analysis.findings import analyse
from ablate.analysis.open_claims import arms_of_open_claims
from ablate.errors import AblateError
from ablate.records.greedy_path import Find
from ablate.records.looks import (
    follow_looks,
    looks_taken,
    remembered,
    sequential_plan,
    with_looks,
)
from ablate.records.schema import TrialRecord
from ablate.study.plan import Plan
from ablate.study.schema import Design, Difference, NoDifference
from ablate.tuning.runner import RunSummary
from ablate.until_decided import run_until_decided
from tests.analysis.evidence import POOL, WIDTH, arm, plan_of, record_of

CLEAR = Difference(says="Wide is worse.", better=arm(), worse=arm(width="wide"))
CLOSE = Difference(says="Mean is worse.", better=arm(), worse=arm(pool="mean"))
MEANS = {"baseline": 80.0, "wide": 60.0, "mean": 79.6, "stride": 50.0}


class Runner:
    """Trains nothing: a trial's value is its arm's mean and noise of its seed and arm."""

    def __init__(self, interrupt_at: int | None = None) -> None:
        self.records: dict[str, TrialRecord] = {}
        self.steps: list[list[tuple[str, int]]] = []
        self._interrupt_at = interrupt_at

    def __call__(self, plan: Plan, *, looked_at: int = 0) -> RunSummary:
        new = [trial for trial in plan.unique_trials if trial.hash not in self.records]
        for trial in new:
            noise = np.random.default_rng([len(trial.arm), trial.seed]).normal(0, 0.5)
            self.records[trial.hash] = record_of(trial, MEANS[trial.arm] + noise)
        self.steps.append([(trial.arm, trial.seed) for trial in new])
        stop = len(self.steps) == self._interrupt_at
        return RunSummary(interrupted=stop)


def sequential(max_seeds: int = 8, seeds: int = 2, **changes: Any) -> Plan:
    plan = plan_of(WIDTH, POOL, seeds=seeds, claims=(CLEAR, CLOSE), **changes)
    return sequential_plan(plan, max_seeds)


def test_the_first_look_has_three_seeds_of_every_arm() -> None:
    runner = Runner()
    run_until_decided(sequential(), runner, runner.records.get)
    assert {seed for _, seed in runner.steps[0]} == {0, 1, 2}
    assert {name for name, _ in runner.steps[0]} == set(MEANS)


def test_only_arms_of_open_claims_get_more_seeds() -> None:
    runner = Runner()
    run_until_decided(sequential(), runner, runner.records.get)
    later = {name for step in runner.steps[2:] for name, _ in step}
    assert later == {"baseline", "mean"}


def test_it_ends_at_the_maximum_where_a_claim_stays_open() -> None:
    runner = Runner()
    plan, summary = run_until_decided(sequential(max_seeds=6), runner, runner.records.get)
    clear, close = analyse(plan, runner.records).verdicts
    assert (clear.verdict, close.verdict) == ("supported", "undecided")
    assert clear.n < close.n == 6 == len(plan.study.seeds)
    assert summary == RunSummary()
    assert clear.p is None and clear.p_adjusted is None


def test_it_ends_when_every_claim_is_settled() -> None:
    runner = Runner()
    plan = plan_of(WIDTH, POOL, seeds=2, claims=(CLEAR,))
    plan, _ = run_until_decided(sequential_plan(plan, 20), runner, runner.records.get)
    assert len(plan.study.seeds) < 6
    (verdict,) = analyse(plan, runner.records).verdicts
    assert (verdict.verdict, verdict.n) == ("supported", len(plan.study.seeds))


def test_an_interrupted_run_goes_on_to_the_same_end() -> None:
    whole, broken = Runner(), Runner(interrupt_at=2)
    end, _ = run_until_decided(sequential(), whole, whole.records.get)
    _, summary = run_until_decided(sequential(), broken, broken.records.get)
    assert summary.interrupted
    again, _ = run_until_decided(sequential(), broken, broken.records.get)
    assert again.study == end.study
    assert broken.records == whole.records


HOPELESS = NoDifference(says="Equal.", first=arm(), second=arm(pool="mean"), margin=0.05)
"""The margin is a tenth of a trial's spread: no twelve seeds would show it."""


def hopeless(stop_futile: bool) -> Plan:
    plan = plan_of(WIDTH, POOL, seeds=2, claims=(CLEAR, HOPELESS))
    return sequential_plan(plan, 12, stop_futile)


def test_a_claim_that_the_maximum_would_hardly_settle_gets_seeds_all_the_same() -> None:
    runner = Runner()
    end, _ = run_until_decided(hopeless(stop_futile=False), runner, runner.records.get)
    assert len(end.study.seeds) == 12


def test_such_a_claim_is_given_up_where_the_study_says_so() -> None:
    runner = Runner()
    end, _ = run_until_decided(hopeless(stop_futile=True), runner, runner.records.get)
    clear, given_up = analyse(end, runner.records).verdicts
    assert clear.verdict == "supported"
    assert given_up.verdict == "undecided"
    assert 6 <= given_up.n == len(end.study.seeds) < 12
    assert given_up.note == (
        f"Given up at {given_up.n} seeds: had the others been like these, all 12 would have "
        "settled it with a chance of 0.0 %."
    )
    assert followed(hopeless(stop_futile=True), runner) == end


@pytest.mark.parametrize(("failing", "given_up"), [(0, True), (3, False)])
def test_a_claim_is_not_given_up_on_fewer_pairs_than_six(failing: int, given_up: bool) -> None:
    class Failing(Runner):
        def __call__(self, plan: Plan, *, looked_at: int = 0) -> RunSummary:
            summary = super().__call__(plan, looked_at=looked_at)
            for trial in plan.unique_trials:
                if trial.arm == "mean" and trial.seed < failing:
                    self.records[trial.hash] = record_of(trial, "failed")
            return summary

    runner = Failing()
    plan = sequential_plan(plan_of(POOL, seeds=2, claims=(HOPELESS,)), 8, True)
    end, _ = run_until_decided(plan, runner, runner.records.get)
    (verdict,) = analyse(end, runner.records).verdicts
    assert ("Given up" in verdict.note) is given_up
    assert verdict.n >= (6 if given_up else 5)


@pytest.mark.parametrize("stop_futile", [False, True])
def test_a_claim_that_no_seed_can_settle_gets_none(stop_futile: bool) -> None:
    class Diverging(Runner):
        def __call__(self, plan: Plan, *, looked_at: int = 0) -> RunSummary:
            summary = super().__call__(plan, looked_at=looked_at)
            for trial in plan.unique_trials:
                if trial.arm == "mean" and trial.seed == 0:
                    self.records[trial.hash] = record_of(trial, "diverged")
            return summary

    runner = Diverging()
    plan = sequential_plan(plan_of(POOL, seeds=2, claims=(HOPELESS,)), 12, stop_futile)
    end, _ = run_until_decided(plan, runner, runner.records.get)
    assert len(end.study.seeds) == 3
    (verdict,) = analyse(end, runner.records).verdicts
    assert verdict.verdict == "undecided"
    assert verdict.note.startswith("Diverged: 1 of 3 (33 %) of mean. ")
    assert verdict.note.endswith("No further seed can settle it, so that none is added for it.")
    assert followed(plan, runner) == end


def followed(plan: Plan, runner: Runner) -> Plan:
    return follow_looks(plan, runner.records.get, arms_of_open_claims)


def test_a_report_follows_the_looks_from_records_alone() -> None:
    runner = Runner()
    end, _ = run_until_decided(sequential(max_seeds=6), runner, runner.records.get)
    assert followed(sequential(max_seeds=6), runner) == end
    fixed = plan_of(WIDTH, seeds=4)
    assert followed(fixed, runner) is fixed


@pytest.mark.parametrize("elsewhere", ["baseline", "wide", "mean", "stride"])
def test_what_another_study_has_recorded_of_an_arm_is_no_look(elsewhere: str) -> None:
    runner = Runner()
    plan = sequential(max_seeds=10)
    theirs = tuple(trial for trial in plan.trials if trial.arm == elsewhere)
    runner(plan.model_copy(update={"trials": theirs}))
    assert len(followed(plan, runner).study.seeds) == 3, "before anything has run here"
    one = sequential_plan(plan_of(WIDTH, POOL, seeds=2, claims=(CLEAR,)), 10)
    end, _ = run_until_decided(one, runner, runner.records.get)
    assert len(end.study.seeds) < 10
    assert followed(one, runner) == end


def test_a_look_that_was_interrupted_is_not_taken() -> None:
    class Stopped(Runner):
        def __call__(self, plan: Plan, *, looked_at: int = 0) -> RunSummary:
            if len(plan.study.seeds) < 5:
                return super().__call__(plan, looked_at=looked_at)
            super().__call__(plan.model_copy(update={"trials": plan.trials[-1:]}))
            return RunSummary(interrupted=True)

    runner = Stopped()
    run_until_decided(sequential(), runner, runner.records.get)
    assert {record.spec.seed for record in runner.records.values()} == set(range(5))
    assert len(followed(sequential(), runner).study.seeds) == 4


def test_a_failed_trial_is_tried_again_by_the_next_call_and_not_at_each_look() -> None:
    class Failing(Runner):
        """The first trial of an arm that gets more seeds fails until `mended`."""

        mended = False
        tries = 0

        def __call__(self, plan: Plan, *, looked_at: int = 0) -> RunSummary:
            first = next((t for t in plan.trials if (t.arm, t.seed) == ("mean", 0)), None)
            if first is not None and self._is_to_be_tried(first.hash):
                self.tries += 1
                self.records.pop(first.hash, None)
            summary = super().__call__(plan, looked_at=looked_at)
            if first is not None and not self.mended:
                self.records[first.hash] = record_of(first, "failed")
            return summary

        def _is_to_be_tried(self, hash_: str) -> bool:
            return hash_ not in self.records or self.records[hash_].status == "failed"

    runner = Failing()
    _, summary = run_until_decided(sequential(max_seeds=6), runner, runner.records.get)
    assert len(runner.steps) == 4
    assert (runner.tries, summary.failed) == (1, 1)
    runner.mended = True
    _, summary = run_until_decided(sequential(max_seeds=6), runner, runner.records.get)
    assert (runner.tries, summary.failed) == (2, 0)


def test_what_was_open_at_a_look_is_reckoned_once_for_the_same_records() -> None:
    asked: list[int] = []

    def noting(plan: Plan, find: Find) -> set[tuple[str, str]]:
        asked.append(len(plan.study.seeds))
        return arms_of_open_claims(plan, find)

    runner, plan, open_arms = Runner(), sequential(max_seeds=6), remembered(noting)
    run_until_decided(plan, runner, runner.records.get)
    for _ in range(2):
        assert looks_taken(plan, runner.records.get, open_arms) == 6
    assert asked == [3, 4, 5]
    first = next(trial for trial in plan.trials if (trial.arm, trial.seed) == ("mean", 3))
    runner.records[first.hash] = record_of(first, "failed")
    looks_taken(plan, runner.records.get, open_arms)
    assert asked == [3, 4, 5, 4, 5]


def test_a_call_is_told_how_far_the_study_was_looked_at_when_it_began() -> None:
    class Noting(Runner):
        def __call__(self, plan: Plan, *, looked_at: int = 0) -> RunSummary:
            told.append(looked_at)
            return super().__call__(plan, looked_at=looked_at)

    told: list[int] = []
    runner = Noting(interrupt_at=2)
    run_until_decided(sequential(max_seeds=6), runner, runner.records.get)
    assert told == [0, 0]
    run_until_decided(sequential(max_seeds=6), runner, runner.records.get)
    assert set(told[2:]) == {4}


def test_a_claim_stays_as_it_was_settled_whatever_comes_after() -> None:
    runner = Runner()
    end, _ = run_until_decided(sequential(), runner, runner.records.get)
    settled = analyse(end, runner.records).verdicts[0]
    runner(sequential())
    more = analyse(sequential(), runner.records).verdicts[0]
    assert (more.n, more.low, more.high) == (settled.n, settled.low, settled.high)


def test_the_evidence_grows_look_by_look_and_its_last_interval_is_the_verdicts() -> None:
    runner = Runner()
    end, _ = run_until_decided(sequential(max_seeds=6), runner, runner.records.get)
    findings = analyse(end, runner.records)
    for position, verdict in enumerate(findings.verdicts, start=1):
        own = findings.growth[findings.growth["claim"] == position]
        assert own["n"].tolist() == list(range(3, verdict.n + 1))
        last = own.iloc[-1]
        assert (last["low"], last["high"]) == (verdict.low, verdict.high)


def test_the_studys_own_seeds_come_first() -> None:
    plan = plan_of(WIDTH, seeds=(7, 1), claims=(CLEAR,))
    assert sequential_plan(plan, 5).study.seeds == (7, 1, 0, 2, 3)


def test_seeds_beyond_the_maximum_are_left_out() -> None:
    many = plan_of(WIDTH, seeds=24, claims=(CLEAR,))
    assert sequential_plan(many).study.seeds == tuple(range(20))
    assert with_looks(plan_of(WIDTH, seeds=24, claims=(CLEAR,), max_seeds=20)).trials == (
        sequential_plan(many).trials
    )


def test_a_study_without_a_maximum_is_looked_at_once() -> None:
    plan = plan_of(WIDTH, seeds=2)
    assert with_looks(plan) is plan


@pytest.mark.parametrize(
    ("changes", "max_seeds", "message"),
    [
        ({"claims": (CLEAR,)}, 2, "--max-seeds: looking starts with 3 seeds\n    give at least 3"),
        (
            {},
            5,
            "--until-decided: the study makes no claim to decide\n    add `claims`",
        ),
    ],
)
def test_what_cannot_be_looked_at_is_refused(
    changes: dict[str, Any], max_seeds: int, message: str
) -> None:
    with pytest.raises(AblateError) as caught:
        sequential_plan(plan_of(WIDTH, **changes), max_seeds)
    assert str(caught.value) == message


def test_a_greedy_path_is_refused() -> None:
    plan = plan_of(
        WIDTH,
        design=Design(kind="path", order="greedy"),
        claims=(NoDifference(says="?", first=arm(), second=arm(width="wide"), margin=1.0),),
    )
    with pytest.raises(AblateError) as caught:
        sequential_plan(plan, 5)
    assert str(caught.value) == (
        "--until-decided: a greedy path has no fixed arms to claim things of\n"
        "    give the path an order, or the number of seeds beforehand"
    )
