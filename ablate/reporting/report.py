"""One page that a reader can judge a study by."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablate.analysis.findings import Findings
from ablate.reporting import formatting
from ablate.reporting import tables as table_makers
from ablate.reporting.answer import answer
from ablate.reporting.picture import Picture
from ablate.reporting.pictures import pictures
from ablate.reporting.report_folder import write_folder
from ablate.reporting.tables import Table

# Not the ablation table, which repeats arms and effects.
_CITED = {"verdicts", "published", "arms", "effects", "factorial"}


@dataclass(frozen=True)
class Page:
    """All that the templates show."""

    title: str
    question: str
    answer: str
    warnings: tuple[str, ...]
    verdicts: Table | None
    ablation: Table
    published: Table | None
    arms: Table
    effects: Table
    factorial: Table | None
    trials: Table
    pictures: tuple[Picture, ...]
    method: tuple[str, ...]
    provenance: Table

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table, in the order of the page."""
        every = (
            self.verdicts,
            self.ablation,
            self.published,
            self.arms,
            self.effects,
            self.factorial,
            self.trials,
            self.provenance,
        )
        return tuple(table for table in every if table is not None)

    @property
    def cited(self) -> tuple[Table, ...]:
        """The tables whose numbers a paper may cite."""
        return tuple(table for table in self.tables if table.name in _CITED)


def write_report(findings: Findings, folder: Path, provenance: Mapping[str, Any]) -> Path:
    """Write the report into `folder` (made if absent) and give the path of report.html.

    provenance: what a reader needs to trust and repeat the numbers (versions, hardware, digests,
    commit, dates), nested or flat; shown as it stands.
    """
    return write_folder(make_page(findings, provenance), "report", folder)


def make_page(findings: Findings, provenance: Mapping[str, Any]) -> Page:
    """Draw and tabulate everything."""
    study = findings.plan.study
    return Page(
        title=formatting.sentence_case(study.name.replace("_", " ")),
        question=study.question,
        answer=answer(findings),
        warnings=tuple(findings.warnings),
        verdicts=table_makers.verdict_table(findings),
        ablation=table_makers.ablation_table(findings),
        published=table_makers.published_table(findings),
        arms=table_makers.arm_table(findings),
        effects=table_makers.effect_table(findings),
        factorial=table_makers.factorial_table(findings),
        trials=table_makers.trial_table(findings),
        pictures=tuple(pictures(findings)),
        method=_method(findings),
        provenance=_provenance_table(findings, provenance),
    )


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


def _provenance_table(findings: Findings, provenance: Mapping[str, Any]) -> Table:
    trials = findings.trials
    return table_makers.provenance_table(
        completed=int((trials["status"] == "completed").sum()),
        trials=len(trials),
        core_seconds=trials.drop_duplicates("hash")["core_seconds"].sum(),
        provenance=provenance,
    )
