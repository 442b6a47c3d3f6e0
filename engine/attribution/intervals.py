"""How far a sum of daily effects could have come out otherwise: the stationary bootstrap."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST = 60  # sessions: with fewer nothing is said of what else could have happened


class Bounds(NamedTuple):
    """Mean sessions of a block (0: nothing was resampled), and the bounds of every column's sum."""

    block: int
    low: Floats
    high: Floats


def intervals(daily: Floats, error: Floats, confidence: float, resamples: int, seed: int) -> Bounds:
    """Percentile intervals of the sums of `daily` (sessions x columns), NaN for fewer than 60 sessions.

    `error` is a standard error that each sum has beside that of its days, drawn from the normal distribution.
    """
    if len(daily) < LEAST:
        none = np.full(len(error), np.nan)
        return Bounds(0, none, none)
    block = block_length(daily)
    sums = resampled_sums(daily, block, resamples, seed)
    noise = np.random.default_rng(seed + 1).normal(size=sums.shape)
    tail = (1.0 - confidence) / 2.0
    return Bounds(block, *np.quantile(sums + error * noise, [tail, 1.0 - tail], axis=0))


def block_length(daily: Floats) -> int:
    """Mean sessions of a block: the longest any column asks for, rounded up.

    Politis and White (2004), "Automatic Block-Length Selection for the Dependent Bootstrap", as corrected by Patton,
    Politis and White (2009). Columns that never move ask for nothing.
    """
    from arch.bootstrap import optimal_block_length  # noqa: PLC0415  # a second to import, only where it is used

    moving = daily[:, np.ptp(daily, axis=0) > 0.0]
    if not moving.shape[1]:
        return 1
    with np.errstate(divide="ignore", invalid="ignore"):  # of a column that moves on a few days alone
        lengths = optimal_block_length(moving)["stationary"].to_numpy(dtype=float)
    longest = float(np.nan_to_num(lengths, nan=1.0, posinf=1.0).max())
    return max(ceil(longest), 1)


def resampled_sums(daily: Floats, block: int, resamples: int, seed: int) -> Floats:
    """Sums of the columns of `daily` (sessions x columns) over resampled histories, resamples x columns.

    Politis and Romano (1994), "The Stationary Bootstrap": all columns of a session stay together.
    """
    from arch.bootstrap import StationaryBootstrap  # noqa: PLC0415  # as above

    bootstrap = StationaryBootstrap(block, daily, seed=np.random.default_rng(seed))
    return np.asarray(bootstrap.apply(_sums, reps=resamples), dtype=float)


def _sums(sample: Floats) -> Floats:
    total: Floats = sample.sum(axis=0)
    return total
