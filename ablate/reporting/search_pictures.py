"""Which figures show a search, each drawn from its findings' tables."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ablate.analysis.search_findings import ENDINGS, VALUE, SearchFindings
from ablate.reporting.figures import (
    contour,
    importances,
    parallel_coordinates,
    pareto,
    response,
    slice,
    theme,
)
from ablate.reporting.figures.palette import ArmStyle, arm_styles
from ablate.reporting.formatting import sentence_case
from ablate.reporting.picture import Picture, draw_picture, file_name, has_numbers
from ablate.reporting.search_tables import parameter_names
from ablate.study.search_space import Parameter


def search_pictures(
    findings: SearchFindings, styles: dict[str, ArmStyle] | None = None
) -> tuple[Picture, ...]:
    """Every figure that a search holds data for, in the order of the report.

    Of one parameter, what the metric answers to it says all; of several, none alone does. styles:
    of the arms, where the report has other figures of them.
    """
    if not (findings.points["status"] == "completed").any():
        return ()
    with theme.themed():
        return tuple(_pictures(findings, styles or _styles(findings)))


def _pictures(findings: SearchFindings, styles: dict[str, ArmStyle]) -> Iterator[Picture]:
    parameters = findings.space.parameters
    if findings.points["front"].any():
        yield _pareto(findings, styles)
    if len(parameters) == 1:
        only = parameters[0]
        of_numbers = only.type != "categorical"
        yield _response(findings, only, styles) if of_numbers else _slice(findings)
        return
    yield _slice(findings)
    yield _parallel_coordinates(findings)
    if findings.pairs:
        yield _contour(findings)
    if has_numbers(findings.importances, "importance"):
        yield _importances(findings)


def _response(
    findings: SearchFindings, parameter: Parameter, styles: dict[str, ArmStyle]
) -> Picture:
    name = parameter_names(findings)[parameter.name]
    points = findings.points.assign(x=findings.points[f"{VALUE}{parameter.name}"])
    seeds = _seeds(findings, points)

    def draw(figure: Figure) -> None:
        response.draw(points, seeds, figure, styles, parameter, name=name, **_metric(findings))

    small = " Small rings are its seeds." if len(seeds) else ""
    return draw_picture(
        f"response_{file_name(name)}",
        f"{sentence_case(findings.metric.label)} against {name}",
        f"Each point that completed, joined in the order of {name}; a star marks the best of each "
        f"arm.{small} The axis spans the range that was searched.{_unfinished(findings)}",
        response.size(points),
        draw,
    )


def _slice(findings: SearchFindings) -> Picture:
    parameters = findings.space.parameters

    def draw(figure: Figure) -> None:
        slice.draw(
            findings.points,
            figure,
            parameters,
            parameter_names(findings),
            **_metric(findings),
        )

    return draw_picture(
        "slice",
        f"{sentence_case(findings.metric.label)} against each parameter",
        "Each point that completed, darker the later it was asked for: where the sampler looked "
        "more closely, dark points crowd. Other parameters vary too, so that a value is as good as "
        f"the best of the points above it.{_unfinished(findings)}",
        slice.size(findings.points, parameters),
        draw,
    )


def _parallel_coordinates(findings: SearchFindings) -> Picture:
    parameters = findings.space.parameters

    def draw(figure: Figure) -> None:
        parallel_coordinates.draw(
            findings.points,
            figure,
            parameters,
            parameter_names(findings),
            **_metric(findings),
        )

    gap = (
        " A line has a gap where a parameter is not searched, because its condition fails."
        if findings.space.is_conditional
        else ""
    )
    return draw_picture(
        "parallel_coordinates",
        "Every point through all parameters",
        "One line a point, the darker the better. Where dark lines meet on an axis, that parameter "
        f"matters; where they spread over it, it does not.{gap}",
        parallel_coordinates.size(findings.points, parameters),
        draw,
        few_colours=True,  # slanting lines in many shades make a PNG large
    )


def _contour(findings: SearchFindings) -> Picture:
    def draw(figure: Figure) -> None:
        contour.draw(
            findings.points,
            figure,
            findings.pairs,
            parameter_names(findings),
            **_metric(findings),
        )

    return draw_picture(
        "contour",
        f"{sentence_case(findings.metric.label)} over two parameters",
        "The two numeric parameters of largest importance by fANOVA. The surface is linear between "
        "the points and ends where they end; it hides what the other parameters do.",
        contour.size(findings.pairs),
        draw,
    )


def _importances(findings: SearchFindings) -> Picture:
    return draw_picture(
        "importances",
        f"What {findings.metric.label} depends on",
        "fANOVA: over the whole space. PED-ANOVA: in getting among the better points. Each is a "
        "share among the parameters that were searched together.",
        importances.size(findings.importances),
        lambda figure: importances.draw(findings.importances, figure, parameter_names(findings)),
    )


def _pareto(findings: SearchFindings, styles: dict[str, ArmStyle]) -> Picture:
    def draw(figure: Figure) -> None:
        pareto.draw(findings.points, figure, styles, **_metric(findings))

    return draw_picture(
        "pareto",
        f"{sentence_case(findings.metric.label)} against cost",
        "Filled marks are the front: no point is at least as good for less. What is worth its cost "
        f"is for you to say.{_unfinished(findings)}",
        pareto.size(findings.points),
        draw,
    )


def _seeds(findings: SearchFindings, points: pd.DataFrame) -> pd.DataFrame:
    """The trials of completed points, with their `x`; none where a point has one seed, which is the
    point itself.
    """
    key = ["context", "arm", "point"]
    of_points = points.loc[points["status"] == "completed", [*key, "x"]]
    several = any(len(result.seeds) > 1 for result in findings.results)
    return findings.trials[["value", *key]].merge(of_points if several else of_points[:0], on=key)


def _unfinished(findings: SearchFindings) -> str:
    """What is said of points that did not complete, in the order of endings."""
    there = [name for name in ENDINGS[1:] if (findings.points["status"] == name).any()]
    if not there:
        return ""
    which = " or ".join([", ".join(there[:-1]), there[-1]] if len(there) > 1 else there)
    return f" Points that are {which} stand in the band below: their values cannot be compared."


def _metric(findings: SearchFindings) -> dict[str, Any]:
    metric = findings.metric
    return {
        "label": metric.label,
        "unit": metric.unit,
        "higher_is_better": metric.higher_is_better,
    }


def _styles(findings: SearchFindings) -> dict[str, ArmStyle]:
    """As in the study's own report, once all of its arms have results."""
    arms = findings.plan.arms
    names = [*(arm.name for arm in arms), *(result.arm for result in findings.results)]
    return arm_styles(names, [arm.name for arm in arms if arm.is_reference])
