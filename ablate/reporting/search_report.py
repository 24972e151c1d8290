"""One page that a reader can judge a search by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ablate.analysis.arm_names import listed
from ablate.analysis.search_findings import SearchFindings
from ablate.analysis.tables import ArmKey
from ablate.records.search_result import SearchMethod
from ablate.reporting import formatting, search_tables
from ablate.reporting import tables as table_makers
from ablate.reporting.picture import Picture, named_apart
from ablate.reporting.report_folder import write_folder
from ablate.reporting.search_answer import search_answer, search_question, search_warnings
from ablate.reporting.search_pictures import search_pictures
from ablate.reporting.table import Table
from ablate.study.search_space import EDGE

_SCHEDULERS = {
    "asha": "asha stopped trials that were not among the best quarter of those that came as far",
    "median_stopping": "median_stopping stopped trials that were worse than the median of others",
}


@dataclass(frozen=True)
class SearchPage:
    """All that the templates show."""

    name: str
    """Of the study and of the space."""
    title: str
    question: str
    baselines: tuple[str, ...]
    """What each context starts from, in the study's own keys."""
    answer: str
    warnings: tuple[str, ...]
    best: Table
    front: Table | None
    counts: Table
    importances: Table | None
    points: Table
    space: Table
    pictures: tuple[Picture, ...]
    method: tuple[str, ...]
    provenance: Table

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table, in the order of the page."""
        every = (
            self.best,
            self.front,
            self.counts,
            self.importances,
            self.space,
            self.points,
            self.provenance,
        )
        return tuple(table for table in every if table is not None)

    @property
    def cited(self) -> tuple[Table, ...]:
        """The tables whose numbers a paper may cite."""
        every = (self.best, self.front, self.counts, self.importances)
        return tuple(table for table in every if table is not None)


def write_search_report(
    findings: SearchFindings, folder: Path, provenance: Mapping[str, str]
) -> Path:
    """Write the report into `folder` (made if absent) and give the path of report.html.

    provenance: what a reader needs to trust and repeat the numbers, by name.
    """
    return write_folder(make_search_page(findings, provenance), "search_report", folder)


def make_search_page(findings: SearchFindings, provenance: Mapping[str, str]) -> SearchPage:
    """Draw and tabulate everything."""
    first = findings.results[0]
    study, space = (name.replace("_", " ") for name in (first.study, first.space))
    return SearchPage(
        name=f"{first.study}-{first.space}",
        title=f"{formatting.sentence_case(study)}: search of {space}",
        question=search_question(findings),
        baselines=table_makers.baselines(findings.plan),
        answer=search_answer(findings),
        warnings=search_warnings(findings),
        best=search_tables.best_points_table(findings),
        front=search_tables.front_table(findings),
        counts=search_tables.count_table(findings),
        importances=search_tables.importance_table(findings),
        points=search_tables.point_table(findings),
        space=search_tables.space_table(findings),
        pictures=named_apart(search_pictures(findings)),
        method=tuple(_method(findings)),
        provenance=_provenance(findings, provenance),
    )


def _method(findings: SearchFindings) -> Iterator[str]:
    first, label = findings.results[0], findings.metric.label
    seeds = ", ".join(map(str, first.seeds))
    worth = (
        f"trained with seed {seeds}; it is worth its {label}"
        if len(first.seeds) == 1
        else f"trained with each of the seeds {seeds}; it is worth the mean of their {label}"
    )
    yield f"A point is one choice of the parameters, {worth}."
    yield from _asked(findings)
    study_seeds = findings.plan.study.seeds
    fresh = "" if set(first.seeds) & set(study_seeds) else ", as ablate run does with the study's"
    yield (
        "Points were chosen by validation data alone: the test set had no part in it. The best "
        "point was chosen for what it is worth on the search's seeds, where it looks better than "
        f"it is: compare arms on other seeds{fresh}."
    )
    yield (
        f"A best value within {100 * EDGE:.0f} % of its range from an end, on the parameter's "
        "scale, lies at the edge where values beyond it may be had: widen the range and search "
        "again."
    )
    if findings.weighs_cost:
        yield (
            f"Two objectives were weighed, {label} and the FLOPs of training; the best point is "
            f"that of best {label}, whatever it cost."
        )
    if len(findings.space.parameters) > 1:
        yield from _about_importances(findings)


def _asked(findings: SearchFindings) -> Iterator[str]:
    """How points were asked for, and which of their trials were stopped."""
    own = "The first point of an arm is the arm as the study has it, where that lies in the space."
    searched: dict[tuple[SearchMethod, ...], list[ArmKey]] = {}
    for result in findings.results:
        searched.setdefault(result.methods, []).append((result.context, result.arm))
    if len(searched) == 1:
        (methods,) = searched
        yield f"{_proposed(methods)} {own}" if methods else f"{own} {_proposed(methods)}"
        yield from _stopped(methods)
        return
    yield f"Arms were not searched alike, so their best points are not chosen from like ones. {own}"
    for methods, arms in searched.items():
        yield f"{listed(findings.plan, arms)}: {' '.join((_proposed(methods), *_stopped(methods)))}"


def _proposed(methods: Sequence[SearchMethod]) -> str:
    samplers = dict.fromkeys(f"{method.sampler} (seed {method.seed})" for method in methods)
    if not samplers:
        return "The sampler of the others was not noted."
    return f"Points were proposed by Optuna's {', then '.join(samplers)}."


def _stopped(methods: Sequence[SearchMethod]) -> Iterator[str]:
    if methods and not any(method.scheduler for method in methods):
        yield "No trial was stopped early."
    yield from dict.fromkeys(how_trials_were_stopped(each) for each in methods if each.scheduler)


def how_trials_were_stopped(method: SearchMethod) -> str:
    """By a method's scheduler, for the reader of a report."""
    first = method.grace_period or 1
    points = "1 validation point" if first == 1 else f"{first} validation points"
    scheduler = str(method.scheduler)
    return (
        f"{_SCHEDULERS.get(scheduler, f'{scheduler} stopped trials')}, after at least {points}. "
        "Such a point is pruned: its last value is that of an early epoch, and never the best."
    )


def _about_importances(findings: SearchFindings) -> Iterator[str]:
    conditions = (
        " That of a parameter under a condition is taken over the points that have it."
        if findings.space.is_conditional
        else ""
    )
    yield (
        "Importances are computed by Optuna from completed points, numbers on their parameter's "
        "scale: fANOVA as the share of a random forest's variance that a parameter explains alone "
        "(with a fixed seed), PED-ANOVA as the distance of the better points' values (the best "
        "tenth, at least five points) from those of all. Each is given as a share among the "
        f"parameters that these points have in common.{conditions}"
    )


def _provenance(findings: SearchFindings, provenance: Mapping[str, str]) -> Table:
    trials = findings.trials.drop_duplicates("hash")
    return table_makers.provenance_table(trials, trials, provenance)
