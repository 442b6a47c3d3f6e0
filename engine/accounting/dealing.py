"""On which terms a strategy deals: its `execution` held against the charges, funds and turnovers of every session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.accounting.orders import Exchange
from engine.accounting.terms import BPS, Brokerage, Terms
from engine.config.settings import Execution, Impact
from engine.costs import Rates, Schedule, has_proxy, vehicles
from engine.costs.proxies import inceptions
from engine.market.keys import SeriesKey
from engine.market.market import Market
from engine.market.registry import index_facts

Floats = NDArray[np.float64]

DAYS_PER_YEAR = 365.0
NEVER = np.datetime64("9999-12-31", "D")


@dataclass(frozen=True)
class Desk:
    """What deals: the strategy's execution, the stocks each basket is made of, and the sessions from which to which."""

    execution: Execution
    baskets: Mapping[str, Sequence[str]]
    first: int
    last: int


def terms_of(desk: Desk, exchange: Exchange, market: Market) -> Terms:
    """What orders cost between two sessions. Raises DataError for a day on which a charge is not known."""
    execution, shape = desk.execution, exchange.closes.shape
    slippage = np.array([execution.slippage_of(name) for name in exchange.assets])
    if execution.in_bps:
        bare = Terms.in_bps(shape, execution.buy_bps or 0.0, execution.sell_bps or 0.0, slippage)
    else:
        bare = _dated(desk, exchange, np.broadcast_to(slippage * BPS, shape))
    return Terms(
        bare.buy, bare.sell, bare.flat_buy, bare.flat_sell, bare.brokerage,
        impact=impact_of(execution.impact, desk, exchange, market) if execution.impact else None,
        unit=unit_prices(exchange, market, at_open=exchange.at_open) if execution.lots else None,
        unit_at_close=unit_prices(exchange, market, at_open=False) if execution.lots else None,
        slices=execution.slices,
        vehicles=bare.vehicles,
    )  # fmt: skip


def _dated(desk: Desk, exchange: Exchange, slippage: Floats) -> Terms:
    """The charges of every asset's vehicle on every session of the window; nothing outside it."""
    execution, window = desk.execution, slice(desk.first, desk.last + 1)
    days = exchange.sessions.to_numpy("datetime64[D]")
    used = vehicles(exchange.assets, days)
    if execution.vehicle != "auto":
        used = np.full(used.shape, execution.vehicle)
    rates = Rates.of(
        used[window], days[window, None], brokerage=execution.brokerage, dp=execution.dp,
        schedule=Schedule.shipped().extended(execution.charges),
    )  # fmt: skip
    legs = np.array([len(desk.baskets.get(name, "1")) for name in exchange.assets], dtype=float)

    def whole(part: Floats) -> Floats:
        spread = np.zeros(exchange.closes.shape)
        spread[window] = part
        return spread

    sides = [
        {name: whole(rate[..., side]) for name, rate in rates.fraction.items()} | {"slippage": slippage}
        for side in (0, 1)
    ]
    flats = [
        {
            name: whole(rupees[..., side] * (legs if name == "dp" else 1.0))
            for name, rupees in rates.flat.items()
            if rupees.any()
        }
        for side in (0, 1)
    ]
    broker = None
    if rates.lower is not None:
        gst = whole(rates.gst[..., 0])[:, :1]
        fraction, cap = (np.full(gst.shape, part) for part in rates.lower)
        broker = Brokerage(fraction, cap, gst)
    return Terms(sides[0], sides[1], flats[0], flats[1], broker, vehicles=used)


def unit_prices(exchange: Exchange, market: Market, *, at_open: bool) -> Floats:
    """Rupees of one unit of each asset's fund, sessions x assets; 0 where none is known.

    At the close, or at the open (the close before it, where the open is unknown).
    """
    prices = np.zeros(exchange.closes.shape)
    funds = has_proxy(exchange.assets, exchange.sessions.to_numpy("datetime64[D]"))
    for place, name in enumerate(exchange.assets):
        key = proxy_key(name)
        if key is not None and key in market.bars:
            closes = pd.Series(market.align(market.bars[key]["close"])).ffill().to_numpy()
            if at_open:
                opens = market.align(market.bars[key]["open"])
                closes = np.where(np.isnan(opens), np.concatenate(([np.nan], closes[:-1])), opens)
            prices[:, place] = np.where(funds[:, place], np.nan_to_num(closes), 0.0)
    return prices


def proxy_key(name: str) -> SeriesKey | None:
    """The price history of the fund that follows an index, where it has one."""
    facts = index_facts().get(name)
    return None if facts is None or facts.proxy is None else SeriesKey(facts.proxy, "stock")


def impact_of(impact: Impact, desk: Desk, exchange: Exchange, market: Market) -> Floats:
    """What times an order's value to the power of 1.5 it moves prices by, rupees; sessions x assets.

    The turnover is that of the asset's fund, or of the stocks of a basket, which each take an equal part of the order;
    never that of an index, which nobody deals in. 0 where no turnover is known. What a session is not over knows yet is
    not used: means are over the `window` sessions before it.
    """
    found = np.zeros(exchange.closes.shape)
    for place, name in enumerate(exchange.assets):
        if name in desk.baskets:
            legs = [_square_root(SeriesKey(stock, "stock"), impact, market) for stock in desk.baskets[name]]
            each = np.array([leg for leg in legs if leg is not None])
            if len(each):
                known = np.isfinite(each)
                many = np.maximum(known.sum(axis=0), 1)
                found[:, place] = np.where(known, each, 0.0).sum(axis=0) / many**1.5
        elif (key := proxy_key(name)) is not None:
            one = _square_root(key, impact, market)
            found[:, place] = 0.0 if one is None else np.nan_to_num(one, posinf=0.0)
    return found * impact.coefficient


def _square_root(key: SeriesKey, impact: Impact, market: Market) -> Floats | None:
    """Volatility of a session over the square root of the rupees a session turns over; NaN where unknown."""
    volume = SeriesKey(key.name, "shares")
    if key not in market.bars or volume not in market.readings:
        return None
    closes, traded = (pd.Series(market.align(market.series(one))) for one in (key, volume))
    window, least = impact.window, impact.window // 2 + 1
    turnover = (closes * traded).rolling(window, least).mean().shift(1)
    deviation = closes.pct_change(fill_method=None).rolling(window, least).std().shift(1)
    rate: Floats = (deviation / np.sqrt(turnover)).to_numpy()
    return rate


def investable(exchange: Exchange) -> Exchange:
    """The same prices less what the funds on them cost, from each fund's first day on.

    What a fund falls short of its index by a year, where that is published, else its expense ratio, never both. It
    accrues by the calendar day. An asset without a fund, or whose fund's cost is not known, is left as it is.
    """
    days = exchange.sessions.to_numpy("datetime64[D]")
    yearly = np.array([fund_cost(name) or 0.0 for name in exchange.assets])
    first = np.array([inceptions().get(name, NEVER) for name in exchange.assets], "datetime64[D]")
    age = np.maximum((days[:, None] - first).astype(float), 0.0)
    shrunk = np.exp(age / DAYS_PER_YEAR * np.log1p(-yearly))
    return Exchange(
        exchange.assets, exchange.sessions, exchange.closes * shrunk, exchange.values * shrunk,
        exchange.fills * shrunk, exchange.at_open,
    )  # fmt: skip


def fund_cost(name: str) -> float | None:
    """What the fund on an index costs a year, a fraction; None where there is no fund or nobody has read it."""
    facts = index_facts().get(name)
    if facts is None or facts.proxy is None:
        return None
    return facts.proxy_expense if facts.proxy_tracking_difference is None else facts.proxy_tracking_difference
