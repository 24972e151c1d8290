"""What is said of intervals: of those that are drawn, and no others."""

from collections.abc import Iterable

import pandas as pd


def with_interval(table: pd.DataFrame, mean: str, prefix: str = "") -> str:
    """The words after "mean" in a caption; empty where nothing has a mean.

    table: columns `mean`, and low, high and n behind a prefix.
    """
    drawn = table[table[mean].notna()]
    bounded = has_bounds(drawn, prefix)
    if bounded.all():
        return " with 95 % interval" if len(drawn) else ""
    if bounded.any():
        return " with 95 % interval where there are seeds enough"
    one_seed = f"{prefix}n" in drawn and (drawn[f"{prefix}n"] <= 1).all()
    return ", without an interval, as there is one seed" if one_seed else ", without an interval"


def has_bounds(table: pd.DataFrame, prefix: str = "") -> "pd.Series[bool]":
    """Of which rows an interval is drawn."""
    return table[f"{prefix}low"].notna() & table[f"{prefix}high"].notna()


def large_marks(any_interval: bool) -> str:
    """What stands below an axis."""
    return "large mark and bar: mean and interval" if any_interval else "large mark: mean"


def cut_at_percent(tables: Iterable[pd.DataFrame], unit: str) -> str:
    """A sentence, after others, where an axis of percentages cuts intervals off. tables: columns
    low and high.
    """
    if unit != "%" or not any(((t["low"] < 0) | (t["high"] > 100)).any() for t in tables):
        return ""
    return " An interval that reaches beyond 0 or 100 % is cut off there."
