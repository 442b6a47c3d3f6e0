"""Prices and terms of the reference simulator's ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

from tests.oracle_baskets import members
from tests.oracle_costs import Terms, make_terms, worn
from tests.oracle_market import CASH, Fund, OracleMarket, Series, carried, clean, growth_of_cash
from tests.oracle_plan import Decision, returns_of, tradable


@dataclass(frozen=True)
class Asset:
    """Prices of one name in the variant the portfolio earns, and of its fund's own units."""

    closes: Series
    opens: Series
    known: Series  # last own close at or before a session
    before: Series  # last own close before a session
    unit_closes: Series  # the fund's last close at or before a session; none where there is no fund
    unit_opens: Series  # its open, or the close before

    def price(self, day: date, kind: str) -> float | None:
        """What an order is filled at; kind is 'open' or 'close'."""
        return (self.opens if kind == "open" else self.closes).get(day)

    def mark(self, day: date, kind: str) -> float:
        """The fill price, or without one the last close (rule 4.15)."""
        price = self.price(day, kind)
        return (self.before if kind == "open" else self.known)[day] if price is None else price

    def unit(self, day: date, kind: str) -> float | None:
        """Rupees of one unit of the fund at a fill (rule 4.13)."""
        return (self.unit_opens if kind == "open" else self.unit_closes).get(day)


def make_asset(name: str, variant: str, market: OracleMarket, fund: Fund | None, wears: bool) -> Asset:
    """Collect closes, opens and carried closes of one name; a fund that `wears` costs its holder something."""
    closes = clean(market.closes.get((name, variant), {}))
    opens = clean(market.opens.get((name, "price"), {}))
    known, before = carried(closes, market.sessions)
    if variant == "total":
        opens = total_opens(closes, before, opens, carried(market.closes.get((name, "price"), {}), market.sessions)[1])
    if wears:
        closes, opens, known = (
            worn(closes, fund),
            worn(opens, fund),
            worn(known, fund),
        )  # carried, it wears all the same
        before = {day: known[last] for last, day in pairwise(market.sessions) if last in known}
    held = {} if fund is None else clean(market.readings.get((fund.symbol, "stock"), {}))
    unit_known, unit_before = carried(held, market.sessions)
    opened = {} if fund is None else clean(market.readings.get((fund.symbol, "stock_open"), {}))
    unit_opens = {day: opened.get(day, unit_before.get(day)) for day in market.sessions}
    since = None if fund is None else fund.first  # before its first day there is no fund
    at_close, at_open = (
        {day: price for day, price in prices.items() if price is not None and since is not None and day >= since}
        for prices in (unit_known, unit_opens)
    )
    return Asset(closes, opens, known, before, at_close, at_open)


def total_opens(closes: Series, before: Series, price_opens: Series, price_before: Series) -> Series:
    """A total-return series opens at its last close times the price index's overnight move (rule 4.12)."""
    return {
        day: before[day] * (price_open / price_before[day])
        for day, price_open in price_opens.items()
        if day in closes and day in before and day in price_before
    }


@dataclass(frozen=True)
class Desk:
    """Everything the ledger needs besides the plan; interest multiplies cash by `growth` at a session."""

    days: list[date]
    assets: dict[str, Asset]
    ends: dict[str, date]
    universe: list[str]
    growth: dict[date, float]
    cash_index: dict[date, float]
    capital: float
    terms: Terms
    lots: bool
    slices: int
    min_trade: float
    band: float | None
    fill: str
    on_change: bool


def open_desk(strategy: dict[str, Any], market: OracleMarket, days: list[date]) -> Desk:
    """Gather prices, costs as fractions, and interest."""
    settings, execution, schedule = strategy["market"], strategy["execution"], strategy["schedule"]
    universe = tradable(strategy, market)
    baskets = {name: members(spec, market) for name, spec in (strategy.get("baskets") or {}).items()}
    terms = make_terms(strategy, market, baskets)
    wears = bool(execution.get("investable"))
    assets = {name: make_asset(name, returns_of(settings), market, terms.funds.get(name), wears) for name in universe}
    growth = growth_of_cash(days, market, execution.get("cash_spread"))
    index = {days[0]: 1.0}
    for yesterday, day in pairwise(days):
        index[day] = index[yesterday] * growth[day]
    least, band = execution.get("min_trade"), execution.get("band")
    return Desk(
        days=days,
        assets=assets,
        ends={name: max(asset.closes) for name, asset in assets.items() if asset.closes},
        universe=universe,
        growth=growth,
        cash_index=index,
        capital=float(execution["capital"]),
        terms=terms,
        lots=bool(execution.get("lots")),
        slices=int(execution.get("slices") or 1),
        min_trade=1.0 if least is None else float(least),
        band=None if band is None else float(band),
        fill=schedule.get("fill", "next_close"),
        on_change=schedule["decide"] == "on_change",
    )


def free_of_cost(desk: Desk, name: str, strategy: dict[str, Any], market: OracleMarket) -> Desk:
    """The benchmark's desk: its own prices, no costs, any part of a unit, nothing to decide (rule 4.9)."""
    asset = make_asset(name, returns_of(strategy["market"]), market, None, wears=False)
    free = replace(desk.terms, bps=(0.0, 0.0), vehicle=None, slippage={"default": 0.0}, impact=0.0, brokerage=None)
    return replace(
        desk,
        assets={name: asset},
        ends={name: max(asset.closes)} if asset.closes else {},
        terms=replace(free, dp=False),
        lots=False,
        slices=1,
        band=None,
        on_change=False,
    )


def buy_and_hold(day: date, name: str) -> list[Decision]:
    """The benchmark's plan (rule 4.9)."""
    return [Decision(day, {}, None, {name: 1.0, CASH: 0.0})]
