"""Measures and attribution of the reference simulator's books."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.oracle_desk import Desk
from tests.oracle_ledger import Ledger
from tests.oracle_market import ROUNDING, Series, mean, spread_of

COSTS = ("charges", "stt", "stamp", "exchange", "sebi", "gst", "dp", "brokerage", "slippage", "impact")
NO_DEVIATION = 1e-14  # a daily deviation this small is rounding of returns that are equal on paper

Measures = dict[str, float | None]


@dataclass(frozen=True)
class Tracks:
    """The two books side by side, and the returns of strategy, benchmark and cash, one per session."""

    desk: Desk
    ledger: Ledger
    reference: Ledger
    strategy: list[float]
    benchmark: list[float]
    cash: list[float]

    @property
    def years(self) -> float:
        """Actual days / 365.25 (section 6)."""
        return (self.desk.days[-1] - self.desk.days[0]).days / 365.25

    @property
    def per_year(self) -> float:
        """SESSIONS_PER_YEAR = (sessions - 1) / years over the window (section 6)."""
        return (len(self.desk.days) - 1) / self.years

    def nav_before(self, i: int) -> float:
        """The previous close's NAV; `capital` for the first session."""
        return self.ledger.nav[self.desk.days[i - 1]] if i > 0 else self.desk.capital


def make_tracks(desk: Desk, ledger: Ledger, reference: Ledger) -> Tracks:
    """The strategy's first return is its entry cost; those of benchmark and cash are 0."""
    first = ledger.nav[desk.days[0]] / desk.capital - 1
    strategy = [first, *later_returns(ledger.nav)]
    return Tracks(
        desk,
        ledger,
        reference,
        strategy,
        [0.0, *later_returns(reference.nav)],
        [0.0, *later_returns(desk.cash_index)],
    )


def later_returns(values: Series) -> list[float]:
    """Returns from the second session on."""
    levels = list(values.values())
    return [after / before - 1 for before, after in pairwise(levels)]


def deviation(values: list[float]) -> float:
    """Sample deviation with n - 1; exactly 0 when only rounding moves the values."""
    found = spread_of(values)
    return found if found > NO_DEVIATION else 0.0


def ratio(values: list[float], spread: float, per_year: float) -> float | None:
    """Annualised mean over an annualised daily deviation; None when there is no deviation."""
    return mean(values) * per_year / (spread * math.sqrt(per_year)) if spread > NO_DEVIATION else None


def measure(tracks: Tracks, ledger: Ledger, returns: list[float]) -> Measures:
    """The table of section 6 for one book; what needs a span of time is None in a window of one session."""
    nav = list(ledger.nav.values())
    deepest = max_drawdown(nav, tracks.desk.capital)
    costs = math.fsum(fill[kind] for fill in ledger.fills for kind in COSTS if kind in fill)
    found: Measures = {"sessions": len(nav), "years": tracks.years, "max_drawdown": deepest}
    found |= {"costs": costs, "final_value": nav[-1]}
    found |= dict.fromkeys(["cagr", "volatility", "sharpe", "sortino", "calmar", "turnover"])
    if len(nav) < 2:
        return found
    per_year = tracks.per_year
    excess = [r - c for r, c in zip(returns, tracks.cash, strict=True)]
    downside = math.sqrt(mean([min(value, 0.0) ** 2 for value in excess]))
    cagr = (nav[-1] / tracks.desk.capital) ** (1 / tracks.years) - 1
    later = [half for (day, _), half in ledger.turnover.items() if day != tracks.desk.days[0]]
    return found | {
        "cagr": cagr,
        "volatility": deviation(returns) * math.sqrt(per_year),
        "sharpe": ratio(excess, deviation(excess), per_year),
        "sortino": ratio(excess, downside, per_year),
        "calmar": cagr / -deepest if deepest < 0 else None,
        "turnover": math.fsum(later) / tracks.years,
    }


def max_drawdown(nav: list[float], capital: float) -> float:
    """The deepest fall of daily NAV from its peak, which is at least `capital` (section 6); negative or 0."""
    peak, deepest = capital, 0.0
    for value in nav:
        peak = max(peak, value)
        deepest = min(deepest, value / peak - 1)
    return deepest if deepest < -ROUNDING else 0.0


def measure_active(tracks: Tracks) -> Measures:
    """Against the benchmark: difference of CAGR, tracking error, regression of excess returns (section 6)."""
    if len(tracks.desk.days) < 2:
        return dict.fromkeys(["cagr", "tracking_error", "information_ratio", "beta", "alpha"])
    per_year = tracks.per_year
    active = [r - b for r, b in zip(tracks.strategy, tracks.benchmark, strict=True)]
    error = deviation(active)
    beta, intercept = regression(tracks)
    growth = [list(book.nav.values())[-1] / tracks.desk.capital for book in (tracks.ledger, tracks.reference)]
    return {
        "cagr": growth[0] ** (1 / tracks.years) - growth[1] ** (1 / tracks.years),
        "tracking_error": error * math.sqrt(per_year),
        "information_ratio": ratio(active, error, per_year),
        "beta": beta,
        "alpha": None if intercept is None else intercept * per_year,
    }


def regression(tracks: Tracks) -> tuple[float | None, float | None]:
    """Slope and intercept of (rp - rc) on (rb - rc); None when the benchmark's excess return never moves."""
    y = [r - c for r, c in zip(tracks.strategy, tracks.cash, strict=True)]
    x = [b - c for b, c in zip(tracks.benchmark, tracks.cash, strict=True)]
    if deviation(x) == 0:
        return None, None
    centre_x, centre_y = mean(x), mean(y)
    together = math.fsum((a - centre_x) * (b - centre_y) for a, b in zip(x, y, strict=True))
    beta = together / math.fsum((a - centre_x) ** 2 for a in x)
    return beta, centre_y - beta * centre_x


# The effects of one session, as shares of the previous close's NAV, by kind of effect and asset (or '').
Effects = dict[tuple[str, str], float]


def attribute(strategy: dict[str, Any], tracks: Tracks) -> dict[str, Any]:
    """Daily effects linked by Carino; all effects together, and all rules together, sum to `active`."""
    daily = daily_effects(tracks)
    factors = linking_factors(tracks)
    owners = owners_of(tracks)
    linked: Effects = {}
    by_rule: dict[str | None, float] = {rule["name"]: 0.0 for rule in strategy["rules"]}
    for effects, factor, owner in zip(daily, factors, owners, strict=True):
        by_rule[owner] = by_rule.get(owner, 0.0) + factor * sum(effects.values())
        for key, effect in effects.items():
            linked[key] = linked.get(key, 0.0) + factor * effect
    final, reference = (list(book.nav.values())[-1] for book in (tracks.ledger, tracks.reference))
    return {
        "static": {name: linked.get(("static", name), 0.0) for name in tracks.desk.universe},
        "timing": {name: linked.get(("timing", name), 0.0) for name in tracks.desk.universe},
        "cash": linked.get(("cash", ""), 0.0),
        "costs": {kind: linked[kind, ""] for kind in COSTS},
        "by_rule": by_rule,
        "active": (final - reference) / tracks.desk.capital,
    }


def daily_effects(tracks: Tracks) -> list[Effects]:
    """The effects of every session; each session's sum is r_p - r_b. The first has costs only."""
    daily = [cost_effects(tracks, 0)]
    daily += [cost_effects(tracks, i) | cash_effect(tracks, i) for i in range(1, len(tracks.desk.days))]
    for name in tracks.desk.universe:
        add_asset_effects(daily, name, tracks)
    for fill in tracks.ledger.opened:  # what units earned between the open they were traded at and the close
        i = tracks.desk.days.index(fill["date"])
        gain = fill["units"] * (tracks.desk.assets[fill["name"]].known[fill["date"]] - fill["price"])
        key = ("timing", fill["name"])
        daily[i][key] = daily[i].get(key, 0.0) + gain / tracks.nav_before(i)
    return daily


def cost_effects(tracks: Tracks, i: int) -> Effects:
    """Costs by name of session i over the previous close's NAV."""
    fills = [fill for fill in tracks.ledger.fills if fill["date"] == tracks.desk.days[i]]
    return {(kind, ""): -sum(fill.get(kind, 0.0) for fill in fills) / tracks.nav_before(i) for kind in COSTS}


def cash_effect(tracks: Tracks, i: int) -> Effects:
    """The weight of CASH at the previous close times its return over the benchmark's."""
    weight = tracks.ledger.cash[tracks.desk.days[i - 1]] / tracks.nav_before(i)
    return {("cash", ""): weight * (tracks.cash[i] - tracks.benchmark[i])}


def add_asset_effects(daily: list[Effects], name: str, tracks: Tracks) -> None:
    """Static: the average weight times the asset's active return; timing: the rest of the weight times it."""
    days, known = tracks.desk.days, tracks.desk.assets[name].known
    priced = [i for i in range(1, len(days)) if days[i - 1] in known]
    values = {i: tracks.ledger.units[days[i - 1]].get(name, 0.0) * known[days[i - 1]] for i in priced}
    weights = {i: value / tracks.nav_before(i) for i, value in values.items()}
    average = mean(list(weights.values())) if weights else 0.0
    for i, weight in weights.items():
        ahead = known[days[i]] / known[days[i - 1]] - 1 - tracks.benchmark[i]
        daily[i]["static", name] = average * ahead
        daily[i]["timing", name] = (weight - average) * ahead


def linking_factors(tracks: Tracks) -> list[float]:
    """Carino: the factor of each session over the factor of the whole span."""
    growth = [list(book.nav.values())[-1] / tracks.desk.capital for book in (tracks.ledger, tracks.reference)]
    whole = carino(growth[0] - 1, growth[1] - 1)
    return [carino(rp, rb) / whole for rp, rb in zip(tracks.strategy, tracks.benchmark, strict=True)]


def carino(rp: float, rb: float) -> float:
    """(ln(1 + rp) - ln(1 + rb)) / (rp - rb), and its limit 1 / (1 + rb) (Carino 1999)."""
    active = rp - rb
    return 1 / (1 + rb) if active == 0 else math.log1p(active / (1 + rb)) / active


def owners_of(tracks: Tracks) -> list[str | None]:
    """The winner of the latest fill at or before the previous close; a decision fills one session later."""
    placed = tracks.ledger.placed
    owners = [placed[0].winner]
    for yesterday in tracks.desk.days[:-1]:
        owners.append([decision.winner for decision in placed if decision.day < yesterday][-1])
    return owners
