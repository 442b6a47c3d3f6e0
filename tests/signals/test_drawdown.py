"""Drawdown from the peak of a window or of all history."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from strategies.signals.drawdown import Drawdown

CLOSES = pd.Series([100.0, 80.0, 90.0, 45.0])


def test_from_the_highest_so_far() -> None:
    assert Drawdown().of_series(CLOSES).tolist() == pytest.approx([0.0, -0.2, -0.1, -0.55])


def test_from_the_highest_of_a_window() -> None:
    expected = [math.nan, -0.2, 0.0, -0.5]
    assert Drawdown(window=2).of_series(CLOSES).tolist() == pytest.approx(expected, nan_ok=True)
