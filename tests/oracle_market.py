"""What the reference simulator may look at, and how it reads prices, gaps and interest."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

CASH = "CASH"
ROUNDING = 1e-12  # cash within this share of NAV is exactly nothing, and so is a weight of CASH this small
CASH_SPREAD = 0.0035  # what CASH earns less than the policy rate where nothing is said, rule 4.17

# Sessions until the public can know a value of this kind, rule 4.4; what is absent is known at its own close.
PUBLICATION_LAGS = {"pe": 1, "pb": 1, "dy": 1, "net": 1, "buy": 1, "sell": 1, "weight": 7}

Series = dict[date, float]
Weights = dict[str, float]


class OracleError(Exception):
    """The strategy cannot be run on this market; the text says where and why."""


@dataclass(frozen=True)
class Fund:
    """The fund on an index: its first day if that is known, and the part it loses a year if that is."""

    symbol: str
    first: date | None
    cost: float | None


@dataclass(frozen=True)
class OracleMarket:
    """What the simulator may look at. Every series holds its own observations only and may have gaps.

    `closes` and `opens` go by name and variant (`price`, `total`); `readings` by name and kind: an index's `high`,
    `volume`, `pe`, `pb`, `dy` (per cent a year), the flows of FII and DII (`net`, `buy`, `sell`; NaN is a date whose
    figure is missing), the price of a `stock` or fund, its `stock_open`. `policy_rate` is in per cent a year.
    """

    sessions: list[date]
    later: list[date]
    closes: dict[tuple[str, str], Series]
    opens: dict[tuple[str, str], Series]
    policy_rate: list[tuple[date, float]]
    readings: dict[tuple[str, str], Series] = field(default_factory=dict)
    sector_weights: dict[date, Weights] = field(default_factory=dict)  # per cent by sector, at month ends
    sector_index: dict[str, str | None] = field(default_factory=dict)
    events: dict[str, list[tuple[date, date | None]]] = field(default_factory=dict)  # day, and when it was announced
    themes: dict[str, list[str]] = field(default_factory=dict)
    stock_moves: dict[tuple[str, date], str] = field(default_factory=dict)  # market or demerger
    launches: dict[str, date | None] = field(default_factory=dict)
    funds: dict[str, date | None] = field(
        default_factory=dict
    )  # inception of a fund that holds it; None: there is none
    proxies: dict[str, Fund] = field(default_factory=dict)

    def close(self, name: str, variant: str) -> Series:
        """The closes of a series; nothing is substituted for a missing one (rule 4.2)."""
        if (name, variant) not in self.closes:
            raise OracleError(f"no series {name} ({variant}); there are {sorted(self.closes)}")
        return self.closes[name, variant]

    def reading(self, name: str, kind: str) -> Series:
        """Another quantity of a name."""
        if (name, kind) not in self.readings:
            raise OracleError(f"no series {name} ({kind}); there are {sorted(self.readings)}")
        return self.readings[name, kind]


def period(day: date, length: str) -> tuple[int, ...]:
    """The period of that length a day belongs to; weeks run Monday to Sunday (rule 4.6)."""
    if length == "weekly":
        return tuple(day.isocalendar())[:2]
    if length == "monthly":
        return (day.year, day.month)
    if length == "quarterly":
        return (day.year, (day.month - 1) // 3)
    if length == "yearly":
        return (day.year,)
    return (day.year, day.month, day.day)  # daily and on_change: every session decides


def period_ends(length: str, market: OracleMarket) -> list[date]:
    """Sessions with no later one of their period in the whole calendar (rule 4.6)."""
    following = dict(pairwise(market.sessions + market.later))
    return [
        day for day in market.sessions if day not in following or period(following[day], length) != period(day, length)
    ]


def observations(series: Series) -> tuple[list[date], list[float]]:
    """Dates and prices in order, without NaN."""
    days = sorted(day for day, price in series.items() if not math.isnan(price))
    return days, [series[day] for day in days]


def clean(series: Series) -> Series:
    """The observations that are numbers."""
    return {day: price for day, price in series.items() if not math.isnan(price)}


def carried(series: Series, sessions: list[date]) -> tuple[Series, Series]:
    """At each session, the last observation at or before it and the last one before it; absent if none."""
    days, prices = observations(series)
    known: Series = {}
    before: Series = {}
    seen = 0
    for session in sessions:
        while seen < len(days) and days[seen] < session:
            seen += 1
        if seen > 0:
            before[session] = known[session] = prices[seen - 1]
        if seen < len(days) and days[seen] == session:
            known[session] = prices[seen]
    return known, before


def growth_of_cash(days: list[date], market: OracleMarket, spread: float | None) -> dict[date, float]:
    """What CASH is multiplied by at each session after the first (rule 4.17)."""
    spread = CASH_SPREAD if spread is None else spread
    return {today: cash_growth(yesterday, today, market, spread) for yesterday, today in pairwise(days)}


def cash_growth(since: date, until: date, market: OracleMarket, spread: float) -> float:
    """Product of 1 + rate(day)/365 over the calendar days after `since` up to and including `until` (rule 4.17)."""
    factor = 1.0
    for ahead in range(1, (until - since).days + 1):
        factor *= 1 + (policy_rate(market, since + timedelta(days=ahead)) - spread) / 365
    return factor


def cash_levels(since: date, until: date, market: OracleMarket, spread: float) -> Series:
    """What a rupee of CASH on `since` is worth on every calendar day up to `until`."""
    levels = {since: 1.0}
    for ahead in range(1, (until - since).days + 1):
        yesterday, day = since + timedelta(days=ahead - 1), since + timedelta(days=ahead)
        levels[day] = levels[yesterday] * cash_growth(yesterday, day, market, spread)
    return levels


def policy_rate(market: OracleMarket, day: date) -> float:
    """The rate with the latest `effective` on or before the day, as a fraction a year."""
    rates = [rate for effective, rate in market.policy_rate if effective <= day]
    if not rates:
        raise OracleError(f"no policy rate on {day}")
    return rates[-1] / 100


def mean(values: list[float]) -> float:
    """Arithmetic mean."""
    return math.fsum(values) / len(values)


def spread_of(values: list[float]) -> float:
    """Sample deviation with n - 1."""
    centre = mean(values)
    return math.sqrt(math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1))
