"""What a search found, in one sentence, and what to mind about it."""

from collections.abc import Mapping
from typing import Any

from ablate.analysis.search_findings import VALUE, SearchFindings
from ablate.reporting import formatting
from ablate.reporting.search_tables import (
    edges,
    has_parameter,
    parameter_names,
    range_text,
    several_contexts,
)

_BEYOND = {"lower": "lower", "upper": "higher"}
_NAMED = 3  # up to so many arms are named one by one; of more, the two ends
_TOLD = 4  # up to so many values of best points are told; of more, the points' numbers


def search_question(findings: SearchFindings) -> str:
    """What the search asks."""
    names = list(parameter_names(findings).values())
    study = findings.results[0].study.replace("_", " ")
    what = names[0] if len(names) == 1 else f"settings of {findings.results[0].space}"
    verb = "suits" if len(names) == 1 else "suit"
    whom = (
        f"each arm of {study}"
        if len(findings.results) > 1
        else f"arm {_name(findings, findings.best.to_dict('records')[0])} of {study}"
    )
    return f"Which {what.replace('_', ' ')} {verb} {whom}?"


def search_answer(findings: SearchFindings) -> str:
    """Each arm's best point, out of how many, and whether it lies at an edge; of many arms, what
    they have in common. No arm is called better than another: that is for other seeds to say.
    """
    found = findings.best.dropna(subset=["value"]).to_dict("records")
    if not found:
        return "No point completed."
    said = _one_by_one(findings, found) if len(found) <= _NAMED else _together(findings, found)
    also = _on_fronts(findings) + _at_edges(findings, found) + _without(findings)
    return f"{formatting.sentence_case(said)}{also}."


def search_warnings(findings: SearchFindings) -> tuple[str, ...]:
    """What a reader must know before taking over a best point."""
    names = parameter_names(findings)
    at_edges = tuple(
        f"{_name(findings, arm)}: the best {names[item.name]}, "
        f"{formatting.setting(arm[f'{VALUE}{item.name}'])}, lies at the {end} end of its range, "
        f"{range_text(item)}: if there can be a {_BEYOND[end]} one, widen the range."
        for arm in findings.best.to_dict("records")
        for item, end in edges(findings, arm)
    )
    return at_edges + findings.warnings


def _one_by_one(findings: SearchFindings, found: list[dict[Any, Any]]) -> str:
    told = len(findings.space.parameters) * len(found) <= _TOLD
    every = findings.best.to_dict("records")
    alike = len({(arm["completed"], arm["points"]) for arm in every}) == 1
    parts = [_best_of(findings, arm, told=told, counted=not alike) for arm in found]
    if len(findings.results) == 1:
        of_all = _points(found[0])
        return f"best of {of_all}{',' if 'completed' in of_all else ''} is {parts[0]}"
    best = f"best of {_points(found[0], ' an arm')}" if alike else "best"
    return f"{best}: {'; '.join(parts)}"


def _best_of(findings: SearchFindings, arm: Mapping[Any, Any], *, told: bool, counted: bool) -> str:
    """told: the settings in words; else the number of the point, by which tables have them."""
    name = f"{_name(findings, arm)} at " if len(findings.results) > 1 else ""
    settings = _settings(findings, arm) if told else f"point {formatting.count(arm['point'])}"
    value = formatting.with_unit(
        formatting.number(arm["value"], findings.metric.unit), findings.metric.unit
    )
    of = f", of {_points(arm)}" if counted else ""
    return f"{name}{settings} ({findings.metric.label} {value}, {formatting.seeds(arm['n'])}{of})"


def _settings(findings: SearchFindings, arm: Mapping[Any, Any]) -> str:
    names = parameter_names(findings)
    parts = [
        f"{names[item.name]} {formatting.setting(arm[f'{VALUE}{item.name}'])}"
        for item in findings.space.parameters
        if has_parameter(arm, item)
    ]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _together(findings: SearchFindings, found: list[dict[Any, Any]]) -> str:
    parameters = findings.space.parameters
    said = f"{len(found)} arms have a best point"
    if len(parameters) > 1 or parameters[0].type == "categorical":
        return said
    (only,) = parameters
    name, column = parameter_names(findings)[only.name], f"{VALUE}{only.name}"
    ranked = sorted(found, key=lambda arm: float(arm[column]))
    ends = [f"{formatting.setting(arm[column])} ({_name(findings, arm)})" for arm in ranked]
    return f"{said}: the best {name} goes from {ends[0]} to {ends[-1]}"


def _without(findings: SearchFindings) -> str:
    """The arms in which no point completed."""
    names = [
        _name(findings, arm)
        for arm in findings.best.to_dict("records")
        if formatting.is_missing(arm["value"])
    ]
    return f"; no point completed in {' and '.join(names)}" if names else ""


def _on_fronts(findings: SearchFindings) -> str:
    if not findings.weighs_cost:
        return ""
    what = f"of {findings.metric.label} and cost"
    counts = [str(len(result.front)) for result in findings.results]
    if len(counts) > 1:
        return f"; the fronts {what} have {', '.join(counts[:-1])} and {counts[-1]} points"
    return f"; the front {what} has {counts[0]} point{'' if counts[0] == '1' else 's'}"


def _at_edges(findings: SearchFindings, found: list[dict[Any, Any]]) -> str:
    at = [arm for arm in found if any(edges(findings, arm))]
    if not at:
        return ""
    if len(found) == 1:
        return ", at the edge of a range"
    if len(at) > _NAMED:
        return f"; {len(at)} of them lie at the edge of a range"
    lie = "lies" if len(at) == 1 else "lie"
    return f"; {' and '.join(_name(findings, arm) for arm in at)} {lie} at the edge of a range"


def _points(arm: Mapping[Any, Any], of_each: str = "") -> str:
    completed, points = int(arm["completed"]), int(arm["points"])
    asked = ("1 point" if points == 1 else f"{points} points") + of_each
    return asked if completed == points else f"{asked}, {completed} of them completed"


def _name(findings: SearchFindings, arm: Mapping[Any, Any]) -> str:
    context = f" in {arm['context']}" if several_contexts(findings) else ""
    return f"{arm['arm']}{context}"
