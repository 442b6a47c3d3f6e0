"""Crossover: strict, with either kind of average, unknown until the slow one is full."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from pydantic import ValidationError

from strategies.signals.crossover import Crossover

NAN = math.nan


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
