"""Advances over advances and declines, averaged; the sessions are those of the test of breadth."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest

from engine.blocks import Scope
from engine.market.keys import SeriesKey
from strategies.signals.advance_decline import AdvanceDecline
from tests.markets import engine_market, history, weekdays

NAN = math.nan
DAYS = weekdays(date(2024, 1, 1), 5)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # A rises, falls, rises, falls; B rises, rises, stays, falls; C starts and rises
        ({"window": 1}, [NAN, 2 / 2, 1 / 2, 1 / 1, 1 / 3]),
        ({"window": 2}, [NAN, NAN, 3 / 4, 3 / 4, 2 / 3]),
        # 3/4, then two thirds of the way to 1, then two thirds of the way to 1/3
        ({"window": 2, "average": "exponential"}, [NAN, NAN, 3 / 4, 11 / 12, 19 / 36]),
        ({"window": 1, "minimum": 1.0}, [NAN, NAN, NAN, NAN, 1 / 3]),
        # nobody moved on the fourth session: the next average is of the third and the fifth
        ({"window": 2, "among": ["B"]}, [NAN, NAN, 1, NAN, 1 / 2]),
        ({"window": 2, "among": ["B"], "average": "exponential"}, [NAN, NAN, 1, NAN, 1 / 3]),
        ({}, [NAN] * 5),
    ],
)
def test_by_hand(fields: dict[str, Any], expected: list[float]) -> None:
    indices = {
        "A": history(DAYS, [10.0, 12.0, 11.0, 13.0, 12.0]),
        "B": history(DAYS, [5.0, 6.0, 7.0, 7.0, 6.0]),
        "C": history(DAYS[3:], [1.0, 2.0]),
    }
    signal = AdvanceDecline.model_validate({"use": "advance_decline", **fields})
    found = signal.evaluate(engine_market("A", indices), Scope(("A", "B", "C")))
    assert found[:, 0].tolist() == pytest.approx(expected, nan_ok=True)


def test_it_asks_as_breadth_does() -> None:
    scope = Scope(("A",), baskets={"power": ("P", "Q")})
    assert AdvanceDecline(among="power").reads(scope) == {SeriesKey("P", "stock"), SeriesKey("Q", "stock")}
    (mistake,) = AdvanceDecline(among="powr").mistakes(scope)
    assert mistake.message == "unknown basket 'powr'; did you mean 'power'? Known: power"


def test_it_is_said() -> None:
    said = "the simple 10-session average of the share of advancers among the universe"
    assert AdvanceDecline().sentence() == said
