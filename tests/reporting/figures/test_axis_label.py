"""Labels of any length keep their unit and direction within the figure."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from matplotlib.figure import Figure

from ablate.reporting.figures import (
    axis_label,
    contour,
    cost,
    curves,
    forest,
    interaction,
    paired_forest,
    parallel_coordinates,
    pareto,
    response,
    slice,
    strip,
    waterfall,
)
from ablate.reporting.figures.palette import arm_styles
from tests.reporting.factory import make_findings
from tests.reporting.figures.conftest import texts_beyond
from tests.reporting.figures.test_waterfall import STEPS
from tests.reporting.search_factory import DROPOUT, RATE, make_search_findings

METRIC = {
    "label": "mean intersection over union of all nineteen classes on the held-out cities",
    "unit": "%",
}
CONTEXTS = (
    "a convolutional residual network of fifty layers, pretrained on other data of another kind",
    "a vision transformer with sixteen by sixteen patches, from scratch",
)
CHANGES = {
    "a level with a name of many words, too, as in real studies": {"optimizer": "other"},
    "adam": {"optimizer": "adam"},
}


def found() -> Any:
    return make_findings(CHANGES, contexts=CONTEXTS)


def styles(findings: Any) -> Any:
    return arm_styles([arm.name for arm in findings.plan.arms], ["baseline"])


def of_forest(figure: Figure) -> None:
    findings = found()
    figure.set_size_inches(*forest.size(findings.effects))
    forest.draw(
        findings.effects, findings.differences, figure.subplots(), styles(findings), **METRIC
    )


def of_paired_forest(figure: Figure) -> None:
    findings = found()
    both = findings.effects[["context", "factor", "arm", "reference"]].copy()
    for which in ("shared", "tuned"):
        both[which] = findings.effects["estimate"]
        for part in ("low", "high", "n"):
            both[f"{which}_{part}"] = findings.effects[part]
    pairs = {"shared": findings.differences, "tuned": findings.differences}
    figure.set_size_inches(*paired_forest.size(both))
    paired_forest.draw(both, pairs, figure.subplots(), styles(findings), **METRIC)


def of_strip(figure: Figure) -> None:
    findings = found()
    figure.set_size_inches(*strip.size(findings.arms))
    strip.draw(
        findings.trials, findings.arms, figure, styles(findings), metric="test_accuracy", **METRIC
    )


def of_cost(figure: Figure) -> None:
    findings = found()
    figure.set_size_inches(*cost.size(findings.arms))
    cost.draw(findings.arms, figure, styles(findings), **METRIC)


def of_curves(figure: Figure) -> None:
    findings = found()
    tables = {part: findings.curves[f"{part}_accuracy"] for part in ("validation", "train")}
    figure.set_size_inches(*curves.size(tables))
    curves.draw(tables, figure, styles(findings), references=["baseline"], **METRIC)


def of_interaction(figure: Figure) -> None:
    effects = found().effects
    cells = effects.rename(columns={"context": "column", "estimate": "value", "arm": "row"})
    figure.set_size_inches(*interaction.size(cells))
    interaction.draw(cells, figure.subplots(), **METRIC)


def of_waterfall(figure: Figure) -> None:
    figure.set_size_inches(*waterfall.size(STEPS))
    waterfall.draw(STEPS, figure.subplots(), difference_unit="points", **METRIC)


def of_slice(figure: Figure) -> None:
    points = make_search_findings(parameters=(RATE, DROPOUT)).points
    figure.set_size_inches(*slice.size(points, (RATE, DROPOUT)))
    names = {item.name: item.name for item in (RATE, DROPOUT)}
    slice.draw(points, figure, (RATE, DROPOUT), names, **METRIC)


def of_contour(figure: Figure) -> None:
    findings = make_search_findings(parameters=(RATE, DROPOUT), points=12)
    names = {item.name: item.name for item in (RATE, DROPOUT)}
    figure.set_size_inches(*contour.size(findings.pairs))
    contour.draw(findings.points, figure, findings.pairs, names, **METRIC)


def of_parallel_coordinates(figure: Figure) -> None:
    points = make_search_findings(parameters=(RATE, DROPOUT)).points
    names = {item.name: item.name for item in (RATE, DROPOUT)}
    figure.set_size_inches(*parallel_coordinates.size(points, (RATE, DROPOUT)))
    parallel_coordinates.draw(points, figure, (RATE, DROPOUT), names, **METRIC)


def of_response(figure: Figure) -> None:
    points = make_search_findings(parameters=(RATE,)).points
    points = points.assign(x=points[f"value.{RATE.name}"])
    figure.set_size_inches(*response.size(points))
    looks = arm_styles(points["arm"])
    response.draw(points, pd.DataFrame(columns=["context", "arm", "x", "value"]), figure, looks,
                  RATE, name="learning rate", **METRIC)  # fmt: skip


def of_pareto(figure: Figure) -> None:
    points = make_search_findings(parameters=(RATE,), weighs_cost=True).points
    figure.set_size_inches(*pareto.size(points))
    pareto.draw(points, figure, arm_styles(points["arm"]), **METRIC)


@pytest.mark.parametrize(
    "draw",
    [
        of_forest,
        of_paired_forest,
        of_strip,
        of_cost,
        of_curves,
        of_interaction,
        of_waterfall,
        of_slice,
        of_contour,
        of_parallel_coordinates,
        of_response,
        of_pareto,
    ],
)
def test_long_labels_and_contexts_stay_within_the_figure(
    figure: Figure, draw: Callable[[Figure], None]
) -> None:
    draw(figure)
    assert texts_beyond(figure) == []


def test_a_direction_that_does_not_fit_beside_its_metric_has_a_line_of_its_own() -> None:
    text = axis_label.with_direction("validation loss", "nats", higher_is_better=False)
    assert axis_label.wrapped(text, 3) == "validation loss (nats); lower is better"
    assert axis_label.wrapped(text, 2) == "validation loss (nats);\nlower is better"


def test_a_figure_grows_by_the_lines_that_are_more_than_it_has_room_for(figure: Figure) -> None:
    axes = figure.subplots()
    before = figure.get_figheight()
    axis_label.write_below(axes, ["one", "two"], 5, room=2)
    assert figure.get_figheight() == before
    axis_label.write_below(axes, ["word " * 20, "two"], 2, room=2)
    lines = axes.get_xlabel().split("\n")
    assert len(lines) == 5 and max(map(len, lines)) <= 28
    assert figure.get_figheight() > before
