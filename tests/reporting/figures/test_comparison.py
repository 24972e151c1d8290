"""Every arm's curve is drawn against each axis that it has a place on."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ablate.reporting.figures import comparison
from ablate.reporting.figures.palette import arm_styles
from tests.reporting.figures.conftest import drawn

ONE, TWO = "a: baseline", "b: baseline"


def table(label: str = ONE, points: int = 4, **changes: Any) -> pd.DataFrame:
    epochs = np.arange(1.0, points + 1)
    columns = {
        "label": label, "epoch": epochs, "seconds": 7 * epochs, "images": 1000 * epochs, "n": 3,
        "seeds": 3, "mean": 2 / epochs, "low": 1 / epochs, "high": 3 / epochs,
    }  # fmt: skip
    return pd.DataFrame(columns | changes)


def draw(figure: Figure, tables: dict[str, pd.DataFrame], note: str = "") -> list[Axes]:
    comparison.draw(tables, figure, arm_styles([ONE, TWO]), note=note)
    return figure.axes


def test_a_row_a_quantity_and_a_column_an_axis(figure: Figure) -> None:
    both = pd.concat([table(), table(TWO, 2)])
    axes = draw(figure, {"loss (nats)": both, "accuracy (%)": both})
    assert [panel.get_ylabel() for panel in axes] == ["loss (nats)", "", "", "accuracy (%)", "", ""]
    assert [panel.get_xlabel() for panel in axes[3:]] == ["epoch", "seconds", "images seen"]
    for panel, place in zip(axes[:3], ("epoch", "seconds", "images"), strict=True):
        first, second = drawn(panel, "mean")
        assert first.get_xdata().tolist() == table()[place].tolist()
        assert first.get_ydata().tolist() == table()["mean"].tolist()
        assert second.get_xdata().tolist() == table(TWO, 2)[place].tolist()
        band, _ = drawn(panel, "band")
        edge = {tuple(vertex) for vertex in band.get_paths()[0].vertices.tolist()}
        assert set(zip(table()[place], table()["low"], strict=True)) <= edge
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [ONE, TWO]


def test_an_axis_on_which_no_point_has_a_place_is_left_out(figure: Figure) -> None:
    axes = draw(figure, {"loss": table(images=np.nan)})
    assert [panel.get_xlabel() for panel in axes] == ["epoch", "seconds"]


def test_an_arm_without_a_place_is_missing_on_that_axis_alone(figure: Figure) -> None:
    epochs, seconds, _ = draw(figure, {"loss": pd.concat([table(), table(TWO, seconds=np.nan)])})
    assert [len(line.get_xdata()) for line in drawn(epochs, "mean")] == [4, 4]
    assert [len(line.get_xdata()) for line in drawn(seconds, "mean")] == [4, 0]


def test_what_must_be_known_stands_in_the_figure(figure: Figure) -> None:
    draw(figure, {"loss": table()}, note="Not comparable.\nReally.")
    assert figure.get_suptitle() == "Not comparable.\nReally."


@pytest.mark.parametrize("note", ["", "x " * 300])
def test_a_note_makes_room_for_itself(note: str) -> None:
    tables = {"loss": table()}
    assert (comparison.size(tables, note) > comparison.size(tables)) is bool(note)


def test_epochs_are_written_without_prefixes(figure: Figure) -> None:
    epochs, seconds, _ = draw(figure, {"loss (nats)": table(epoch=[0.25, 0.5, 0.75, 1.0])})
    assert not any("m" in text for text in epochs.xaxis.get_major_formatter().format_ticks([0.25]))
    assert seconds.xaxis.get_major_formatter().format_ticks([2000]) == ["2 k"]


def test_the_caption_tells_of_bands_that_are_cut_off() -> None:
    tables = {"accuracy (%)": table(mean=[60.0, 90.0, 98.0, 99.0], low=55.0, high=99.5)}
    assert "cut off" not in comparison.caption(tables, {"accuracy (%)": "%"})
    tables["accuracy (%)"].loc[2, "high"] = 101.0
    assert "cut off" in comparison.caption(tables, {"accuracy (%)": "%"})


def test_percentages_end_at_100_and_whole_epochs_have_no_ticks_between(figure: Figure) -> None:
    whole = table(points=3, mean=[60.0, 90.0, 99.0], low=[50.0, 80.0, 90.0], high=[70, 100, 108])
    tables = {"accuracy (%)": whole}
    comparison.draw(tables, figure, arm_styles([ONE]), units={"accuracy (%)": "%"})
    by_epoch, *_ = figure.axes
    assert 100 <= by_epoch.get_ylim()[1] < 102
    assert all(tick % 1 == 0 for tick in by_epoch.get_xticks())


def test_what_must_be_known_is_not_cut_off_in_a_narrow_figure() -> None:
    tables = {"loss": table(seconds=np.nan, images=np.nan)}
    note = "The studies are decided by different metrics, " * 6
    figure = Figure(figsize=comparison.size(tables, note), layout="constrained")
    draw(figure, tables, note)
    figure.draw_without_rendering()
    assert figure.get_suptitle().count("\n") > 2
    title = figure._suptitle  # type: ignore[attr-defined]
    assert title.get_window_extent().x1 <= figure.bbox.x1


def test_parts_of_a_second_are_no_minutes(figure: Figure) -> None:
    seconds = draw(figure, {"loss": table(seconds=[0.1, 0.2, 0.3, 0.4])})[1]
    assert seconds.xaxis.get_major_formatter().format_ticks([0.3, 2000]) == ["0.3", "2 k"]
