"""All that a study's records say: the tables that a report shows, computed once."""

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from ablate.analysis import tuned
from ablate.analysis.arm_names import listed, of_context, quoted, told
from ablate.analysis.claims import Verdict, standing, verdicts
from ablate.analysis.contexts import context_difference_table, context_table
from ablate.analysis.convergence import NO_CURVES, curve_tables
from ablate.analysis.effects import (
    arm_table,
    difference_table,
    effect_table,
    interval_of_mean,
    values_of,
)
from ablate.analysis.evidence import Evidence
from ablate.analysis.factorial import arms_without_values, factorial_table
from ablate.analysis.from_elsewhere import (
    tables_of,
    trials_to_be_given,
    warnings_of_tables,
)
from ablate.analysis.inference import summarise, tie_floor
from ablate.analysis.looks import critical_of_effects, growth_table, never_decided
from ablate.analysis.mixed_arithmetic import mixed_arithmetic
from ablate.analysis.percent_or_fraction import warnings_of_scale
from ablate.analysis.resolution import significant_digits
from ablate.analysis.search_findings import SearchFindings, analyse_search
from ablate.analysis.tables import (
    ArmKey,
    ended,
    history_table,
    metric_column,
    resolution_of,
    rows_of,
    trial_table,
)
from ablate.analysis.ties import warnings_of_ties
from ablate.errors import StudyError, did_you_mean
from ablate.records.asked_metrics import all_as_asked, has_curve, named_metrics, needed_metrics
from ablate.records.failures import each_reason
from ablate.records.greedy_path import criterion
from ablate.records.schema import FIRST_SEEN_AT, TrialRecord
from ablate.records.search_result import SearchResult
from ablate.records.tuned_search import NO_SEARCHES, Searches, each_once, own_plan
from ablate.study.drawing import next_greedy_arms
from ablate.study.plan import Plan
from ablate.study.schema import Open, PublishedNumber
from ablate.workload import guessed_direction


@dataclass(frozen=True, eq=False)
class Findings:
    """A study's tables; the functions that make them name the columns."""

    plan: Plan
    trials: pd.DataFrame
    """`tables.trial_table`"""
    history: pd.DataFrame
    """`tables.history_table`"""
    arms: pd.DataFrame
    """`effects.arm_table`, of the study's metric"""
    effects: pd.DataFrame
    """`effects.effect_table`, of the study's metric"""
    differences: pd.DataFrame
    """`effects.difference_table`: the pairs behind the effects"""
    contexts: pd.DataFrame
    """`contexts.context_table`; empty where there is one context"""
    context_differences: pd.DataFrame
    """`contexts.context_difference_table`: the pairs behind that"""
    factorial: pd.DataFrame
    """`factorial.factorial_table`; empty where the design is none"""
    curves: Mapping[str, pd.DataFrame]
    """`convergence.curve_tables`: history column -> curve"""
    verdicts: tuple[Verdict, ...]
    growth: pd.DataFrame
    """`looks.growth_table`; empty where the study is looked at once"""
    published: pd.DataFrame
    """Columns label, context, arm (what was measured; None where nothing is), metric, published,
    measured, low, high, n, note"""
    warnings: tuple[str, ...]
    """What a reader must know before believing the numbers"""
    tuned: "TunedFindings | None" = None
    """Of a tuned study whose arms are all searched; the rest is then with shared settings."""


@dataclass(frozen=True, eq=False)
class TunedFindings:
    """What the same study says with each arm at settings of its own."""

    findings: Findings
    """The same tables; claims are a family of their own."""
    search: SearchFindings
    """How each arm came to its settings."""
    settings: pd.DataFrame
    """`tuned.settings_table`"""
    effects: pd.DataFrame
    """`tuned.both_effects`: with shared settings, with own ones, and how far they moved"""
    search_trials: int
    search_core_seconds: float
    """What the trials of the searches cost that are recorded."""

    @property
    def searches(self) -> tuple[SearchResult, ...]:
        """Of each arm; arms that compute the same share one."""
        return self.search.results


def evidence_of(plan: Plan, records: Mapping[str, TrialRecord]) -> Evidence:
    """The tables that claims are held against. records: by hash, of the plan's trials."""
    trials = trials_to_be_given(trial_table(plan, records), records)
    return Evidence(plan, trials, history_table(plan, records), records)


@np.errstate(over="ignore", invalid="ignore")  # a value that has exploded has no finite spread
def analyse(
    plan: Plan, records: Mapping[str, TrialRecord], searches: Searches = NO_SEARCHES
) -> Findings:
    """Findings from the records of a plan's trials, by hash; other records are left aside.

    searches: of a tuned study, by arm; its arms are compared with shared settings and, once all are
    searched, with their own.
    """
    records = all_as_asked(plan, records)
    shared = _analysed(plan, records)
    tune = plan.study.tune
    if tune is None:
        return shared
    own = own_plan(plan, searches)
    if own is None:
        return replace(shared, warnings=(*shared.warnings, tuned.unfinished(plan, searches)))
    again = _analysed(own, records)
    resolution = resolution_of(plan.study.metric, again.trials, records)
    settings = tuned.settings_table(plan, searches)
    each = each_once(searches)
    search = analyse_search(plan, tune.space, each, records)
    run = {hash_ for search in each for hash_ in search.trials} & records.keys()
    core_seconds = sum(records[hash_].cost.core_seconds for hash_ in run)
    return replace(
        shared,
        warnings=(
            *tuned.changed_verdicts(shared, again, records),
            *shared.warnings,
            *(
                f"With own settings: {text}"
                for text in again.warnings
                if text not in shared.warnings
            ),
            *(f"In the search: {text}" for text in search.warnings if text not in shared.warnings),
            *tuned.edges(plan, settings),
            *tuned.become_one(plan, own),
        ),
        tuned=TunedFindings(
            findings=again,
            search=search,
            settings=settings,
            effects=tuned.both_effects(shared, again, resolution),
            search_trials=len(run),
            search_core_seconds=core_seconds,
        ),
    )


def _analysed(plan: Plan, records: Mapping[str, TrialRecord]) -> Findings:
    planned = {trial.hash for trial in plan.trials}
    records = {hash_: record for hash_, record in records.items() if hash_ in planned}
    metric = plan.study.metric
    evidence = evidence_of(plan, records)
    trials, history = evidence.trials, evidence.history
    resolution = resolution_of(metric, trials, records)
    repeated = critical_of_effects(plan)
    effects = effect_table(plan, trials, metric, resolution, repeated)
    stands = standing(evidence)
    return Findings(
        plan=plan,
        trials=trials,
        history=history,
        arms=arm_table(plan, trials, metric, resolution),
        effects=effects,
        differences=difference_table(plan, trials, metric, resolution),
        contexts=context_table(plan, trials, metric, resolution, repeated),
        context_differences=context_difference_table(plan, trials, metric, resolution),
        factorial=factorial_table(plan, trials, metric, resolution, repeated),
        curves=curve_tables(history),
        verdicts=verdicts(evidence, stands),
        growth=growth_table(plan, stands),
        published=_published_table(plan, trials, records),
        warnings=(
            *_warnings(plan, trials, effects, records),
            *warnings_of_ties(plan, trials),
        ),
    )


_PUBLISHED_COLUMNS = [
    "label", "context", "arm", "metric", "published", "measured", "low", "high", "n", "note",
]  # fmt: skip


def _published_table(
    plan: Plan, trials: pd.DataFrame, records: Mapping[str, TrialRecord]
) -> pd.DataFrame:
    rows = [_published_row(plan, trials, records, number) for number in plan.study.published]
    return pd.DataFrame(rows, columns=_PUBLISHED_COLUMNS)


def _published_row(
    plan: Plan,
    trials: pd.DataFrame,
    records: Mapping[str, TrialRecord],
    number: PublishedNumber,
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "label": number.label,
        "context": None,
        "arm": None,
        "metric": number.metric,
        "published": number.value,
        "note": "the publication does not describe this arm",
    }
    if number.arm is None:
        return row
    try:
        arm = plan.select(number.arm)
    except StudyError as error:  # of a greedy path, whose arms are found by running
        return row | {"note": error.problems[0].message}
    step = resolution_of(number.metric, trials, records).get(arm.context, 0.0)
    sample = summarise(values_of(trials, number.metric, arm.key), tie_floor(step, 1.0))
    low, high = interval_of_mean(rows_of(trials, arm.key), number.metric, sample)
    measured = {"measured": float(sample.mean), "low": low, "high": high}
    which = {"context": arm.context, "arm": arm.name}
    return row | which | measured | {"n": sample.n, "note": ""}


def _warnings(
    plan: Plan, trials: pd.DataFrame, effects: pd.DataFrame, records: Mapping[str, TrialRecord]
) -> Iterator[str]:
    yield from _endings(plan, trials, records)
    yield from _seen_late(plan, records)
    yield from warnings_of_tables(plan, records)
    yield from warnings_of_scale(plan, records)
    if len(plan.study.seeds) == 1:
        yield "There is one seed, so there are no intervals, and no claim can be decided."
    yield from never_decided(plan.study)
    yield from _not_reported(plan, trials, records)
    yield from _chosen_by_the_same_seeds(plan)
    yield from _left_out_of_factorial(plan, trials)
    yield from _equal_arms(plan, trials, records)
    yield from _guessed_directions(plan)
    yield from mixed_arithmetic(plan, records)
    yield from _matched_in_part(plan, trials, effects)
    for effect in effects[effects["method"] == "welch"].to_dict("records"):
        both = " and ".join(quoted(effect["arm"], effect["reference"]))
        yield (
            f"Seeds of {both}{of_context(plan, effect['context'])} do not match: their effect is "
            "by Welch's test, without pairs."
        )


def _not_reported(
    plan: Plan, trials: pd.DataFrame, records: Mapping[str, TrialRecord]
) -> Iterator[str]:
    """Metrics and curves that the study is decided by, and that no trial has: a mistyped name would
    leave everything undecided, and nobody would know why.
    """
    completed = [record for record in records.values() if record.status == "completed"]
    if not completed:
        return
    final = {name for record in completed for name in record.metrics}
    courses = {name for record in completed for name in record.history}
    needed = needed_metrics(plan.study)
    for name, words in needed.final.items():
        column = metric_column(name)
        if column not in trials or trials[column].isna().all():
            though = ", though points on the way have it" if name in courses else ""
            yield (
                f"No trial has {words} among its final metrics{though}, so that nothing is decided "
                f"by it: {did_you_mean(name, final)}"
            )
    for name, words in needed.curves.items():
        if not has_curve(name, courses | final):
            yield (
                f"No trial has points of {words} on its way, so that nothing is decided by it: "
                f"{did_you_mean(name, courses)}"
            )


def _chosen_by_the_same_seeds(plan: Plan) -> Iterator[str]:
    """Of a greedy path, whose steps are shown on the seeds that chose them."""
    study = plan.study
    if study.design.order != "greedy":
        return
    first = len(next_greedy_arms(study, plan.load_workload()))
    if first > 1 or len(study.factors) > 2:
        yield (
            f"Each step was chosen as the best of those left, of {first} at first, by "
            f"{criterion(study)} on these seeds: its estimate and interval lean to the better. Run "
            "the path that was found on other seeds, by `order: [...]`, for those that do not."
        )


def _left_out_of_factorial(plan: Plan, trials: pd.DataFrame) -> Iterator[str]:
    metric = plan.study.metric
    if without := arms_without_values(plan, trials, metric):
        arms = listed(plan, (arm.key for arm in without))
        how = "are averaged over the combinations that have values"
        if plan.study.design.kind == "fractional_factorial":
            how = "are not known, as a fraction tells them by all of its arms together"
        yield f"Main effects and interactions {how}: no seed has {metric} of {arms}."


def _matched_in_part(plan: Plan, trials: pd.DataFrame, effects: pd.DataFrame) -> Iterator[str]:
    """Effects whose pairs are fewer than the seeds of both arms: the means of these may even lie
    the other way.
    """
    parts = []
    for effect in effects[effects["method"] == "paired"].to_dict("records"):
        names = (effect["arm"], effect["reference"])
        fewer = min(
            len(values_of(trials, plan.study.metric, (effect["context"], name))) for name in names
        )
        if 0 < effect["n"] < fewer:
            both = " and ".join(quoted(*names))
            where = of_context(plan, effect["context"])
            parts.append(f"{effect['n']} of {fewer} of {both}{where}")
    if parts:
        yield (
            f"Only some seeds match: {'; '.join(parts)}. The difference is of these pairs alone, "
            "and may be another than that of the means, which are of all seeds."
        )


def _guessed_directions(plan: Plan) -> Iterator[str]:
    """Metrics that the study is decided by, of which nobody says which way is better."""
    study = plan.study
    names = (study.metric_of(claim) for claim in study.claims if not isinstance(claim, Open))
    for name in dict.fromkeys([study.metric, *names]):
        if guess := guessed_direction(name, plan.metrics):
            yield guess


def _endings(plan: Plan, trials: pd.DataFrame, records: Mapping[str, TrialRecord]) -> Iterator[str]:
    """Trials that count otherwise than by their metrics, or not at all."""
    diverged = trials["status"] == "diverged"
    unknown = trials[metric_column(plan.study.metric)].isna()
    why = ", as no chance level is known" if plan.study.diverged == "chance" else ""
    counted, left_out = diverged & ~unknown, diverged & unknown
    for word, own, meaning in (
        ("diverged", counted, "counted at chance level"),
        ("diverged", left_out, f"left out of means and effects{why}"),
        ("failed", trials["status"] == "failed", "missing in means and effects"),
        ("missing", trials["status"] == "missing", _why_missing(plan, records)),
        ("pruned", trials["status"] == "pruned", "stopped early by a scheduler, and not counted"),
    ):
        if own.any():
            keys = list(dict.fromkeys(_arm_keys(trials[own])))
            rates = _failure_rates(trials) if own is left_out else {}
            arms = listed(plan, keys, *(rates.get(key, "") for key in keys))
            plural = "" if len(trials) == 1 else "s"
            yield f"{own.sum()} of {len(trials)} trial{plural} {word} ({meaning}): {arms}."
    reasons = [each.reason for each in records.values() if each.status == "failed"]
    if failed := [reason.removesuffix(".") for reason in reasons]:
        yield f"Why trials failed: {each_reason(failed, 'trial')}."
        if plan.study.max_seeds is not None:
            yield (
                "Failed trials that are tried again count from the next look on: the looks so far "
                "were taken without them, and none follows the last."
            )


def _seen_late(plan: Plan, records: Mapping[str, TrialRecord]) -> Iterator[str]:
    """Trials that means and effects hold, and that looks before they ended do not."""
    if plan.study.max_seeds is None:
        return
    late = {
        hash_
        for hash_, record in records.items()
        if FIRST_SEEN_AT in record.provenance and record.status != "failed"
    }
    if arms := [(trial.context, trial.arm) for trial in plan.trials if trial.hash in late]:
        yield (
            "Tried again after looks that were taken without them, and so counted in claims from "
            f"the next look on, though in all means and effects: trials of {listed(plan, arms)}."
        )


def _arm_keys(trials: pd.DataFrame) -> Iterator[ArmKey]:
    return zip(trials["context"], trials["arm"], strict=True)


def _failure_rates(trials: pd.DataFrame) -> dict[ArmKey, str]:
    """How often each arm diverged, as in " (33 % of its trials)"."""
    return {
        (str(context), str(arm)): f" ({100 * (own == 'diverged').mean():.0f} % of its trials)"
        for (context, arm), own in ended(trials).groupby(["context", "arm"], sort=False)["status"]
    }


def _why_missing(plan: Plan, records: Mapping[str, TrialRecord]) -> str:
    if tables := tables_of(records):
        return f"not in {tables}"
    if plan.study.max_seeds is None:
        return "not recorded yet"
    return "not needed where their claims were settled by then, else not recorded yet"


def _equal_arms(
    plan: Plan, trials: pd.DataFrame, records: Mapping[str, TrialRecord]
) -> Iterator[str]:
    """Arms of different specs whose completed trials came out equal to the last bit."""
    outcomes: dict[ArmKey, dict[int, TrialRecord]] = {}
    for row in trials.to_dict("records"):
        record = records.get(row["hash"])
        if record is not None and record.status == "completed":
            outcomes.setdefault((row["context"], row["arm"]), {})[row["seed"]] = record
    asked = named_metrics(plan.study)
    for (one, first), (other, second) in itertools.combinations(outcomes.items(), 2):
        pairs = [(first[seed], second[seed]) for seed in first.keys() & second.keys()]
        if pairs and _came_out_equal(pairs, asked):
            both = quoted(one[1], other[1])
            if one[0] != other[0]:
                both = [told(plan, *one), told(plan, *other)]
            place = of_context(plan, one[0]) if one[0] == other[0] else ""
            span = "the one seed that they share" if len(pairs) == 1 else f"all {len(pairs)} seeds"
            yield (
                f"{' and '.join(both)}{place} came out equal to the last bit on {span}: "
                "a switch without effect, or a bug."
            )


_EXACT = 5
"""Significant digits below which numbers of a table may be equal by rounding."""


def _came_out_equal(
    pairs: Sequence[tuple[TrialRecord, TrialRecord]], asked: Collection[str]
) -> bool:
    """Whether trials of two arms learned the same on each seed, and none by rounding: what a table
    gives with few digits, or as a single number, is no sign of it.
    """
    learned = [(_learned(one, asked), _learned(other, asked)) for one, other in pairs]
    if any(
        one.hash == other.hash or not mine["metrics"] or mine != theirs
        for (one, other), (mine, theirs) in zip(pairs, learned, strict=True)
    ):
        return False
    if not any(record.is_from_elsewhere for pair in pairs for record in pair):
        return True
    numbers = [list(_numbers(mine)) for mine, _ in learned]
    written = [[Decimal(repr(number)) for number in own] for own in numbers]
    exact = all(max(map(significant_digits, own)) >= _EXACT for own in written)
    return exact and sum(map(len, numbers)) > 1


def _learned(record: TrialRecord, asked: Collection[str]) -> dict[str, dict[str, Any]]:
    """The final metrics and the history, but for times that the study does not ask for."""
    return {
        source: {
            name: value for name, value in values.items() if "seconds" not in name or name in asked
        }
        for source, values in (("metrics", record.metrics), ("history", record.history))
    }


def _numbers(learned: Mapping[str, Mapping[str, Any]]) -> Iterator[float]:
    yield from learned["metrics"].values()
    for name, column in learned["history"].items():
        if name not in NO_CURVES:
            yield from (value for value in column if value is not None)
