"""A search's tables, for the reader and for reuse."""

import pandas as pd
import pytest

from ablate.reporting import search_tables
from ablate.reporting.table import Table
from tests.reporting.search_factory import (
    CONDITIONAL,
    DROPOUT,
    RATE,
    WIDTH,
    make_search_findings,
    parameter,
)


def texts(table: Table | None) -> list[list[str]]:
    assert table is not None
    return [[cell.text for cell in row] for row in table.rows]


def test_the_best_point_of_each_arm_with_its_edge() -> None:
    findings = make_search_findings(points=1)  # of one point: whatever it is
    table = search_tables.best_points_table(findings)
    assert table.header == (
        "Arm", "Learning rate", "Validation accuracy (%)", "Seeds", "At the edge?",
    )  # fmt: skip
    first = findings.results[0].best
    assert texts(table)[0] == [
        "baseline",
        f"{first.values[RATE.name]:.4g}".replace("e-0", "e-"),
        f"{first.value:.2f}",
        "1",
        table.rows[0][-1].text,
    ]
    assert list(table.frame["training.learning_rate"]) == [
        result.best.values[RATE.name] for result in findings.results
    ]
    edges = [cell.note for row in table.rows for cell in row if cell.text == "yes"]
    assert all(note.startswith("learning rate at the ") for note in edges)


def test_an_arm_without_a_best_point_has_dashes() -> None:
    findings = make_search_findings(points=1, unfinished={0: "pruned"})
    assert texts(search_tables.best_points_table(findings))[0] == ["baseline", "—", "—", "1", "—"]
    _, rows = search_tables.brief_rows(findings)
    assert rows[0] == ("baseline", "—", "—", "no point completed")


def test_in_brief_settings_stand_by_key_in_full() -> None:
    item = parameter("sgd_rate", key="training.learning_rate", range=(1e-5, 1), scale="log")
    findings = make_search_findings(parameters=(item,), arms=("baseline",), points=1)
    header, rows = search_tables.brief_rows(findings)
    value = findings.results[0].best.values["sgd_rate"]
    assert header == ("Arm", "Validation accuracy (%)", "Edge", "Settings")
    assert rows[0][-1] == f"training.learning_rate: {value}"
    choices = parameter("widths", type="categorical", choices=([8, 16], None))
    _, rows = search_tables.brief_rows(make_search_findings(parameters=(choices,), points=1))
    assert rows[0][-1] in ("widths: [8, 16]", "widths: null")


def test_contexts_have_a_column() -> None:
    findings = make_search_findings(contexts=("small", "large"), points=2)
    for table in search_tables.search_tables(findings):
        if table.name not in ("space",):
            assert table.header[0] == "Context"


def test_endings_are_counted() -> None:
    findings = make_search_findings(points=6, unfinished={0: "diverged", 1: "pruned", 2: "failed"})
    table = search_tables.count_table(findings)
    assert table.header == ("Arm", "Points", "Completed", "Diverged", "Pruned", "Failed")
    assert texts(table) == [[arm, "6", "3", "1", "1", "1"] for arm in ("baseline", "strided_conv")]


def test_every_point_is_listed_and_a_pruned_one_has_no_value() -> None:
    findings = make_search_findings(
        parameters=CONDITIONAL, points=9, unfinished={0: "diverged", 1: "pruned", 2: "failed"}
    )
    table = search_tables.point_table(findings)
    assert len(table.rows) == 18
    diverged, pruned, failed = table.rows[:3]
    assert (diverged[3].text, diverged[3].note) == ("10.00", "chance level")
    assert pruned[3].text == "—"
    assert failed[2].note == "ValueError: no luck"
    momentum = [row[6].text for row in table.rows]
    is_sgd = [row[4].text == "sgd" for row in table.rows]
    assert [text != "—" for text in momentum] == is_sgd
    assert not [name for name in table.frame.columns if name.startswith(("position.", "value."))]
    assert set(table.frame["optimizer"]) <= {"sgd", "adam", "none"}


def test_a_parameter_named_like_a_column_keeps_a_prefix() -> None:
    findings = make_search_findings(parameters=(parameter("status", range=(0, 1)),), points=2)
    frame = search_tables.point_table(findings).frame
    assert {"status", "value.status"} <= set(frame.columns)


class TestImportances:
    def test_shares_in_percent_with_what_they_rest_on(self) -> None:
        findings = make_search_findings(parameters=CONDITIONAL, arms=("baseline",), points=24)
        table = search_tables.importance_table(findings)
        assert table is not None
        assert [row[1].text for row in table.rows] == ["optimizer", "learning rate", "momentum"]
        assert [row[1].note for row in table.rows] == ["", "", "where optimizer is sgd"]
        momentum = table.rows[2]
        assert momentum[2].text == "—" and momentum[2].note.startswith("needs 10 completed points")
        shares = table.frame[table.frame["method"] == "fanova"]["importance"]
        assert shares.sum() == pytest.approx(100)

    def test_one_parameter_has_none(self) -> None:
        assert search_tables.importance_table(make_search_findings(points=2)) is None


class TestFront:
    def test_cheapest_first(self) -> None:
        findings = make_search_findings(parameters=(WIDTH, DROPOUT), weighs_cost=True)
        table = search_tables.front_table(findings)
        assert table is not None
        numbers = [point.number for result in findings.results for point in result.front]
        assert list(table.frame["point"]) == numbers

    def test_one_objective_has_none(self) -> None:
        assert search_tables.front_table(make_search_findings(points=2)) is None


def test_the_space_says_what_was_searched_and_why() -> None:
    table = search_tables.space_table(make_search_findings(parameters=CONDITIONAL, points=2))
    assert texts(table) == [
        ["optimizer", "optimizer", "sgd, adam, none", "always", "the best is known"],
        [
            "learning rate", "training.learning_rate", "1e-5 to 1, log scale", "always",
            "the best is known",
        ],
        ["momentum", "momentum", "0 to 1, linear scale", "optimizer is sgd", "the best is known"],
    ]  # fmt: skip
    assert pd.isna(table.frame["low"].iloc[0])
    wide = WIDTH.model_copy(update={"range": (16, 16384)})
    table = search_tables.space_table(make_search_findings(parameters=(wide,), points=2))
    assert texts(table)[0][2] == "16 to 16384, log scale"
