"""Maps are drawn where they belong, on one scale."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from ablate.reporting.figures import mosaic
from ablate.reporting.figures.mosaic import Mosaic, columns_for, joined, scale_of
from tests.reporting.figures.conftest import drawn

WIDTH = 6.0


def maps_of(count: int, height: int = 8, width: int = 8) -> np.ndarray:
    random = np.random.default_rng(0)
    return random.normal(size=(count, height, width)).astype(np.float32)


def texts(axes) -> list[str]:  # type: ignore[no-untyped-def]
    return [text.get_text() for text in axes.texts]


def ticks(axis) -> list[str]:  # type: ignore[no-untyped-def]
    return [label.get_text() for label in axis.get_ticklabels()]


@pytest.mark.parametrize(
    ("count", "columns"),
    [(1, 1), (2, 2), (4, 2), (5, 4), (16, 4), (32, 8), (64, 8), (128, 16), (512, 32)],
)
def test_a_mosaic_is_square_or_wider(count: int, columns: int) -> None:
    assert columns_for(count) == columns
    assert Mosaic(maps_of(count), columns).rows <= columns


def test_each_map_stands_whole_in_its_row_with_gaps_between() -> None:
    maps = maps_of(3, 2, 3)
    strip = joined(maps)
    repeats = 9  # 27 pixels a map
    assert strip.shape == (18, 3 * (27 + 3))
    for position, expected in enumerate(maps):
        cell = strip[:, position * 30 : (position + 1) * 30]
        np.testing.assert_array_equal(cell[::repeats, :27:repeats], expected)
        assert np.isnan(cell[:, 27:]).all()
    assert (joined(np.zeros((2, 8, 8, 3)))[:, 72:80] == 1).all()  # white among colours


@pytest.mark.parametrize("side", [1, 2, 3, 4, 5, 7, 8, 16])
def test_a_small_map_fills_the_line_around_it(side: int) -> None:
    (width,) = joined(maps_of(1, side, side)).shape[1:]
    pixels = width * 0.9
    assert pixels == pytest.approx(round(pixels))
    assert round(pixels) % side == 0


def test_rows_are_drawn_from_the_top_and_the_last_may_be_short(figure: Figure) -> None:
    maps = maps_of(5)
    whole = Mosaic(maps, 4, range(5))
    axes = mosaic.draw(figure, whole, 0, 0, WIDTH, scale_of(maps))
    first, second = drawn(axes, "maps")
    np.testing.assert_array_equal(first.get_array().filled(np.nan), joined(maps[:4]))
    np.testing.assert_array_equal(second.get_array().filled(np.nan), joined(maps[4:]))
    left, right, bottom, top = second.get_extent()
    assert (left, right) == pytest.approx((0, WIDTH / 4))
    assert bottom > top > first.get_extent()[2]
    assert axes.get_ylim() == pytest.approx((mosaic.height(whole, WIDTH), 0))


def test_large_maps_bear_their_numbers(figure: Figure) -> None:
    axes = mosaic.draw(figure, Mosaic(maps_of(3), 4, (7, 1, 30)), 0, 0, WIDTH, None)
    assert texts(axes) == ["7", "1", "30"]
    assert ticks(axes.xaxis) == ticks(axes.yaxis) == []


def test_small_maps_in_order_are_numbered_by_row_and_column(figure: Figure) -> None:
    axes = mosaic.draw(figure, Mosaic(maps_of(128), 32, range(128)), 0, 0, WIDTH, None)
    assert texts(axes) == []
    assert ticks(axes.xaxis) == [f"+{column}" for column in range(0, 32, 2)]
    assert ticks(axes.yaxis) == ["0", "32", "64", "96"]


def test_small_maps_in_another_order_still_bear_their_numbers(figure: Figure) -> None:
    numbers = list(range(128))[::-1]
    axes = mosaic.draw(figure, Mosaic(maps_of(128), 32, numbers), 0, 0, WIDTH, None)
    assert texts(axes) == [str(number) for number in numbers]


def test_a_matrix_is_numbered_along_both_sides(figure: Figure) -> None:
    axes = mosaic.draw(figure, Mosaic(maps_of(6), 3), 0, 0, 1.0, None)
    assert (ticks(axes.xaxis), ticks(axes.yaxis)) == (["0", "1", "2"], ["0", "1"])


def test_values_around_zero_have_a_scale_around_zero_and_others_one_from_zero() -> None:
    maps = maps_of(4)
    scale = scale_of(maps, 3 * maps)
    reach = np.percentile(np.abs([*maps.ravel(), *(3 * maps).ravel()]), 99.5)
    assert (scale.low, scale.high) == pytest.approx((-reach, reach))
    assert scale.clipped
    positive = scale_of(np.abs(maps))
    assert positive.low == 0
    assert positive.high == pytest.approx(np.percentile(np.abs(maps), 99.5))


def test_maps_of_zeros_or_of_one_spike_have_a_scale_too() -> None:
    zeros = np.zeros((2, 8, 8), dtype=np.float32)
    assert scale_of(zeros)[1:] == (0.0, 1.0, False)
    spike = np.zeros((2, 64, 64), dtype=np.float32)
    spike[0, 0, 0] = 5
    assert scale_of(spike)[1:] == (0.0, 5.0, False)


@pytest.mark.parametrize(("sign", "ends"), [(1, ["0", "2"]), (-1, ["−2", "0", "2"])])
def test_the_bar_names_the_ends_of_the_scale(figure: Figure, sign: int, ends: list[str]) -> None:
    maps = np.full((1, 4, 4), 2.0 * sign, dtype=np.float32)
    axes = mosaic.draw_bar(figure, scale_of(maps), 0, 0, 2, "weight")
    figure.draw_without_rendering()
    assert ticks(axes.xaxis) == ends
    assert axes.get_xlabel() == "weight"
