"""Easing: the last flow dates against as many before, known a session later."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from engine.blocks import Scope
from engine.market.keys import SeriesKey
from strategies.signals.easing import Easing
from tests.markets import engine_market, history, weekdays

NAN = math.nan


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        # -6 against -10 has eased, -9 against -8 has not; the last date's is not yet known
        ([-5, -5, -3, -3, -6, 0], [NAN, NAN, NAN, NAN, 1, 0]),
        ([0.1, 0.7, 0.3, 0.5, 0.4, 9], [NAN, NAN, NAN, NAN, 0, 0]),  # 0.8 twice, 0.9 against 1.0
        ([1, 2, NAN, 3, 4, 5], [NAN] * 6),  # a missing figure stays in every window
    ],
)
def test_by_hand(flows: list[float], expected: list[float]) -> None:
    market = engine_market("A", {"A": history(weekdays(date(2024, 1, 1), 6), [1.0] * 6)})
    dated = pd.Series(flows, index=market.sessions, dtype=float)
    for who in ("FII", "DII"):
        signal = Easing.model_validate({"use": "easing", "of": who, "window": 2})
        known = replace(market, readings={SeriesKey(who, "net"): dated})
        found = signal.evaluate(known, Scope(("A",)))[:, 0]
        assert found.tolist() == pytest.approx(expected, nan_ok=True)


def test_foreigners_if_nobody_is_named() -> None:
    assert Easing(window=5).reads(Scope(("A",))) == {SeriesKey("FII", "net")}
