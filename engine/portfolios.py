"""A plan's orders and the benchmark's, on the terms of the strategy's `execution`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.accounting import Exchange, Orders
from engine.accounting.dealing import Desk, investable, proxy_key, terms_of
from engine.config.models import Config
from engine.config.settings import Execution
from engine.errors import StrategyError
from engine.market.market import Market
from engine.plan.plan import Plan
from engine.plan.schedule import Positions
from engine.simulation import Ledger, Replay, exchange_of, simulate

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Portfolio:
    """What one portfolio orders, and where."""

    orders: Orders
    exchange: Exchange


def portfolios_of(config: Config, market: Market, plan: Plan) -> tuple[Portfolio, Portfolio]:
    """The strategy's, and its benchmark's, which is bought once and costs nothing."""
    name, execution = config.market.benchmark, config.execution
    assets = plan.assets if name in plan.assets else (*plan.assets, name)
    exchange = exchange_of(market, assets, config.market.returns, at_open=config.schedule.fill == "next_open")
    held = investable(exchange) if execution.investable else exchange
    filled = plan.filled
    members = {basket: config.baskets[basket].members for basket in assets if basket in config.baskets}
    desk = Desk(execution, members, int(plan.decisions[filled[0]]) + 1, plan.last)
    own = Orders(*_ordered(plan, len(assets)), execution, terms_of(desk, held, market))
    free = Execution(
        buy_bps=0.0, sell_bps=0.0, min_trade=0.0, capital=execution.capital, cash_spread=execution.cash_spread
    )
    whole = np.array([[float(asset == name) for asset in assets]])
    theirs = Orders(plan.decisions[filled][:1], whole, np.array([True]), free)
    return Portfolio(own, held), Portfolio(theirs, exchange)


def _ordered(plan: Plan, assets: int) -> tuple[Positions, Floats, Flags]:
    """The decisions that are filled, their weights by asset of the exchange, and which of them are forced."""
    filled = plan.filled
    weights = np.zeros((len(filled), assets))
    weights[:, : len(plan.assets)] = plan.weights[filled]
    return plan.decisions[filled], weights, plan.forced[filled]


def reordered(portfolio: Portfolio, plan: Plan) -> Orders:
    """The orders of another plan of the same window and assets, on the portfolio's terms."""
    decided, weights, forced = _ordered(plan, len(portfolio.exchange.assets))
    return replace(portfolio.orders, decided=decided, weights=weights, forced=forced)


def simulated(own: Portfolio, theirs: Portfolio, last: int, check: Callable[[Replay], None]) -> tuple[Ledger, Ledger]:
    """Both, through one simulation where they deal at the same prices."""
    if own.exchange is theirs.exchange:
        ledger, benchmark = simulate([own.orders, theirs.orders], own.exchange, last, check)
    else:
        (ledger,), (benchmark,) = (simulate([one.orders], one.exchange, last, check) for one in (own, theirs))
    _bought_at_all(own, ledger)
    return ledger, benchmark


def _bought_at_all(portfolio: Portfolio, ledger: Ledger) -> None:
    """Raise StrategyError where the opening's share of the capital does not buy one unit of an asset's fund."""
    terms, exchange = portfolio.orders.terms, portfolio.exchange
    if terms is None or terms.unit_at_close is None:
        return
    first = int(portfolio.orders.filled[0])
    skipped = ledger.fills[(ledger.fills["date"] == ledger.nav.index[0]) & (ledger.fills["side"] == "skip")]
    for name in skipped["asset"]:
        place = exchange.assets.index(name)
        share, unit = portfolio.orders.weights[0, place] * ledger.capital, terms.unit_at_close[first, place]
        key = proxy_key(name)
        raise StrategyError(
            f"on {ledger.nav.index[0].date()} ₹{share:,.0f} does not buy one unit of "
            f"{key.name if key else name}, the fund on {name}, at ₹{unit:,.0f}: raise execution.capital"
        )


def parted(portfolio: Portfolio, ledger: Ledger) -> tuple[str, ...]:
    """Assets that were traded in parts of units under `lots`, for want of a price of their fund's units."""
    terms, exchange, done = portfolio.orders.terms, portfolio.exchange, ledger.fills[ledger.fills["units"] != 0.0]
    if terms is None or terms.unit is None:
        return ()
    sessions = exchange.sessions.get_indexer(pd.Index(done["date"]))
    unknown = terms.unit[sessions, [exchange.assets.index(name) for name in done["asset"]]] == 0.0
    return tuple(dict.fromkeys(done["asset"][unknown]))
