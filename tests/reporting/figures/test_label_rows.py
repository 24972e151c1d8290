"""Rows are as high as their labels."""

import pytest

from ablate.reporting.figures.label_rows import label_rows


def test_rows_of_short_labels_stand_one_apart() -> None:
    rows = label_rows(["a", "b", "c"], 30, 0.4)
    assert rows == (("a", "b", "c"), (0.0, 1.0, 2.0), 3.0)


def test_a_label_of_many_lines_has_room_for_them() -> None:
    rows = label_rows(["a", " ".join(["word"] * 30), "c"], 30, 0.4)
    lines = rows.labels[1].count("\n") + 1
    assert lines >= 5
    height = rows.depth - 2
    assert 0.4 * height > lines * 0.15
    assert rows.places[1:] == pytest.approx((1 + (height - 1) / 2, 1 + height))
