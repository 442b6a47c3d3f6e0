"""Breakout: strictly above the highest close, or high, of the earlier window, unknown until there is one."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest
from pydantic import ValidationError

from engine.blocks import Scope
from engine.market.keys import SeriesKey
from engine.market.market import Market
from strategies.signals.breakout import Breakout
from tests.markets import engine_market, history, weekdays

NAN = math.nan
DAYS = weekdays(date(2024, 1, 1), 6)


@pytest.mark.parametrize(
    ("closes", "window", "expected"),
    [
        ([3, 1, 2, 3, 4, 4], 2, [NAN, NAN, 0, 1, 1, 0]),  # 3 passes (1, 2) though 3 was seen before; 4 equals 4
        ([1, 2, 2, 1], 1, [NAN, 1, 0, 0]),
        ([5, 1, 1, 6], 3, [NAN, NAN, NAN, 1]),
        ([1, 2], 2, [NAN, NAN]),
    ],
)
def test_closes_by_hand(closes: list[float], window: int, expected: list[float]) -> None:
    market = engine_market("A", {"A": history(DAYS[: len(closes)], closes)})
    found = Breakout(window=window, of="A").evaluate(market, Scope(("A",)))
    assert found[:, 0].tolist() == pytest.approx(expected, nan_ok=True)


def test_highs_by_hand_on_the_dates_with_both() -> None:
    closes = engine_market("A", {"A": history(DAYS, [10.0, 11.0, 13.0, 99.0, 12.5, 15.0])})
    # no high on the fourth day; 13 passes (12, 12.5) but 12.5 does not pass (12.5, 14); 15 passes (14, 13)
    highs = pd.Series([12.0, 12.5, 14.0, 13.0, 15.5], closes.sessions.delete(3))
    high = SeriesKey("A", "high")
    market = Market.of("A", closes.bars, readings={high: highs})
    signal = Breakout(window=2, of="A", channel="high")
    assert signal.reads(Scope(())) == {SeriesKey("A", "price"), high}
    expected = [NAN, NAN, 1.0, NAN, 0.0, 1.0]
    assert signal.evaluate(market, Scope(()))[:, 0].tolist() == pytest.approx(expected, nan_ok=True)


def test_total_return_has_no_high() -> None:
    with pytest.raises(ValidationError, match="total return has no intraday high"):
        Breakout(window=2, channel="high", variant="total")
