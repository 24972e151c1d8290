"""A search's report as files: complete, self-contained, and honest about how points ended."""

import re
from pathlib import Path
from typing import Any

import pytest

from ablate.analysis.search_findings import analyse_search
from ablate.records.search_result import SearchMethod
from ablate.reporting.figures import theme
from ablate.reporting.search_pictures import search_pictures
from ablate.reporting.search_report import make_search_page, write_search_report
from ablate.reporting.search_tables import search_tables
from tests.reporting.search_factory import (
    CONDITIONAL,
    DROPOUT,
    OPTIMIZER,
    RATE,
    WIDTH,
    make_search,
    make_search_findings,
    make_search_plan,
)

ENDINGS = {1: "diverged", 2: "pruned", 3: "failed"}
ATTACK = "<script>alert('x')</script>"


def names_of_pictures(**options: Any) -> list[str]:
    return [picture.name for picture in search_pictures(make_search_findings(**options))]


@pytest.fixture
def unrendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn becomes no files, which takes longest."""
    monkeypatch.setattr(theme, "render", lambda figure, few_colours: {"svg": b"", "png": b""})


@pytest.mark.usefixtures("unrendered")
class TestPictures:
    def test_of_one_number_the_response_says_all(self) -> None:
        assert names_of_pictures(points=3) == ["response_learning_rate"]

    def test_of_one_choice_the_slice_does(self) -> None:
        assert names_of_pictures(parameters=(OPTIMIZER,), points=3) == ["slice"]

    def test_of_several_parameters_none_says_all(self) -> None:
        options = {"parameters": (RATE, DROPOUT), "arms": ("baseline",)}
        assert names_of_pictures(**options, points=12) == [
            "slice", "parallel_coordinates", "contour", "importances",
        ]  # fmt: skip
        assert names_of_pictures(**options, points=3) == ["slice", "parallel_coordinates"]

    def test_of_two_objectives_the_front_comes_first(self) -> None:
        options = {"parameters": (WIDTH,), "arms": ("baseline",), "weighs_cost": True}
        assert names_of_pictures(**options, points=4) == ["pareto", "response_width"]

    def test_of_nothing_completed_there_is_none(self) -> None:
        assert names_of_pictures(points=2, unfinished={0: "pruned", 1: "failed"}) == []

    def test_captions_say_what_is_there(self) -> None:
        (plain,) = search_pictures(make_search_findings(points=3))
        assert "band below" not in plain.caption
        (marked,) = search_pictures(make_search_findings(points=5, unfinished=ENDINGS))
        assert marked.caption.endswith(
            "Points that are diverged, pruned or failed stand in the band below: their values "
            "cannot be compared."
        )


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("search")
    findings = make_search_findings(
        parameters=CONDITIONAL,
        arms=("baseline",),
        points=14,
        unfinished=ENDINGS,
        study=ATTACK,
        weighs_cost=True,
    )
    write_search_report(findings, folder, {"host": ATTACK})
    return folder


class TestFiles:
    def test_everything_is_there(self, full: Path) -> None:
        assert {path.name for path in full.iterdir()} == {
            "report.md", "report.html", "figures", "tables",
        }  # fmt: skip
        pictures = {"pareto", "slice", "parallel_coordinates", "importances"}
        assert {path.name for path in (full / "figures").iterdir()} == {
            f"{name}.{kind}" for name in pictures for kind in ("png", "svg")
        }
        tables = {
            "best_points", "front", "point_counts", "importances", "space", "points", "provenance",
        }  # fmt: skip
        assert {path.stem for path in (full / "tables").glob("*.csv")} == tables
        assert {path.stem for path in (full / "tables").glob("*.tex")} == tables | {"numbers"}

    def test_the_page_loads_nothing_and_runs_nothing(self, full: Path) -> None:
        text = (full / "report.html").read_text()
        assert "<script" not in text and "&lt;script&gt;" in text
        assert re.findall(r'(?:src|href)="(?!data:image/svg\+xml;base64,|#)', text) == []
        links = set(re.findall(r'href="#(\w+)"', text))
        assert links <= set(re.findall(r'id="(\w+)"', text))

    def test_nothing_is_called_nan(self, full: Path) -> None:
        assert not re.search(r"\bnan\b|\bNone\b", (full / "report.md").read_text())

    def test_numbers_can_be_cited(self, full: Path) -> None:
        text = (full / "tables" / "numbers.tex").read_text()
        assert r"\newcommand{\scriptAlertXScriptASpaceBestPointBaselineBaselineValue}{" in text


@pytest.mark.usefixtures("unrendered")
class TestMethod:
    def said(self, **options: Any) -> str:
        return " ".join(make_search_page(make_search_findings(points=2, **options), {}).method)

    def test_what_a_search_did_not_do_is_said(self) -> None:
        said = self.said()
        assert "Points were proposed by Optuna's tpe (seed 0)." in said
        assert "No trial was stopped early." in said
        assert "the test set had no part in it" in said
        assert "compare arms on other seeds" in said
        assert "Importances" not in said

    def test_a_scheduler_is_named_with_its_grace_period(self) -> None:
        method = SearchMethod(sampler="random", seed=3, scheduler="asha", grace_period=4)
        said = self.said(methods=(method,), seeds=(100, 101))
        assert "Optuna's random (seed 3)." in said
        assert "after at least 4 validation points. Such a point is pruned" in said
        assert "trained with each of the seeds 100, 101" in said

    def test_one_scheduler_is_told_of_once_whatever_proposed_the_points(self) -> None:
        methods = tuple(
            SearchMethod(sampler=sampler, seed=3, scheduler="asha", grace_period=4)
            for sampler in ("random", "tpe")
        )
        assert self.said(methods=methods).count("asha stopped trials") == 1

    def test_arms_that_were_searched_in_other_ways_are_told_apart(self) -> None:
        space, (first, second), records = make_search(points=2)
        stopped = SearchMethod(sampler="random", seed=0, scheduler="asha")
        results = (first, second.model_copy(update={"methods": (stopped,)}))
        findings = analyse_search(make_search_plan(results), space, results, records)
        said = make_search_page(findings, {}).method
        assert said[1].startswith("Arms were not searched alike, ")
        assert said[2] == (
            "baseline: Points were proposed by Optuna's tpe (seed 0). No trial was stopped early."
        )
        assert said[3].startswith(
            "strided_conv: Points were proposed by Optuna's random (seed 0). asha stopped trials "
        )

    def test_ablate_run_is_named_for_a_comparison_where_its_seeds_are_others(self) -> None:
        assert "on other seeds, as ablate run does with the study's." in self.said(seeds=(100,))
        assert "on other seeds. " in self.said(seeds=(1, 100))

    def test_what_was_not_noted_is_not_made_up(self) -> None:
        assert "The sampler of the others was not noted." in self.said(methods=())


@pytest.mark.usefixtures("unrendered")
def test_tables_for_other_reports_are_those_of_the_page() -> None:
    findings = make_search_findings(points=2)
    names = [table.name for table in search_tables(findings)]
    assert names == ["best_points", "point_counts", "points", "space"]
    assert [table.name for table in make_search_page(findings, {}).tables] == [
        "best_points", "point_counts", "space", "points", "provenance",
    ]  # fmt: skip
