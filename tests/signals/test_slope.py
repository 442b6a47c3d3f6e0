"""Slope by hand and against the least squares of Python's `statistics`."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pandas as pd
import pytest

from strategies.signals.slope import Slope

NAN = math.nan


def slopes(logs: list[float], window: int, sessions_per_year: int = 1) -> list[float]:
    closes = pd.Series([math.exp(one) for one in logs], dtype=float)
    return list(Slope(window=window, sessions_per_year=sessions_per_year).of_series(closes))


@pytest.mark.parametrize(
    ("logs", "window", "expected"),
    [
        ([0, 2, 1, 3], 2, [NAN, 2, -1, 2]),
        ([0, 2, 1, 3], 3, [NAN, NAN, 0.5, 0.5]),  # (last - first) / 2
        ([0, 2, 1, 3], 4, [NAN, NAN, NAN, 0.8]),  # (3 (3 - 0) + (1 - 2)) / 10
        ([0, 2, 1, 3], 5, [NAN] * 4),
        ([1], 2, [NAN]),
        ([], 2, []),
    ],
)
def test_by_hand(logs: list[float], window: int, expected: list[float]) -> None:
    assert slopes(logs, window) == pytest.approx(expected, nan_ok=True)


def test_a_steady_rise_is_its_rate_a_year_of_248_sessions() -> None:
    found = Slope(window=4).of_series(pd.Series([50.0 * math.exp(0.001 * day) for day in range(6)]))
    assert found.tolist() == pytest.approx([NAN, NAN, NAN, 0.248, 0.248, 0.248], nan_ok=True)


@pytest.mark.parametrize("window", [5, 12, 90])
def test_as_a_line_fitted_to_each_window(window: int) -> None:
    logs = np.random.default_rng(7).normal(0.0, 0.01, 120).cumsum().tolist()
    fitted = [
        248 * statistics.linear_regression(range(window), logs[end - window : end]).slope
        for end in range(window, len(logs) + 1)
    ]
    assert slopes(logs, window, 248) == pytest.approx([NAN] * (window - 1) + fitted, nan_ok=True)
