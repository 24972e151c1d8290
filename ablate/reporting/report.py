"""One page that a reader can judge a study by: report.md, and report.html in one file.

Everything is written beside it too: figures/*.png and *.svg, tables/*.csv and *.tex.
"""

import base64
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ablate.analysis.findings import Findings
from ablate.reporting import formatting, markup, tuned_tables
from ablate.reporting import tables as table_makers
from ablate.reporting.answer import answer
from ablate.reporting.macros import macros
from ablate.reporting.pictures import Picture, pictures
from ablate.reporting.tables import Cell, Table

# Not the ablation table, which repeats arms and effects.
_CITED = {"verdicts", "comparison", "published", "arms", "effects", "factorial"}
_FOLDED_ROWS = 60  # longer tables are folded away in the page


@dataclass(frozen=True)
class Page:
    """All that the templates show."""

    title: str
    question: str
    answer: str
    warnings: tuple[str, ...]
    verdicts: Table | None
    tuned: tuple[Table, ...]
    """Shared settings beside own ones; empty where the study is not tuned. The tables below are
    then with shared settings."""
    ablation: Table
    published: Table | None
    arms: Table
    effects: Table
    factorial: Table | None
    trials: Table
    tuned_trials: Table | None
    pictures: tuple[Picture, ...]
    method: tuple[str, ...]
    provenance: Table

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table, in the order of the page."""
        every = (
            self.verdicts,
            *self.tuned,
            self.ablation,
            self.published,
            self.arms,
            self.effects,
            self.factorial,
            self.trials,
            self.tuned_trials,
            self.provenance,
        )
        return tuple(table for table in every if table is not None)


def write_report(findings: Findings, folder: Path, provenance: Mapping[str, Any]) -> Path:
    """Write the report into `folder` (made if absent) and give the path of report.html.

    provenance: what a reader needs to trust and repeat the numbers (versions, hardware, digests,
    commit, dates), nested or flat; shown as it stands. Each file is replaced as a whole: a reader
    never sees half of one. Figures and tables of an earlier report that this one lacks go.
    """
    page = make_page(findings, provenance)
    _write_folder(folder / "figures", dict(_figure_files(page)))
    _write_folder(folder / "tables", dict(_table_files(page)))
    _write(folder / "report.md", _render("report.md.jinja", page).encode())
    _write(folder / "report.html", _render("report.html.jinja", page).encode())
    return folder / "report.html"


def make_page(findings: Findings, provenance: Mapping[str, Any]) -> Page:
    """Draw and tabulate everything."""
    study = findings.plan.study
    return Page(
        title=formatting.sentence_case(study.name.replace("_", " ")),
        question=study.question,
        answer=answer(findings),
        warnings=tuple(findings.warnings),
        verdicts=tuned_tables.verdict_table(findings),
        tuned=tuned_tables.tuned_tables(findings),
        ablation=_of_shared(findings, table_makers.ablation_table(findings)),
        published=_of_shared(findings, table_makers.published_table(findings)),
        arms=_of_shared(findings, table_makers.arm_table(findings)),
        effects=_of_shared(findings, table_makers.effect_table(findings)),
        factorial=_of_shared(findings, table_makers.factorial_table(findings)),
        trials=_of_shared(findings, table_makers.trial_table(findings)),
        tuned_trials=tuned_tables.tuned_trial_table(findings),
        pictures=tuple(pictures(findings)),
        method=_method(findings),
        provenance=_provenance_table(findings, provenance),
    )


SomeTable = TypeVar("SomeTable", Table, Table | None)


def _of_shared(findings: Findings, table: SomeTable) -> SomeTable:
    """The table, which says with which settings where there is a choice."""
    if findings.tuned is None or table is None:
        return table
    return replace(table, caption=f"{tuned_tables.SHARED}. {table.caption}")


def _method(findings: Findings) -> tuple[str, ...]:
    study, metric = findings.plan.study, table_makers.metric_description(findings)
    unit = formatting.difference_unit(metric.unit)
    smallest = formatting.with_unit(
        formatting.number(study.smallest_effect_of_interest, unit), unit
    )
    beyond = (
        f"{smallest}, the smallest effect of interest"
        if study.smallest_effect_of_interest > 0
        else "zero, as the study names no smallest effect of interest"
    )
    diverged = (
        "at chance level" if study.diverged == "chance" else "as a failure rate, outside the means"
    )
    return (
        "Effects are paired by seed: a seed fixes what is random in a trial, alike in every arm, "
        "and each difference is taken within a seed. Where seeds do not match, Welch's test takes "
        "its place and the table says so.",
        "Intervals are 95 % t intervals of the paired differences; with one seed there is none.",
        "p values of one family of comparisons are adjusted by Holm's method.",
        *_two_comparisons(findings),
        *_repeated_looks(study.max_seeds),
        f"A difference counts when its whole interval lies beyond {beyond}. Supported and refuted "
        "mean that the interval settles it; undecided means that these seeds cannot, not that "
        "there is no effect.",
        f"A diverged trial is kept and counted {diverged}; a failed or missing one lowers n.",
    )


def _repeated_looks(max_seeds: int | None) -> tuple[str, ...]:
    if max_seeds is None:
        return ()
    return (
        f"Claims were looked at after every seed from the third, up to {max_seeds}: their "
        "intervals are repeated confidence intervals, which hold at all looks together. After "
        "stopping, an estimate leans slightly away from the threshold.",
    )


def _two_comparisons(findings: Findings) -> tuple[str, ...]:
    tuned = findings.tuned
    if tuned is None:
        return ()
    search = tuned.searches[0]
    return (
        "The arms were compared twice on the same seeds: with shared settings, which the study "
        "gives, and with settings of each arm's own. These are the best of "
        f"{len(search.points)} points of the space {search.space}, as many for every arm, by "
        "validation data and on other seeds.",
        "The two comparisons are decided apart: the claims of each share one error rate among "
        "themselves, and not with those of the other.",
    )


def _provenance_table(findings: Findings, provenance: Mapping[str, Any]) -> Table:
    trials = findings.trials
    completed = int((trials["status"] == "completed").sum())
    core_seconds = trials.drop_duplicates("hash")["core_seconds"].sum()
    facts = [
        ("trials", f"{completed} completed of {len(trials)}"),
        ("core-hours", formatting.hours(core_seconds / 3600)),
        *_tuning_facts(findings),
        *_flat(provenance),
    ]
    return Table(
        "provenance",
        "Where the numbers come from.",
        ("What", "Value"),
        tuple((Cell(name), Cell(value)) for name, value in facts),
        pd.DataFrame(facts, columns=["what", "value"]),
        keys=("what",),
    )


def _tuning_facts(findings: Findings) -> Iterator[tuple[str, str]]:
    tuned = findings.tuned
    if tuned is None:
        return
    trials = tuned.findings.trials
    completed = int((trials["status"] == "completed").sum())
    yield "trials of searches", f"{tuned.search_trials:,}"
    yield "core-hours of searches", formatting.hours(tuned.search_core_seconds / 3600)
    yield "trials with own settings", f"{completed} completed of {len(trials)}"
    seconds = trials.drop_duplicates("hash")["core_seconds"].sum()
    yield "core-hours with own settings", formatting.hours(seconds / 3600)


def _flat(facts: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        label = f"{prefix}{str(name).replace('_', ' ')}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{label}: ")
        elif isinstance(value, list | tuple | set | frozenset):
            yield label, ", ".join(str(item) for item in value) or formatting.MISSING
        else:
            yield label, formatting.MISSING if value is None else str(value)


def _figure_files(page: Page) -> Iterator[tuple[str, bytes]]:
    for picture in page.pictures:
        for kind, content in picture.files.items():
            yield f"{picture.name}.{kind}", content


def _table_files(page: Page) -> Iterator[tuple[str, bytes]]:
    for table in page.tables:
        yield f"{table.name}.csv", markup.csv(table).encode()
        yield f"{table.name}.tex", markup.latex(table).encode()
    cited = [table for table in page.tables if table.name in _CITED]
    yield "numbers.tex", macros(cited).encode()


def _render(template: str, page: Page) -> str:
    environment = Environment(
        loader=PackageLoader("ablate.reporting"),
        autoescape=template == "report.html.jinja",
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["markdown_text"] = markup.markdown_text
    environment.filters["markdown_table"] = markup.markdown
    environment.filters["data_uri"] = _data_uri
    environment.filters["breakable"] = _breakable
    return environment.get_template(template).render(page=page, folded_rows=_FOLDED_ROWS)


def _data_uri(picture: Picture) -> Markup:
    """The picture inlined. An img element with SVG inside runs no scripts and loads nothing."""
    encoded = base64.b64encode(picture.files["svg"]).decode()
    return Markup(f"data:image/svg+xml;base64,{encoded}")


def _breakable(text: str) -> Markup:
    """Escaped text whose long names may break into lines where their words end."""
    escaped = str(escape(text))
    return Markup(re.sub(r"([_=/])(?=\w)", r"\1<wbr>", escaped))


def _write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        _write(folder / name, content)
    for stale in folder.iterdir():
        if stale.name not in files and stale.suffix in {".png", ".svg", ".csv", ".tex"}:
            stale.unlink()


def _write(path: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(content)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)
