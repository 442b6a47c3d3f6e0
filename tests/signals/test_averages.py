"""Both kinds of average against ChartSchool's spreadsheet.

Closes and ten-day averages as published in StockCharts' cs-movavg spreadsheet (ChartSchool, "Moving Averages - Simple
and Exponential"), read from https://github.com/stebas101/TradingToolbox, data/cs-movavg.csv.
"""

from __future__ import annotations

import math

import pandas as pd
import pytest

from strategies.signals.averages import Average, moving_average

NAN = math.nan
CLOSES = [
    22.273, 22.194, 22.085, 22.174, 22.184, 22.134, 22.234, 22.432, 22.244, 22.293, 22.154, 22.393, 22.382, 22.611,
    23.356, 24.052, 23.753, 23.832, 23.952, 23.634, 23.823, 23.872, 23.654, 23.187, 23.098, 23.326, 22.681, 23.098,
    22.403, 22.173,
]  # fmt: skip
SIMPLE = [
    22.225, 22.213, 22.233, 22.262, 22.306, 22.423, 22.615, 22.767, 22.907, 23.078, 23.212, 23.379, 23.527, 23.654,
    23.711, 23.686, 23.613, 23.506, 23.432, 23.277, 23.131,
]  # fmt: skip
EXPONENTIAL = [
    22.225, 22.212, 22.245, 22.270, 22.332, 22.518, 22.797, 22.971, 23.127, 23.277, 23.342, 23.429, 23.510, 23.536,
    23.473, 23.404, 23.390, 23.261, 23.231, 23.081, 22.916,
]  # fmt: skip


@pytest.mark.parametrize(("kind", "published"), [("simple", SIMPLE), ("exponential", EXPONENTIAL)])
def test_published_averages(kind: Average, published: list[float]) -> None:
    found = moving_average(pd.Series(CLOSES), 10, kind)
    assert found.tolist() == pytest.approx([NAN] * 9 + published, abs=0.0011, nan_ok=True)
