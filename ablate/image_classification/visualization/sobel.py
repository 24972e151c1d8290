"""How much a filter is like a Sobel kernel, and how much chance alone would make it.

The likeness of a filter w to a kernel S is |<m, S>| / (|m| |S|), where m is the mean of w over its
input channels: the absolute cosine of the angle between the two, in [0, 1], blind to the sign and
the scale of a filter.

A Sobel kernel of n rows and n columns is the outer product of a smoothing b(n - 1) along the edge
and a difference b(n - 2) * (-1, 1) across it, where b(k) are the binomial coefficients of order k
and * is convolution. With n = 3 this is (1, 2, 1) and (-1, 0, 1) (Sobel and Feldman 1968); larger
ones are those of OpenCV's getDerivKernels.
"""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

Edge = Literal["horizontal", "vertical"]
EDGES: tuple[Edge, ...] = ("horizontal", "vertical")
Floats = NDArray[np.float64]

_LOW, _MEDIAN, _HIGH = 0.05, 0.5, 0.95


class Chance(NamedTuple):
    """Of the best score among filters of random direction: its mean and its 95th percentile."""

    mean: float
    high: float


def sobel(edge: Edge, size: int) -> Floats:
    """The Sobel kernel that answers to edges of a direction, (size, size); size at least 2."""
    along = _binomial(size - 1)
    across = np.convolve(_binomial(size - 2), [-1.0, 1.0])
    return np.outer(across, along) if edge == "horizontal" else np.outer(along, across)


def applies_to(weights: NDArray[np.float32]) -> bool:
    """Whether the filters are square, of 2x2 or more: others have no Sobel kernel of their size."""
    height, width = weights.shape[2:]
    return bool(height == width and height > 1)


def likeness(weights: NDArray[np.float32], edge: Edge) -> Floats:
    """The likeness of every filter to the Sobel kernel of its size, (filters,), in [0, 1].

    weights: (filters, channels, size, size); see `applies_to`. A filter of zeros is like nothing.
    """
    kernel = sobel(edge, weights.shape[-1]).ravel()
    means = weights.mean(axis=1, dtype=np.float64).reshape(len(weights), -1)
    lengths = np.linalg.norm(means, axis=1) * np.linalg.norm(kernel)
    products = np.abs(means @ kernel)
    scores: Floats = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return scores


def ranking(weights: NDArray[np.float32]) -> pd.DataFrame:
    """Filters by likeness, the likest first, for horizontal and then for vertical edges: columns
    edge, rank (from 1), filter (from 0), likeness, and chance_low, chance_median and chance_high:
    the 5th, 50th and 95th percentile of the likeness at that rank among as many filters of random
    direction.

    weights: (filters, channels, size, size); see `applies_to`.
    """
    count, _, size, _ = weights.shape
    ranks = np.arange(1, count + 1)
    chance = {
        f"chance_{name}": chance_at(ranks, count, size, share)
        for name, share in (("low", _LOW), ("median", _MEDIAN), ("high", _HIGH))
    }
    tables = []
    for edge in EDGES:
        scores = likeness(weights, edge)
        order = np.argsort(-scores, kind="stable")
        columns = {"edge": edge, "rank": ranks, "filter": order, "likeness": scores[order]}
        tables.append(pd.DataFrame(columns | chance))
    return pd.concat(tables, ignore_index=True)


def chance_at(ranks: NDArray[np.int64], count: int, size: int, share: float) -> Floats:
    """Quantiles of the likeness at given ranks (1: the best) among `count` random filters.

    A vector of random direction in m = size² dimensions has a squared cosine with a fixed one that
    is Beta(1/2, (m - 1)/2) distributed. The distribution function at the value of rank r of n is
    itself Beta(n - r + 1, r) distributed (order statistics; David and Nagaraja 2003).
    """
    return _cosine_at(stats.beta.ppf(share, count - ranks + 1, ranks), size)


def chance(count: int, size: int) -> Chance:
    """Of the best likeness among `count` filters of size x size with random direction."""
    grid = (np.arange(10_000) + 0.5) / 10_000
    best = _cosine_at(grid ** (1 / count), size)
    return Chance(float(best.mean()), float(chance_at(np.array([1]), count, size, _HIGH)[0]))


def _cosine_at(probability: Floats, size: int) -> Floats:
    """The quantile of the absolute cosine of one random direction."""
    cosine: Floats = np.sqrt(special.betaincinv(0.5, (size**2 - 1) / 2, probability))
    return cosine


def _binomial(order: int) -> Floats:
    return np.array([special.comb(order, k) for k in range(order + 1)])
