"""Arms in sentences, told from each other and from their commas."""

from ablate.analysis.arm_names import listed, of_context, quoted, told
from tests.analysis.evidence import WIDTH, plan_of

ONE = plan_of(WIDTH)
SEVERAL = plan_of(WIDTH, contexts={"A": {}, "B": {"training.rate": 0.5}})


def test_names_are_quoted_where_one_of_them_holds_a_comma():
    assert quoted("baseline", "wide") == ["baseline", "wide"]
    assert quoted("baseline", "wide, batch") == ["'baseline'", "'wide, batch'"]


def test_a_list_names_each_arm_once_with_what_is_to_be_said_of_it():
    arms = [("baseline", "wide"), ("baseline", "wide, batch"), ("baseline", "wide")]
    assert listed(ONE, arms) == "'wide', 'wide, batch'"
    assert listed(ONE, arms[:2], " (1 %)", "") == "'wide' (1 %), 'wide, batch'"


def test_contexts_are_named_where_the_study_has_several():
    assert listed(SEVERAL, [("A", "wide"), ("B", "wide")]) == "wide in A, wide in B"
    assert (told(SEVERAL, "A", "wide"), told(ONE, "baseline", "wide")) == ("wide in A", "wide")
    assert of_context(SEVERAL, "A", "B", "A") == " in A and B"
    assert of_context(ONE, "baseline") == ""
