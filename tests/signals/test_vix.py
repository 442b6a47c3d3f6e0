"""India VIX: its level and its change over its own observations."""

from __future__ import annotations

import math
from datetime import date

import pytest
from pydantic import ValidationError

from engine.blocks import Scope
from strategies.signals.vix import Vix
from tests.markets import engine_market, history, weekdays

NAN = math.nan
DAYS = weekdays(date(2024, 1, 1), 5)


@pytest.mark.parametrize(
    ("signal", "expected"),
    [
        (Vix(), [10, 12, NAN, 15, 9]),
        (Vix(measure="change", window=2), [NAN, NAN, NAN, 15 / 10 - 1, 9 / 12 - 1]),
    ],
)
def test_by_hand(signal: Vix, expected: list[float]) -> None:
    vix = history([*DAYS[:2], *DAYS[3:]], [10.0, 12.0, 15.0, 9.0])  # not on the third session
    market = engine_market("A", {"A": history(DAYS, [1.0] * 5), "INDIA VIX": vix})
    assert signal.evaluate(market, Scope(("A",)))[:, 0].tolist() == pytest.approx(expected, nan_ok=True)


def test_a_change_has_a_window_and_a_level_has_none() -> None:
    with pytest.raises(ValidationError, match="a change needs a window"):
        Vix(measure="change")
    with pytest.raises(ValidationError, match=r"a level has no window \(5\): leave it out, or take `measure: change`"):
        Vix(window=5)


def test_it_is_said_with_its_window() -> None:
    assert Vix().sentence() == "the level of India VIX"
    assert Vix(measure="change", window=5).sentence() == "the change of India VIX over 5 sessions"
