"""What is said of intervals: of those that are drawn, and no others."""

from collections.abc import Iterable

import pandas as pd

ONE_LOOK = "95 % interval"
"""What an interval is that holds for itself, as that of an arm's mean always does."""
EVERY_LOOK = "repeated 95 % interval"
"""That of an effect where a study looks after every seed: it holds at all looks together."""


def with_interval(table: pd.DataFrame, mean: str, kind: str = ONE_LOOK) -> str:
    """The words after "mean" in a caption; empty where nothing has a mean.

    table: columns `mean`, low, high and n. kind: what intervals are.
    """
    drawn = table[table[mean].notna()]
    bounded = has_bounds(drawn)
    if bounded.all():
        return f" with {kind}" if len(drawn) else ""
    if bounded.any():
        return f" with {kind} where there are seeds enough"
    one_seed = "n" in drawn and (drawn["n"] <= 1).all()
    return ", without an interval, as there is one seed" if one_seed else ", without an interval"


def has_bounds(table: pd.DataFrame) -> "pd.Series[bool]":
    """Of which rows an interval is drawn."""
    return table["low"].notna() & table["high"].notna()


def large_marks(any_interval: bool, kind: str = ONE_LOOK) -> str:
    """What stands below an axis. kind: what intervals are."""
    return f"large mark: mean; bar: {kind}" if any_interval else "large mark: mean"


def cut_at_percent(tables: Iterable[pd.DataFrame], unit: str) -> str:
    """A sentence, after others, where an axis of percentages cuts intervals off. tables: columns
    low and high.
    """
    if unit != "%" or not any(((t["low"] < 0) | (t["high"] > 100)).any() for t in tables):
        return ""
    return " An interval that reaches beyond 0 or 100 % is cut off where the axis ends."
