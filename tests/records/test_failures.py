from ablate.records.failures import each_reason


def test_one_reason_stands_alone() -> None:
    assert each_reason(["OSError: full"] * 3, "trial") == "OSError: full"


def test_several_have_their_numbers_the_commonest_first() -> None:
    reasons = ["OSError: full", "ValueError: wide", "ValueError: wide"]
    assert each_reason(reasons, "point") == "ValueError: wide (2 points); OSError: full (1 point)"


def test_no_more_than_three_are_told() -> None:
    assert each_reason("abcd", "trial").endswith("c (1 trial); and 1 other reason")
    assert each_reason("abcde", "trial").endswith("c (1 trial); and 2 other reasons")
