"""Relative strength: the ratio to another series against its own average or by its slope, on common dates."""

from __future__ import annotations

import math
from datetime import date

import pytest

from engine.blocks import Scope
from strategies.signals.relative_strength import RelativeStrength
from tests.markets import engine_market, history, weekdays

DAYS = weekdays(date(2024, 1, 1), 5)


def test_by_hand_on_the_dates_both_have() -> None:
    market = engine_market(
        "SESSIONS",
        {
            "SESSIONS": history(DAYS, [1.0] * 5),
            "TO": history([*DAYS[:2], *DAYS[3:]], [100.0, 100.0, 50.0, 100.0]),  # not on the third day
            "OWN": history([*DAYS[:3], DAYS[4]], [100.0, 120.0, 999.0, 150.0]),  # not on the fourth
        },
    )
    found = RelativeStrength(window=2, to="TO").evaluate(market, Scope(("OWN", "TO")))
    # ratios 1, 1.2 and 1.5; averages 1.1 and 1.35
    own = [math.nan, 1.2 / 1.1 - 1, math.nan, math.nan, 1.5 / 1.35 - 1]
    assert found[:, 0].tolist() == pytest.approx(own, nan_ok=True)
    assert found[:, 1].tolist() == pytest.approx([math.nan, 0.0, math.nan, 0.0, 0.0], nan_ok=True)


def test_series_that_never_meet_are_unknown() -> None:
    market = engine_market("A", {"A": history(DAYS[:2], [1.0, 2.0]), "B": history(DAYS[2:], [1.0, 2.0, 3.0])})
    assert all(math.isnan(value) for value in RelativeStrength(window=2, to="B").evaluate(market, Scope(("A",)))[:, 0])


def test_slope_by_hand() -> None:
    # log ratios 0, 0.2 and 0.1: the line through three climbs by half of (0.1 - 0) a session, and ten make a year
    to = [100.0, 90.0, 130.0]
    own = [close * math.exp(log) for close, log in zip(to, (0.0, 0.2, 0.1), strict=True)]
    market = engine_market("TO", {"TO": history(DAYS[:3], to), "OWN": history(DAYS[:3], own)})
    signal = RelativeStrength(window=3, to="TO", measure="slope", sessions_per_year=10)
    found = signal.evaluate(market, Scope(("OWN", "TO")))
    assert found[:, 0].tolist() == pytest.approx([math.nan, math.nan, 0.5], nan_ok=True)
    assert found[2, 1] == 0.0
