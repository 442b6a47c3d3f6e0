"""Breakout: strictly above the highest of the earlier window, unknown until there is one."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from strategies.signals.breakout import Breakout

NAN = math.nan


@pytest.mark.parametrize(
    ("closes", "window", "expected"),
    [
        ([3, 1, 2, 3, 4, 4], 2, [NAN, NAN, 0, 1, 1, 0]),  # 3 passes (1, 2) though 3 was seen before; 4 equals 4
        ([1, 2, 2, 1], 1, [NAN, 1, 0, 0]),
        ([5, 1, 1, 6], 3, [NAN, NAN, NAN, 1]),
        ([1, 2], 2, [NAN, NAN]),
        ([], 2, []),
    ],
)
def test_by_hand(closes: list[float], window: int, expected: list[float]) -> None:
    found = Breakout(window=window).of_series(pd.Series(closes, dtype=float))
    assert found.tolist() == pytest.approx(expected, nan_ok=True)
