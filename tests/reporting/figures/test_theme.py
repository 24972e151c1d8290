"""Figures are files that do not change by themselves, and leave nothing behind."""

import io

import matplotlib
import matplotlib.pyplot as pyplot
import numpy as np
import pytest
from PIL import Image

from ablate.reporting.figures import theme

MATPLOTLIBRC = {
    "lines.linewidth": 5,
    "axes.formatter.limits": (-2, 2),
    "axes.formatter.use_mathtext": True,
    "savefig.bbox": "tight",
    "svg.fonttype": "none",
    "text.usetex": True,
}
"""Settings that a user may have, each of which would change a figure, or end it."""


def rendered(few_colours: bool = False) -> dict[str, bytes]:
    with theme.themed():
        figure = theme.new_figure(2, 2)
        axes = figure.subplots()
        axes.plot([0, 1], [0, 3e9], marker="o", clip_on=True)
        axes.set_xlabel("epoch")
        return theme.render(figure, few_colours)


def test_the_same_figure_gives_the_same_bytes_whatever_a_user_has_set_in_matplotlib() -> None:
    before = rendered()
    assert rendered() == before
    for name, value in MATPLOTLIBRC.items():
        with matplotlib.rc_context({name: value}):
            assert rendered() == before, name


def test_files_carry_neither_date_nor_external_style() -> None:
    files = rendered()
    assert files["png"].startswith(b"\x89PNG")
    assert b"<dc:date>" not in files["svg"]


def test_global_state_stays_untouched() -> None:
    def settings() -> dict[str, object]:
        return {name: value for name, value in matplotlib.rcParams.items() if name != "backend"}

    before = settings()  # the backend is resolved on first use, whoever asks
    rendered()
    assert settings() == before
    assert pyplot.get_fignums() == []


def test_axes_of_percentages_end_at_0_and_100() -> None:
    axes = theme.new_figure(2, 2).subplots()
    axes.set_xlim(-50, 150)
    axes.set_ylim(-50, 150)
    theme.bound_percent(axes, "x", "%")
    theme.bound_percent(axes, "y", "nats")
    assert axes.get_xlim() == (-4, 104)
    assert axes.get_ylim() == (-50, 150)


@pytest.mark.parametrize(
    ("values", "label", "expected"),
    [
        ([1e12, 4e12], "residual (Pa)", "residual (Pa)\naxis numbers: × 1e12"),
        ([1e-7, 3e-7], "", "axis numbers: × 1e−7"),
        ([79.4001, 79.4003], "accuracy (%)", "accuracy (%)"),
    ],
)
def test_a_power_of_ten_stands_in_the_label_and_in_no_corner(
    values: list[float], label: str, expected: str
) -> None:
    with theme.themed():
        figure = theme.new_figure(4, 3)
        for axes, side in zip(figure.subplots(1, 2), "xy", strict=True):
            axes.plot(values, values)
            getattr(axes, f"set_{side}label")(label)
        theme.render(figure)
        first, second = figure.axes
        assert (first.get_xlabel(), second.get_ylabel()) == (expected, expected)
        corners = [axis.offsetText for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
        assert [text.get_text() for text in corners if text.get_visible()] in ([], [""] * 4)


def test_few_colours_make_a_smaller_png_of_the_same_picture() -> None:
    full, few = rendered()["png"], rendered(few_colours=True)["png"]
    pictures = [np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), int) for png in (full, few)]
    assert pictures[0].shape == pictures[1].shape
    assert np.abs(pictures[0] - pictures[1]).max() < 16
    assert len(few) < len(full)
    assert rendered(few_colours=True) == rendered(few_colours=True)
