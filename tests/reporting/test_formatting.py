"""How numbers are written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablate.reporting import formatting

finite = st.floats(-1e12, 1e12)


def test_an_estimate_shows_sign_unit_interval_and_seeds() -> None:
    assert formatting.estimate(0.42, -0.1, 0.94, "points", n=5) == (
        "+0.42 points [−0.10, 0.94], n=5 seeds"
    )


def test_one_seed_has_no_interval() -> None:
    assert formatting.estimate(-1.5, math.nan, math.nan, "points", n=1) == (
        "−1.50 points, n=1 seed"
    )


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf])
def test_what_is_missing_is_a_dash(nothing: float | None) -> None:
    written = [
        formatting.number(nothing, "%"),
        formatting.interval(nothing, 1.0),
        formatting.estimate(nothing, 0.0, 1.0),
        formatting.mean_and_spread(nothing, 1.0),
        formatting.p_value(nothing),
        formatting.count(nothing),
        formatting.hours(nothing),
        formatting.scaled(nothing, "FLOPs"),
    ]
    assert written == ["—"] * len(written)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (79.4, "%", "79.40"),
        (-0.001, "points", "−0.0010"),
        (0.0141, "%", "0.014"),
        (0.05, "points", "0.050"),
        (0.1234, "points", "0.12"),
        (-1e-14, "points", "0.00"),
        (0.0000512, "nats", "0.000051"),
        (0.02, "epochs", "0.0"),
        (-3.2e180, "%", "−3.200e180"),
        (1.23456e15, "", "1.235e15"),
        (123456789, "", "123456789"),
        (0.744095, "nats", "0.7441"),
        (1234.56, "", "1235"),
        (0.00123456, "", "0.001235"),
        (0.0000123456, "", "0.00001235"),
        (-1.23456e-9, "", "−1.235e−9"),
        (9.99999e-6, "", "1.000e−5"),
        (0.0213456, "s", "0.02135"),
        (356.71, "s", "356.7"),
        (0, "", "0"),
    ],
)
def test_decimals_follow_the_unit(value: float, unit: str, text: str) -> None:
    assert formatting.number(value, unit) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.04, "0.040"), (0.0009, "< 0.001"), (1.0, "1.000"), (0.0, "< 0.001")]
)
def test_p_values_have_three_decimals(value: float, text: str) -> None:
    assert formatting.p_value(value) == text


def test_large_quantities_carry_a_prefix() -> None:
    assert formatting.scaled(1.254e15, "FLOPs") == "1.25 PFLOPs"
    assert formatting.scaled(12.0, "FLOPs") == "12 FLOPs"


@pytest.mark.parametrize(
    ("hours", "text"), [(1234.5, "1,234.50"), (0.0123, "0.012"), (0.0, "0.00")]
)
def test_hours_keep_what_matters(hours: float, text: str) -> None:
    assert formatting.hours(hours) == text


@given(finite, st.sampled_from(["%", "points", "nats", "epochs"]))
def test_a_written_number_reads_back(value: float, unit: str) -> None:
    written = formatting.number(value, unit).replace("−", "-")
    assert abs(float(written) - value) <= 0.051 + abs(value) * 1e-12


@given(finite, st.sampled_from(["s", "", "ms"]))
def test_a_number_of_another_unit_keeps_its_leading_digits(value: float, unit: str) -> None:
    written = formatting.number(value, unit).replace("−", "-")
    assert abs(float(written) - value) <= abs(value) * 0.00051


@given(st.text("abc_=,. ", max_size=60), st.integers(4, 30))
def test_wrapping_keeps_every_letter_within_the_width(label: str, width: int) -> None:
    lines = formatting.wrap(label, width).split("\n")
    assert "".join(lines).replace(" ", "") == label.replace(" ", "")
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00259669, "0.002597"),
        (1e-05, "1e-5"),
        (1.0, "1"),
        (64, "64"),
        ("sgd", "sgd"),
        (None, "none"),
        (True, "true"),
        ([32, 64], "32-64"),
        ([], "[]"),
    ],
)
def test_a_setting_is_written_as_a_person_would(value: object, text: str) -> None:
    assert formatting.setting(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(99.996, "99.996"), (123456.0, "123456"), (0.1 + 0.2, "0.3"), (-1e-5, "−1e−5"), (0.0, "0")],
)
def test_a_number_that_a_study_gives_keeps_its_digits(value: float, text: str) -> None:
    assert formatting.as_given(value) == text


def test_a_ratio_has_two_decimals_and_a_level_as_many_as_tell_it() -> None:
    assert formatting.ratio(-1.404, signed=True) == "−1.40"
    assert formatting.ratio(0.004, signed=True) == "0.00"
    assert formatting.ratio(math.nan) == formatting.MISSING
    assert [formatting.confidence(level) for level in (0.95, 0.975, 1 - 0.05 / 3, None)] == [
        "0.95", "0.975", "0.9833", formatting.MISSING,
    ]  # fmt: skip
