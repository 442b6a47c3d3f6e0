"""On which terms a basket is dealt in: through each of its stocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from engine.accounting.dealing import Desk, terms_of
from engine.config.settings import Execution
from engine.market.keys import SeriesKey
from engine.simulation import exchange_of
from tests.markets import engine_market, frame, history, weekdays

DAYS = weekdays(date(2024, 10, 1), 6)


def test_a_basket_pays_and_moves_each_of_its_stocks() -> None:
    """Three scrips to the depository; two with a turnover take half of an order each, the third none."""
    market = engine_market("A", {"A": history(DAYS, [100.0] * 6)})
    prices = {"P": [100.0, 102.0, 101.0, 103.0, 102.0, 104.0], "Q": [50.0, 49.0, 51.0, 50.0, 52.0, 51.0]}
    bars, readings = {**market.bars}, {}
    for name, closes in prices.items():
        bars[SeriesKey(name, "stock")] = frame(dict(zip(DAYS, closes, strict=True)), {})
        readings[SeriesKey(name, "shares")] = pd.Series([1000.0] * 6, bars[SeriesKey(name, "stock")].index)
    market = replace(market, bars=bars, readings=readings)
    execution = Execution.model_validate({"vehicle": "share", "dp": True, "impact": {"window": 4}})
    terms = terms_of(Desk(execution, {"A": ("P", "Q", "R")}, 1, 5), exchange_of(market, ["A"], "price", at_open=False),
                     market)  # fmt: skip
    assert terms.flat_sell["dp"][5].tolist() == pytest.approx([3 * 15.34])
    value, expected = 80_000.0, 0.0
    for closes in prices.values():
        moves = np.diff(closes[:5]) / np.array(closes[:4])  # of the four sessions before the last
        expected += moves.std(ddof=1) * (value / 2) * np.sqrt((value / 2) / (np.mean(closes[1:5]) * 1000.0))
    found = terms.itemised(np.array([5]), np.array([0]), np.array([value]))
    assert found["impact"].tolist() == pytest.approx([expected], rel=1e-12)
