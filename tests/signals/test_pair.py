"""Signals against another series: what they read, and that they meet it in its own variant."""

from __future__ import annotations

from datetime import date

import pytest

from engine.blocks import Scope
from engine.errors import DataError
from engine.market.keys import SeriesKey
from strategies.signals.relative_strength import RelativeStrength
from tests.markets import History, engine_market, weekdays

DAYS = weekdays(date(2024, 1, 1), 2)


def test_the_other_series_is_read_too() -> None:
    assert RelativeStrength(window=2).reads(Scope(("A",))) == {SeriesKey("A", "price"), SeriesKey("NIFTY 50", "price")}
    assert RelativeStrength(window=2, of="B", to="C", variant="total").reads(Scope(("A",))) == {
        SeriesKey("B", "total"),
        SeriesKey("C", "total"),
    }


def test_total_return_meets_total_return() -> None:
    def one(price: float, total: float) -> History:
        return History({DAYS[0]: 1.0, DAYS[1]: price}, {DAYS[0]: 1.0, DAYS[1]: total}, {})

    market = engine_market("A", {"A": one(1.0, 2.0), "B": one(3.0, 4.0)})
    for variant, ratio in (("price", 3.0), ("total", 2.0)):
        signal = RelativeStrength.model_validate(
            {"use": "relative_strength", "window": 2, "to": "A", "variant": variant}
        )
        assert signal.evaluate(market, Scope(("B",)))[-1] == pytest.approx(ratio / ((1 + ratio) / 2) - 1)


def test_nothing_stands_in_for_a_missing_series() -> None:
    days = {DAYS[0]: 1.0, DAYS[1]: 1.0}
    market = engine_market("A", {"A": History(days, days, {})})
    with pytest.raises(DataError, match=r"NIFTY 50 \(price\) was not loaded from memory; loaded: A"):
        RelativeStrength(window=2).evaluate(market, Scope(("A",)))
