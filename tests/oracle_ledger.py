"""The ledger of the reference simulator: fills, interest, and what is held at every close."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any

from tests.oracle_market import (
    CASH,
    ROUNDING,
    OracleError,
    OracleMarket,
    Series,
    Weights,
    carried,
    clean,
    growth_of_cash,
)
from tests.oracle_plan import Decision, returns_of, tradable

LONGEST_GAP = 5  # sessions a held asset may go without a close, rule 4.15


@dataclass(frozen=True)
class Asset:
    """Prices of one name in the variant the portfolio earns."""

    closes: Series
    opens: Series
    known: Series  # last own close at or before a session
    before: Series  # last own close before a session

    def price(self, day: date, kind: str) -> float | None:
        """What an order is filled at; kind is 'open' or 'close'."""
        return (self.opens if kind == "open" else self.closes).get(day)

    def mark(self, day: date, kind: str) -> float:
        """The fill price, or without one the last close (rule 4.15)."""
        price = self.price(day, kind)
        return self.before[day] if price is None else price


def make_asset(name: str, variant: str, market: OracleMarket) -> Asset:
    """Collect closes, opens and carried closes of one name."""
    closes = clean(market.closes.get((name, variant), {}))
    opens = clean(market.opens.get((name, "price"), {}))
    known, before = carried(closes, market.sessions)
    if variant == "total":
        opens = total_opens(closes, before, opens, carried(market.closes.get((name, "price"), {}), market.sessions)[1])
    return Asset(closes, opens, known, before)


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
    buy: float
    sell: float
    slippage: float
    min_trade: float
    band: float | None
    fill: str
    on_change: bool


def open_desk(strategy: dict[str, Any], market: OracleMarket, days: list[date]) -> Desk:
    """Gather prices, costs as fractions, and interest."""
    settings, execution, schedule = strategy["market"], strategy["execution"], strategy["schedule"]
    universe = tradable(strategy, market)
    names = dict.fromkeys([*universe, settings["benchmark"]])
    assets = {name: make_asset(name, returns_of(settings), market) for name in names}
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
        buy=execution.get("buy_bps", 0) / 10_000,
        sell=execution.get("sell_bps", 0) / 10_000,
        slippage=execution.get("slippage_bps", 0) / 10_000,
        min_trade=1.0 if least is None else float(least),
        band=None if band is None else float(band),
        fill=schedule.get("fill", "next_close"),
        on_change=schedule["decide"] == "on_change",
    )


def free_of_cost(desk: Desk) -> Desk:
    """The benchmark's desk: the same prices, no costs, nothing to decide (rule 4.9)."""
    return replace(desk, buy=0.0, sell=0.0, slippage=0.0, band=None, on_change=False)


def buy_and_hold(day: date, name: str) -> list[Decision]:
    """The benchmark's plan (rule 4.9)."""
    return [Decision(day, {}, None, {name: 1.0, CASH: 0.0})]


@dataclass(frozen=True)
class Order:
    """Signed units, and their value (above 0) at sizing: a waiting sale keeps those, a buy this (4.15)."""

    name: str
    units: float
    rupees: float


@dataclass
class Ledger:
    """The book: what is held and waiting now, and what has been."""

    held: dict[str, float]
    money: float
    waiting: list[Order] = field(default_factory=list)
    waiting_kind: str = "close"
    placed: list[Decision] = field(default_factory=list)
    nav: dict[date, float] = field(default_factory=dict)
    units: dict[date, dict[str, float]] = field(default_factory=dict)
    cash: dict[date, float] = field(default_factory=dict)
    fills: list[dict[str, Any]] = field(default_factory=list)
    opened: list[dict[str, Any]] = field(default_factory=list)  # the fills made at an open
    gaps: dict[str, int] = field(default_factory=dict)  # sessions in a row that a held name has had no close
    turnover: dict[tuple[date, str], float] = field(default_factory=dict)  # half traded value over NAV

    def value(self, desk: Desk, day: date, kind: str) -> float:
        """NAV at the prices of an event, assets without one at their last close."""
        return self.money + sum(units * desk.assets[name].mark(day, kind) for name, units in self.held.items())


def simulate(plan: list[Decision], desk: Desk) -> Ledger:
    """One pass over the sessions from the first fill on: interest, fills, valuation, then the decision."""
    ledger = Ledger({}, desk.capital)
    decisions = {decision.day: decision for decision in plan}
    due: Decision | None = plan[0]
    ledger.placed.append(plan[0])
    for day in desk.days:
        ledger.money *= desk.growth.get(day, 1.0)
        kind = "open" if desk.fill == "next_open" and day != desk.days[0] else "close"
        if due is not None:
            rebalance(ledger, desk, due.target, day, kind)
        elif ledger.waiting:
            fill_waiting(ledger, desk, day)
        due = None
        close_session(ledger, desk, day)
        if day in decisions and day != desk.days[-1] and places_orders(ledger, desk, decisions[day]):
            due = decisions[day]
            ledger.placed.append(due)
            ledger.waiting = []  # replaced by the newer decision (rule 4.15)
    return ledger


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


def rebalance(ledger: Ledger, desk: Desk, target: Weights, day: date, kind: str) -> None:
    """Set the whole target (rule 4.13); orders without a price wait (rule 4.15)."""
    orders = size_orders(ledger, desk, target, day, kind)
    priced = [order for order in orders if desk.assets[order.name].price(day, kind) is not None]
    ledger.waiting = [order for order in orders if order not in priced]
    ledger.waiting_kind = kind
    execute(ledger, desk, priced, day, kind)


def size_orders(ledger: Ledger, desk: Desk, target: Weights, day: date, kind: str) -> list[Order]:
    """Trades to the target at V', those under `min_trade` left out."""
    names = [name for name in desk.assets if name in ledger.held or target.get(name, 0.0) > 0]
    marks = {name: desk.assets[name].mark(day, kind) for name in names}
    holdings = {name: ledger.held.get(name, 0.0) * marks[name] for name in names}
    weights = {name: target.get(name, 0.0) for name in names}
    value = value_after(ledger.money + sum(holdings.values()), weights, holdings, desk)
    orders = []
    for name in names:
        units = value * weights[name] / marks[name] - ledger.held.get(name, 0.0)
        rupees = abs(units) * marks[name]
        if units != 0 and rupees >= desk.min_trade:
            orders.append(Order(name, units, rupees))
    return orders


def value_after(total: float, weights: Weights, holdings: Weights, desk: Desk) -> float:
    """The largest V' with V' + costs(V' w - h) <= V, interval by interval from the top (rule 4.13)."""
    edges = sorted({0.0} | {holdings[name] / weight for name, weight in weights.items() if weight > 0})
    for low, high in reversed(list(zip(edges, [*edges[1:], math.inf], strict=True))):
        inside = low + 1.0 if high == math.inf else (low + high) / 2
        slope, constant = 1.0, 0.0
        for name, weight in weights.items():
            buying = weight * inside > holdings[name]
            rate = desk.slippage + desk.buy if buying else -desk.slippage - desk.sell
            slope += rate * weight
            constant -= rate * holdings[name]
        value = (total - constant) / slope
        if value >= low:
            return min(value, high)
    return 0.0


def execute(ledger: Ledger, desk: Desk, orders: list[Order], day: date, kind: str) -> None:
    """Sales first, at most what is held; then buys, scaled to the cash really there (rule 4.15)."""
    if not orders:
        return
    nav = ledger.value(desk, day, kind)
    before = len(ledger.fills)
    for order in orders:
        if order.units < 0:
            book(ledger, desk, order.name, max(order.units, -ledger.held.get(order.name, 0.0)), (day, kind))
    buys = [order for order in orders if order.units > 0]
    needed = sum(order.rupees for order in buys) * (1 + desk.buy + desk.slippage)
    short = needed - ledger.money > ROUNDING * nav
    scale = max(ledger.money, 0.0) / needed if short else 1.0
    for order in buys:
        price = desk.assets[order.name].mark(day, kind)
        book(ledger, desk, order.name, scale * order.rupees / price, (day, kind))
    if abs(ledger.money) <= ROUNDING * nav:
        ledger.money = 0.0
    traded = sum(fill["value"] for fill in ledger.fills[before:])
    if traded > 0:
        ledger.turnover[day, kind] = 0.5 * traded / nav


def book(ledger: Ledger, desk: Desk, name: str, units: float, event: tuple[date, str]) -> None:
    """Book one fill at the reference price; slippage is a cost added to the charges (rule 4.13)."""
    if units == 0:
        return
    price = desk.assets[name].mark(*event)
    value = abs(units) * price
    charges, slippage = value * (desk.buy if units > 0 else desk.sell), value * desk.slippage
    fill = {
        "date": event[0],
        "name": name,
        "units": units,
        "price": price,
        "value": value,
        "charges": charges,
        "slippage": slippage,
    }
    ledger.fills.append(fill)
    if event[1] == "open":
        ledger.opened.append(fill)
    ledger.money -= units * price + charges + slippage
    ledger.held[name] = ledger.held.get(name, 0.0) + units
    if ledger.held[name] == 0:
        del ledger.held[name]


def fill_waiting(ledger: Ledger, desk: Desk, day: date) -> None:
    """Fill the waiting orders whose price has come; the others wait on (rule 4.15)."""
    kind = ledger.waiting_kind
    priced = [order for order in ledger.waiting if desk.assets[order.name].price(day, kind) is not None]
    ledger.waiting = [order for order in ledger.waiting if order not in priced]
    execute(ledger, desk, priced, day, kind)


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
