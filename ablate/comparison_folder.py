"""Arms of several runs, compared: which, and where the pictures and tables lie.

runs/compare-<run>-<run>/   comparison.png and .svg, arms.csv, curves.csv
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ablate.analysis.arm_names import quoted
from ablate.analysis.comparison import Comparison, Contender, compare, curves_of, labels_of
from ablate.atomic import write_atomically
from ablate.combined_runs import read_runs
from ablate.errors import AblateError, Problem, did_you_mean
from ablate.records.asked_metrics import all_as_asked
from ablate.reporting import formatting
from ablate.reporting.figures import comparison as figure_of
from ablate.reporting.figures import theme
from ablate.reporting.figures.palette import arm_styles
from ablate.reporting.picture import Picture, draw_picture
from ablate.run_folder import make_folder
from ablate.stored_study import RUNS
from ablate.study.arms import BASELINE

MOST = 10
"""Arms that one picture can tell apart by colour."""


class Compared(NamedTuple):
    """What was found, and what was written, in order."""

    comparison: Comparison
    paths: tuple[Path, ...]


def compare_runs(
    folders: Sequence[Path],
    arms: Sequence[str] = (),
    metrics: Sequence[str] = (),
    out: Path | None = None,
) -> Compared:
    """Draw and tabulate arms of several runs or reports.

    arms: each a name, of every run that has it, or "RUN:NAME"; a name may be "context/name"; none:
    every arm. metrics: columns of the history; none: validation loss and accuracy. out: made if
    absent. Raises AblateError for an arm or metric that no run has, and for more arms than a
    picture can tell apart; RecordError as `read_runs` does.
    """
    names = run_names(folders)
    everyone = [
        Contender(name, run.plan, records, arm)
        for name, folder in zip(names, folders, strict=True)
        for run in [read_runs([folder])]
        for records in [all_as_asked(run.plan, run.records)]
        for arm in run.plan.arms
    ]
    contenders = _chosen(everyone, arms)
    found = compare(contenders, metrics)
    if not found.curves or not found.curves.keys() >= {*metrics}:
        raise _without_curves(metrics, curves_of(contenders))
    folder = out or RUNS / "-".join(["compare", *(name.replace("/", "_") for name in names)])
    make_folder(folder)
    files = {
        **{f"comparison.{kind}": content for kind, content in _picture(found).files.items()},
        "arms.csv": _csv(found.arms),
        "curves.csv": _csv(
            pd.concat([table.assign(metric=name) for name, table in found.curves.items()])
        ),
    }
    for name, content in files.items():
        write_atomically(folder / name, content)
    return Compared(found, tuple(folder / name for name in files))


def shown_rows(found: Comparison) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The arms as written: header and rows of arm, seeds, final metrics, epochs and seconds."""
    header = ["arm", "seeds"]
    for metric, described in found.metrics.items():
        header.append(formatting.with_bracket(found.columns[metric], described.unit))
    rows = []
    for row in found.arms.to_dict("records"):
        cells = [row["label"], f"{row['n']} of {row['seeds']}"]
        for metric, described in found.metrics.items():
            column = found.columns[metric]
            mean, low, high = (row[column + end] for end in ("", "_low", "_high"))
            cells.append(formatting.with_interval(mean, low, high, described.unit))
        seconds = row["seconds"]
        took = formatting.count(seconds) if not seconds < 10 else f"{seconds:.2g}"
        cells += [formatting.number(row["epochs"], "epochs"), took]
        rows.append(tuple(cells))
    return (*header, "epochs", "seconds"), rows


def run_names(folders: Sequence[Path]) -> list[str]:
    """What each run is called: its folder, with as many of those above as tell all apart."""
    parts = [folder.resolve().parts for folder in folders]
    for depth in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-depth:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    raise AblateError(Problem("", "a run is named twice", "name each run once"))


def _chosen(everyone: Sequence[Contender], asked: Sequence[str]) -> list[Contender]:
    """The arms that are asked for, in that order, each once."""
    found = everyone if not asked else [each for name in asked for each in _named(name, everyone)]
    once = list({id(each): each for each in found}.values())
    if len(once) > MOST:
        raise AblateError(
            Problem(
                "",
                f"{len(once)} arms are too many for one picture",
                f"choose up to {MOST} with --arm: {', '.join(quoted(*labels_of(once)))}",
            )
        )
    return once


def _named(asked: str, everyone: Sequence[Contender]) -> list[Contender]:
    found = [each for each in everyone if asked in _names(each)]
    if not found:
        known = {name for each in everyone for name in _names(each)}
        raise AblateError(
            Problem(f"--arm {asked}", "no run has such an arm", did_you_mean(asked, known))
        )
    return found


def _names(contender: Contender) -> list[str]:
    """What an arm may be called; the reference also by its level, where one factor is varied."""
    arm = contender.arm
    alone = [contender.name, arm.name, f"{arm.context}/{arm.name}"]
    if arm.is_reference and len(arm.levels) == 1:
        alone += arm.levels.values()
    return [*alone, *(f"{contender.run}:{name}" for name in alone)]


def _without_curves(asked: Sequence[str], known: Collection[str]) -> AblateError:
    """Why there is nothing to be drawn, or not all that is asked for. known: what has a curve."""
    if not known:
        return AblateError(
            Problem("", "none of these arms has a curve to be drawn", "run their studies first")
        )
    return AblateError(
        *(
            Problem(f"--metric {name}", "no arm has a curve of it", did_you_mean(name, known))
            for name in asked
            if name not in known
        )
    )


def _picture(found: Comparison) -> Picture:
    labels = list(found.arms["label"])
    references = [
        label for label, arm in zip(labels, found.arms["arm"], strict=True) if arm == BASELINE
    ]
    styles = arm_styles(labels, references if len(references) == 1 else ())
    tables, units = {}, {}
    for name, table in found.curves.items():
        described = found.metrics[name]
        label = formatting.with_bracket(described.label, described.unit)
        tables[label], units[label] = table, described.unit
    note = "\n".join(found.warnings)
    with theme.themed():
        return draw_picture(
            "comparison",
            "Arms compared",
            figure_of.caption(tables, units),
            figure_of.size(tables, note),
            lambda figure: figure_of.draw(tables, figure, styles, note=note, units=units),
        )


def _csv(table: pd.DataFrame) -> bytes:
    text: str = table.to_csv(index=False, lineterminator="\n")
    return text.encode()
