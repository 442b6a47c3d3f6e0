"""Distance from the average: close / mean - 1."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from strategies.signals.distance_from_average import DistanceFromAverage


def test_by_hand() -> None:
    found = DistanceFromAverage(window=2).of_series(pd.Series([10.0, 20.0, 30.0, 20.0]))
    assert found.tolist() == pytest.approx([math.nan, 20 / 15 - 1, 0.2, -0.2], nan_ok=True)
