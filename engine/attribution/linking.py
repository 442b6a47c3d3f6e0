"""Daily effects to effects over the whole window that add up to the compounded active return."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Method = Literal["carino"]


def carino_factor(portfolio: Floats, benchmark: Floats) -> Floats:
    """(ln(1 + rp) - ln(1 + rb)) / (rp - rb), and its limit 1 / (1 + rb) where they are equal.

    Carino (1999), "Combining Attribution Effects Over Time", eq. 4; written with log1p of the ratio so that it keeps
    its digits when the two returns are close.
    """
    gap = portfolio - benchmark
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.log1p(gap / (1.0 + benchmark)) / gap
    return np.where(gap == 0.0, 1.0 / (1.0 + benchmark), factor)


def link(
    effects: pd.DataFrame, portfolio_returns: pd.Series, benchmark_returns: pd.Series, method: Method = "carino"
) -> pd.Series:
    """Linked effects, one per column of `effects`; their sum is the compounded active return.

    `effects` is periods x anything, fractions, each row summing to that period's active return. Raises ValueError for
    an unknown method, or for returns that are not one per row of `effects`.
    """
    if method != "carino":
        raise ValueError(f"unknown linking method {method!r}; known: carino")
    if not len(effects) == len(portfolio_returns) == len(benchmark_returns):
        raise ValueError("effects and returns need one row per period each")
    weights = linking_weights(portfolio_returns.to_numpy(dtype=float), benchmark_returns.to_numpy(dtype=float))
    return pd.Series(weights @ effects.to_numpy(dtype=float), index=effects.columns)


def linking_weights(portfolio: Floats, benchmark: Floats) -> Floats:
    """What each period's effects count over the whole window: k_t / K."""
    total = np.array([np.prod(1.0 + portfolio) - 1.0, np.prod(1.0 + benchmark) - 1.0])
    return carino_factor(portfolio, benchmark) / carino_factor(total[:1], total[1:])
