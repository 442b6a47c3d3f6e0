"""Relative strength: the ratio to another series against its own average, on common dates."""

from __future__ import annotations

import math
from datetime import date

import pytest

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
    found = RelativeStrength(window=2, to="TO").evaluate(market, ("OWN", "TO"))
    # ratios 1, 1.2 and 1.5; averages 1.1 and 1.35
    own = [math.nan, 1.2 / 1.1 - 1, math.nan, math.nan, 1.5 / 1.35 - 1]
    assert found[:, 0].tolist() == pytest.approx(own, nan_ok=True)
    assert found[:, 1].tolist() == pytest.approx([math.nan, 0.0, math.nan, 0.0, 0.0], nan_ok=True)


def test_series_that_never_meet_are_unknown() -> None:
    market = engine_market("A", {"A": history(DAYS[:2], [1.0, 2.0]), "B": history(DAYS[2:], [1.0, 2.0, 3.0])})
    assert all(math.isnan(value) for value in RelativeStrength(window=2, to="B").evaluate(market, ("A",))[:, 0])
