"""A plan's orders and the benchmark's, on the terms of the strategy's `execution`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.accounting import Exchange, Orders
from engine.accounting.dealing import Desk, investable, terms_of
from engine.config.models import Config
from engine.config.settings import Execution
from engine.market.market import Market
from engine.plan.plan import Plan
from engine.simulation import Ledger, Replay, exchange_of, simulate


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
    weights = np.zeros((len(filled), len(assets)))
    weights[:, : len(plan.assets)] = plan.weights[filled]
    members = {basket: config.baskets[basket].members for basket in assets if basket in config.baskets}
    desk = Desk(execution, members, int(plan.decisions[filled[0]]) + 1, plan.last)
    own = Orders(plan.decisions[filled], weights, plan.forced[filled], execution, terms_of(desk, held, market))
    free = Execution(buy_bps=0.0, sell_bps=0.0, capital=execution.capital, cash_spread=execution.cash_spread)
    whole = np.array([[float(asset == name) for asset in assets]])
    theirs = Orders(plan.decisions[filled][:1], whole, np.array([True]), free)
    return Portfolio(own, held), Portfolio(theirs, exchange)


def simulated(own: Portfolio, theirs: Portfolio, last: int, check: Callable[[Replay], None]) -> tuple[Ledger, Ledger]:
    """Both, through one simulation where they deal at the same prices."""
    if own.exchange is theirs.exchange:
        ledger, benchmark = simulate([own.orders, theirs.orders], own.exchange, last, check)
        return ledger, benchmark
    (ledger,), (benchmark,) = (simulate([one.orders], one.exchange, last, check) for one in (own, theirs))
    return ledger, benchmark
