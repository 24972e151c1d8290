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
        (6e-8, "nats", "6.000e−8"),
        (0.02, "epochs", "0.020"),
        (3.0, "epochs", "3.0"),
        (5, "steps", "5"),
        (0.3875, "steps", "0.39"),
        (-3.2e180, "%", "−3.200e180"),
        (1.23456e15, "", "1.235e15"),
        (1234567.8, "", "1234568"),
        (12345678, "", "1.235e7"),
        (123456789, "steps", "123456789"),
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
    ("low", "value", "high", "unit", "text"),
    [
        (0.2475, 1.173, 2.097, "", "+1.17 [0.25, 2.10]"),
        (-0.01116, 0.000103, 0.01137, "", "0.000 [−0.011, 0.011]"),
        (-1.05, -0.061, 0.93, "points", "−0.06 points [−1.05, 0.93]"),
        (-11.0, -8.34, -5.68, "points", "−8.34 points [−11.00, −5.68]"),
        (0.0012, 0.0034, 0.0056, "points", "+0.0034 points [0.0012, 0.0056]"),
        (0.5, 3.25, 6.0, "epochs", "+3.2 epochs [0.5, 6.0]"),
        (0.3121, 0.3875, 0.4629, "steps", "+0.388 steps [0.312, 0.463]"),
        (-0.0118, 0.0015, 0.0148, "epochs", "+0.002 epochs [−0.012, 0.015]"),
        (80.2, 120.0, 159.8, "steps", "+120 steps [80, 160]"),
        (12.4, 120.0, 227.6, "ms", "+120 ms [12, 228]"),
        (
            -1759488112065.0, -1697168000000.0, -1634847887935.0, "Pa",
            "−1.697e12 Pa [−1.759e12, −1.635e12]",
        ),
        (-2e6, 9e6, 2e7, "", "+0.9e7 [−0.2e7, 2.0e7]"),
        (1.21e-8, 1.34e-7, 2.559e-7, "", "+1.3e−7 [0.1e−7, 2.6e−7]"),
        (3.4e-8, 6.0e-8, 8.6e-8, "nats", "+6.0e−8 nats [3.4e−8, 8.6e−8]"),
        (-4.7, -2.35, -0.0137, "", "−2.35 [−4.70, −0.01]"),
        (-4.7, -2.35, -0.0037, "", "−2.350 [−4.700, −0.004]"),
        (-4.7, -2.35, 0.0, "", "−2.4 [−4.7, 0.0]"),
        (0.0049, 0.3, 0.6, "points", "+0.300 points [0.005, 0.600]"),
        (0.5, 0.5, 0.5, "", "+0.5000 [0.5000, 0.5000]"),
        (math.nan, 0.5, math.nan, "", "+0.5000"),
        (-1.6e308, 0.0, 1.6e308, "", "0.0e308 [−1.6e308, 1.6e308]"),
    ],
)  # fmt: skip
def test_an_estimate_has_as_many_decimals_as_its_interval_deserves(
    low: float, value: float, high: float, unit: str, text: str
) -> None:
    assert formatting.estimate(value, low, high, unit) == text


@pytest.mark.parametrize(
    ("low", "high", "bound", "text"),
    [
        (0.5049, 0.9, 0.5, "[0.505, 0.900]"),
        (0.4996, 0.9, 0.5, "[0.4996, 0.9000]"),
        (-0.9, -0.4996, 0.5, "[−0.9000, −0.4996]"),
        (0.5, 0.9, 0.5, "[0.50, 0.90]"),
        (0.52, 0.9, 0.5, "[0.52, 0.90]"),
        (0.50000004, 0.9, 0.5, "[0.50, 0.90]"),
        (0.5049, 0.9, None, "[0.50, 0.90]"),
        (0.5049, 0.9, math.nan, "[0.50, 0.90]"),
    ],
)
def test_an_end_never_reads_as_the_bound_beside_which_it_lies(
    low: float, high: float, bound: float | None, text: str
) -> None:
    assert formatting.interval(low, high, "points", told_from=bound) == text


@given(finite, finite, st.sampled_from([0.0, 0.5, 85.0]), st.sampled_from(["points", "", "epochs"]))
def test_an_interval_reads_on_the_side_of_a_bound_where_it_lies(
    one: float, other: float, bound: float, unit: str
) -> None:
    low, high = sorted((one, other))
    read = formatting.alike(low, low, high, unit, told_from=bound).replace(formatting.MINUS, "-")
    assert (float(read) > bound) <= (low > bound)


@pytest.mark.parametrize(
    ("mean", "sd", "unit", "text"),
    [
        (77.14, 0.6523, "", "77.14 ± 0.65"),
        (1.196, 0.01128, "", "1.196 ± 0.011"),
        (79.4, 0.31, "%", "79.40 ± 0.31"),
        (0.7, 0.00512, "nats", "0.7000 ± 0.0051"),
        (4.2e12, 4.5e10, "Pa", "4.200e12 ± 0.045e12"),
        (0.5, 0.0, "", "0.5000 ± 0"),
        (0.5, math.nan, "", "0.5000"),
        (math.nan, math.nan, "", "—"),
    ],
)
def test_a_mean_has_as_many_decimals_as_its_spread(
    mean: float, sd: float, unit: str, text: str
) -> None:
    assert formatting.mean_and_spread(mean, sd, unit) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.04, "0.040"), (0.0009, "< 0.001"), (1.0, "1.000"), (0.0, "< 0.001")]
)
def test_p_values_have_three_decimals(value: float, text: str) -> None:
    assert formatting.p_value(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.05, "0.050"), (0.04996, "0.04996"), (0.0504, "0.0504")]
)
def test_a_p_value_reads_on_the_side_of_the_error_rate_where_it_lies(
    value: float, text: str
) -> None:
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
    [
        (99.996, "99.996"),
        (123456.0, "123456"),
        (0.1 + 0.2, "0.3"),
        (-1e-5, "−1e−5"),
        (0.0, "0"),
        (None, "—"),
    ],
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
