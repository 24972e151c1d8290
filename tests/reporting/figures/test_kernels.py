"""Kernels are drawn channel by channel on one scale."""

import numpy as np

from ablate.reporting.figures import kernels, theme
from ablate.reporting.figures.mosaic import Mosaic, joined
from tests.reporting.figures.conftest import drawn


def test_channels_share_a_scale_and_colours_need_none() -> None:
    weights = np.random.default_rng(0).normal(size=(8, 3, 5, 5)).astype(np.float32)
    panels = {name: Mosaic(weights[:, place], 4, range(8)) for place, name in enumerate("rgb")}
    colours = np.clip(weights.transpose(0, 2, 3, 1), 0, 1)
    panels["all"] = Mosaic(colours, 4, range(8))
    with theme.themed():
        figure = theme.new_figure(*kernels.size(panels))
        kernels.draw(panels, figure, title="conv1", subtitle="", label="weight")
    *channels, together, _bar = figure.axes
    assert [axes.get_title(loc="left") for axes in figure.axes[:4]] == ["r", "g", "b", "all"]
    limits = {image.get_clim() for axes in channels for image in drawn(axes, "maps")}
    assert len(limits) == 1
    first, _ = drawn(together, "maps")
    np.testing.assert_array_equal(first.get_array(), joined(colours[:4]))


def test_a_small_matrix_is_not_blown_up() -> None:
    small, large = ({"": Mosaic(np.zeros((side**2, 3, 3)), side)} for side in (4, 32))
    (_, low), (_, high) = kernels.size(small), kernels.size(large)
    assert low < 4 < high < 11
