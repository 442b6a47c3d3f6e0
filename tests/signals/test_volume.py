"""Volume: today's over the mean of those before it."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from engine.blocks import Scope
from engine.market.keys import SeriesKey
from strategies.signals.volume import Volume

NAN = math.nan


@pytest.mark.parametrize(
    ("volumes", "window", "expected"),
    [
        ([10, 30, 20, 40, 90], 2, [NAN, NAN, 20 / 20, 40 / 25, 90 / 30]),
        ([10, 30, 15], 1, [NAN, 3, 0.5]),
        ([10, NAN, 30, 60, 90], 2, [NAN, NAN, NAN, NAN, 90 / 45]),
        ([0, 0, 5], 2, [NAN, NAN, NAN]),
        ([], 2, []),
    ],
)
def test_by_hand(volumes: list[float], window: int, expected: list[float]) -> None:
    found = Volume(window=window).of_series(pd.Series(volumes, dtype=float))
    assert found.tolist() == pytest.approx(expected, nan_ok=True)


def test_it_reads_volumes() -> None:
    assert Volume(window=2).reads(Scope(("A", "B"))) == {SeriesKey("A", "volume"), SeriesKey("B", "volume")}
    one = Volume(window=2, of="NIFTY BANK")
    assert one.single
    assert one.reads(Scope(("A", "B"))) == {SeriesKey("NIFTY BANK", "volume")}
