"""Series that the reference simulator builds from the closes of stocks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

from tests.oracle_market import OracleError, OracleMarket, Series, carried, clean, observations, period_ends

LARGE = 0.25  # a move beyond this has to be explained
START = 1000.0


def members(spec: dict[str, Any], market: OracleMarket) -> list[str]:
    """The symbols of a basket."""
    if spec.get("stocks"):
        return list(spec["stocks"])
    return market.themes[spec["theme"]]


def with_baskets(strategy: dict[str, Any], market: OracleMarket) -> OracleMarket:
    """The market with every basket beside the indices; it knows no dividends, so both variants are the same."""
    closes, opens = dict(market.closes), dict(market.opens)
    for name, spec in (strategy.get("baskets") or {}).items():
        built, opened = build(name, spec, market)
        closes[name, "price"] = closes[name, "total"] = built
        opens[name, "price"] = opened
    return replace(market, closes=closes, opens=opens)


@dataclass(frozen=True)
class Stock:
    """One member: its own closes and opens, and its last close at and before every session."""

    closes: Series
    opens: Series
    known: Series
    before: Series
    demergers: set[date]

    def opening(self, day: date) -> float:
        """The open, or without one the last close before."""
        return self.opens.get(day, self.before[day])

    def handed_out(self, day: date) -> float:
        """What a holder's units are multiplied by for the business that left the price between last close and open."""
        return self.before[day] / self.opens.get(day, self.closes[day]) if day in self.demergers else 1.0


def build(name: str, spec: dict[str, Any], market: OracleMarket) -> tuple[Series, Series]:
    """Closes and opens from the first session with a price on: equal parts, set again at each period's last session.

    Whoever has a price then gets a part; a member without one is carried at its last until then.
    """
    stocks = {symbol: make_stock(name, symbol, spec, market) for symbol in members(spec, market)}
    never = spec.get("rebalance", "quarterly") == "never"
    ends = set() if never else set(period_ends(spec.get("rebalance", "quarterly"), market))
    closes: Series = {}
    opens: Series = {}
    units: dict[str, float] = {}
    value = START
    for day in market.sessions:
        units = {symbol: held * stocks[symbol].handed_out(day) for symbol, held in units.items()}
        if units:
            value = sum(held * stocks[symbol].known[day] for symbol, held in units.items())
        if any(day in stocks[symbol].closes for symbol in units):
            closes[day] = value
        if any(day in stocks[symbol].opens for symbol in units):
            opens[day] = sum(held * stocks[symbol].opening(day) for symbol, held in units.items())
        if day in ends or not units:
            priced = [symbol for symbol, stock in stocks.items() if day in stock.closes]
            if units and not priced:
                raise OracleError(f"{name} has no stock with a price on {day}")
            if not units and priced:
                closes[day] = value
            units = {symbol: value / len(priced) / stocks[symbol].closes[day] for symbol in priced}
    return closes, opens


def make_stock(name: str, symbol: str, spec: dict[str, Any], market: OracleMarket) -> Stock:
    """Prices of a member; a move beyond 25% that nothing explains is an error."""
    closes = clean(market.reading(symbol, "stock"))
    explained = {day: kind for (one, day), kind in market.stock_moves.items() if one == symbol}
    said = (spec.get("moves") or {}).get(symbol) or {}
    explained |= {date.fromisoformat(str(day)): kind for day, kind in said.items()}
    days, prices = observations(closes)
    for day, (last, now) in zip(days[1:], pairwise(prices), strict=True):
        if abs(now / last - 1) > LARGE and day not in explained:
            raise OracleError(f"{name}: {symbol} moved by {now / last - 1:+.0%} on {day}; say why in `moves`")
    known, before = carried(closes, market.sessions)
    opens = clean(market.readings.get((symbol, "stock_open"), {}))
    demergers = {day for day in days[1:] if explained.get(day) == "demerger"}
    return Stock(closes, opens, known, before, demergers)
