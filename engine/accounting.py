"""The first book: exact signed units in numpy, all variants at once, one step per trading moment.

A whole target is set so that what is bought, what is left and what it costs add up to what was there; an order that
finds no price waits for one. Rupees throughout, prices in rupees per unit, weights and costs as fractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.config.settings import Execution

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]

BPS = 1e-4
SPECK = 1e-8  # of the value: an order this small is no order, whatever `min_trade` says
DUST = 1e-12  # of the value: an amount this small is a rounding error, and is exactly nothing


@dataclass(frozen=True)
class Orders:
    """One variant's order schedule: `decided` are session positions, `weights` events x assets.

    `forced` marks events that trade however small the drift: a change of rule or of the names held.
    """

    decided: Ints
    weights: Floats
    forced: Flags
    execution: Execution

    @property
    def filled(self) -> Ints:
        """The session after each decision."""
        return self.decided + 1


@dataclass(frozen=True)
class Exchange:
    """What the variants trade on: prices and valuations of the same assets, sessions x assets, in index points."""

    assets: tuple[str, ...]
    sessions: pd.DatetimeIndex
    closes: Floats
    values: Floats  # the last known close
    fills: Floats  # the price an order gets: the close or the open
    at_open: bool


def post_cost_value(value: Floats, weights: Floats, holdings: Floats, buy: Floats, sell: Floats) -> Floats:
    """The largest V' with V' + costs(V' w - h) <= V, for proportional costs; one row per variant.

    `value` (V) and `holdings` (h, variants x assets) are rupees, `weights` fractions, `buy` and `sell` cost fractions
    of traded value. V' + costs is increasing, convex and linear while the same assets are bought, so solving with the
    assets bought at the last guess, starting from V, comes down to the answer in at most one step per asset.
    """
    b, s = buy[:, None], -sell[:, None]
    buying = value[:, None] * weights > holdings
    while True:
        rate = np.where(buying, b, s)
        after: Floats = (value + _across(rate * holdings)) / (1.0 + _across(rate * weights))
        less = buying & (after[:, None] * weights <= holdings)
        if not less.any():
            return after
        buying &= ~less


def _across(values: Floats) -> Floats:
    """Sums over assets, one per variant."""
    total: Floats = np.add.reduce(values, axis=1)
    return total


@dataclass(frozen=True)
class Rows:
    """Trading moments, variants x rows, padded at the end: `session` -1 is no row, `event` -1 waits for a price."""

    session: Ints
    at_close: Flags
    event: Ints

    @property
    def there(self) -> Flags:
        """Rows that are no padding."""
        return self.session >= 0


def _rows_of(orders: Orders, exchange: Exchange, last: int) -> list[tuple[int, bool, int]]:
    """(session, at the close?, event) in order of time, with a row wherever a missing price comes back."""
    rows: dict[tuple[int, bool], int] = {}
    for event, session in enumerate(map(int, orders.filled)):
        at_close = event == 0 or not exchange.at_open
        prices = exchange.closes if at_close else exchange.fills
        rows[session, at_close] = event
        for asset in np.flatnonzero(np.isnan(prices[session])):
            later = np.flatnonzero(~np.isnan(prices[session + 1 : last + 1, asset]))
            if len(later):
                rows.setdefault((session + 1 + int(later[0]), at_close), -1)
    return [(session, at_close, rows[session, at_close]) for session, at_close in sorted(rows)]


def _pad(rows: list[list[tuple[int, bool, int]]]) -> Rows:
    width = max(len(row) for row in rows)
    table = np.array([row + [(-1, True, -1)] * (width - len(row)) for row in rows])
    return Rows(table[:, :, 0].astype(np.intp), table[:, :, 1].astype(bool), table[:, :, 2].astype(np.intp))


@dataclass(frozen=True)
class Book:
    """Trades at every row (variants x rows x assets) and the holdings after it; `cash` in units of CASH."""

    price: Floats  # what a trade was sized at; the fill price where there was one, 0 where never known
    traded: Floats
    units: Floats
    cash: Floats
    before: Floats  # value before the trade, at those prices
    waiting: Flags  # orders left without a price at this row
    late: Flags  # trades of orders that waited
    buy: Floats  # cost of a purchase, fraction of its value, one per variant
    sell: Floats
    dropped: Ints  # orders too small to be placed, one count per variant


class _Prices:
    """What every row trades at, variants x rows x assets."""

    def __init__(self, rows: Rows, exchange: Exchange, cash: Floats) -> None:
        session = np.maximum(rows.session, 0)
        closing = rows.at_close[:, :, None]
        fill = np.where(closing, exchange.closes[session], exchange.fills[session])
        known = np.where(closing, exchange.values[session], exchange.values[np.maximum(session - 1, 0)])
        self.unknown = np.isnan(fill)
        self.size = np.nan_to_num(np.where(self.unknown, known, fill), nan=0.0)
        self.per_rupee = np.divide(1.0, self.size, out=np.zeros_like(self.size), where=self.size > 0.0)
        self.cash = cash[session]
        self.missing = np.asarray((self.unknown & rows.there[:, :, None]).any(axis=(0, 2)))


class _Account:
    """Holdings of all variants, moved from row to row."""

    def __init__(self, variants: Sequence[Orders], exchange: Exchange, cash: Floats) -> None:
        self.variants = variants
        self.exchange = exchange
        self.cash_value = cash
        executions = [orders.execution for orders in variants]
        self.buy = np.array([execution.buy_bps + execution.slippage_bps for execution in executions]) * BPS
        self.sell = np.array([execution.sell_bps + execution.slippage_bps for execution in executions]) * BPS
        self.least = np.array([execution.min_trade for execution in executions])[:, None]
        self.banded = [place for place, execution in enumerate(executions) if execution.band is not None]
        shape = (len(variants), len(exchange.assets))
        self.units = np.zeros(shape)
        self.cash_units = np.array([execution.capital for execution in executions])
        self.sale_waits = np.zeros(shape)  # units
        self.buy_waits = np.zeros(shape)  # rupees
        self.some_wait = False
        self.waits_for_close = np.ones(len(variants), dtype=bool)

    def walk(self, rows: Rows) -> Book:
        """Carry out every row."""
        prices = _Prices(rows, self.exchange, self.cash_value)
        shape = (*rows.session.shape, len(self.exchange.assets))
        traded, units, before, cash = np.zeros(shape), np.zeros(shape), np.zeros(shape[:2]), np.zeros(shape[:2])
        waiting, late = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
        weights, aims = np.zeros(shape), np.zeros(shape)
        for variant, orders in enumerate(self.variants):
            placed = np.flatnonzero(rows.event[variant] >= 0)
            weights[variant, placed] = orders.weights[rows.event[variant, placed]]
        unwanted = weights == 0.0
        for row in range(shape[1]):
            idle = self.cash_units * prices.cash[:, row]
            held = self.units * prices.size[:, row]
            value = before[:, row] = _across(held) + idle
            sets = self._sets(rows, row, weights[:, row])
            aim = self._whole_target(value, weights[:, row], held, sets)
            aims[:, row] = aim
            aim[np.abs(aim) < np.maximum(self.least, SPECK * value[:, None])] = 0.0
            exact = np.where(unwanted[:, row] & (aim < 0.0), -self.units, aim * prices.per_rupee[:, row])
            if prices.missing[row] or self.some_wait:
                waiting[:, row], late[:, row] = self._wait(rows, row, sets, prices, aim, exact)
            self._settle(idle, value, aim, exact, prices.cash[:, row])
            traded[:, row], units[:, row], cash[:, row] = exact, self.units, self.cash_units
        dropped = self._too_small(aims, before)
        return Book(prices.size, traded, units, cash, before, waiting, late, self.buy, self.sell, dropped)

    def _sets(self, rows: Rows, row: int, weights: Floats) -> Flags:
        """Which variants set their whole target at this row: those with an event that the band does not hold back."""
        sets: Flags = rows.event[:, row] >= 0
        for variant in self.banded:
            event = int(rows.event[variant, row])
            if event > 0 and not self.variants[variant].forced[event]:
                sets[variant] = self._off_target(variant, event, weights[variant])
        return sets

    def _off_target(self, variant: int, event: int, weights: Floats) -> bool:
        """Whether any weight, CASH included, was off its target by more than the band at the decision close."""
        orders = self.variants[variant]
        band = orders.execution.band or 0.0
        session = int(orders.decided[event])
        held = np.nan_to_num(self.units[variant] * self.exchange.values[session])
        cash = self.cash_units[variant] * self.cash_value[session]
        actual = np.append(held, cash) / (held.sum() + cash)
        return bool(np.abs(actual - np.append(weights, 1.0 - weights.sum())).max() > band + DUST)

    def _whole_target(self, value: Floats, weights: Floats, held: Floats, sets: Flags) -> Floats:
        """Rupees to trade so that the whole target is set; nothing where none is."""
        after = post_cost_value(value, weights, held, self.buy, self.sell)
        aim: Floats = (after[:, None] * weights - held) * sets[:, None]
        return aim

    def _too_small(self, aims: Floats, value: Floats) -> Ints:
        """How many orders were under the least trade, one count per variant; rounding errors are no orders."""
        worth = np.abs(aims)
        counts: Ints = ((worth < self.least[:, None]) & (worth > SPECK * value[:, :, None])).sum(axis=(1, 2))
        return counts

    def _wait(  # noqa: PLR0913, PLR0917  # one moment's arrays; `aim` and `exact` are changed in place
        self, rows: Rows, row: int, sets: Flags, prices: _Prices, aim: Floats, exact: Floats
    ) -> tuple[Flags, Flags]:
        """Carry out orders whose price has come back, and set those aside that find none; returns both."""
        unknown, at_close = prices.unknown[:, row], rows.at_close[:, row]
        here = (rows.there[:, row] & ~sets & (self.waits_for_close == at_close))[:, None] & ~unknown
        selling, buying = here & (self.sale_waits > 0), here & (self.buy_waits > 0)
        exact[selling] = -np.minimum(self.sale_waits, self.units)[selling]
        aim[selling] = (exact * prices.size[:, row])[selling]
        aim[buying] = self.buy_waits[buying]
        exact[buying] = (aim / np.where(here, prices.size[:, row], 1.0))[buying]
        waiting: Flags = unknown & (aim != 0.0)
        replaced = sets[:, None] | selling | buying
        self.sale_waits = np.where(replaced, np.where(waiting & (aim < 0), -exact, 0.0), self.sale_waits)
        self.buy_waits = np.where(replaced, np.where(waiting & (aim > 0), aim, 0.0), self.buy_waits)
        self.waits_for_close = np.where(sets, at_close, self.waits_for_close)
        aim[waiting] = exact[waiting] = 0.0
        self.some_wait = bool(self.sale_waits.any() or self.buy_waits.any())
        return waiting, selling | buying

    def _settle(self, idle: Floats, value: Floats, aim: Floats, exact: Floats, cash_price: Floats) -> None:
        """Pay, scaling purchases down to the cash that is really there (a sale may be waiting or too small)."""
        bought = _across(np.maximum(aim, 0.0))
        sold = bought - _across(aim)
        there, needed = idle + sold * (1.0 - self.sell), bought * (1.0 + self.buy)
        left, noise = there - needed, DUST * value
        if (short := left < -noise).any():
            scale = np.where(aim > 0, np.where(short, there / np.where(short, needed, 1.0), 1.0)[:, None], 1.0)
            exact *= scale
            left[short] = 0.0
        left[np.abs(left) <= noise] = 0.0
        self.cash_units = left / cash_price
        self.units = self.units + exact


def keep_book(variants: Sequence[Orders], exchange: Exchange, cash: Floats, last: int) -> tuple[Rows, Book]:
    """Carry out all orders up to session `last`; `cash` is the value of one unit of CASH at every session."""
    rows = _pad([_rows_of(orders, exchange, last) for orders in variants])
    return rows, _Account(variants, exchange, cash).walk(rows)
