"""Made-up findings with the columns that analysis gives, drawn from a seeded generator."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from ablate.analysis.contexts import CONTEXT_COLUMNS
from ablate.analysis.factorial import COLUMNS as FACTORIAL_COLUMNS
from ablate.analysis.looks import GROWTH_COLUMNS
from ablate.workload import MetricDescription

METRICS = {
    "test_accuracy": MetricDescription(label="test accuracy", unit="%"),
    "test_loss": MetricDescription(label="test loss", unit="nats", higher_is_better=False),
} | {
    f"{part}_{kind}": MetricDescription(
        label=f"{part} {kind}",
        unit=unit,
        higher_is_better=kind == "accuracy",
        note="Training values are running averages since the point before."
        if part == "train"
        else "",
    )
    for part in ("validation", "train")
    for kind, unit in (("accuracy", "%"), ("loss", "nats"))
}
_T_QUANTILE = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}


def make_findings(
    changes: dict[str, dict[str, str]] | None = None,
    contexts: tuple[str, ...] = ("baseline",),
    seeds: int = 5,
    question: str = "Does max pooling beat strided convolution in GoodModel?",
    without_result: tuple[str, ...] = (),
    verdicts: tuple[Any, ...] = (),
    design: str = "one_at_a_time",
) -> Any:
    """Findings of one arm a change plus the baseline, in every context.

    changes: arm name -> levels that differ from the baseline. without_result: arms whose trials
    are all missing.
    """
    changes = changes or {"strided_conv": {"architecture.downsampling": "strided_conv"}}
    factors = list(dict.fromkeys(factor for levels in changes.values() for factor in levels))
    base = {
        factor: "max_pool" if factor.endswith("downsampling") else "without" for factor in factors
    }
    arms = [
        SimpleNamespace(
            name=name, context=context, levels=base | levels, is_reference=not levels, settings={}
        )
        for context in contexts
        for name, levels in {"baseline": {}, **changes}.items()
    ]
    study = SimpleNamespace(
        name="pooling",
        question=question,
        metric="test_accuracy",
        smallest_effect_of_interest=0.5,
        diverged="chance",
        seeds=tuple(range(seeds)),
        max_seeds=None,
        stop_futile=False,
        design=SimpleNamespace(kind=design, order=()),
        contexts={context: {} for context in contexts},
        factors={factor: SimpleNamespace(levels={}, when={}) for factor in factors},
        claims=(),
    )
    plan = SimpleNamespace(study=study, arms=tuple(arms), trials=(), metrics=METRICS)
    trials = _trials(arms, seeds, factors, without_result)
    arm_table = _arm_table(arms, trials, seeds)
    differences = _differences(arms, trials)
    effects = _effects(arms, differences)
    return SimpleNamespace(
        plan=plan,
        trials=trials,
        history=pd.DataFrame(),
        arms=arm_table,
        effects=effects,
        differences=differences,
        contexts=_context_rows(effects)
        if len(contexts) > 1
        else pd.DataFrame(columns=CONTEXT_COLUMNS),
        context_differences=_context_pairs(effects, differences),
        factorial=pd.DataFrame(columns=FACTORIAL_COLUMNS),
        growth=pd.DataFrame(columns=GROWTH_COLUMNS),
        curves={
            f"{part}_{quantity}": _curve(arms, arm_table, part, quantity, seeds)
            for quantity in ("accuracy", "loss")
            for part in ("validation", "train")
        },
        verdicts=verdicts,
        published=pd.DataFrame(
            columns=[
                *("label", "context", "arm", "metric", "published", "measured"),
                *("low", "high", "n", "note"),
            ]
        ),
        warnings=(),
        tuned=None,
        cost=None,
    )


def make_verdict(**changes: Any) -> Any:
    """A supported claim; `changes` replace fields."""
    fields: dict[str, Any] = {
        "says": "Strided convolution in place of max pooling costs accuracy.",
        "kind": "difference",
        "published": "a significant drop",
        "context": "baseline",
        "metric": "test_accuracy",
        "unit": "points",
        "verdict": "supported",
        "estimate": 2.41,
        "low": 1.37,
        "high": 3.45,
        "n": 5,
        "p": 0.0021,
        "p_adjusted": 0.0063,
        "threshold": 0.5,
        "wanted": "above",
        "leaning": None,
        "seeds_needed": None,
        "too_few_seeds": None,
        "detectable_effect": None,
        "core_hours": 0.83,
        "gpu_hours": None,
        "arms": ("baseline", "strided_conv"),
        "family": "study",
        "confidence": 0.95,
        "early": False,
        "note": "",
    }
    return SimpleNamespace(**(fields | changes))


def factorial_rows() -> pd.DataFrame:
    """A main effect, and an interaction that is aliased with another."""
    shared = {"context": "baseline", "n": 5, "low": 0.1, "high": 0.9, "p": 0.01, "p_holm": 0.03}
    return pd.DataFrame(
        [
            shared
            | {
                "effect": "architecture.downsampling",
                "kind": "main",
                "change": "max_pool -> strided_conv",
                "estimate": 0.5,
                "share": 0.75,
                "aliased_with": "",
            },
            shared
            | {
                "effect": "architecture.downsampling:optimizer",
                "kind": "interaction",
                "change": "",
                "estimate": -0.25,
                "share": np.nan,
                "aliased_with": "optimizer:initialization",
            },
        ]
    )


def many_changes(count: int) -> dict[str, dict[str, str]]:
    """`count` one-factor changes, some with long names."""
    return {
        f"factor_{index}_with_a_rather_long_level_name": {
            f"architecture.factor_{index % 7}": f"level_{index}"
        }
        for index in range(count)
    }


def _trials(
    arms: list[Any], seeds: int, factors: list[str], without_result: tuple[str, ...]
) -> pd.DataFrame:
    generator = np.random.default_rng(7)
    by_seed = generator.normal(0, 0.5, seeds)
    rows = []
    for position, arm in enumerate(arms):
        shift = -1.3 * (position % 9) + 0.35 * (position % 4)
        for seed in range(seeds):
            missing = arm.name in without_result
            accuracy = 79.4 + shift + by_seed[seed] + generator.normal(0, 0.25)
            rows.append(
                {
                    "context": arm.context,
                    "arm": arm.name,
                    "seed": seed,
                    "hash": f"{position:03d}{seed:017d}",
                    "status": "missing" if missing else "completed",
                    **{f"factor.{factor}": arm.levels[factor] for factor in factors},
                    "test_accuracy": np.nan if missing else round(accuracy, 2),
                    "test_loss": np.nan if missing else round(3.2 - accuracy / 32, 5),
                    "core_seconds": np.nan if missing else 400.0 + 31 * (position % 6) + seed,
                    "gpu_seconds": np.nan if missing else 0.0,
                    "flops": np.nan if missing else 3e13 * (1 + 0.4 * (position % 5)),
                }
            )
    return pd.DataFrame(rows)


def _summary(values: pd.Series) -> dict[str, float]:
    values = values.dropna()
    n = len(values)
    mean = values.mean() if n else np.nan
    sd = values.std() if n > 1 else np.nan
    half = _T_QUANTILE[n] * sd / np.sqrt(n) if n > 1 else np.nan
    return {"n": n, "mean": mean, "sd": sd, "low": mean - half, "high": mean + half}


def _arm_table(arms: list[Any], trials: pd.DataFrame, seeds: int) -> pd.DataFrame:
    rows = []
    for arm in arms:
        own = trials[(trials["context"] == arm.context) & (trials["arm"] == arm.name)]
        summary = _summary(own["test_accuracy"])
        rows.append(
            {
                "context": arm.context,
                "arm": arm.name,
                "is_reference": arm.is_reference,
                **summary,
                "diverged": 0,
                "failed": 0,
                "missing": seeds - summary["n"],
                "core_seconds": own["core_seconds"].mean(),
                "gpu_seconds": own["gpu_seconds"].mean(),
                "flops": own["flops"].mean(),
            }
        )
    return pd.DataFrame(rows)


def _differences(arms: list[Any], trials: pd.DataFrame) -> pd.DataFrame:
    values = trials.set_index(["context", "arm", "seed"])["test_accuracy"]
    rows = [
        {
            "context": arm.context,
            "arm": arm.name,
            "seed": seed,
            "difference": values[arm.context, arm.name, seed]
            - values[arm.context, "baseline", seed],
        }
        for arm in arms
        if not arm.is_reference
        for seed in trials["seed"].unique()
    ]
    return pd.DataFrame(rows)


def _effects(arms: list[Any], differences: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for arm in arms:
        if arm.is_reference:
            continue
        own = differences[
            (differences["context"] == arm.context) & (differences["arm"] == arm.name)
        ]["difference"]
        summary = _summary(own)
        changed = next(
            factor for factor, level in arm.levels.items() if level not in ("max_pool", "without")
        )
        rows.append(
            {
                "context": arm.context,
                "factor": changed,
                "level": arm.levels[changed],
                "arm": arm.name,
                "reference": "baseline",
                "metric": "test_accuracy",
                "n": summary["n"],
                "estimate": summary["mean"],
                "low": summary["low"],
                "high": summary["high"],
                "sd": summary["sd"],
                "p": 0.004 if summary["n"] > 1 else np.nan,
                "p_holm": 0.012 if summary["n"] > 1 else np.nan,
                "hedges_g": -1.4 if summary["n"] > 1 else np.nan,
                "probability_of_improvement": 0.1 if summary["n"] else np.nan,
                "method": "paired",
                "also": "",
                "step": np.nan,
            }
        )
    return pd.DataFrame(rows)


def _context_rows(effects: pd.DataFrame) -> pd.DataFrame:
    """Every effect as a change: here all contexts start alike."""
    rows = effects.assign(change="without -> " + effects["level"])
    return rows.sort_values(["factor", "change"], kind="stable")[CONTEXT_COLUMNS]


def _context_pairs(effects: pd.DataFrame, differences: pd.DataFrame) -> pd.DataFrame:
    named = effects.assign(change="without -> " + effects["level"])
    pairs = differences.merge(named[["context", "arm", "factor", "change"]], on=["context", "arm"])
    return pairs[["factor", "change", "context", "seed", "difference"]]


def _curve(
    arms: list[Any], arm_table: pd.DataFrame, part: str, quantity: str, seeds: int
) -> pd.DataFrame:
    rows = []
    for arm, mean in zip(arms, arm_table["mean"], strict=True):
        if not np.isfinite(mean):
            continue
        for epoch in range(1, 11):
            level = mean * (1 - np.exp(-epoch / 2)) + (0.9 * epoch if part == "train" else 0)
            value = min(level, 99) if quantity == "accuracy" else 3.2 - level / 32
            half = (0.8 if quantity == "accuracy" else 0.03) if seeds > 1 else np.nan
            rows.append(
                {
                    "context": arm.context,
                    "arm": arm.name,
                    "epoch": float(epoch),
                    "n": seeds,
                    "seeds": seeds,
                    "mean": value,
                    "low": value - half,
                    "high": value + half,
                }
            )
    return pd.DataFrame(rows)
