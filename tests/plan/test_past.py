"""What an allocator may look at: returns that end at the decision close, and readings after their publication lag."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
import pytest

from engine.market.keys import SeriesKey
from engine.market.market import Market
from engine.plan.past import History
from tests.markets import config_of, engine_market, history, strategy, weekdays

# Sessions 0 to 19: the last one of May is 9 (Friday the 29th), the month ends on Sunday the 31st; 1 June is 10.
DAYS = weekdays(date(2020, 5, 18), 20)
SUNDAY, FRIDAY, MONDAY = date(2020, 5, 31), date(2020, 5, 29), date(2020, 6, 1)
A = [100.0 + place for place in range(20)]
B = [50.0, 51.0, 51.0, 49.0, 50.0]  # on sessions 3, 4, 5, 7 and 8


def past(readings: Mapping[SeriesKey, Mapping[date, float]] | None = None) -> History:
    b = history([DAYS[place] for place in (3, 4, 5, 7, 8)], B, gain=2.0)
    plain = engine_market("A", {"A": history(DAYS, A), "B": b})
    series = {
        key: pd.Series(list(values.values()), pd.DatetimeIndex(np.array(list(values), "datetime64[s]"), name="date"))
        for key, values in (readings or {}).items()
    }
    market = Market.of("A", plain.bars, plain.calendar, readings=series)
    return History(market, config_of(strategy(market={"benchmark": "A", "universe": ["A", "B"]})))


def test_returns_end_at_the_close_and_lack_nothing_before_it() -> None:
    found = past().until(5).returns(["A"], 2)
    assert found[:, 0].tolist() == pytest.approx([104 / 103 - 1, 105 / 104 - 1])
    assert past().until(0).returns(["A"], 3).shape == (0, 1)  # no session before the first
    assert past().until(2).returns(["A"], 5)[:, 0].tolist() == pytest.approx([0.01, 102 / 101 - 1])
    assert past().until(19).returns(["A"], 19).shape == (19, 1)


def test_a_return_needs_both_closes() -> None:
    found = past().until(9).returns(["B", "A"], 7)
    missing = float("nan")  # no close on sessions 2, 6 and 9
    expected = [missing, 51 / 50 - 1, 0.0, missing, missing, 50 / 49 - 1, missing]
    assert found[:, 0].tolist() == pytest.approx(expected, nan_ok=True)
    assert found[:, 1].tolist() == pytest.approx([1 / (101 + place) for place in range(1, 8)])


def test_returns_cannot_change_what_others_see() -> None:
    mine = past()
    mine.until(5).returns(["A"], 2)[:] = 9.0
    assert mine.until(5).returns(["A"], 2)[0, 0] == pytest.approx(104 / 103 - 1)


def known(key: SeriesKey, values: Mapping[date, float]) -> list[float | None]:
    """What is the latest value at each session."""
    mine = past({key: values})
    return [mine.until(session).latest(key) for session in range(len(DAYS))]


def steps(*changes: tuple[int, float]) -> list[float | None]:
    """Nothing at first, then a value from each session on."""
    found: list[float | None] = [None] * len(DAYS)
    for start, value in changes:
        found[start:] = [value] * (len(DAYS) - start)
    return found


WEIGHT, PE, HIGH = SeriesKey("IT", "weight"), SeriesKey("A", "pe"), SeriesKey("A", "high")


@pytest.mark.parametrize(
    ("key", "values", "expected"),
    [
        # month-end weights come seven sessions later: dated at session 9 they are known at 16
        (WEIGHT, {FRIDAY: 20.0}, steps((16, 20.0))),
        # a month that ends on a Sunday: 1 June is the first session after it, 9 June (16) the seventh
        (WEIGHT, {SUNDAY: 20.0}, steps((16, 20.0))),
        (WEIGHT, {MONDAY: 20.0}, steps((17, 20.0))),
        # the month before stays until then
        (WEIGHT, {DAYS[0]: 10.0, SUNDAY: 20.0}, steps((7, 10.0), (16, 20.0))),
        # an unknown value is none: the month before stays
        (WEIGHT, {DAYS[0]: 10.0, SUNDAY: float("nan")}, steps((7, 10.0))),
        # zero is a value
        (WEIGHT, {DAYS[0]: 10.0, SUNDAY: 0.0}, steps((7, 10.0), (16, 0.0))),
        # before the first session: counted from the last day nobody traded, so never too early
        (WEIGHT, {date(2020, 5, 17): 5.0}, steps((6, 5.0))),
        (WEIGHT, {date(2020, 4, 30): 4.0, date(2020, 5, 17): 5.0}, steps((6, 5.0))),
        # seven sessions after session 13 are 20, which does not exist yet
        (WEIGHT, {DAYS[13]: 5.0}, steps()),
        # valuation is a session late
        (PE, {FRIDAY: 22.0, MONDAY: 23.0}, steps((10, 22.0), (11, 23.0))),
        (PE, {SUNDAY: 22.0}, steps((10, 22.0))),
        # what is known at its own close is known then, and not a weekend earlier
        (HIGH, {FRIDAY: 120.0, MONDAY: 121.0}, steps((9, 120.0), (10, 121.0))),
        (HIGH, {FRIDAY: 120.0, SUNDAY: 125.0}, steps((9, 120.0), (10, 125.0))),
        (HIGH, {date(2020, 5, 17): 99.0}, steps((0, 99.0))),
        # nothing after the last session is known at it
        (HIGH, {DAYS[18]: 120.0, date(2020, 6, 13): 130.0}, steps((18, 120.0))),
        (PE, {date(2020, 6, 13): 130.0}, steps()),
        (HIGH, {}, steps()),
    ],
)
def test_the_latest_published_value(key: SeriesKey, values: dict[date, float], expected: list[float | None]) -> None:
    assert known(key, values) == expected


@pytest.mark.parametrize("key", [WEIGHT, PE, HIGH], ids=str)
@pytest.mark.parametrize("session", [0, 5, 9, 10, 15, 16, 19])
def test_a_cut_market_knows_the_same(key: SeriesKey, session: int) -> None:
    """Dates on weekends, before the first session and after the last one among them."""
    draws = np.random.default_rng(3)
    days = sorted({date(2020, 5, 10) + pd.Timedelta(days=int(day)) for day in draws.integers(0, 40, 25)})
    values = {day: float(place) for place, day in enumerate(days)}
    whole = past({key: values})
    market = whole.market.until(whole.market.sessions[session])
    cut = History(market, config_of(strategy(market={"benchmark": "A", "universe": ["A", "B"]})))
    assert cut.until(session).latest(key) == whole.until(session).latest(key)
    np.testing.assert_array_equal(
        cut.until(session).returns(["A", "B"], 4), whole.until(session).returns(["A", "B"], 4)
    )


def test_returns_are_of_what_is_earned() -> None:
    """B's total return is twice its price, so its returns are the same, but its level is not."""
    mine = past()
    assert mine.closes[3].tolist() == [103.0, 100.0]
    price = config_of(strategy(market={"benchmark": "A", "universe": ["A", "B"], "returns": "price"}))
    assert History(mine.market, price).closes[3].tolist() == [103.0, 50.0]
