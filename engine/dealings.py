"""How a strategy was carried out: as what, with how much that nobody could have bought, and for how much money.

Its capacity is the capital at which what large orders move prices by halves the active return, found by simulating
the same decisions with more and more money.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from engine import metrics
from engine.accounting import Orders
from engine.accounting.dealing import fund_cost
from engine.costs import has_proxy
from engine.errors import StrategyError
from engine.portfolios import Portfolio
from engine.run import Result
from engine.simulation import simulate

LARGEST_CAPITAL = 1e13  # rupees: the turnover of the whole exchange in some weeks
CLOSE_ENOUGH = 0.01  # of the capacity
SMALLEST = 1e-3  # of the stated capital: so little moves no price


@dataclass(frozen=True)
class Capacity:
    """Rupees at which the active return is half of what it is without impact, or None and why."""

    rupees: float | None
    why: str = ""


def vehicles(result: Result) -> dict[str, list[dict[str, Any]]]:
    """As what each asset was charged, in order of time: vehicle, first and last fill, and how many there were.

    The vehicle is `bps` where charges are basis points of one's own.
    """
    fills = result.ledger.fills
    fills = fills[fills["units"] != 0.0]
    if "vehicle" not in fills:
        fills = fills.assign(vehicle="bps")
    told: dict[str, list[dict[str, Any]]] = {}
    for asset, vehicle, dates in (
        (asset, vehicle, group["date"]) for (asset, vehicle), group in fills.groupby(["asset", "vehicle"], sort=False)
    ):
        row = {"vehicle": vehicle, "from": dates.min().date(), "to": dates.max().date(), "fills": len(dates)}
        told.setdefault(str(asset), []).append(row)
    return told


def without_fund(result: Result) -> dict[str, float]:
    """Of the target weight of all decisions, the part in each asset that no fund followed then, where above 0."""
    plan = result.plan
    days = result.market.days[plan.decisions]
    lacking = ~has_proxy(plan.assets, days)
    share = (plan.weights * lacking).mean(axis=0)
    return {name: float(part) for name, part in zip(plan.assets, share, strict=True) if part > 0.0}


def fund_expenses(result: Result) -> float:
    """Rupees that funds took over the window under `investable`: yearly cost x value x days, while a fund was there."""
    if not result.config.execution.investable:
        return 0.0
    ledger = result.ledger
    days = ledger.nav.index.to_numpy("datetime64[D]")
    worth = (ledger.weights.mul(ledger.nav, axis=0)).to_numpy()[:-1]
    cost = np.array([-math.log1p(-(fund_cost(name) or 0.0)) for name in ledger.weights.columns])
    since = np.diff(days).astype(float)[:, None] / 365.0 * has_proxy(list(ledger.weights.columns), days)[1:]
    return float((worth * (1.0 - np.exp(-cost * since))).sum())


def capacity(result: Result) -> Capacity | None:
    """None where the strategy says nothing of impact."""
    if result.config.execution.impact is None:
        return None
    silent = _without_turnover(result)
    if silent:
        return Capacity(None, f"unknown, for no turnover is known of {', '.join(silent)}")
    base, capital = result.benchmark_measures["cagr"], result.ledger.capital
    still = _active(result, capital, base, moved=False)
    if still is None or still <= 0.0:
        return Capacity(None, "there is no active return to halve")

    def above_half(rupees: float) -> bool:
        active = _active(result, rupees, base)
        return active is not None and active > still / 2.0

    if above_half(LARGEST_CAPITAL):
        return Capacity(None, f"more than ₹{LARGEST_CAPITAL:,.0f}")
    least = capital if above_half(capital) else capital * SMALLEST
    if not above_half(least):
        return Capacity(None, f"less than ₹{least:,.0f}")
    low, high = math.log(least), math.log(LARGEST_CAPITAL)
    while high - low > CLOSE_ENOUGH:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if above_half(math.exp(middle)) else (low, middle)
    return Capacity(math.exp(low))


def _active(result: Result, rupees: float, base: float | None, *, moved: bool = True) -> float | None:
    """The active return a year of the same decisions with another capital, or without impact; None if it is ruined."""
    own: Portfolio = result.portfolio
    bigger = own.orders.execution.model_copy(update={"capital": rupees, "min_trade": 0.0})
    terms = own.orders.terms
    assert terms is not None  # every portfolio of a run has terms
    still = np.zeros_like(terms.impact) if terms.impact is not None else None
    orders: Orders = replace(own.orders, execution=bigger, terms=terms if moved else replace(terms, impact=still))
    try:
        (ledger,) = simulate([orders], own.exchange, result.plan.last, lambda _: None)
    except StrategyError:
        return None
    found = metrics.cagr(ledger.nav.to_numpy(), rupees, result.window)
    return None if found is None or base is None else found - base


def _without_turnover(result: Result) -> list[str]:
    """Assets of which something was traded at a session for which no impact is known."""
    fills, portfolio = result.ledger.fills, result.portfolio
    impact = None if portfolio.orders.terms is None else portfolio.orders.terms.impact
    assert impact is not None  # asked for
    done = fills[fills["units"] != 0.0]
    sessions = portfolio.exchange.sessions.get_indexer(pd.Index(done["date"]))
    places = [portfolio.exchange.assets.index(name) for name in done["asset"]]
    coefficient = result.config.execution.impact.coefficient if result.config.execution.impact else 0.0
    unknown = (impact[sessions, places] == 0.0) & (coefficient > 0.0)
    return list(dict.fromkeys(done["asset"][unknown]))


def dealings(result: Result) -> dict[str, Any]:
    """For `summary.json`: plain data, fractions and rupees."""
    found: dict[str, Any] = {"vehicles": vehicles(result), "weight_without_fund": without_fund(result)}
    if result.config.execution.investable:
        found["fund_expenses"] = fund_expenses(result)
    if (room := capacity(result)) is not None:
        found["capacity"] = {"rupees": room.rupees, "why": room.why}
    if result.taxed is not None:
        found["post_tax"] = _post_tax(result)
    return found


def _post_tax(result: Result) -> dict[str, Any]:
    taxed, window = result.taxed, result.window
    assert taxed is not None  # asked before
    told: dict[str, Any] = {
        name: {
            "cagr": one.cagr(window),
            "final_value": one.final,
            "tax": one.tax,
            "years": [year.row() for year in (*one.years, one.last_year)],
        }
        for name, one in (("strategy", taxed.strategy), ("benchmark", taxed.benchmark))
    }
    own, theirs = told["strategy"]["cagr"], told["benchmark"]["cagr"]
    grown = np.array([float(taxed.deposit.iloc[-1])])
    told["active_cagr"] = None if own is None or theirs is None else own - theirs
    told["deposit"] = {"cagr": metrics.cagr(grown, 1.0, window), "final_value": float(grown[0]) * result.ledger.capital}
    return told
