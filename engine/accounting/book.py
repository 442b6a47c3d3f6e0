"""The first book: exact signed units in numpy, all variants at once, one step per trading moment.

A whole target is set so that what is bought, what is left and what it costs add up to what was there; an order that
finds no price waits for one. Rupees throughout, prices in rupees per unit, weights and costs as fractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.accounting.afford import least_part, payable_part, proceeds
from engine.accounting.orders import Exchange, Orders
from engine.accounting.postcost import across, post_cost_value, post_cost_value_exact
from engine.accounting.rows import PAY, RAISE, RowCosts, RowPrices, Rows, of_one, rows_of
from engine.accounting.taxation import TaxAccount
from engine.errors import StrategyError

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]

SPECK = 1e-8  # of the value: an order this small is no order, whatever `min_trade` says
DUST = 1e-12  # of the value: an amount this small is a rounding error, and is exactly nothing
WHOLE = 1e-9  # of a unit: so close to a whole number of units is that number
DONE, WAITS, LATE, UNDER_A_UNIT, SCALED, NOT_WORTH_IT, NO_CASH = range(7)  # what became of an order


@dataclass(frozen=True)
class Book:
    """Trades at every row (variants x rows x assets) and the holdings after it; `cash` in units of CASH."""

    price: Floats  # what a trade was sized at; the fill price where there was one, 0 where never known
    traded: Floats
    units: Floats
    cash: Floats
    before: Floats  # value before the trade, at those prices
    fate: Codes  # what became of each order
    rate: Floats  # the part of its cost that is a fraction of its value
    fixed: Floats  # the rest of its cost, rupees
    tax: Floats  # rupees paid, variants x rows
    dropped: Ints  # orders too small to be placed, one count per variant
    accounts: tuple[TaxAccount | None, ...]  # what was taxed, one per variant


class _Account:
    """Holdings of all variants, moved from row to row."""

    def __init__(self, variants: Sequence[Orders], exchange: Exchange, cash: Floats, rows: Rows, last: int) -> None:
        self.variants = variants
        self.exchange = exchange
        self.cash_value = cash
        self.rows = rows
        self.prices = RowPrices(rows, exchange, cash)
        terms = [exchange.terms_of(orders) for orders in variants]
        self.costs = RowCosts(rows, terms)
        executions = [orders.execution for orders in variants]
        self.least = np.array([execution.min_trade for execution in executions])[:, None]
        self.banded = [place for place, execution in enumerate(executions) if execution.band is not None]
        self.live = [(0, 0)] * len(variants)  # with bands: the event whose order is on, and its slices done
        shape = (len(variants), len(exchange.assets))
        self.units = np.zeros(shape)
        self.cash_units = np.array([execution.capital for execution in executions]) / self.prices.cash[:, 0]
        self.sale_waits = np.zeros(shape)  # units
        self.buy_waits = np.zeros(shape)  # rupees
        self.some_wait = False
        self.waits_for_close = np.ones(len(variants), dtype=bool)
        self.sliced = bool((rows.part < 1.0).any())
        self.taxed = [
            (place, TaxAccount(orders.tax, terms[place], cash, (int(orders.filled[0]), last)))
            for place, orders in enumerate(variants)
            if orders.tax
        ]

    def walk(self) -> Book:
        """Carry out every row."""
        rows, prices = self.rows, self.prices
        shape = (*rows.session.shape, len(self.exchange.assets))
        traded, units, before, cash = np.zeros(shape), np.zeros(shape), np.zeros(shape[:2]), np.zeros(shape[:2])
        fate, paid, tax = np.zeros(shape, dtype=np.int8), np.zeros(shape), np.zeros(shape[:2])
        weights, aims = np.zeros(shape), np.zeros(shape)
        for variant, orders in enumerate(self.variants):
            placed = np.flatnonzero(rows.event[variant] >= 0)
            weights[variant, placed] = orders.weights[rows.event[variant, placed]]
        for row in range(shape[1]):
            idle = self.cash_units * prices.cash[:, row]
            held = self.units * prices.size[:, row]
            value = before[:, row] = across(held) + idle
            tax[:, row] = self._owed(row)
            sets = self._sets(row, weights[:, row])
            wanted = self._way(row, value, held, weights[:, row])
            aim = self._whole_target(row, value, wanted, held, sets)
            aims[:, row] = aim
            aim[np.abs(aim) < np.maximum(self.least, SPECK * value[:, None])] = 0.0
            for variant, account in self.taxed:
                if rows.event[variant, row] == RAISE:
                    self._raise(row, variant, account.owed - idle[variant], held[variant], aim)
            leaving = sets[:, None] & (wanted == 0.0) & (aim < 0.0)
            exact = np.where(leaving, -self.units, aim * prices.per_rupee[:, row])
            if prices.missing[row] or self.some_wait:
                self._wait(row, sets, aim, exact, fate[:, row])
            if self.costs.unit is not None:
                self._whole_units(row, aim, exact, fate[:, row])
            paid[:, row] = self._settle(row, (idle, value, tax[:, row]), aim, exact, fate[:, row])
            traded[:, row], units[:, row], cash[:, row] = exact, self.units, self.cash_units
            if self.taxed:
                self._tell(row, exact, paid[:, row])
        rate = np.where(traded > 0.0, self.costs.buy, self.costs.sell)
        worth = np.abs(traded) * prices.size
        fixed = np.zeros(shape) if self.costs.proportional else np.maximum(paid - rate * worth, 0.0)
        dropped = self._too_small(aims, before)
        taxed = dict(self.taxed)
        accounts = tuple(taxed.get(place) for place in range(len(self.variants)))
        return Book(prices.size, traded, units, cash, before, fate, rate, fixed, tax, dropped, accounts)

    def _sets(self, row: int, weights: Floats) -> Flags:
        """Which variants set a target at this row, or go a slice of the way to it.

        An event that the band holds back orders nothing, so what is left of the order before it goes on: its event, its
        slice and its weights are then this row's.
        """
        rows = self.rows
        sets: Flags = rows.event[:, row] >= 0
        for variant in self.banded:
            event, orders = int(rows.event[variant, row]), self.variants[variant]
            if event < 0:
                continue
            if rows.slice[variant, row] == 0 and (
                event == 0 or orders.forced[event] or self._off_target(variant, event, weights[variant])
            ):
                self.live[variant] = event, 0
            event, done = self.live[variant]
            many = 1 if event == 0 or orders.terms is None else orders.terms.slices
            sets[variant] = done < many
            if done < many:
                weights[variant] = orders.weights[event]
                rows.event[variant, row], rows.slice[variant, row] = event, done
                rows.part[variant, row] = 1.0 / (many - done)
                self.live[variant] = event, done + 1
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

    def _way(self, row: int, value: Floats, held: Floats, weights: Floats) -> Floats:
        """The weights this row goes to: the target, or with slices a part of the way to it from what is held."""
        if not self.sliced:
            return weights
        part = self.rows.part[:, row, None]
        now = np.divide(held, value[:, None], out=np.zeros_like(held), where=value[:, None] > 0.0)
        way: Floats = np.where(part < 1.0, now + part * (weights - now), weights)
        return way

    def _whole_target(self, row: int, value: Floats, weights: Floats, held: Floats, sets: Flags) -> Floats:
        """Rupees to trade so that the whole target is set; nothing where none is."""
        costs = self.costs
        after = post_cost_value(value, weights, held, costs.buy[:, row], costs.sell[:, row])
        for variant in costs.bent:
            if sets[variant]:
                prices = of_one(costs.at(row), variant)
                least = max(float(self.least[variant, 0]), SPECK * float(value[variant]))
                after[variant] = post_cost_value_exact(
                    float(value[variant]), weights[variant], held[variant], prices, least
                )
        aim: Floats = (after[:, None] * weights - held) * sets[:, None]
        return aim

    def _too_small(self, aims: Floats, value: Floats) -> Ints:
        """How many orders were under the least trade, one count per variant; rounding errors are no orders."""
        worth = np.abs(aims)
        counts: Ints = ((worth < self.least[:, None]) & (worth > SPECK * value[:, :, None])).sum(axis=(1, 2))
        return counts

    def _whole_units(self, row: int, aim: Floats, exact: Floats, fate: Codes) -> None:
        """Round orders down to whole units where one has a price; a holding that is sold whole goes whole."""
        assert self.costs.unit is not None  # asked before
        unit = self.costs.unit[:, row]
        counted = (unit > 0.0) & (aim != 0.0) & (exact != -self.units)
        many = np.abs(aim) / np.where(unit > 0.0, unit, 1.0)
        up = (self.rows.event[:, row] == RAISE)[:, None]  # less than the tax would not pay it
        many = np.where(up, np.ceil(many - WHOLE), np.floor(many + WHOLE))
        fate[counted & (many == 0.0)] = UNDER_A_UNIT
        np.copyto(aim, np.sign(aim) * many * unit, where=counted)
        np.copyto(exact, np.maximum(aim * self.prices.per_rupee[:, row], -self.units), where=counted)

    def _wait(self, row: int, sets: Flags, aim: Floats, exact: Floats, fate: Codes) -> None:
        """Carry out orders whose price has come back, and set those aside that find none."""
        prices, rows = self.prices, self.rows
        unknown, at_close = prices.unknown[:, row], rows.at_close[:, row]
        moment = rows.there[:, row] & (rows.event[:, row] >= -1) & ~sets & (self.waits_for_close == at_close)
        here = moment[:, None] & ~unknown
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
        fate[waiting], fate[selling | buying] = WAITS, LATE
        self.some_wait = bool(self.sale_waits.any() or self.buy_waits.any())

    def _settle(  # one moment's arrays; `aim`, `exact` and `fate` are changed in place
        self, row: int, there: tuple[Floats, Floats, Floats], aim: Floats, exact: Floats, fate: Codes
    ) -> Floats:
        """Pay, scaling purchases down to the cash that is really there (a sale may be waiting or too small).

        `there` is cash, value and the tax to be paid now. Returns what the orders cost.
        """
        idle, value, tax = there
        cost = self.costs.of(row, aim)
        left, noise = idle - tax - across(aim) - across(cost), DUST * value
        if (short := left < -noise).any():
            for variant in np.flatnonzero(short):
                least = max(float(self.least[variant, 0]), SPECK * float(value[variant]))
                self._afford(row, int(variant), (float(idle[variant] - tax[variant]), least), aim, exact, fate)
            cost = self.costs.of(row, aim)
            left = idle - tax - across(aim) - across(cost)
        left[np.abs(left) <= noise] = 0.0
        self.cash_units = left / self.prices.cash[:, row]
        self.units = self.units + exact
        return cost

    def _afford(  # noqa: PLR0913, PLR0917  # as `_settle`
        self, row: int, variant: int, bounds: tuple[float, float], aim: Floats, exact: Floats, fate: Codes
    ) -> None:
        """One variant's purchases, scaled down to the cash there is once its sales are paid for.

        `bounds` are the cash before them and the least order: what is left of a purchase under it is not placed. A sale
        that costs more than it brings, with nothing there to pay for it, is not made.
        """
        idle, least = bounds
        prices = of_one(self.costs.at(row), variant)
        mine, done, end = aim[variant], exact[variant], fate[variant]  # views: what is changed here is changed there
        there = proceeds(mine, prices) + idle
        if there < 0.0:
            lossy = (mine < 0.0) & (prices.cost(np.minimum(mine, 0.0)) > -mine)
            mine[lossy] = done[lossy] = 0.0
            end[lossy] = NOT_WORTH_IT
            there = proceeds(mine, prices) + idle
        buying = mine > 0.0
        scale = payable_part(np.maximum(mine, 0.0), prices, there)
        if scale < 1.0:
            mine[buying] *= scale
            done[buying] *= scale
            end[buying & (end == DONE)] = SCALED
            beyond = buying & (mine < least)
            mine[beyond] = done[beyond] = 0.0
            end[beyond] = NO_CASH
        if self.costs.unit is not None:
            self._whole_units(row, aim, exact, fate)

    def _owed(self, row: int) -> Floats:
        """Let every taxed variant's year run to this row; the tax it pays now, one per variant."""
        owed = np.zeros(len(self.variants))
        for variant, account in self.taxed:
            session = int(self.rows.session[variant, row])
            if session >= 0:
                account.until(session, float(self.cash_units[variant]))
                if self.rows.event[variant, row] == PAY:
                    owed[variant] = account.pay(session)
        return owed

    def _raise(  # one moment's arrays; `aim` is changed in place
        self, row: int, variant: int, need: float, held: Floats, aim: Floats
    ) -> None:
        """Sell the same part of every holding that has a price, until the tax can be paid."""
        if need <= 0.0:
            return
        prices = of_one(self.costs.at(row), variant)
        there = np.where(self.prices.unknown[variant, row], 0.0, held)
        if proceeds(-there, prices) < need:
            day = self.exchange.sessions[self.rows.session[variant, row]].date()
            raise StrategyError(f"on {day} the tax of the year, ₹{need:,.0f} more than the cash, cannot be paid")
        aim[variant] = -least_part(there, prices, need) * there

    def _tell(self, row: int, exact: Floats, cost: Floats) -> None:
        """Tell the taxed variants' accounts what was traded."""
        for variant, account in self.taxed:
            session = int(self.rows.session[variant, row])
            if session >= 0 and exact[variant].any():
                worth = exact[variant] * self.prices.size[variant, row]
                account.trade(session, exact[variant], worth, cost[variant])


def keep_book(variants: Sequence[Orders], exchange: Exchange, cash: Floats, last: int) -> tuple[Rows, Book]:
    """Carry out all orders up to session `last`; `cash` is the value of one unit of CASH at every session."""
    rows = rows_of(variants, exchange, last)
    return rows, _Account(variants, exchange, cash, rows, last).walk()
