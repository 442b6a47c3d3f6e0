"""Above its averages: strict, today included, unknown until the longest is full."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from strategies.signals.above_average import AboveAverage

NAN = math.nan


@pytest.mark.parametrize(
    ("closes", "windows", "expected"),
    [
        ([1, 2, 3, 2], [2], [NAN, 1, 1, 0]),
        ([1, 2, 3, 2.5], [2, 3], [NAN, NAN, 1, 0]),  # above the three-day average (2.5 is not), below the two-day
        ([4, 1, 1, 2], [2, 4], [NAN, NAN, NAN, 0]),  # equal to the four-day average is not above it
        ([0.1, 0.1, 0.1, 0.1], [3], [NAN, NAN, 0, 0]),  # a constant is never above itself, rounding or not
        ([1, 2], [3], [NAN, NAN]),
    ],
)
def test_by_hand(closes: list[float], windows: list[int], expected: list[float]) -> None:
    found = AboveAverage(windows=tuple(windows)).of_series(pd.Series(closes, dtype=float))
    assert found.tolist() == pytest.approx(expected, nan_ok=True)
