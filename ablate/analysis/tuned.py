"""A tuned study: what each arm's own settings are, and what they change in effects and verdicts."""

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ablate.analysis.arm_names import listed, told
from ablate.analysis.edges import edge_of
from ablate.analysis.effects import compared, contrast
from ablate.analysis.inference import Sample, interval, summarise
from ablate.analysis.tables import UNLIMITED, ArmKey, Resolution, resolution_of
from ablate.records.schema import TrialRecord
from ablate.records.search_result import SearchPoint, SearchResult
from ablate.records.tuned_search import Searches
from ablate.study.arms import Arm
from ablate.study.plan import Plan
from ablate.study.schema import Claim, Difference, NoDifference, NoWorse, Selector, Tune
from ablate.study.search_space import value_at
from ablate.study.selectors import selectors
from ablate.study.yaml_source import scalar_name
from ablate.workload import describe_metric

if TYPE_CHECKING:
    from ablate.analysis.findings import Findings

SETTINGS_COLUMNS = [
    "context", "arm", "parameter", "key", "shared", "tuned", "edge", "metric", "shared_value",
    "value", "points", "completed",
]  # fmt: skip
EFFECT_COLUMNS = [
    "context", "factor", "arm", "reference",
    "shared", "shared_low", "shared_high", "shared_n",
    "tuned", "tuned_low", "tuned_high", "tuned_n", "change", "change_low", "change_high",
]  # fmt: skip


def settings_table(plan: Plan, searches: Searches) -> pd.DataFrame:
    """One row an arm and parameter that its best point sets, of a study whose arms are searched.

    Columns context, arm, parameter, key, shared and tuned (the setting before and at the best
    point), edge ("lowest" or "highest" where the best lies near that end of the range and the
    workload would take more; else empty), metric, shared_value and value (the metric with either,
    on the search's seeds; shared_value is NaN where the settings lie outside the space), points
    (tried), completed.
    """
    tune = plan.study.tune
    rows: list[dict[str, Any]] = []
    for arm in plan.arms if tune else ():
        search, best = searches[arm.key], searches[arm.key].best
        if tune is None or best is None:
            continue
        own = _own_point(plan, arm, tune, search)
        resolved = plan.load_workload().resolve(arm.settings)
        rows += [
            {
                "context": arm.context,
                "arm": arm.name,
                "parameter": parameter.name,
                "key": parameter.key,
                "shared": value_at(resolved, parameter.key),
                "tuned": best.values[parameter.name],
                "edge": edge_of(plan, arm, best, parameter) or "",
                "metric": search.metric,
                "shared_value": np.nan if own is None or own.value is None else own.value,
                "value": best.value,
                "points": len(search.points),
                "completed": sum(point.status == "completed" for point in search.points),
            }
            for parameter in tune.space.parameters
            if parameter.name in best.values
        ]
    table = pd.DataFrame(rows, columns=SETTINGS_COLUMNS, dtype=object)  # 20 is no 20.0 for a width
    return table.astype({"shared_value": float, "value": float, "points": int, "completed": int})


def both_effects(
    shared: "Findings", own: "Findings", resolution: Resolution = UNLIMITED
) -> pd.DataFrame:
    """One row an effect of the study's metric, as in `effects.effect_table`: with shared settings,
    with own ones, and the change from the first to the second, paired by seed.

    Columns context, factor, arm, reference; shared, tuned and change, each with _low and _high (95
    % intervals); shared_n and tuned_n. The change is NaN where neither arm's settings changed.
    """
    rows = []
    plan, metric = shared.plan, shared.plan.study.metric
    pairs = zip(
        compared(plan), shared.effects.to_dict("records"), own.effects.to_dict("records"),
        strict=True,
    )  # fmt: skip
    for (arm, reference, _), before, after in pairs:
        weights = {arm.key: 1.0, reference.key: -1.0}
        change = _change(shared, own, metric, weights, resolution)
        low, high = interval(change)
        known = _are_retuned(shared, own, (arm, reference))
        rows.append(
            {name: before[name] for name in ("context", "factor", "arm", "reference")}
            | {"shared": before["estimate"], "tuned": after["estimate"]}
            | {f"shared_{end}": before[end] for end in ("low", "high", "n")}
            | {f"tuned_{end}": after[end] for end in ("low", "high", "n")}
            | {"change": float(change.mean) if known else np.nan}
            | {"change_low": float(low) if known else np.nan}
            | {"change_high": float(high) if known else np.nan}
        )
    return pd.DataFrame(rows, columns=EFFECT_COLUMNS)


def changed_verdicts(
    shared: "Findings", own: "Findings", records: Mapping[str, TrialRecord]
) -> Iterator[str]:
    """A sentence for each claim whose verdict hangs on whose settings the arms have."""
    claims = shared.plan.study.claims
    for claim, before, after in zip(claims, shared.verdicts, own.verdicts, strict=True):
        if before.verdict == after.verdict:
            continue
        why = ""
        if isinstance(claim, Difference | NoDifference | NoWorse):
            (_, first), (_, second) = selectors(shared.plan.study, claim)
            why = _whom_it_suited(shared, own, claim, (first, second), records)
        yield (
            f"“{claim.says}” is {before.verdict} with shared settings and {after.verdict} with "
            f"each arm's own{why}."
        )


def edges(plan: Plan, settings: pd.DataFrame) -> Iterator[str]:
    """A sentence for each best value near an end of its range. settings: see `settings_table`."""
    for row in settings[settings["edge"] != ""].to_dict("records"):
        yield (
            f"The best {_word(row['key'])} of {told(plan, row['context'], row['arm'])} "
            f"({scalar_name(row['tuned'])}) lies near "
            f"the {row['edge']} searched: a better one may lie outside, so widen the range."
        )


def become_one(plan: Plan, own: Plan) -> Iterator[str]:
    """A sentence for each pair of arms that the searches have led to the same trials."""
    before, after = (
        {(trial.context, trial.arm): trial.hash for trial in each.trials} for each in (plan, own)
    )
    keys = list(after)
    for position, one in enumerate(keys):
        for other in keys[position + 1 :]:
            if after[one] == after[other] and before[one] != before[other]:
                both = " and ".join(told(plan, *key) for key in (one, other))
                yield (
                    f"With own settings {both} are one and the same: the search "
                    "covers all that they differ in, so that their comparison says nothing."
                )


def unfinished(plan: Plan, searches: Searches) -> str:
    """Why there is no comparison with own settings."""
    open_arms = [
        arm.key for arm in plan.arms if (s := searches.get(arm.key)) is None or s.best is None
    ]
    return (
        "Arms are compared with shared settings alone: the search is not finished, or completed no "
        f"point, of {listed(plan, open_arms)}."
    )


def _whom_it_suited(
    shared: "Findings",
    own: "Findings",
    claim: Claim,
    compared_arms: tuple[Selector, Selector],
    records: Mapping[str, TrialRecord],
) -> str:
    """Which of two arms loses from settings of its own against the other, if the seeds tell."""
    plan, tune = shared.plan, shared.plan.study.tune
    if tune is None:
        return ""
    metric = claim.metric or plan.study.metric
    one, other = (plan.select(each, claim.context) for each in compared_arms)
    if not _are_retuned(shared, own, (one, other)):
        return "; its arms kept their settings, and what its family leaves it has changed"
    sign = 1.0 if describe_metric(metric, plan.metrics).higher_is_better else -1.0
    resolution = resolution_of(metric, own.trials, records)
    change = _change(shared, own, metric, {one.key: sign, other.key: -sign}, resolution)
    low, high = interval(change)
    what = _before_tuning(plan, tune, (one, other))
    if not (low > 0 or high < 0):
        return f"; these seeds do not show whom the {what} suited"
    suited = (compared_arms[1], other) if low > 0 else (compared_arms[0], one)
    return f": the {what} suited {_called(*suited)}"


def _before_tuning(plan: Plan, tune: Tune, arms: tuple[Arm, ...]) -> str:
    """As in "shared rate", or "rate given to each" where a level gives a rate along."""
    keys = list(dict.fromkeys(parameter.key for parameter in tune.space.parameters))
    resolve = plan.load_workload().resolve
    first, *others = ([value_at(resolve(arm.settings), key) for key in keys] for arm in arms)
    shared = all(values == first for values in others)
    what = _word(keys[0]) if len(keys) == 1 else "settings"
    return f"shared {what}" if shared else f"{what} given to each"


def _called(selector: Selector, arm: Arm) -> str:
    return ", ".join(selector.levels.values()) or arm.name


def _change(
    shared: "Findings",
    own: "Findings",
    metric: str,
    weights: Mapping[ArmKey, float],
    resolution: Resolution,
) -> Sample:
    """How far a sum of arms moves from shared to own settings, seed by seed."""
    before, after = (contrast(each.trials, metric, weights, resolution) for each in (shared, own))
    at = dict(zip(before.seeds, before.values, strict=True))
    moved = [
        value - at[seed]
        for seed, value in zip(after.seeds, after.values, strict=True)
        if seed in at
    ]
    return summarise(moved, math.hypot(before.floor, after.floor))


def _are_retuned(shared: "Findings", own: "Findings", arms: tuple[Arm, ...]) -> bool:
    return any(
        own.plan.arm(*arm.key).settings != shared.plan.arm(*arm.key).settings for arm in arms
    )


def _own_point(plan: Plan, arm: Arm, tune: Tune, search: SearchResult) -> SearchPoint | None:
    """The point that is the arm as the study has it."""
    hashes = tuple(spec.hash for spec in plan.specs_of(arm.settings, tune.seeds))
    return next((point for point in search.points if point.trials == hashes), None)


def _word(key: str) -> str:
    return key.rpartition(".")[2].replace("_", " ")
