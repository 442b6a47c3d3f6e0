"""Above its averages: strict, today included, unknown until the longest is full."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from strategies.signals.above_average import AboveAverage
from strategies.signals.averages import Average

NAN = math.nan


@pytest.mark.parametrize(
    ("closes", "windows", "average", "expected"),
    [
        ([1, 2, 3, 2], [2], "simple", [NAN, 1, 1, 0]),
        ([1, 1, 4, 3], [2, 3], "simple", [NAN, NAN, 1, 0]),  # 3 is above the three-day average 8/3, not the two-day 3.5
        ([1, 2, 3, 2.5], [3], "simple", [NAN, NAN, 1, 0]),  # equal to (2 + 3 + 2.5) / 3
        ([4, 1, 1, 2], [2, 4], "simple", [NAN, NAN, NAN, 0]),  # equal to the four-day average is not above it
        ([0.1, 0.1, 0.1, 0.1], [3], "simple", [NAN, NAN, 0, 0]),  # a constant is never above itself, rounding or not
        ([1, 2], [3], "simple", [NAN, NAN]),
        # 4, then half way to each close: 3.5, 4.25 and 4.175, where the simple one ends at 4.03
        ([2, 4, 6, 3, 5, 4.1], [3], "exponential", [NAN, NAN, 1, 0, 1, 0]),
        ([2, 4, 6, 3, 5, 4.1], [3], "simple", [NAN, NAN, 1, 0, 1, 1]),
        # of three days 4, 4, 4.25; of two 1, 7, 5, 14/3: 4.5 is above the one, not the other
        ([1, 1, 10, 4, 4.5], [2, 3], "exponential", [NAN, NAN, 1, 0, 0]),
        # 3.5 is above what the three-day one (2) and the two-day one (3) were; the simple two-day one is 3.75
        ([1, 1, 4, 3.5], [2, 3], "exponential", [NAN, NAN, 1, 1]),
        ([0.1, 0.1, 0.1, 0.1], [3, 2], "exponential", [NAN, NAN, 0, 0]),
    ],
)
def test_by_hand(closes: list[float], windows: list[int], average: Average, expected: list[float]) -> None:
    found = AboveAverage(windows=tuple(windows), average=average).of_series(pd.Series(closes, dtype=float))
    assert found.tolist() == pytest.approx(expected, nan_ok=True)
