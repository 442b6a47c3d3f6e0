"""As what a strategy was dealt, with how much nobody could have bought, and for how much money it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.dealings import capacity, dealings, fund_expenses, vehicles, without_fund
from engine.market.keys import SeriesKey
from engine.market.market import Market
from engine.run import Result, run
from engine.simulation import simulate
from tests.markets import config_of, engine_market, frame, history, strategy, weekdays

INDEX, MIDCAP = "NIFTY 50", "NIFTY MIDCAP 100"  # funds: NIFTYBEES from 2001-12-28, MOM100 from 2011-01-31


def market_of(days: list[date], **closes: list[float]) -> Market:
    """The first series is the benchmark; underscores are spaces."""
    histories = {name.replace("_", " "): history(days, column) for name, column in closes.items()}
    return engine_market(next(iter(histories)), histories, weekdays(days[-1] + timedelta(days=1), 10))


def ran(market: Market, hold: dict[str, float], execution: dict[str, Any], **schedule: str) -> Result:
    plain = strategy(
        market={"benchmark": INDEX, "universe": list(dict.fromkeys([INDEX, *hold]))},
        rules=[{"name": "all", "hold": hold}],
        schedule={"decide": "daily", **schedule},
        execution=execution,
    )
    return run(config_of(plain), market)


def test_a_share_until_there_is_a_fund() -> None:
    """MOM100 began on 31 January 2011: orders before it are charged as shares, those from then on as a fund's units."""
    days = weekdays(date(2011, 1, 25), 8)
    market = market_of(days, NIFTY_50=[100.0] * 8, NIFTY_MIDCAP_100=[50, 51, 50, 51, 50, 51, 50, 51.0])
    result = ran(market, {MIDCAP: 0.5, INDEX: 0.5}, {"vehicle": "auto"})
    told = vehicles(result)
    assert [(row["vehicle"], str(row["from"]), str(row["to"])) for row in told[MIDCAP]] == [
        ("share", "2011-01-26", "2011-01-28"),
        ("etf", "2011-01-31", "2011-02-03"),
    ]
    assert [row["vehicle"] for row in told[INDEX]] == ["etf"]
    assert sum(row["fills"] for row in told[MIDCAP]) == 7


def test_the_weight_that_no_fund_followed_then() -> None:
    """Half in the Midcap 100 at eight decisions, four of them before its fund; a tenth in what never had one."""
    days = weekdays(date(2011, 1, 25), 8)
    market = market_of(days, NIFTY_50=[100.0] * 8, NIFTY_MIDCAP_100=[50.0] * 8, X=[10.0] * 8)
    result = ran(market, {MIDCAP: 0.5, INDEX: 0.4, "X": 0.1}, {"buy_bps": 0})
    assert without_fund(result) == pytest.approx({MIDCAP: 0.5 * 4 / 8, "X": 0.1})
    assert {row["vehicle"] for rows in vehicles(result).values() for row in rows} == {"bps"}


def test_what_funds_took() -> None:
    """0.05% a year of ₹10,00,000 over 365 days, on a value that shrinks by it."""
    days = [day for place in range(366) if (day := date(2024, 1, 1) + timedelta(days=place)).weekday() < 5]
    result = ran(market_of(days, NIFTY_50=[100.0] * len(days)), {INDEX: 1.0}, {"buy_bps": 0, "investable": True})
    held = (result.ledger.nav.index[-1] - result.ledger.nav.index[0]).days
    assert fund_expenses(result) == pytest.approx(1_000_000 * (1 - 0.9995 ** (held / 365)), rel=1e-9)
    assert result.ledger.capital - result.ledger.nav.iloc[-1] == pytest.approx(fund_expenses(result), rel=1e-9)


def sized(coefficient: float, rise: float) -> Result:
    """Switches between two indices whose funds turn over ₹10 crore a day and move by 1% a session."""
    days = weekdays(date(2020, 6, 1), 120)
    wave = [100.0 * (1.01 if place % 2 else 1.0) for place in range(120)]
    climb = [100.0 * (1 + rise) ** place for place in range(120)]
    market = market_of(days, NIFTY_50=[100.0] * 120, NIFTY_MIDCAP_100=climb)
    bars, readings = dict(market.bars), {}
    for fund in ("NIFTYBEES", "MOM100"):
        bars[SeriesKey(fund, "stock")] = frame(dict(zip(days, wave, strict=True)), {})
        index = bars[SeriesKey(fund, "stock")].index
        readings[SeriesKey(fund, "shares")] = pd.Series(np.full(120, 1e6), index)
    plain = strategy(
        market={"benchmark": INDEX, "universe": [INDEX, MIDCAP], "start": days[30]},
        signals={"odd": {"use": "season", "months": [8, 9]}},
        rules=[
            {"name": "m", "when": "odd", "hold": {MIDCAP: 1.0}},
            {"name": "rest", "hold": {MIDCAP: 0.5, INDEX: 0.5}},
        ],
        schedule={"decide": "on_change"},
        execution={"buy_bps": 0, "impact": {"coefficient": coefficient}},
    )
    return run(config_of(plain), replace(market, bars=bars, readings=readings))


def test_the_capacity_halves_the_active_return() -> None:
    result = sized(1.0, 0.001)
    room = capacity(result)
    assert room is not None
    assert room.rupees is not None
    own = result.portfolio

    def active(rupees: float) -> float:
        orders = replace(own.orders, execution=own.orders.execution.model_copy(update={"capital": rupees}))
        (ledger,) = simulate([orders], own.exchange, result.plan.last)
        return float((ledger.nav.iloc[-1] / rupees) ** (1.0 / result.window.years) - 1.0)

    assert active(room.rupees) == pytest.approx(active(1_000.0) / 2, rel=0.02)
    half = capacity(sized(2.0, 0.001))
    assert half is not None
    assert half.rupees == pytest.approx(room.rupees / 4, rel=0.03)  # twice the impact: a quarter of the money


def test_no_capacity_without_an_active_return_or_a_turnover() -> None:
    lost = capacity(sized(1.0, -0.001))
    assert lost is not None
    assert (lost.rupees, lost.why) == (None, "there is no active return to halve")
    days = weekdays(date(2024, 10, 1), 6)
    unknown = ran(market_of(days, NIFTY_50=[100.0] * 6, X=[50.0] * 6), {"X": 1.0}, {"buy_bps": 0, "impact": {}})
    told = dealings(unknown)
    assert told["capacity"] == {"rupees": None, "why": "unknown, for no turnover is known of X"}
    assert capacity(ran(market_of(days, NIFTY_50=[100.0] * 6), {INDEX: 1.0}, {"buy_bps": 0})) is None


def test_a_basket_moves_by_its_stocks() -> None:
    """Two stocks take half the order each: coefficient x deviation x (v / 2) x root of (v / 2) over turnover, twice."""
    days = weekdays(date(2024, 10, 1), 40)
    wave = [100.0 * (1.01 if place % 2 else 1.0) for place in range(40)]
    market = market_of(days, NIFTY_50=[100.0] * 40)
    bars, readings = dict(market.bars), {}
    for stock in ("S1", "S2"):
        bars[SeriesKey(stock, "stock")] = frame(dict(zip(days, wave, strict=True)), {})
        readings[SeriesKey(stock, "shares")] = pd.Series(np.full(40, 1e5), bars[SeriesKey(stock, "stock")].index)
    for variant in ("price", "total"):
        bars[SeriesKey("B", variant)] = frame(dict(zip(days, [1000.0] * 40, strict=True)), {})
    plain = strategy(
        market={"benchmark": INDEX, "universe": [INDEX, "B"], "start": days[30]},
        baskets={"B": {"stocks": ["S1", "S2"]}},
        rules=[{"name": "all", "hold": {"B": 1.0}}],
        schedule={"decide": "on_change"},
        execution={"buy_bps": 0, "impact": {}},
    )
    result = run(config_of(plain), replace(market, bars=bars, readings=readings))
    (fill,) = result.ledger.fills.to_dict("records")
    closes = np.array(wave[10:31])  # twenty-one closes up to the session before the fill
    deviation = (closes[1:] / closes[:-1] - 1).std(ddof=1)
    turnover = np.mean(closes[1:] * 1e5)
    each = fill["value"] / 2
    assert fill["impact"] == pytest.approx(2 * deviation * each * np.sqrt(each / turnover), rel=1e-9)


def test_costs_per_order_do_not_hide_the_capacity() -> None:
    """A thousandth of the capital would be eaten by them, and says nothing of impact."""
    plain = sized(1.0, 0.001)
    flat = {"buy_bps": None, "sell_bps": None, "vehicle": "share", "brokerage": {"flat": 20}, "impact": {}}
    costly = run(plain.config.changed(execution=flat), plain.market)
    room, there = capacity(plain), capacity(costly)
    assert room is not None
    assert there is not None
    assert room.rupees is not None
    assert there.rupees is not None
    assert there.rupees == pytest.approx(room.rupees, rel=0.3)
