"""Momentum: P[t - skip] / P[t - lookback] - 1."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from pydantic import ValidationError

from strategies.signals.momentum import Momentum


def test_by_hand() -> None:
    closes = pd.Series([100.0, 110.0, 121.0, 60.5])
    assert Momentum(lookback=2).of_series(closes).tolist() == pytest.approx(
        [math.nan, math.nan, 0.21, -0.45], nan_ok=True
    )
    assert Momentum(lookback=3, skip=1).of_series(closes).iloc[-1] == pytest.approx(0.21)


def test_the_skip_must_be_shorter() -> None:
    with pytest.raises(ValidationError, match=r"skip \(3\) must be less than lookback \(3\)"):
        Momentum(lookback=3, skip=3)
