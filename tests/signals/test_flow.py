"""Flows over the dates of the stored series, known a session later."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from engine.blocks import Scope
from engine.market.keys import SeriesKey
from engine.market.market import Market
from strategies.signals.flow import Flow
from tests.markets import engine_market, history, weekdays

NAN = math.nan
SCOPE = Scope(("A",))


def market() -> Market:
    """Seven sessions, the fourth and the last without figures."""
    plain = engine_market("A", {"A": history(weekdays(date(2024, 1, 1), 7), [1.0] * 7)})
    dates = plain.sessions[[0, 1, 2, 4, 5]]
    readings = {
        SeriesKey("FII", "net"): pd.Series([1.0, 2.0, 4.0, 8.0, 16.0], index=dates),
        SeriesKey("DII", "net"): pd.Series([10.0, 10.0, 10.0, 10.0, -10.0], index=dates),
        SeriesKey("FII", "sell"): pd.Series([5.0, NAN, 7.0, 9.0, 11.0], index=dates),
    }
    return replace(plain, readings=readings)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [NAN, NAN, 3, 6, NAN, 12, 24]),  # 4 + 8 across the session without figures, which is itself unknown
        ({"measure": "average"}, [NAN, NAN, 1.5, 3, NAN, 6, 12]),
        ({"measure": "change"}, [NAN, NAN, NAN, NAN, NAN, 12 - 3, 24 - 6]),
        ({"of": "DII", "less": "FII"}, [NAN, NAN, 20 - 3, 20 - 6, NAN, 20 - 12, 0 - 24]),
        ({"what": "sell"}, [NAN, NAN, NAN, NAN, NAN, 7 + 9, 9 + 11]),  # the second date's figure is missing
        ({"lag": 1}, [NAN, NAN, NAN, 3, 6, NAN, 12]),
    ],
)
def test_by_hand(fields: dict[str, Any], expected: list[float]) -> None:
    found = Flow.model_validate({"use": "flow", "of": "FII", "window": 2, **fields}).evaluate(market(), SCOPE)
    assert found[:, 0].tolist() == pytest.approx(expected, nan_ok=True)


def test_a_date_that_the_other_lacks_is_unknown() -> None:
    mine = market()
    fewer = mine.readings[SeriesKey("DII", "net")].iloc[[0, 2, 3, 4]]
    mine = replace(mine, readings={**mine.readings, SeriesKey("DII", "net"): fewer})
    found = Flow(of="FII", less="DII", window=2).evaluate(mine, SCOPE)
    assert found[:, 0].tolist() == pytest.approx([NAN, NAN, NAN, NAN, NAN, -8, 24], nan_ok=True)


def test_it_reads_what_it_speaks_of() -> None:
    assert Flow(of="FII", window=2, what="buy").reads(SCOPE) == {SeriesKey("FII", "buy")}
    both = Flow(of="DII", less="FII", window=20)
    assert both.reads(SCOPE) == {SeriesKey("DII", "net"), SeriesKey("FII", "net")}
    assert both.sentence() == "the sum of DII net flows over 20 flow dates less that of FII"


def test_less_must_be_the_other() -> None:
    with pytest.raises(ValidationError, match=r"less \(FII\) must be the other of FII and DII"):
        Flow(of="FII", less="FII", window=2)
