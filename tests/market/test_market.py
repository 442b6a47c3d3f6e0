"""The market: sessions are the benchmark's dates, gaps stay gaps, nothing can be changed, cuts keep the calendar."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from engine.errors import DataError
from engine.market.cash import cash_index, cash_rate
from engine.market.keys import SeriesKey
from engine.market.market import Market
from tests.markets import engine_market, frame, history, weekdays

SATURDAY = date(2020, 2, 1)
DAYS = [date(2020, 1, 30), date(2020, 1, 31), SATURDAY, date(2020, 2, 3)]


def market() -> Market:
    whole = history(DAYS, [100.0, 110.0, 99.0, 108.9])
    gappy = history([DAYS[0], DAYS[3], date(2020, 2, 4)], [50.0, 60.0, 70.0])
    return engine_market("A", {"A": whole, "B": gappy}, [date(2020, 2, 4)])


def test_sessions_are_the_benchmarks_dates_saturday_included() -> None:
    assert [day.date() for day in market().sessions] == DAYS
    assert market().calendar.astype(object).tolist() == [*DAYS, date(2020, 2, 4)]


def test_a_missing_close_stays_missing() -> None:
    closes = market().closes(["B", "A"], "price")
    assert closes["B"].tolist() == pytest.approx([50.0, np.nan, np.nan, 60.0], nan_ok=True)
    assert closes["A"].tolist() == [100.0, 110.0, 99.0, 108.9]


def test_a_total_return_open_is_the_previous_close_times_the_overnight_move() -> None:
    days = DAYS[:3]
    bars = {
        SeriesKey("A", "price"): frame(dict(zip(days, [100.0, 110.0, 99.0], strict=True)), {days[1]: 104.0}),
        SeriesKey("A", "total"): frame(dict(zip(days, [200.0, 221.0, 199.0], strict=True)), {}),
    }
    opens = Market.of("A", bars).opens(["A"], "total")["A"]
    assert opens.tolist() == pytest.approx([np.nan, 200.0 * 104.0 / 100.0, np.nan], nan_ok=True)


def test_panels_cannot_be_changed() -> None:
    mine = market()
    panel = mine.closes(["A"], "price")
    with pytest.raises(ValueError, match="read-only"):
        panel.iloc[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        mine.closes(["A"], "price").to_numpy()[0, 0] = 1.0
    series = mine.series(SeriesKey("A", "price"))
    series.iloc[0] = 1.0
    assert mine.series(SeriesKey("A", "price")).iloc[0] == 100.0


def test_a_cut_removes_the_future_but_not_the_calendar() -> None:
    cut = market().until(market().sessions[1])
    assert [day.date() for day in cut.sessions] == DAYS[:2]
    assert cut.closes(["A", "B"], "price").shape == (2, 2)
    np.testing.assert_array_equal(cut.calendar, market().calendar)


def test_an_unloaded_series_is_an_error_that_lists_what_is_there() -> None:
    with pytest.raises(DataError, match=r"C \(price\) was not loaded.*A \(price\), A \(total\), B \(price\)"):
        market().series(SeriesKey("C", "price"))
    with pytest.raises(DataError, match="the benchmark Z has no history"):
        Market.of("Z", market().bars)


def test_the_digest_knows_every_value_date_and_name() -> None:
    def digest(closes: list[float], days: list[date], name: str = "A") -> str:
        return engine_market(name, {name: history(days, closes)}).digest

    days = weekdays(date(2020, 1, 1), 3)
    same = digest([1.0, 2.0, 3.0], days)
    assert same == digest([1.0, 2.0, 3.0], days)
    others = {digest([1.0, 2.0, 3.0000001], days), digest([1.0, 2.0, 3.0], days, "B"),
              digest([1.0, 2.0, 3.0], weekdays(date(2020, 1, 2), 3))}  # fmt: skip
    assert len(others | {same}) == 4


def test_cash_by_hand() -> None:
    """The repo rate was 5.15% until 2020-03-26 and 4.40% from 2020-03-27 (RBI); spread 0.35%."""
    days = np.array(["2020-03-25", "2020-03-26", "2020-03-30"], "datetime64[D]")
    first = 1 + 0.0480 / 365
    expected = [1.0, first, first * (1 + 0.0405 / 365) ** 4]
    np.testing.assert_allclose(cash_index(days, 0.0035), expected, rtol=1e-14)
    np.testing.assert_allclose(cash_rate(days, 0.0), [0.0515, 0.0515, 0.0440], rtol=1e-14)


def test_cash_before_the_first_known_rate_is_an_error() -> None:
    with pytest.raises(DataError, match="no policy rate is known on 2004-03-30"):
        cash_index(np.array(["2004-03-30", "2004-04-01"], "datetime64[D]"), 0.0)
