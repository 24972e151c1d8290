"""Which searches count, and what settings they give; a search result is data like any other."""

from typing import Any

import pytest

from ablate.errors import AblateError
from ablate.records.search_result import SearchMethod
from ablate.records.tuned_search import each_once, finished, own_plan, with_own_settings
from ablate.study.schema import Tune
from tests.analysis.tuned_evidence import RATES, SEARCHED, search_of, searches_of, tuned_study

SGD = ("baseline", "sgd")
OWN_WAY = SearchMethod(sampler="tpe", seed=0)


class TestFinished:
    def test_it_serves_its_arm(self):
        plan = tuned_study()
        assert set(searches_of(plan)) == {("baseline", "baseline"), SGD}

    def test_one_made_as_the_study_makes_its_own_counts_whatever_its_samplers_seed(self):
        plan = tuned_study()
        ways = (OWN_WAY, SearchMethod(sampler="tpe", seed=5))
        assert SGD in finished(plan, [search_of(plan, "sgd", SEARCHED["sgd"], methods=ways)])

    @pytest.mark.parametrize(
        ("asked", "made", "counts"),
        [
            ({"scheduler": "asha"}, {"scheduler": "asha", "grace_period": 1}, True),
            (
                {"scheduler": "asha", "grace_period": 4},
                {"scheduler": "asha", "grace_period": 4},
                True,
            ),
            (
                {"scheduler": "asha", "grace_period": 4},
                {"scheduler": "asha", "grace_period": 1},
                False,
            ),
            (
                {"scheduler": "asha"},
                {"scheduler": "median_stopping", "grace_period": 1},
                False,
            ),
            ({"scheduler": "asha"}, {}, False),
            ({}, {"scheduler": "asha", "grace_period": 1}, False),
        ],
    )
    def test_one_counts_whose_trials_were_stopped_as_the_study_stops_its_own(
        self, asked: dict[str, Any], made: dict[str, Any], counts: bool
    ):
        plan = tuned_study(tune=Tune(space=RATES, trials=3, **asked))
        ways = (OWN_WAY.model_copy(update=made),)
        assert (SGD in finished(plan, [search_of(plan, "sgd", SEARCHED["sgd"], methods=ways)])) == (
            counts
        )

    def test_of_several_the_first(self):
        plan = tuned_study()
        first = search_of(plan, "sgd", SEARCHED["sgd"])
        second = search_of(plan, "sgd", {1e-3: 1.0, 0.2: 2.0, 0.3: 3.0})
        assert finished(plan, [first, second])[SGD] == first

    def test_of_several_the_first_that_is_whole_where_that_is_asked(self):
        plan = tuned_study()
        whole = search_of(plan, "sgd", SEARCHED["sgd"])
        failed = whole.points[0].model_copy(update={"value": None, "status": "failed"})
        broken = whole.model_copy(update={"points": (failed, *whole.points[1:])})
        assert finished(plan, [broken, whole])[SGD] == broken
        assert finished(plan, [broken, whole], whole=True)[SGD] == whole
        assert finished(plan, [broken], whole=True) == {}

    def test_one_with_too_few_points_does_not_count(self):
        plan = tuned_study()
        assert finished(plan, [search_of(plan, "sgd", {1e-3: 40.0, 1e-2: 60.0})]) == {}

    def test_more_points_than_the_study_asks_for_count_for_nothing(self):
        plan = tuned_study()
        found = finished(plan, [search_of(plan, "sgd", SEARCHED["sgd"] | {0.5: 99.0})])[SGD]
        assert (len(found.points), found.best.value) == (3, 80.0)

    @pytest.mark.parametrize(
        "changes",
        [
            {"arm": "sdg"},
            {"arm": "baseline"},
            {"context": "elsewhere"},
            {"space_digest": ""},
            {"metric": "validation_loss", "higher_is_better": False},
            {"higher_is_better": False},
            {"seeds": (101,)},
            {"weighs_cost": True},
            {"methods": (SearchMethod(sampler="random", seed=0),)},
            {"methods": (OWN_WAY, OWN_WAY.model_copy(update={"scheduler": "asha"}))},
        ],
    )
    def test_one_of_something_else_is_left_aside(self, changes: dict[str, Any]):
        plan = tuned_study()
        assert finished(plan, [search_of(plan, "sgd", SEARCHED["sgd"], **changes)]) == {}

    @pytest.mark.parametrize(
        "changes",
        [
            {"settings": {"training.rate": 0.5}},
            {"settings": {"data.dataset": "moons"}},
            {"values": {"rate": 2.0}, "settings": {"training.rate": 2.0}},
            {"values": {"raet": 0.1}},
            {"trials": ("0" * 20,)},
            {"trials": ()},
        ],
    )
    def test_one_whose_points_are_not_what_they_say_is_left_aside(self, changes: dict[str, Any]):
        plan = tuned_study()
        search = search_of(plan, "sgd", SEARCHED["sgd"])
        bent = search.points[2].model_copy(update=changes)
        assert finished(plan, [search]) != {}
        assert (
            finished(plan, [search.model_copy(update={"points": (*search.points[:2], bent)})]) == {}
        )

    def test_a_point_that_the_workload_refused_may_be_among_them(self):
        plan = tuned_study()
        search = search_of(plan, "sgd", SEARCHED["sgd"])
        changes = {"trials": (), "value": None, "status": "failed"}
        refused = search.points[0].model_copy(update=changes)
        points = (refused, *search.points[1:])
        assert SGD in finished(plan, [search.model_copy(update={"points": points})])

    def test_arms_that_compute_the_same_share_one(self):
        settings = {"training.rate": 1e-3}
        again = settings | {"training.optimizer": "sgd"}
        plan = tuned_study(contexts={"baseline": settings, "again": again}, claims=())
        searches = searches_of(plan)
        assert set(searches) == {arm.key for arm in plan.arms}
        assert [search.context for search in each_once(searches)] == ["baseline", "baseline"]
        own = with_own_settings(plan, searches)
        assert own.arm("again", "baseline").settings["training.rate"] == 0.1


class TestOwnSettings:
    def test_each_arm_has_its_best_and_one_whose_best_it_has_keeps_its_trials(self):
        plan = tuned_study()
        own = with_own_settings(plan, searches_of(plan))
        assert [arm.settings["training.rate"] for arm in own.arms] == [1e-3, 0.1]
        for before, after in zip(plan.trials, own.trials, strict=True):
            assert (before.arm, before.seed) == (after.arm, after.seed)
            assert (before.hash == after.hash) == (before.arm == "baseline")

    def test_none_before_every_arm_is_searched(self):
        plan = tuned_study()
        assert own_plan(plan, searches_of(plan, {"sgd": SEARCHED["sgd"]})) is None

    def test_an_error_where_an_arm_has_no_search(self):
        plan = tuned_study()
        with pytest.raises(AblateError) as caught:
            with_own_settings(plan, searches_of(plan, {"sgd": SEARCHED["sgd"]}))
        assert str(caught.value) == (
            "search of arm 'baseline' of 'baseline': there is none that has all points, each with "
            "the trials of the arm\n    run the study again: what is missing is searched, and "
            "trials that are recorded are not run again"
        )

    def test_none_and_an_error_where_no_point_completed(self):
        plan = tuned_study()
        lost = dict.fromkeys(SEARCHED["sgd"])
        searches = searches_of(plan, SEARCHED | {"sgd": lost})
        assert own_plan(plan, searches) is None
        with pytest.raises(AblateError) as caught:
            with_own_settings(plan, searches)
        assert str(caught.value) == (
            "search space 'rates': no point completed in arm 'sgd' of 'baseline': 3 diverged, 0 "
            "pruned, 0 failed\n    move the ranges, or allow more trials"
        )
