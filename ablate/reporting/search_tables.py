"""The tables of a search's report."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from ablate.analysis.search_findings import ENDINGS, POSITION, VALUE, SearchFindings
from ablate.reporting import formatting
from ablate.reporting.formatting import Writer
from ablate.reporting.table import Cell, Table
from ablate.reporting.tables import short_factor_names
from ablate.study.search_space import Parameter
from ablate.study.yaml_source import scalar_name

_ENDS = ("lower", "upper")
_RECORD = 10  # letters of a hash that are shown


def search_tables(findings: SearchFindings) -> tuple[Table, ...]:
    """Every table that there is something to put into, in the order of the report."""
    every = (
        best_points_table(findings),
        front_table(findings),
        count_table(findings),
        importance_table(findings),
        point_table(findings),
        space_table(findings),
    )
    return tuple(table for table in every if table is not None)


def parameter_names(findings: SearchFindings) -> dict[str, str]:
    """Name of a parameter -> how it is called in a report: "learning rate"."""
    short = short_factor_names(item.name for item in findings.space.parameters)
    return {name: text.replace("_", " ") for name, text in short.items()}


def several_contexts(findings: SearchFindings) -> bool:
    """Whether an arm's name alone does not say which it is."""
    return findings.best["context"].nunique() > 1


def best_points_table(findings: SearchFindings) -> Table:
    """One row an arm: its best point, what it is worth, and whether it lies at an edge."""
    rows = tuple(
        (
            *_arm_cells(findings, arm),
            *_value_cells(findings, arm),
            Cell(formatting.number(arm["value"], findings.metric.unit), "strong"),
            Cell(formatting.count(arm["n"])),
            _edge_cell(findings, arm),
        )
        for arm in findings.best.to_dict("records")
    )
    header = (
        *_arm_header(findings),
        *_parameter_header(findings),
        _metric_header(findings),
        "Seeds",
        "At the edge?",
    )
    at_ends = {end: findings.best[end].map(", ".join) for end in _ENDS}
    frame = _frame(findings, findings.best.assign(**at_ends))
    return Table(
        "best_points",
        f"The point of best {findings.metric.label} in each arm. It was chosen for being best on "
        "these seeds, so that it looks better on them than on others.",
        header,
        rows,
        frame,
        keys=("context", "arm"),
        formats=_formats(findings, frame)
        | dict.fromkeys(("n", "point", "points", *ENDINGS), formatting.count),
        numeric=frozenset({len(header) - 3, len(header) - 2}) | _numeric_parameters(findings),
    )


def brief_rows(findings: SearchFindings) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows of the best points for a terminal: settings by their keys, as a study takes
    them over.
    """
    header = (*_arm_header(findings), _metric_header(findings), "Edge", "Settings")
    return header, [
        (
            *(cell.text for cell in _arm_cells(findings, arm)),
            formatting.number(arm["value"], findings.metric.unit),
            _edge_cell(findings, arm).text,
            _as_settings(findings, arm) or "no point completed",
        )
        for arm in findings.best.to_dict("records")
    ]


def _as_settings(findings: SearchFindings, arm: Mapping[Any, Any]) -> str:
    return ", ".join(
        f"{item.key}: {_as_yaml(arm[f'{VALUE}{item.name}'])}"
        for item in findings.space.parameters
        if has_parameter(arm, item)
    )


def _as_yaml(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def edges(findings: SearchFindings, arm: Mapping[Any, Any]) -> Iterator[tuple[Parameter, str]]:
    """The parameters whose best value lies at an end of their range, with "lower" or "upper".

    arm: a row of the table of best points.
    """
    for item in findings.space.parameters:
        for end in _ENDS:
            if item.name in arm[end]:
                yield item, end


def range_text(parameter: Parameter) -> str:
    """As in "1e-5 to 1"."""
    return " to ".join(formatting.setting(end) for end in parameter.bounds)


def _edge_cell(findings: SearchFindings, arm: Mapping[Any, Any]) -> Cell:
    if formatting.is_missing(arm["value"]):
        return Cell(formatting.MISSING, "muted")
    names = parameter_names(findings)
    at = list(edges(findings, arm))
    if not at:
        return Cell("no", "muted")
    where = [f"{names[item.name]} at the {end} end of {range_text(item)}" for item, end in at]
    return Cell("yes", "strong", note="; ".join(where))


def front_table(findings: SearchFindings) -> Table | None:
    """One row a point of an arm's front, cheapest first; None where cost was not weighed."""
    if not findings.weighs_cost:
        return None
    front = findings.points[findings.points["front"]].sort_values("flops", kind="stable")
    arms = {key: place for place, key in enumerate(_keys(findings.best))}
    front = front.assign(place=[arms[key] for key in _keys(front)])
    front = front.sort_values("place", kind="stable").drop(columns="place")
    rows = tuple(
        (
            *_arm_cells(findings, point),
            Cell(formatting.count(point["point"])),
            *_value_cells(findings, point),
            Cell(formatting.number(point["value"], findings.metric.unit)),
            Cell(formatting.scaled(point["flops"], "FLOPs")),
        )
        for point in front.to_dict("records")
    )
    header = (
        *_arm_header(findings),
        "Point",
        *_parameter_header(findings),
        _metric_header(findings),
        "FLOPs a trial",
    )
    place = len(_arm_header(findings))
    frame = _frame(findings, front)
    return Table(
        "front",
        "The points that no other of their arm beats in both: of each, what is better costs more.",
        header,
        rows,
        frame,
        keys=("context", "arm", "point"),
        formats=_formats(findings, frame) | {"order": formatting.count},
        numeric=frozenset({place, len(header) - 2, len(header) - 1})
        | {at + 1 for at in _numeric_parameters(findings)},
    )


def count_table(findings: SearchFindings) -> Table:
    """One row an arm: its points, by how they ended."""
    counts = findings.best[["context", "arm", "points", *ENDINGS]]
    rows = tuple(
        (
            *_arm_cells(findings, arm),
            *(Cell(formatting.count(arm[name])) for name in ("points", *ENDINGS)),
        )
        for arm in counts.to_dict("records")
    )
    header = (*_arm_header(findings), "Points", *map(formatting.sentence_case, ENDINGS))
    first = len(_arm_header(findings))
    return Table(
        "point_counts",
        "How the points of each arm ended. Only completed ones can be best.",
        header,
        rows,
        counts,
        keys=("context", "arm"),
        formats=dict.fromkeys(("points", *ENDINGS), formatting.count),
        numeric=frozenset(range(first, len(header))),
    )


def importance_table(findings: SearchFindings) -> Table | None:
    """One row an arm and parameter; None where one parameter is searched alone."""
    if len(findings.space.parameters) < 2:
        return None
    names = parameter_names(findings)
    conditions = {
        item.name: f"where {_condition(item, names)}" if item.when else ""
        for item in findings.space.parameters
    }
    by_method = findings.importances.groupby(["context", "arm", "parameter"], sort=False)
    rows = []
    for (context, arm, parameter), of_parameter in by_method:
        methods = of_parameter.set_index("method").to_dict("index")
        rows.append(
            (
                *_arm_cells(findings, {"context": context, "arm": arm}),
                Cell(names[str(parameter)], note=conditions[str(parameter)]),
                *(_importance_cell(methods[name]) for name in ("fanova", "ped_anova")),
                Cell(formatting.count(methods["fanova"]["n"])),
            )
        )
    header = (*_arm_header(findings), "Parameter", "fANOVA (%)", "PED-ANOVA (%)", "Points")
    first = len(_arm_header(findings)) + 1
    return Table(
        "importances",
        f"How much of what decides {findings.metric.label} each parameter has: over the whole "
        "space (fANOVA), and in getting among the better points (PED-ANOVA). With few points both "
        "are hints.",
        header,
        tuple(rows),
        findings.importances.assign(importance=100 * findings.importances["importance"]),
        keys=("context", "arm", "parameter", "method"),
        formats={"importance": formatting.number_in("%"), "n": formatting.count},
        numeric=frozenset(range(first, len(header))),
    )


def _importance_cell(row: Mapping[Any, Any]) -> Cell:
    if formatting.is_missing(row["importance"]):
        return Cell(formatting.MISSING, "muted", note=str(row["reason"]))
    return Cell(f"{100 * row['importance']:.1f}")


def point_table(findings: SearchFindings) -> Table:
    """Every point, in the order of asking."""
    rows = tuple(
        (
            *_arm_cells(findings, point),
            Cell(formatting.count(point["point"])),
            _status_cell(point),
            _point_value(findings, point),
            *_value_cells(findings, point),
            Cell(formatting.scaled(point["flops"], "FLOPs")),
            Cell(", ".join(h[:_RECORD] for h in point["trials"].split()), "muted"),
        )
        for point in findings.points.to_dict("records")
    )
    header = (
        *_arm_header(findings),
        "Point",
        "Status",
        _metric_header(findings),
        *_parameter_header(findings),
        "FLOPs a trial",
        "Records",
    )
    first = len(_arm_header(findings))
    frame = _frame(findings, findings.points)
    return Table(
        "points",
        "Every point. A diverged one counts at chance level where the workload tells it; a pruned "
        "one has no value, as that of an early epoch cannot be compared.",
        header,
        rows,
        frame,
        keys=("context", "arm", "point"),
        formats=_formats(findings, frame) | {"order": formatting.count},
        numeric=frozenset({first, first + 2, len(header) - 2})
        | {at + 3 for at in _numeric_parameters(findings)},
    )


def _status_cell(point: Mapping[Any, Any]) -> Cell:
    status, error = str(point["status"]), point["error"]
    if point["best"]:
        return Cell(status, "strong", note="best")
    return Cell(
        status,
        "plain" if status == "completed" else "muted",
        note=error if isinstance(error, str) else "",
    )


def _point_value(findings: SearchFindings, point: Mapping[Any, Any]) -> Cell:
    text = formatting.number(point["value"], findings.metric.unit)
    if point["status"] == "diverged" and not formatting.is_missing(point["value"]):
        return Cell(text, "muted", note="chance level")
    return Cell(text, "strong" if point["best"] else "plain")


def space_table(findings: SearchFindings) -> Table:
    """What was searched: one row a parameter."""
    names = parameter_names(findings)
    parameters = findings.space.parameters
    conditional = findings.space.is_conditional
    rows = tuple(
        (
            Cell(names[item.name]),
            Cell(item.key),
            Cell(_searched(item)),
            *([Cell(_condition(item, names) or "always")] if conditional else []),
            Cell(item.why),
        )
        for item in parameters
    )
    frame = pd.DataFrame(
        [
            {
                "parameter": item.name,
                "key": item.key,
                "type": item.type,
                "low": None if item.range is None else item.bounds[0],
                "high": None if item.range is None else item.bounds[1],
                "scale": None if item.range is None else item.scale,
                "choices": ", ".join(map(formatting.setting, item.choices)),
                "when": _condition(item, {each.name: each.name for each in parameters}),
                "why": item.why,
            }
            for item in parameters
        ]
    )
    return Table(
        "space",
        findings.space.about or f"The space {findings.space.name}.",
        (
            "Parameter",
            "Setting",
            "Searched",
            *(["Where"] if conditional else []),
            "Why this range",
        ),
        rows,
        frame,
        keys=("parameter",),
    )


def _searched(parameter: Parameter) -> str:
    if parameter.type == "categorical":
        return ", ".join(map(formatting.setting, parameter.choices))
    return f"{range_text(parameter)}, {parameter.scale} scale"


def _condition(parameter: Parameter, names: Mapping[str, str]) -> str:
    return " and ".join(
        f"{names[other]} is {' or '.join(held)}" for other, held in parameter.when.items()
    )


def _arm_header(findings: SearchFindings) -> tuple[str, ...]:
    return ("Context", "Arm") if several_contexts(findings) else ("Arm",)


def _arm_cells(findings: SearchFindings, row: Mapping[Any, Any]) -> tuple[Cell, ...]:
    context = (Cell(str(row["context"])),) if several_contexts(findings) else ()
    return (*context, Cell(str(row["arm"])))


def _parameter_header(findings: SearchFindings) -> Iterator[str]:
    for name in parameter_names(findings).values():
        yield formatting.sentence_case(name)


def _value_cells(findings: SearchFindings, row: Mapping[Any, Any]) -> Iterator[Cell]:
    for item in findings.space.parameters:
        value = row[f"{VALUE}{item.name}"]
        if has_parameter(row, item):
            yield Cell(formatting.setting(value))
        else:
            yield Cell(formatting.MISSING, "muted")


def has_parameter(row: Mapping[Any, Any], parameter: Parameter) -> bool:
    """Whether a point has a parameter: a choice may be null, but is no missing number."""
    value = row[f"{VALUE}{parameter.name}"]
    return not (isinstance(value, float) and formatting.is_missing(value))


def _numeric_parameters(findings: SearchFindings) -> frozenset[int]:
    """Places of numeric parameters, where they follow upon the arm."""
    first = len(_arm_header(findings))
    return frozenset(
        first + place
        for place, item in enumerate(findings.space.parameters)
        if item.type != "categorical"
    )


def _metric_header(findings: SearchFindings) -> str:
    described = formatting.with_bracket(findings.metric.label, findings.metric.unit)
    return formatting.sentence_case(described)


def _frame(findings: SearchFindings, table: pd.DataFrame) -> pd.DataFrame:
    """A table for reuse: parameters under their names, choices as words, no positions."""
    columns = {
        f"{VALUE}{item.name}": pd.Series(
            [
                scalar_name(row[f"{VALUE}{item.name}"])
                if item.type == "categorical" and has_parameter(row, item)
                else row[f"{VALUE}{item.name}"]
                for row in table.to_dict("records")
            ],
            index=table.index,
            dtype=object,
        ).infer_objects()
        for item in findings.space.parameters
    }
    kept = table.assign(metric=findings.results[0].metric, **columns)
    kept = kept[[name for name in kept.columns if not name.startswith(POSITION)]]
    taken = set(kept.columns)  # a parameter that is named like another column keeps its prefix
    short = {name: name.removeprefix(VALUE) for name in columns}
    return kept.rename(columns={name: s for name, s in short.items() if s not in taken})


def _formats(findings: SearchFindings, frame: pd.DataFrame) -> dict[str, Writer]:
    """How what points are worth is written, and the numbers that were tried, in a `_frame`."""
    tried = {
        prefixed if (prefixed := f"{VALUE}{item.name}") in frame else item.name: _as_tried(item)
        for item in findings.space.parameters
        if item.type != "categorical"
    }
    return tried | {"value": formatting.number_in(findings.metric.unit)}


def _as_tried(parameter: Parameter) -> Writer:
    kind = int if parameter.type == "int" else float

    def written(value: Any) -> str:
        missing = formatting.is_missing(value)
        return formatting.MISSING if missing else formatting.setting(kind(value))

    return written


def _keys(table: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(table["context"], table["arm"], strict=True))
