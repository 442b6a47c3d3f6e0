"""Dual momentum: momentum beyond another series and beyond CASH, by hand.

The policy rate was 4.00% from 2020-05-22 (engine/market/facts/policy_rate.csv): less the spread of 0.35% a calendar
day of CASH is worth 0.0365 / 365 = 0.0001.
"""

from __future__ import annotations

import math
from datetime import date

import pytest
from pydantic import ValidationError

from engine.blocks import Scope
from engine.market.keys import SeriesKey
from strategies.signals.dual_momentum import DualMomentum
from tests.markets import engine_market, history, weekdays

NAN = math.nan
DAYS = weekdays(date(2020, 6, 4), 4)  # Thursday, Friday, Monday, Tuesday
MARKET = engine_market(
    "TO", {"TO": history(DAYS, [100.0, 99.0, 102.0, 103.02]), "OWN": history(DAYS, [100.0, 101.0, 101.0, 101.0])}
)
CASH = [1.0001**4 - 1, 1.0001**4 - 1]  # Thursday to Monday, Friday to Tuesday: four days each


def values(**fields: object) -> list[float]:
    signal = DualMomentum.model_validate({"use": "dual_momentum", "to": "TO", "of": "OWN", **fields})
    return list(signal.evaluate(MARKET, Scope(()))[:, 0])


def test_the_higher_hurdle_counts() -> None:
    # one day: own 1%, 0, 0; to -1%, 3/99, 1%; CASH one day, three days and one day of 0.01%
    expected = [NAN, 0.01 - 0.0001, -3 / 99, -0.01]
    assert values(lookback=1) == pytest.approx(expected, nan_ok=True)
    # two days: own 1% and 0; to 2% and 103.02 / 99 - 1
    assert values(lookback=2) == pytest.approx([NAN, NAN, -0.01, 1 - 103.02 / 99], nan_ok=True)


def test_cash_alone() -> None:
    assert values(lookback=2, relative=False) == pytest.approx([NAN, NAN, 0.01 - CASH[0], -CASH[1]], nan_ok=True)
    # the whole 4% without a spread, from Friday to Monday, which is what a skip of one leaves on Tuesday
    assert values(lookback=2, skip=1, relative=False, spread=0)[3] == pytest.approx(1 - (1 + 0.04 / 365) ** 3)


def test_what_it_reads() -> None:
    own, to = SeriesKey("OWN", "total"), SeriesKey("TO", "total")
    fields = {"use": "dual_momentum", "of": "OWN", "to": "TO", "variant": "total", "lookback": 2}
    assert DualMomentum.model_validate(fields).reads(Scope(())) == {own, to}
    assert DualMomentum.model_validate({**fields, "relative": False}).reads(Scope(())) == {own}


def test_unknown_where_it_starts_before_the_first_policy_rate() -> None:
    days = weekdays(date(2004, 3, 29), 5)  # the rate begins on the Wednesday
    market = engine_market("TO", {"TO": history(days, [1.0, 2.0, 3.0, 4.0, 5.0])})
    found = DualMomentum(of="TO", to="TO", lookback=1).evaluate(market, Scope(()))[:, 0]
    assert found.tolist() == pytest.approx([NAN, NAN, NAN, 0.0, 0.0], nan_ok=True)
    found = DualMomentum(of="TO", lookback=1, relative=False).evaluate(market.until(market.sessions[1]), Scope(()))
    assert all(math.isnan(value) for value in found[:, 0])


def test_the_skip_must_be_shorter() -> None:
    with pytest.raises(ValidationError, match=r"skip \(3\) must be less than lookback \(3\)"):
        DualMomentum(lookback=3, skip=3)
