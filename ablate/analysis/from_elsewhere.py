"""What a reader must know of results that were trained elsewhere, and came in as a table."""

from collections.abc import Collection, Iterator, Mapping

import pandas as pd

from ablate.analysis import arm_names
from ablate.analysis.percent_or_fraction import numbers_of
from ablate.records.fractions import accuracies_in_percent, likely_fractions
from ablate.records.schema import LAST_POINT, SOURCE, TrialRecord
from ablate.records.table_file import joined
from ablate.study.plan import Plan, PlannedTrial


def tables_of(records: Mapping[str, TrialRecord]) -> str:
    """The names of the tables that records came in as; empty where all were run."""
    brought = (record for record in records.values() if record.is_from_elsewhere)
    return joined(sorted({str(record.provenance[SOURCE]) for record in brought}))


def trials_to_be_given(trials: pd.DataFrame, records: Mapping[str, TrialRecord]) -> pd.DataFrame:
    """Of results from elsewhere, the trials without those that no table was to hold: an arm is to
    have the seeds of the arms of its context that it shares seeds with, so that arms which were
    numbered apart lack nothing. Of an arm with fewer than two trials, as of a misprint, all stay.

    trials: as from `tables.trial_table`. records: by hash, of the plan's trials.
    """
    if not all(record.is_from_elsewhere for record in records.values()):
        return trials
    given = trials[trials["status"] != "missing"]
    expected = {}
    for context, own in given.groupby("context"):
        seeds = {arm: set(of_arm) for arm, of_arm in own.groupby("arm")["seed"]}
        for arm, numbers in seeds.items():
            if len(numbers) > 1:
                expected[context, arm] = _with_all_they_meet(numbers, seeds.values())
    keys = zip(trials["context"], trials["arm"], trials["seed"], strict=True)
    kept = [seed in expected.get((context, arm), {seed}) for context, arm, seed in keys]
    return trials[kept].reset_index(drop=True)


def _with_all_they_meet(seeds: set[int], of_arms: Collection[set[int]]) -> set[int]:
    """Seeds, those of every arm that has one of them, and so on until no arm adds any."""
    reached = seeds.union(*(others for others in of_arms if not seeds.isdisjoint(others)))
    return seeds if reached == seeds else _with_all_they_meet(reached, of_arms)


def warnings_of_tables(plan: Plan, records: Mapping[str, TrialRecord]) -> Iterator[str]:
    """records: by hash, of the plan's trials; those that were run are left aside."""
    brought = {hash_: record for hash_, record in records.items() if record.is_from_elsewhere}
    yield from _fractions(plan, brought)
    yield from _lone_fractions(plan, brought)
    yield from _different_ends(plan, brought)


def _fractions(plan: Plan, records: Mapping[str, TrialRecord]) -> Iterator[str]:
    """Errors and gaps may really be so small, which only the reader knows."""
    values = (number for record in records.values() for number in numbers_of(record))
    for metric in likely_fractions(plan, values):
        yield (
            f"{metric} is in percent, and all that {tables_of(records)} gives of it is at most 1: "
            "if these are fractions, multiply them by 100."
        )


def _lone_fractions(plan: Plan, records: Mapping[str, TrialRecord]) -> Iterator[str]:
    """Accuracies below 1 % among others: a network of a thousand classes may have them."""
    given = {name for record in records.values() for name in record.metrics}
    percent = accuracies_in_percent(plan, given)
    found = [
        (metric, trial, records[trial.hash].metrics[metric])
        for trial in plan.unique_trials
        if trial.hash in records
        for metric in sorted(percent & records[trial.hash].metrics.keys())
    ]
    for metric, trial, value in found:
        largest = max(other for name, _, other in found if name == metric)
        if 0 < value < 1 < largest:
            yield (
                f"{metric} of {_name(plan, trial)} is {value:g} %, and of others up to "
                f"{largest:g} %: if it is a fraction, multiply it by 100."
            )


def _different_ends(plan: Plan, records: Mapping[str, TrialRecord]) -> Iterator[str]:
    """Trials that end before others: stopped early, which may be meant, or broken off."""
    ends = [
        (trial, record.provenance[LAST_POINT])
        for trial in plan.trials
        if (record := records.get(trial.hash)) is not None
        and record.status == "completed"
        and LAST_POINT in record.provenance
    ]
    # Where both are given, epochs: steps also differ with the size of a batch.
    told = [word for word in ("epoch", "step") if all(word in point for _, point in ends)]
    if not ends or not told:
        return
    shortest = min(ends, key=lambda end: end[1][told[0]])
    longest = max(ends, key=lambda end: end[1][told[0]])
    first, last = (f"{point[told[0]]:.10g}" for _, point in (shortest, longest))
    if first != last:
        yield (
            f"Trials end at different {told[0]}s: the last {plan.study.metric} of "
            f"{_name(plan, shortest[0])} is of {told[0]} {first}, that of "
            f"{_name(plan, longest[0])} of {told[0]} {last}. If one broke off, a column 'status' "
            "says so."
        )


def _name(plan: Plan, trial: PlannedTrial) -> str:
    return f"{arm_names.told(plan, trial.context, trial.arm)} with seed {trial.seed}"
