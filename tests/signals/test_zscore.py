"""Z-score: deviations (n - 1) from the mean of the window."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from strategies.signals.zscore import Zscore


def test_by_hand() -> None:
    # (1, 2, 3): 1 above, deviation 1. (2, 3, 3): 1/3 above, variance (4 + 1 + 1) / 9 / 2 = 1/3. (3, 3, 3): nothing
    # moved. (3, 3, 6): 2 above, variance (1 + 1 + 4) / 2 = 3, the most that three closes allow.
    found = Zscore(window=3).of_series(pd.Series([1.0, 2.0, 3.0, 3.0, 3.0, 6.0]))
    expected = [math.nan, math.nan, 1.0, 1 / math.sqrt(3), math.nan, 2 / math.sqrt(3)]
    assert found.tolist() == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("before", "window"),
    [([113.0, 139.0], 3), ([1e6, 3.3], 5)],  # the first leaves a rest in a rolling deviation: 0.0 without the guard
)
def test_a_constant_is_unknown_whatever_came_before_it(before: list[float], window: int) -> None:
    assert math.isnan(Zscore(window=window).of_series(pd.Series([*before, *[140.0] * 7])).iloc[-1])
