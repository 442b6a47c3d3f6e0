"""Valuation: levels in their units, percentiles by hand and as scipy's documentation gives them."""

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
from strategies.signals.valuation import Valuation
from tests.markets import engine_market, history, weekdays

NAN = math.nan
BREAK = [date(2021, 3, 26), date(2021, 3, 30), date(2021, 3, 31), date(2021, 4, 1), date(2021, 4, 5)]
EARNINGS = [40.0, 41.0, 33.0, 34.0, 32.0]
MIXED = [NAN, 0.75, 0.5 / 3, 1.5 / 4, 0.5 / 5]


def found(values: list[float], days: list[date], **fields: Any) -> list[float]:
    series = pd.Series(values, index=pd.DatetimeIndex(pd.to_datetime(days)))
    return list(Valuation.model_validate({"use": "valuation", "ratio": "pe", **fields}).of_series(series))


def percentiles(values: list[float], **fields: Any) -> list[float]:
    return found(values, weekdays(date(2024, 1, 1), len(values)), measure="percentile", **fields)


def test_a_level_is_as_published_and_the_yield_a_fraction() -> None:
    for ratio, level in (("pe", 22.5), ("pb", 22.5), ("dy", 0.225)):
        assert found([22.5], [date(2024, 1, 1)], ratio=ratio) == pytest.approx([level])


def test_as_in_the_documentation_of_scipy() -> None:
    """`percentileofscore([1, 2, 3, 3, 4], 3, kind="mean")` is 60.0 (scipy.stats, examples)."""
    assert percentiles([1, 2, 3, 4, 3], minimum=1)[-1] == pytest.approx(0.60)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"minimum": 1}, [1 / 2, 1.5 / 2, 0.5 / 3, 3 / 4, 2.5 / 5]),  # the second 20 shares ranks 3 and 4: 3.5 - 0.5
        ({"minimum": 3}, [NAN, NAN, 0.5 / 3, 3 / 4, 2.5 / 5]),
        ({"window": 3}, [NAN, NAN, 0.5 / 3, 2 / 3, 1.5 / 3]),  # fewer than 750, but all of the window
        ({"window": 3, "minimum": 2}, [NAN, 1.5 / 2, 0.5 / 3, 2 / 3, 1.5 / 3]),
        ({}, [NAN] * 5),
    ],
)
def test_by_hand(fields: dict[str, int], expected: list[float]) -> None:
    assert percentiles([10, 20, 5, 20, 15], **fields) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [NAN, 0.75, NAN, 0.75, 0.5 / 3]),  # 31 March 2021 is the first value on consolidated earnings
        ({"across_bases": True}, MIXED),
        ({"ratio": "pb"}, MIXED),
        ({"ratio": "dy"}, MIXED),
    ],
)
def test_a_percentile_of_the_pe_stays_on_one_basis(fields: dict[str, Any], expected: list[float]) -> None:
    told = found(EARNINGS, BREAK, measure="percentile", minimum=2, **fields)
    assert told == pytest.approx(expected, nan_ok=True)


def test_a_window_reaches_back_to_the_break_at_most() -> None:
    told = found(EARNINGS, BREAK, measure="percentile", window=3, minimum=1)
    assert told == pytest.approx([0.5, 0.75, 0.5, 0.75, 0.5 / 3])


def test_history_on_one_side_of_the_break_or_none() -> None:
    for days in (BREAK[:2], BREAK[3:]):
        assert found([1.0, 2.0], days, measure="percentile", minimum=1) == [0.5, 0.75]
    assert found([], [], measure="percentile") == []


def test_each_index_reads_its_own_and_is_a_session_late() -> None:
    market = engine_market("A", {"A": history(weekdays(date(2024, 1, 1), 3), [1.0] * 3)})
    dated = pd.Series([2.0, 3.0], index=market.sessions[[0, 1]])
    market = replace(market, readings={SeriesKey("X", "pb"): dated, SeriesKey("Y", "pb"): dated * 2.0})
    signal = Valuation(ratio="pb", of=("Y", "X"))
    assert signal.reads(Scope(("A",))) == set(market.readings)
    values = signal.evaluate(market, Scope(("A",)))
    assert values[1:].tolist() == [[4.0, 2.0], [6.0, 3.0]]
    assert not any(values[0] == values[0])


def test_a_level_has_no_window() -> None:
    with pytest.raises(ValidationError, match=r"a level has no window \(5\): leave it out, or take `measure: perc"):
        Valuation(ratio="pe", window=5)


def test_it_is_said_with_its_name_and_window() -> None:
    signal = Valuation(ratio="pe", of="NIFTY 50", measure="percentile", window=1250)
    assert signal.sentence() == "the P/E percentile of NIFTY 50 over 1250 sessions"
