"""Axes on which the tests draw."""

from collections.abc import Iterator
from typing import Any

import pytest
from matplotlib.figure import Figure

from ablate.reporting.figures import theme


@pytest.fixture
def figure() -> Iterator[Figure]:
    with theme.themed():
        yield theme.new_figure(8, 6)


def drawn(container: Any, gid: str) -> list[Any]:
    """Artists below a figure or axes with that group id, in the order of drawing."""
    return container.findobj(lambda artist: artist.get_gid() == gid)
