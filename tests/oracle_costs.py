"""What an order costs in the reference simulator, and what a rebalance leaves: docs/costs.md, rules 4.13 to 4.16.

Charges are read from the shipped table by its own words; the value after a rebalance is found by scanning every
stretch on which no charge changes its form, from the top, and bisecting. Slow is fine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any

from tests.oracle_data import day_of, rows_of
from tests.oracle_market import Fund, OracleError, OracleMarket, Series, spread_of

NAMES = ("stt", "stamp", "exchange", "sebi", "gst")  # what every order pays; `dp` only where it is asked for
LEAST_SHARE = 1e-8  # an order under this share of the value is none, rule 4.13
JUST = 1e-12  # of the value
Row = dict[str, Any]


@cache
def shipped_rows() -> list[Row]:
    """The rows of the shipped table of charges."""
    kept = ("charge", "vehicle", "side")
    return [
        {key: row[key] for key in kept} | {"effective": day_of(row["effective"]), "rate": float(row["rate"])}
        for row in rows_of("charges.csv")
    ]


def with_own_rows(own: list[Row]) -> list[Row]:
    """The table with a user's rows, which take the place of those of the same charge, vehicle and day."""
    mine = [row | {"effective": _as_day(row["effective"]), "rate": float(row["rate"])} for row in own]
    taken = {(row["charge"], row["vehicle"], row["effective"]) for row in mine}
    return [row for row in shipped_rows() if (row["charge"], row["vehicle"], row["effective"]) not in taken] + mine


def _as_day(value: Any) -> date:
    return value if isinstance(value, date) else day_of(str(value))


def rate_of(rows: list[Row], charge: str, order: tuple[str, str, date]) -> float:
    """The rate in force for a vehicle, a side and a day: the rows of the latest day on or before it, whatever side."""
    vehicle, side, day = order
    own = [row for row in rows if row["charge"] == charge and row["vehicle"] == vehicle]
    if not own and vehicle == "etf":
        own = [row for row in rows if row["charge"] == charge and row["vehicle"] == "share"]
    past = [row for row in own if row["effective"] <= day]
    if not past:
        raise OracleError(f"no {charge} is known for {vehicle} on {day}")
    latest = max(row["effective"] for row in past)
    return math.fsum(row["rate"] for row in past if row["effective"] == latest and row["side"] in ("both", side))


@dataclass(frozen=True)
class Traded:
    """What an asset is dealt in: a fund or the stocks of a basket, with their last volatility and turnover by day."""

    legs: int
    figures: list[dict[date, tuple[float, float]]]


@dataclass(frozen=True)
class Terms:
    """How one strategy trades; rates are fractions. `bps` is the pair of its own charges, buy and sell."""

    bps: tuple[float, float] | None
    vehicle: str | None
    brokerage: dict[str, float | None] | None
    dp: bool
    rows: list[Row]
    slippage: dict[str, float]
    impact: float
    funds: dict[str, Fund]
    traded: dict[str, Traded] = field(default_factory=dict)
    read: dict[tuple[str, str, date], dict[str, float]] = field(default_factory=dict)  # rates looked up before

    @property
    def proportional(self) -> bool:
        """Whether everything an order costs is a part of its value."""
        flat = self.brokerage is not None and self.brokerage.get("flat") is not None
        return not (flat or self.dp or self.impact)

    def vehicle_of(self, name: str, day: date) -> str:
        """`auto`: a fund's units from its first day on, shares before that and of everything else (rule 4.16)."""
        if self.vehicle != "auto":
            return str(self.vehicle)
        fund = self.funds.get(name)
        return "etf" if fund is not None and fund.first is not None and fund.first <= day else "share"

    def costs(self, name: str, day: date, signed: float) -> dict[str, float]:
        """Every cost of an order by name, in rupees; `signed` is its value, above 0 for a purchase."""
        value, side = abs(signed), "buy" if signed > 0 else "sell"
        if value == 0:
            return {}
        found = {"slippage": value * self.slippage.get(name, self.slippage["default"])}
        found["impact"] = self._impact_of(name, day, value)
        if self.bps is not None:
            return found | {"charges": value * self.bps[side == "sell"]}
        return found | self._dated(name, day, side, value)

    def _dated(self, name: str, day: date, side: str, value: float) -> dict[str, float]:
        vehicle = self.vehicle_of(name, day)
        rates = self._rates(vehicle, side, day)
        found = {charge: value * rates[charge] for charge in NAMES if charge != "gst"}
        found["brokerage"] = self._brokerage_of(value)
        found["gst"] = rates["gst"] * (found["brokerage"] + found["exchange"] + found["sebi"])
        legs = self.traded[name].legs if name in self.traded else 1
        found["dp"] = legs * rates["dp"] if side == "sell" else 0.0
        return found

    def _rates(self, vehicle: str, side: str, day: date) -> dict[str, float]:
        order = (vehicle, side, day)
        if order not in self.read:
            asked = self.dp and side == "sell" and vehicle != "future"
            self.read[order] = {charge: rate_of(self.rows, charge, order) for charge in NAMES}
            self.read[order]["dp"] = rate_of(self.rows, "dp", order) if asked else 0.0
        return self.read[order]

    def _brokerage_of(self, value: float) -> float:
        """Basis points, rupees an order, or the lower of both."""
        if self.brokerage is None:
            return 0.0
        bps, flat = self.brokerage.get("bps"), self.brokerage.get("flat")
        return min(math.inf if bps is None else value * bps / 10_000, math.inf if flat is None else flat)

    def _impact_of(self, name: str, day: date, value: float) -> float:
        """Coefficient x volatility x value x root of value over turnover, of each leg an equal part (rule 4.16)."""
        if not self.impact or name not in self.traded:
            return 0.0
        known = [figures[day] for figures in self.traded[name].figures if day in figures]
        part = value / max(len(known), 1)
        return sum(self.impact * deviation * part * math.sqrt(part / turnover) for deviation, turnover in known)

    def kinks(self) -> list[float]:
        """Values of an order at which the form of its costs changes."""
        if self.brokerage is None or not self.brokerage.get("bps") or self.brokerage.get("flat") is None:
            return []
        bps, flat = self.brokerage["bps"], self.brokerage["flat"]
        assert bps is not None
        assert flat is not None
        return [flat / bps * 10_000]


def make_terms(strategy: dict[str, Any], market: OracleMarket, baskets: dict[str, list[str]]) -> Terms:
    """What `execution` says; nothing said is `vehicle: auto`, one side in basis points leaves the other free."""
    said = strategy["execution"]
    stated = [said.get(key) for key in ("buy_bps", "sell_bps")]
    in_bps = any(one is not None for one in stated)
    slippage, impact = said.get("slippage_bps") or 0, said.get("impact")
    by_name = slippage if isinstance(slippage, dict) else {"default": slippage}
    return Terms(
        bps=((stated[0] or 0) / 10_000, (stated[1] or 0) / 10_000) if in_bps else None,
        vehicle=None if in_bps else said.get("vehicle") or "auto",
        brokerage=said.get("brokerage"),
        dp=bool(said.get("dp")),
        rows=with_own_rows(said.get("charges") or []),
        slippage={"default": 0.0} | {name: bps / 10_000 for name, bps in by_name.items()},
        impact=float(impact.get("coefficient", 1.0)) if impact else 0.0,
        funds={name: fund for name, fund in market.proxies.items() if name not in baskets},
        traded=traded_of(market, baskets, int(impact.get("window", 20)) if impact else None),
    )


def traded_of(market: OracleMarket, baskets: dict[str, list[str]], window: int | None) -> dict[str, Traded]:
    """The fund of each index that has one, the stocks of each basket; figures only where impact asks for them."""
    symbols = {name: [fund.symbol] for name, fund in market.proxies.items()} | baskets
    return {
        name: Traded(len(legs), [] if window is None else [liquidity(market, leg, window) for leg in legs])
        for name, legs in symbols.items()
    }


def liquidity(market: OracleMarket, symbol: str, window: int) -> dict[date, tuple[float, float]]:
    """At each session, deviation of daily returns and mean of close x volume over the sessions before it."""
    closes, volumes = (market.readings.get((symbol, kind), {}) for kind in ("stock", "volume"))
    sessions = market.sessions
    moves: list[float | None] = [None]
    for last, day in pairwise(sessions):
        moves.append(closes[day] / closes[last] - 1 if day in closes and last in closes else None)
    traded = [closes[day] * volumes[day] if day in closes and day in volumes else None for day in sessions]
    found = {}
    for place in range(len(sessions)):
        before = slice(max(place - window, 0), place)
        known = [move for move in moves[before] if move is not None]
        turnover = [one for one in traded[before] if one is not None]
        if len(known) > window / 2 and len(turnover) > window / 2 and sum(turnover) > 0:
            found[sessions[place]] = (spread_of(known), sum(turnover) / len(turnover))
    return found


@dataclass(frozen=True)
class Rebalance:
    """One setting of the whole target: rupees and weights by name."""

    total: float
    weights: Mapping[str, float]
    holdings: Mapping[str, float]
    day: date
    least: float

    def placed(self, rupees: float) -> bool:
        """Whether an order of that signed value is one."""
        return abs(rupees) >= max(self.least, LEAST_SHARE * self.total) and rupees != 0


def value_after(event: Rebalance, terms: Terms) -> float:
    """The largest V' with V' + costs(V' w - h) <= V (rule 4.13)."""
    edges = _edges(event, terms)
    for low, high in reversed(list(pairwise(edges))):
        names = _dealt(event, (low + high) / 2)
        found = _largest(event, terms, names, (low, high))
        if found is not None:
            return found
    return 0.0


def _edges(event: Rebalance, terms: Terms) -> list[float]:
    """Every V' at which an order appears, disappears, or changes the form of its costs; from 0 to the value."""
    sizes = [0.0] if terms.proportional else [0.0, max(event.least, LEAST_SHARE * event.total), *terms.kinks()]
    found = {0.0, event.total}
    for name, weight in event.weights.items():
        if weight > 0:
            found |= {(event.holdings[name] + sign * size) / weight for size in sizes for sign in (1, -1)}
    return sorted(edge for edge in found if 0 <= edge <= event.total)


def _dealt(event: Rebalance, inside: float) -> list[str]:
    """The names whose orders are placed everywhere on the stretch around `inside`."""
    return [name for name in event.weights if event.placed(inside * event.weights[name] - event.holdings[name])]


def _largest(event: Rebalance, terms: Terms, names: list[str], ends: tuple[float, float]) -> float | None:
    """The largest V' of a stretch that can be paid; what it leaves is concave there, as impact is convex."""
    inside = (ends[0] + ends[1]) / 2
    if terms.proportional:  # a part of every difference is paid, also of those too small to be orders
        names = list(event.weights)
    sides = {name: 1 if inside * event.weights[name] > event.holdings[name] else -1 for name in names}

    def left(after: float) -> float:
        spent = after
        for name, side in sides.items():
            value = max(side * (after * event.weights[name] - event.holdings[name]), 0.0)
            spent += sum(terms.costs(name, event.day, side * max(value, 1e-300)).values())
        return event.total - spent

    low, high = ends
    if left(high) >= 0:  # where an order of the least size would be placed at the very end: just short of it
        return high if _payable(event, terms, high) else high * (1 - JUST)
    if left(low) < 0:
        low = _best(left, ends)
        if left(low) < 0:
            return None
    if terms.proportional:  # a straight line
        return low + (high - low) * left(low) / (left(low) - left(high))
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if left(middle) >= 0 else (low, middle)
    return low


def _payable(event: Rebalance, terms: Terms, after: float) -> bool:
    """Whether V' can be paid, with the orders that are placed at it."""
    orders = {name: after * event.weights[name] - event.holdings[name] for name in _dealt(event, after)}
    return after + sum(sum(terms.costs(name, event.day, one).values()) for name, one in orders.items()) <= event.total


def _best(left: Any, ends: tuple[float, float]) -> float:
    """Where a concave function is highest, by thirds."""
    low, high = ends
    for _ in range(100):
        one, other = low + (high - low) / 3, high - (high - low) / 3
        low, high = (one, high) if left(one) < left(other) else (low, other)
    return (low + high) / 2


def affordable(orders: list[tuple[str, float]], money: float, terms: Terms, day: date) -> float:
    """The largest part of every purchase that the money there pays for, costs included (rule 4.15)."""

    def needed(part: float) -> float:
        return sum(part * rupees + sum(terms.costs(name, day, part * rupees).values()) for name, rupees in orders)

    low, high = 0.0, 1.0
    if needed(1.0) <= money:
        return 1.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if needed(middle) <= money else (low, middle)
    return low


def worn(prices: Series, fund: Fund | None) -> Series:
    """Prices less what a fund costs: from its first day on a part every calendar day (rule 4.13, `investable`)."""
    if fund is None or fund.first is None or not fund.cost:
        return prices
    first, kept = fund.first, 1 - fund.cost
    return {day: price * kept ** (max((day - first).days, 0) / 365) for day, price in prices.items()}
