"""The ledger of the reference simulator: fills, interest, taxes, and what is held at every close."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.oracle_costs import LEAST_SHARE, Rebalance, affordable, value_after
from tests.oracle_desk import Desk
from tests.oracle_market import CASH, ROUNDING, OracleError, Weights
from tests.oracle_plan import Decision
from tests.oracle_tax import TaxBook, year_of

LONGEST_GAP = 5  # sessions a held asset may go without a close, rule 4.15
WHOLE = 1e-9  # units short of a whole one that are rounding


@dataclass(frozen=True)
class Order:
    """Signed units, and their value (above 0) at sizing: a waiting sale keeps those, a buy this (4.15)."""

    name: str
    units: float
    rupees: float


@dataclass
class Ledger:
    """The book: what is held and waiting now, and what has been; with `tax` it pays taxes."""

    held: dict[str, float]
    money: float
    tax: TaxBook | None = None
    target: Weights = field(default_factory=dict)  # of the order that is being filled
    slices: int = 0  # how many of its slices are left
    waiting: list[Order] = field(default_factory=list)
    waiting_kind: str = "close"
    placed: list[Decision] = field(default_factory=list)
    nav: dict[date, float] = field(default_factory=dict)
    units: dict[date, dict[str, float]] = field(default_factory=dict)
    cash: dict[date, float] = field(default_factory=dict)
    fills: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[tuple[date, str]] = field(default_factory=list)  # orders under one unit
    unpaid: list[tuple[date, str]] = field(default_factory=list)  # sales that would cost more than they bring
    opened: list[dict[str, Any]] = field(default_factory=list)  # the fills made at an open
    gaps: dict[str, int] = field(default_factory=dict)  # sessions in a row that a held name has had no close
    turnover: dict[tuple[date, str], float] = field(default_factory=dict)  # half traded value over NAV
    taxes: dict[int, float] = field(default_factory=dict)  # paid for the year that started in April of the key

    def value(self, desk: Desk, day: date, kind: str) -> float:
        """NAV at the prices of an event, assets without one at their last close."""
        return self.money + sum(units * desk.assets[name].mark(day, kind) for name, units in self.held.items())


def simulate(plan: list[Decision], desk: Desk, tax: TaxBook | None = None) -> Ledger:
    """One pass over the sessions from the first fill on: interest, taxes, fills, valuation, then the decision."""
    ledger = Ledger({}, desk.capital, tax)
    decisions = {decision.day: decision for decision in plan}
    place(ledger, plan[0], 1)
    last = desk.days[0]
    for day in desk.days:
        interest = ledger.money * (desk.growth.get(day, 1.0) - 1)
        ledger.money += interest
        kind = "open" if desk.fill == "next_open" and day != desk.days[0] else "close"
        owed = close_year(ledger, year_of(last)) if year_of(day) != year_of(last) else 0.0
        if ledger.tax is not None:
            ledger.tax.interest += interest  # of the year that this session is in
        if kind == "open":
            fill(ledger, desk, day, kind)
        pay_tax(ledger, desk, day, owed)
        if kind == "close":
            fill(ledger, desk, day, kind)
        close_session(ledger, desk, day)
        if day in decisions and day != desk.days[-1] and places_orders(ledger, desk, decisions[day]):
            place(ledger, decisions[day], desk.slices)
        last = day
    return ledger


def place(ledger: Ledger, decision: Decision, slices: int) -> None:
    """A newer order replaces what is left of the last one, and what of it waits (rules 4.13, 4.15)."""
    ledger.placed.append(decision)
    ledger.target, ledger.slices, ledger.waiting = decision.target, slices, []


def fill(ledger: Ledger, desk: Desk, day: date, kind: str) -> None:
    """The next slice of an order, the first being the usual fill; else what waits."""
    if ledger.slices:
        rebalance(ledger, desk, day, kind)
        ledger.slices -= 1
    elif ledger.waiting:
        fill_waiting(ledger, desk, day)


def places_orders(ledger: Ledger, desk: Desk, decision: Decision) -> bool:
    """Whether a decision trades: a change always, no change never on_change, else by the band (4.6, 4.14)."""
    last = ledger.placed[-1]
    if decision.winner != last.winner or decision.names != last.names:
        return True
    if desk.on_change:
        return False
    return desk.band is None or furthest_off(ledger, desk, decision) > desk.band


def furthest_off(ledger: Ledger, desk: Desk, decision: Decision) -> float:
    """The largest distance of a weight, CASH included, from its target at the decision close (rule 4.14)."""
    nav = ledger.nav[decision.day]
    values = {name: units * desk.assets[name].known[decision.day] for name, units in ledger.held.items()}
    values[CASH] = ledger.money
    return max(abs(values.get(name, 0.0) / nav - decision.target.get(name, 0.0)) for name in values | decision.target)


def rebalance(ledger: Ledger, desk: Desk, day: date, kind: str) -> None:
    """Go the slice's part of the way to the target (rule 4.13); orders without a price wait (rule 4.15)."""
    orders = size_orders(ledger, desk, day, kind)
    priced = [order for order in orders if desk.assets[order.name].price(day, kind) is not None]
    ledger.waiting = [order for order in orders if order not in priced]
    ledger.waiting_kind = kind
    execute(ledger, desk, priced, day, kind)


def size_orders(ledger: Ledger, desk: Desk, day: date, kind: str) -> list[Order]:
    """Trades to the target at V', those under `min_trade` left out."""
    target = ledger.target
    names = [name for name in desk.assets if name in ledger.held or target.get(name, 0.0) > 0]
    marks = {name: desk.assets[name].mark(day, kind) for name in names}
    holdings = {name: ledger.held.get(name, 0.0) * marks[name] for name in names}
    total = ledger.money + sum(holdings.values())
    weights = {name: target.get(name, 0.0) for name in names}
    if ledger.slices > 1:
        way = 1 / ledger.slices
        weights = {name: holdings[name] / total * (1 - way) + weights[name] * way for name in names}
    event = Rebalance(total, weights, holdings, day, desk.min_trade)
    value = value_after(event, desk.terms)
    orders = []
    for name in names:
        rupees = value * weights[name] - holdings[name]
        units = value * weights[name] / marks[name] - ledger.held.get(name, 0.0)
        if event.placed(rupees):
            orders.append(Order(name, units, abs(rupees)))
    return orders


def execute(ledger: Ledger, desk: Desk, orders: list[Order], day: date, kind: str) -> None:
    """Sales first, at most what is held; then buys, scaled to the cash really there (rule 4.15)."""
    if not orders:
        return
    nav = ledger.value(desk, day, kind)
    before = len(ledger.fills)
    sales = [(order.name, sold(ledger, desk, order, day, kind)) for order in orders if order.units < 0]
    for name, units in payable(ledger, desk, sales, day, kind):
        book(ledger, desk, name, -units, (day, kind))
    buys = [(order.name, whole_rupees(ledger, desk, order, day, kind)) for order in orders if order.units > 0]
    needed = sum(rupees + sum(desk.terms.costs(name, day, rupees).values()) for name, rupees in buys)
    if needed - ledger.money > ROUNDING * nav:
        part = affordable(buys, max(ledger.money, 0.0), desk.terms, day)
        least = max(desk.min_trade, LEAST_SHARE * nav)
        buys = [
            (name, whole_rupees(ledger, desk, Order(name, 1.0, part * rupees), day, kind))
            for name, rupees in buys
            if part * rupees >= least
        ]
    for name, rupees in buys:
        book(ledger, desk, name, rupees / desk.assets[name].mark(day, kind), (day, kind))
    if abs(ledger.money) <= ROUNDING * nav:
        ledger.money = 0.0
    traded = sum(fill["value"] for fill in ledger.fills[before:])
    if traded > 0:
        ledger.turnover[day, kind] = 0.5 * traded / nav


def sold(ledger: Ledger, desk: Desk, order: Order, day: date, kind: str) -> float:
    """Units that a sale sells: at most what is held, and whole where all of a holding goes (rules 4.13, 4.15)."""
    held, price = ledger.held.get(order.name, 0.0), desk.assets[order.name].mark(day, kind)
    units = min(-order.units, held)
    if units < held * (1 - ROUNDING):
        units = whole_rupees(ledger, desk, Order(order.name, -units, units * price), day, kind) / price
    return units


def payable(
    ledger: Ledger, desk: Desk, sales: list[tuple[str, float]], day: date, kind: str
) -> list[tuple[str, float]]:
    """The sales, without those that cost more than they bring where all together cannot be paid (rule 4.13)."""
    values = {name: units * desk.assets[name].mark(day, kind) for name, units in sales}
    brings = {name: value - sum(desk.terms.costs(name, day, -value).values()) for name, value in values.items()}
    if ledger.money + sum(brings.values()) >= -ROUNDING * ledger.value(desk, day, kind):
        return sales
    ledger.unpaid += [(day, name) for name, left in brings.items() if left < 0]
    return [(name, units) for name, units in sales if brings[name] >= 0]


def whole_rupees(ledger: Ledger, desk: Desk, order: Order, day: date, kind: str) -> float:
    """The value of an order in whole units of the fund, where there are such (rule 4.13)."""
    unit = desk.assets[order.name].unit(day, kind)
    if not desk.lots or unit is None:
        return order.rupees
    count = math.floor(order.rupees / unit + WHOLE)
    if count == 0:
        ledger.skipped.append((day, order.name))
        if day == desk.days[0]:
            raise OracleError(f"{order.name}: {order.rupees} rupees do not buy one unit at {unit}")
    return count * unit


def book(ledger: Ledger, desk: Desk, name: str, units: float, event: tuple[date, str]) -> None:
    """Book one fill at the reference price; slippage is a cost added to the charges (rule 4.13)."""
    if units == 0:
        return
    price = desk.assets[name].mark(*event)
    costs = desk.terms.costs(name, event[0], units * price)
    paid = sum(costs.values())
    fill = {"date": event[0], "name": name, "units": units, "price": price, "value": abs(units) * price} | costs
    ledger.fills.append(fill)
    if event[1] == "open":
        ledger.opened.append(fill)
    ledger.money -= units * price + paid
    ledger.held[name] = ledger.held.get(name, 0.0) + units
    if ledger.tax is not None:  # securities transaction tax is no cost of a lot and no deduction from a sale
        deducted = paid - costs.get("stt", 0.0)
        ledger.tax.traded(event[0], name, units, max(abs(units) * price + math.copysign(deducted, units), 0.0))
    if ledger.held[name] == 0:
        del ledger.held[name]


def fill_waiting(ledger: Ledger, desk: Desk, day: date) -> None:
    """Fill the waiting orders whose price has come; the others wait on (rule 4.15)."""
    kind = ledger.waiting_kind
    priced = [order for order in ledger.waiting if desk.assets[order.name].price(day, kind) is not None]
    ledger.waiting = [order for order in ledger.waiting if order not in priced]
    execute(ledger, desk, priced, day, kind)


def close_year(ledger: Ledger, year: int) -> float:
    """What is owed for the year that started in April of `year`."""
    if ledger.tax is None:
        return 0.0
    ledger.taxes[year] = ledger.tax.close_year(year)
    return ledger.taxes[year]


def pay_tax(ledger: Ledger, desk: Desk, day: date, owed: float) -> None:
    """Pay a year's tax at the close: out of cash, then by selling the same part of everything that has a price."""
    if owed == 0:
        return
    if owed > ledger.money:
        raise_money(ledger, desk, day, owed - ledger.money)
    ledger.money = max(ledger.money - owed, 0.0)
    if ledger.money <= ROUNDING * ledger.value(desk, day, "close"):
        ledger.money = 0.0


def raise_money(ledger: Ledger, desk: Desk, day: date, short: float) -> None:
    """Sell the smallest part of every holding with a price that brings so much after its costs."""
    priced = {name: units for name, units in ledger.held.items() if day in desk.assets[name].closes}
    values = {name: units * desk.assets[name].closes[day] for name, units in priced.items()}

    def brings(part: float) -> float:
        return sum(
            part * value - sum(desk.terms.costs(name, day, -part * value).values()) for name, value in values.items()
        )

    low, high = 0.0, 1.0
    if brings(high) < short:
        raise OracleError(f"what is held on {day} does not pay the tax")
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if brings(middle) < short else (low, middle)
    for name, units in priced.items():
        unit, sold = desk.assets[name].unit(day, "close"), high * units
        if desk.lots and unit is not None:  # up to whole units, so that the tax can be paid
            sold = min(math.ceil(high * values[name] / unit - WHOLE) * unit / values[name], 1.0) * units
        book(ledger, desk, name, -sold, (day, "close"))


def after_tax(ledger: Ledger, desk: Desk) -> float:
    """What is left when everything is sold at the last close and the running year's tax is paid."""
    assert ledger.tax is not None
    day = desk.days[-1]
    for name, units in list(ledger.held.items()):
        value = units * desk.assets[name].known[day]
        costs = desk.terms.costs(name, day, -value)
        paid = sum(costs.values())
        ledger.tax.traded(day, name, -units, max(value - (paid - costs.get("stt", 0.0)), 0.0))
        ledger.money += value - paid
    owed = ledger.tax.close_year(year_of(day))
    ledger.taxes[year_of(day)] = owed
    return ledger.money - owed


def close_session(ledger: Ledger, desk: Desk, day: date) -> None:
    """Value the book at the last known closes and write it down."""
    check_priced(ledger, desk, day)
    values = [units * desk.assets[name].known[day] for name, units in ledger.held.items()]
    ledger.nav[day] = ledger.money + sum(values)
    ledger.units[day] = dict(ledger.held)
    ledger.cash[day] = ledger.money


def check_priced(ledger: Ledger, desk: Desk, day: date) -> None:
    """A held asset without a price for more than 5 sessions, or whose series ends, is an error (4.15)."""
    ledger.gaps = {name: 0 if day in desk.assets[name].closes else ledger.gaps.get(name, 0) + 1 for name in ledger.held}
    for name, gap in ledger.gaps.items():
        if desk.ends[name] < day:
            raise OracleError(f"{name} is held on {day} but its series ends on {desk.ends[name]}")
        if gap > LONGEST_GAP:
            raise OracleError(f"{name} is held on {day} and has had no price for more than {LONGEST_GAP} sessions")
