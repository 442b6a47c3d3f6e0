"""Wilder's RSI against the worked column printed in ChartSchool's RSI spreadsheet (StockCharts, 14 days).

Closes and answers as published there: https://chartschool.stockcharts.com (Technical Indicators, Relative Strength
Index); the first published value comes from the seed, the others from Wilder's smoothing.
"""

from __future__ import annotations

import math

import pandas as pd
import pytest

from strategies.signals.rsi import Rsi

CLOSES = [
    44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931, 46.0328,
    45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521, 45.7137, 46.4515,
    45.7835, 45.3548, 44.0288, 44.1783, 44.2181, 44.5672, 43.4205, 42.6628, 43.1314,
]  # fmt: skip
PUBLISHED = [
    70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38, 54.71, 50.42, 39.99, 41.46, 41.87, 45.46,
    37.30, 33.08, 37.77,
]  # fmt: skip


def settled(closes: list[float], window: int) -> list[float]:
    """All values, the unsettled first ones made visible by a history long enough before them being waived."""
    signal = Rsi(window=window)
    return list(signal.of_series(pd.Series(closes)))


def test_published_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strategies.signals.rsi.SETTLED", 1)  # the published column shows the seed too
    found = settled(CLOSES, 14)
    assert found[14:] == pytest.approx(PUBLISHED, abs=0.006)


def test_known_after_five_windows() -> None:
    found = settled([float(100 + (-1) ** n) for n in range(20)], 3)
    assert [math.isnan(value) for value in found] == [True] * 14 + [False] * 6


def test_only_gains_is_a_hundred_only_losses_nought_and_nothing_unknown() -> None:
    assert settled([float(n) for n in range(1, 21)], 3)[-1] == 100.0
    assert settled([float(40 - n) for n in range(20)], 3)[-1] == 0.0
    assert math.isnan(settled([5.0] * 20, 3)[-1])


def test_a_history_shorter_than_the_window_is_unknown() -> None:
    assert all(math.isnan(value) for value in settled([1.0, 2.0, 3.0], 14))
