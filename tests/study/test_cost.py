import pytest

from ablate.records.schema import Cost
from ablate.study.cost import cost_sentence, estimate_cost, tuning_cost, tuning_sentence
from ablate.study.planning import make_plan
from ablate.study.schema import Tune
from tests.study.fake_workload import FAKE
from tests.study.made_studies import NORM, POOL, WIDTH, study
from tests.study.test_tuned import make, space

TEN_SECONDS = Cost(core_seconds=10.0)
COSTLY = study({"width": {"thin": {"model.width": 8}, "wide": {"model.width": 32}}}, seeds=[0, 1])


def test_cost_is_unknown_while_nothing_is_measured() -> None:
    assert estimate_cost(make_plan(COSTLY, FAKE), {}) == (None, frozenset(), False)


def test_an_arm_costs_what_it_cost_with_other_seeds_else_by_its_flops() -> None:
    plan = make_plan(COSTLY, FAKE)
    thin = plan.trials[0].hash
    measured = {thin: Cost(core_seconds=10.0, flops=16_000.0)}
    assert estimate_cost(plan, measured).seconds == pytest.approx(10.0 + 2 * 40.0)


def test_an_arm_costs_what_it_cost_with_seeds_that_are_not_asked_for_now() -> None:
    recorded, plan = (
        make_plan(COSTLY.model_copy(update={"seeds": seeds}), FAKE) for seeds in ((0,), (5, 6))
    )
    measured = {
        trial.hash: Cost(core_seconds=seconds)
        for trial, seconds in zip(recorded.trials, (10.0, 30.0), strict=True)
    }
    assert estimate_cost(plan, measured, seeds={0}).seconds == pytest.approx(2 * 10.0 + 2 * 30.0)


def test_an_estimate_goes_by_the_kind_of_device_that_the_arms_were_measured_on() -> None:
    recorded, plan = (
        make_plan(COSTLY.model_copy(update={"seeds": seeds}), FAKE) for seeds in ((0,), (5, 6))
    )
    measured = {trial.hash: Cost(core_seconds=10.0) for trial in recorded.trials}
    elsewhere = {str(n): Cost(core_seconds=1.0, gpu_seconds=1.0, flops=1e9) for n in range(5)}
    assert not estimate_cost(plan, measured | elsewhere, seeds={0}).on_gpus


def test_records_of_other_studies_give_the_rate() -> None:
    plan = make_plan(COSTLY, FAKE)
    measured = {"elsewhere": Cost(core_seconds=1.0, flops=8_000.0)}
    assert estimate_cost(plan, measured).seconds == pytest.approx(2 * 2.0 + 2 * 8.0)


def test_a_finished_plan_costs_nothing() -> None:
    plan = make_plan(COSTLY, FAKE)
    every = {trial.hash: Cost() for trial in plan.trials}
    assert estimate_cost(plan, every) == (0.0, frozenset(), False)


def test_the_sentence_says_what_is_recorded_and_what_the_estimate_rests_on() -> None:
    plan = make_plan(COSTLY, FAKE)
    assert cost_sentence(plan, {}) == (
        "4 trials, 0 recorded, 4 to run; what they cost is not known before each arm has run."
    )
    measured = {plan.trials[0].hash: Cost(core_seconds=1800.0, flops=16_000.0)}
    assert cost_sentence(plan, measured) == (
        "4 trials, 1 recorded, 3 to run: about 4.50 core-hours, judging by 1 recorded trial."
    )
    unrelated = {str(number): Cost(core_seconds=1.0) for number in range(9)}
    assert cost_sentence(plan, measured | unrelated) == cost_sentence(plan, measured)
    every = {trial.hash: Cost() for trial in plan.trials}
    assert cost_sentence(plan, every) == "4 trials, all recorded."
    (one,) = plan.trials[:1]
    alone = plan.model_copy(update={"trials": (one,)})
    assert cost_sentence(alone, every) == "1 trial, all recorded."


class TestGreedyPath:
    """Its plan holds the steps so far, and a step's candidates are known when it is reached."""

    FACTORS = {"pool": POOL, "norm": NORM, "width": WIDTH}
    GREEDY = study(FACTORS, design={"kind": "path", "order": "greedy"}, seeds=[0, 1])

    def test_the_sentence_says_what_all_steps_take_at_most(self):
        later = (
            " That is the path so far, with the candidates of its next step; all its steps "
            "together take at most 14 trials."
        )
        unknown = "; what they cost is not known before each arm has run."
        start = make_plan(self.GREEDY, FAKE)
        assert cost_sentence(start, {}) == f"8 trials, 0 recorded, 8 to run{unknown}{later}"
        known = {trial.hash: Cost(core_seconds=1800.0) for trial in start.trials}
        second = make_plan(self.GREEDY, FAKE, ("norm",))
        assert cost_sentence(second, known) == f"8 trials, 4 recorded, 4 to run{unknown}{later}"

    def test_after_the_last_step_nothing_more_comes(self):
        last = make_plan(self.GREEDY, FAKE, ("norm", "pool"))
        assert cost_sentence(last, {}) == (
            "8 trials, 0 recorded, 8 to run; what they cost is not known before each arm has run."
        )


class TestKindsOfDevice:
    """A second on a GPU says nothing of a second on a CPU."""

    PLAN = make_plan(COSTLY, FAKE)
    THIN, WIDE = PLAN.trials[0].hash, PLAN.trials[1].hash
    ON_GPU = Cost(core_seconds=36.0, gpu_seconds=18.0, flops=16_000.0)
    ON_CPU = Cost(core_seconds=7200.0, flops=16_000.0)

    def test_trials_on_gpus_are_counted_in_hours_of_gpus(self):
        costs = {self.THIN: self.ON_GPU}
        assert estimate_cost(self.PLAN, costs).seconds == pytest.approx(18.0 + 2 * 72.0)
        assert cost_sentence(self.PLAN, costs) == (
            "4 trials, 1 recorded, 3 to run: about 0.04 GPU-hours, judging by 1 recorded trial "
            "on GPUs."
        )

    def test_the_kind_that_the_plan_was_run_on_counts_alone(self):
        elsewhere = {str(number): self.ON_CPU for number in range(9)}
        assert estimate_cost(self.PLAN, {self.THIN: self.ON_GPU} | elsewhere) == (
            18.0 + 2 * 72.0,
            {self.THIN},
            True,
        )

    def test_a_cpu_is_named_where_there_are_records_of_gpus_too(self):
        elsewhere = {str(number): self.ON_GPU for number in range(9)}
        costs = {self.THIN: self.ON_CPU} | elsewhere
        assert cost_sentence(self.PLAN, costs) == (
            "4 trials, 1 recorded, 3 to run: about 18.00 core-hours, judging by 1 recorded trial "
            "on CPUs."
        )

    def test_without_a_trial_of_the_plan_the_more_frequent_kind_counts(self):
        costs = {"a": self.ON_CPU, "b": self.ON_GPU, "c": self.ON_GPU}
        assert estimate_cost(self.PLAN, costs).judged_by == {"b", "c"}

    def test_what_one_kind_leaves_open_the_other_may_tell(self):
        without_flops = self.ON_GPU.model_copy(update={"flops": 0.0})
        assert estimate_cost(self.PLAN, {self.THIN: without_flops, "a": self.ON_CPU}) == (
            pytest.approx(7200.0 + 2 * 28800.0),
            {"a"},
            False,
        )


class TestTuningCost:
    TUNE = Tune(space=space("training.rate"), trials=6, seeds=(100, 101))

    def test_a_point_costs_what_its_arm_does(self):
        plan = make(tune=self.TUNE)
        cost = tuning_cost(plan, self.TUNE, {trial.hash: TEN_SECONDS for trial in plan.trials[:2]})
        assert (cost.arms, cost.points, cost.seeds) == (2, 6, 2)
        assert (cost.searched, cost.again) == (24, 4)
        assert cost.estimate.seconds == 280

    def test_it_is_not_known_before_every_arm_has_run(self):
        plan = make(tune=self.TUNE)
        costs = {plan.trials[0].hash: TEN_SECONDS}
        assert tuning_cost(plan, self.TUNE, costs).estimate.seconds is None

    def test_the_sentence_counts_the_search_or_what_follows_it(self):
        plan = make(tune=self.TUNE)
        costs = {trial.hash: Cost(core_seconds=360.0) for trial in plan.trials}
        assert tuning_sentence(plan, self.TUNE, None, costs) == (
            "Then a search of 2 arms x 6 points x 2 seeds = 24 trials, and 4 trials with settings "
            "of their own: about 2.80 core-hours, judging by 4 recorded trials."
        )
        stopping = self.TUNE.model_copy(update={"scheduler": "asha"})
        assert tuning_sentence(plan, stopping, None, costs).endswith(
            "judging by 4 recorded trials. That is without what asha saves."
        )
        assert tuning_sentence(plan, stopping, None, {}).endswith("before each arm has run.")
        assert tuning_sentence(plan, self.TUNE, plan, costs) == (
            "Every arm is searched. With settings of their own: 4 trials, all recorded."
        )
