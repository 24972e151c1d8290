import pytest

from ablate.study.schema import Tune
from ablate.study.search_options import DEFAULTS, SearchOptions
from ablate.study.search_space import Parameter, SearchSpace


@pytest.mark.parametrize(
    ("options", "looks_after"),
    [
        (SearchOptions(), None),
        (SearchOptions(grace_period=4), None),  # refused where it is searched
        (SearchOptions(scheduler="asha"), 1),
        (SearchOptions(scheduler="asha", grace_period=4), 4),
    ],
)
def test_trials_are_looked_at_after_a_point_only_where_some_may_be_stopped(
    options: SearchOptions, looks_after: int | None
):
    assert options.looks_after == looks_after


def test_a_tuned_study_is_searched_as_a_search_is_where_it_says_nothing():
    rate = Parameter(name="rate", key="rate", type="float", range=(0, 1), why="a test")
    tune = Tune(space=SearchSpace(name="rates", parameters=(rate,)))
    given = (tune.trials, tune.seeds, tune.metric)
    assert given == (DEFAULTS.trials, DEFAULTS.seeds, DEFAULTS.metric)
