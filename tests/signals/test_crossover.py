"""Crossover: both kinds of average against ChartSchool's spreadsheet, the condition by hand.

Closes and ten-day averages as published in StockCharts' cs-movavg spreadsheet (ChartSchool, "Moving Averages - Simple
and Exponential"), read from https://github.com/stebas101/TradingToolbox, data/cs-movavg.csv.
"""

from __future__ import annotations

import math

import pandas as pd
import pytest
from pydantic import ValidationError

from strategies.signals.crossover import Crossover, exponential, simple

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


def test_published_averages() -> None:
    closes = pd.Series(CLOSES)
    for average, published in ((simple, SIMPLE), (exponential, EXPONENTIAL)):
        assert average(closes, 10).tolist() == pytest.approx([NAN] * 9 + published, abs=0.0011, nan_ok=True)


@pytest.mark.parametrize(
    ("closes", "fields", "expected"),
    [
        # (1 + 2) / 2 and so on: 2.5 is above 2, 2 equals 2, 1 is below 5/3
        ([1, 2, 3, 1, 1], {"fast": 2, "slow": 3}, [NAN, NAN, 1, 0, 0]),
        # slow: (2 + 4 + 6) / 3 = 4, then half way to each close: 3.5, 4.25, 4.175; fast is the close
        ([2, 4, 6, 3, 5, 4.1], {"fast": 1, "slow": 3, "average": "exponential"}, [NAN, NAN, 1, 0, 1, 0]),
        ([2, 4, 6, 3, 5, 4.1], {"fast": 1, "slow": 3}, [NAN, NAN, 1, 0, 1, 1]),  # 4.1 is above (3 + 5 + 4.1) / 3
        ([0.1] * 5, {"fast": 2, "slow": 3, "average": "exponential"}, [NAN, NAN, 0, 0, 0]),
        ([0.1] * 5, {"fast": 2, "slow": 3}, [NAN, NAN, 0, 0, 0]),
        ([1, 2], {"fast": 2, "slow": 3, "average": "exponential"}, [NAN, NAN]),
        ([], {"fast": 2, "slow": 3, "average": "exponential"}, []),
    ],
)
def test_by_hand(closes: list[float], fields: dict[str, int | str], expected: list[float]) -> None:
    found = Crossover.model_validate({"use": "crossover", **fields}).of_series(pd.Series(closes, dtype=float))
    assert found.tolist() == pytest.approx(expected, nan_ok=True)


def test_fast_must_be_shorter() -> None:
    with pytest.raises(ValidationError, match=r"fast \(50\) must be less than slow \(50\)"):
        Crossover(fast=50, slow=50)
