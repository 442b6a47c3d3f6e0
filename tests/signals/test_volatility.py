"""Volatility by hand and against the solution of Hull's problem.

Fifteen weekly closes and 20.46% a year as in Hull (1998), "Introduction to Futures and Options Markets", 3rd ed.,
problem on chapter 11; the worked sheet: https://ja.scribd.com/doc/151856665/Volatility-Calculation (problem 2).
"""

from __future__ import annotations

import math

import pandas as pd
import pytest

from strategies.signals.volatility import Volatility

WEEKS = [
    30.25, 32.0, 31.125, 30.125, 30.25, 30.375, 30.625, 33.0, 32.875, 33.0, 33.5, 33.5, 33.75, 33.5, 33.25,
]  # fmt: skip


def test_published_value_once_the_window_is_full() -> None:
    found = Volatility(window=14, sessions_per_year=52).of_series(pd.Series(WEEKS)).tolist()
    assert found == pytest.approx([math.nan] * 14 + [0.204557872], abs=1e-9, nan_ok=True)


def test_by_hand_with_the_sessions_of_the_nse() -> None:
    # log returns 0.01, -0.01, 0.01 have mean 0 in each pair: variance 2 * 0.0001 a session, times 248
    closes = pd.Series([100.0, 100.0 * math.exp(0.01), 100.0, 100.0 * math.exp(0.01)])
    expected = 0.01 * math.sqrt(2 * 248)
    found = Volatility(window=2).of_series(closes).tolist()
    assert found == pytest.approx([math.nan, math.nan, expected, expected], nan_ok=True)


def test_no_history_is_no_value() -> None:
    assert Volatility(window=2).of_series(pd.Series([], dtype=float)).tolist() == []
