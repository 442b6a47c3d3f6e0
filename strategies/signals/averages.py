"""The moving averages that signals share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Average = Literal["simple", "exponential"]


def moving_average(closes: pd.Series, window: int, kind: Average) -> pd.Series:
    """The average of a kind, today's close included, NaN before `window` closes exist."""
    return exponential(closes, window) if kind == "exponential" else simple(closes, window)


def simple(closes: pd.Series, window: int) -> pd.Series:
    """The mean of the last `window` closes, NaN before they exist."""
    return closes.rolling(window).mean()


def exponential(closes: pd.Series, window: int) -> pd.Series:
    """The exponential average of alpha 2 / (window + 1), seeded at the `window`-th close, NaN before it."""
    seeded = closes.copy()
    seeded.iloc[:window] = simple(closes.iloc[:window], window)
    return seeded.ewm(alpha=2.0 / (window + 1), adjust=False).mean()
