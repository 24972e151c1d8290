"""One page that a reader can judge a study by."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pandas as pd

from ablate.analysis.claims import Verdict
from ablate.analysis.findings import Findings
from ablate.analysis.futility import FROM_SEEDS, LEAST_CHANCE
from ablate.analysis.looks import looked_at_once
from ablate.analysis.tables import metric_column
from ablate.reporting import formatting, tuned_tables
from ablate.reporting import tables as table_makers
from ablate.reporting.ablation_table import ablation_table
from ablate.reporting.answer import answer
from ablate.reporting.factorial_table import factorial_table
from ablate.reporting.picture import Picture, named_apart
from ablate.reporting.picture_folder import PICTURES_FOLDER, read_pictures
from ablate.reporting.pictures import pictures
from ablate.reporting.report_folder import write_folder
from ablate.reporting.search_report import how_trials_were_stopped
from ablate.reporting.table import Table
from ablate.study.schema import Study

# Not the ablation table, which repeats arms and effects.
_CITED = {"verdicts", "comparison", "published", "arms", "effects", "contexts", "factorial"}


@dataclass(frozen=True)
class Page:
    """All that the templates show."""

    name: str
    """The study's."""
    title: str
    question: str
    baselines: tuple[str, ...]
    """What each context starts from, in the study's own keys."""
    answer: str
    warnings: tuple[str, ...]
    verdicts: Table | None
    tuned: tuple[Table, ...]
    """Shared settings beside own ones; empty where the study is not tuned. The tables below are
    then with shared settings."""
    ablation: Table
    published: Table | None
    arms: Table
    effects: Table | None
    """None of a study of one arm."""
    contexts: Table | None
    """The same change in each context; None where there is one context."""
    factorial: Table | None
    trials: Table
    tuned_trials: Table | None
    pictures: tuple[Picture, ...]
    seen: tuple[Picture, ...]
    """Pictures that lie in the report's folder already."""
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
            self.contexts,
            self.factorial,
            self.trials,
            self.tuned_trials,
            self.provenance,
        )
        return tuple(table for table in every if table is not None)

    @property
    def cited(self) -> tuple[Table, ...]:
        """The tables whose numbers a paper may cite."""
        return tuple(table for table in self.tables if table.name in _CITED)


def write_report(findings: Findings, folder: Path, provenance: Mapping[str, str]) -> Path:
    """Write the report into `folder` (made if absent) and give the path of report.html.

    provenance: what a reader needs to trust and repeat the numbers (versions, hardware, digests,
    commit, dates), by name. Pictures in `visualization/` of the folder are shown too.
    """
    seen = read_pictures(folder / PICTURES_FOLDER)
    return write_folder(make_page(findings, provenance, seen), "report", folder)


def make_page(
    findings: Findings, provenance: Mapping[str, str], seen: tuple[Picture, ...] = ()
) -> Page:
    """Draw and tabulate everything. seen: pictures of what the networks see."""
    study = findings.plan.study
    return Page(
        name=study.name,
        title=_title(study.name),
        question=study.question,
        baselines=table_makers.baselines(findings.plan),
        answer=answer(findings),
        warnings=tuple(findings.warnings),
        verdicts=tuned_tables.verdict_table(findings),
        tuned=tuned_tables.tuned_tables(findings),
        ablation=_of_shared(findings, ablation_table(findings)),
        published=_of_shared(findings, table_makers.published_table(findings)),
        arms=_of_shared(findings, table_makers.arm_table(findings)),
        effects=_of_shared(findings, table_makers.effect_table(findings)),
        contexts=_of_shared(findings, table_makers.context_table(findings)),
        factorial=_of_shared(findings, factorial_table(findings)),
        trials=_of_shared(findings, table_makers.trial_table(findings)),
        tuned_trials=tuned_tables.tuned_trial_table(findings),
        pictures=named_apart(pictures(findings)),
        seen=seen,
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
    study = findings.plan.study
    return (
        _pairing(findings),
        *_intervals(findings),
        *filter(None, [looked_at_once(study)]),
        *_given_up(study),
        *_trials_of_looks(findings),
        *_two_comparisons(findings),
        _what_decides(findings),
        *_early_looks(findings),
        *_more_seeds(findings),
        *_endings(findings),
    )


def _what_decides(findings: Findings) -> str:
    study = findings.plan.study
    if findings.verdicts:
        return (
            "A claim is decided by its own interval in the table of verdicts, at the level and "
            "against the threshold named there, and not by those of effects or figures. Supported "
            "and refuted mean that it settles the claim; undecided means that these seeds cannot, "
            "not that there is no effect."
        )
    unit = table_makers.metric_description(findings).difference_unit
    smallest = formatting.with_unit(formatting.as_given(study.smallest_effect_of_interest), unit)
    beyond = (
        f"{smallest}, the smallest effect of interest"
        if study.smallest_effect_of_interest > 0
        else "zero, as the study names no smallest effect of interest"
    )
    return f"A difference counts when its whole interval lies beyond {beyond}."


def _more_seeds(findings: Findings) -> Iterator[str]:
    """What is to be known by whoever adds the seeds that an undecided claim is told to take."""
    needed = any(verdict.seeds_needed for verdict in _all_verdicts(findings))
    if findings.plan.study.max_seeds is None and needed:
        yield (
            "Seeds added because a claim is undecided are a second look, and make its error rate "
            "larger than it says: decide on new seeds alone, with these as a pilot that decides "
            "nothing, or look repeatedly from the beginning (--until-decided)."
        )


def _early_looks(findings: Findings) -> Iterator[str]:
    """What a verdict on part of a study's trials is worth."""
    if any(verdict.early for verdict in _all_verdicts(findings)):
        yield (
            "A verdict whose trials are not all recorded is an early look. The error rate is that "
            "of the verdict on all of them: whoever stops at the first look that settles a claim "
            "errs more often, with looks at 2, 3, 4 and 5 seeds 13 % of the time instead of 5 %."
        )


def _all_verdicts(findings: Findings) -> tuple[Verdict, ...]:
    """With shared settings and, of a tuned study, with own ones."""
    return (*findings.verdicts, *(findings.tuned.findings.verdicts if findings.tuned else ()))


def _endings(findings: Findings) -> Iterator[str]:
    """What was done to trials that did not complete, where there are any."""
    tables = [findings.trials, *([findings.tuned.findings.trials] if findings.tuned else [])]
    value = metric_column(findings.plan.study.metric)
    trials = pd.concat([table[["status", value]] for table in tables])
    without_value = trials[trials["status"] == "diverged"][value].isna()
    if not without_value.all():
        yield "A diverged trial is kept and counted at chance level."
    if findings.plan.study.diverged != "chance" and without_value.any():
        yield "A diverged trial is kept and counted as a failure rate, outside the means."
    elif without_value.any():
        yield (
            "A diverged trial of which no chance level is known is kept and counted as a failure "
            "rate, outside the means."
        )
    if trials["status"].isin(["failed", "missing", "pruned"]).any():
        yield "A failed or missing trial lowers n."


def _title(name: str) -> str:
    """As in "Filter size" of `filter_size`; one that is more than words stays as it is."""
    is_words = re.fullmatch(r"[\w .-]+", name)
    return formatting.sentence_case(name.replace("_", " ")) if is_words else name


def _pairing(findings: Findings) -> str:
    if set(findings.effects["method"]) == {"welch"}:
        return (
            "The seeds of arms do not match, so that nothing is paired: effects are differences "
            "between means, judged by Welch's test."
        )
    return (
        "Effects are paired by seed: a seed fixes what is random in a trial, alike in every arm as "
        "far as arms draw alike, and each difference is taken within a seed. Where seeds do not "
        "match, Welch's test takes its place and the table says so."
    )


def _intervals(findings: Findings) -> tuple[str, str]:
    max_seeds = findings.plan.study.max_seeds
    if max_seeds is None:
        methods = set(findings.effects["method"])
        of = [] if methods == {"welch"} else ["of the paired differences"]
        of += ["by Welch's test of differences between means"] if "welch" in methods else []
        return (
            f"Intervals of effects are 95 % t intervals {', or '.join(of)}, each for itself, and "
            "so are those of the means of arms; with one seed there is none.",
            "p values of one family of comparisons are adjusted by Holm's method.",
        )
    return (
        f"Claims were looked at after every seed from the third, up to {max_seeds}: intervals of "
        "differences are repeated confidence intervals, which hold at all looks together, and "
        "take the place of p values, and so are those of claims on an arm's own mean. In tables "
        "and figures of the arms, the intervals of means are 95 % t intervals.",
        "After stopping, an estimate leans slightly away from the threshold.",
    )


def _given_up(study: Study) -> tuple[str, ...]:
    if study.max_seeds is None or not study.stop_futile:
        return ()
    return (
        f"From {FROM_SEEDS} seeds on, a claim was given up where going on alike would have settled "
        f"it by {study.max_seeds} seeds with a chance of less than {100 * LEAST_CHANCE:.0f} %. "
        "That adds no errors, and misses some effects that more seeds would have found.",
    )


def _trials_of_looks(findings: Findings) -> tuple[str, ...]:
    """What looking after every seed took, counted in the table of trials."""
    most, trials = findings.plan.study.max_seeds, findings.trials
    if most is None:
        return ()
    of_a_seed = trials[trials["seed"] == trials["seed"].iloc[0]]["hash"].nunique()
    run = trials[trials["status"] != "missing"]["hash"].nunique()
    return (
        f"Looking took {run} trials where {most} seeds of every arm would have taken "
        f"{of_a_seed * most}.",
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
        *dict.fromkeys(how_trials_were_stopped(each) for each in search.methods if each.scheduler),
        "The two comparisons are decided apart: the claims of each share one error rate among "
        "themselves, and not with those of the other.",
    )


def _provenance_table(findings: Findings, provenance: Mapping[str, str]) -> Table:
    trials = findings.trials
    costs = trials.drop_duplicates("hash")
    facts = {**dict(_tuning_facts(findings)), **provenance}
    return table_makers.provenance_table(trials, costs, facts)


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
