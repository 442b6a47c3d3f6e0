"""What a rule of the reference simulator holds while it wins, from each allocator's own documentation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests import oracle_risk as risk
from tests.oracle_market import CASH, PUBLICATION_LAGS, ROUNDING, OracleError, OracleMarket, Series, Weights
from tests.oracle_signals import Signal

Hold = dict[str, Any]
WINDOWS = {"inverse_volatility": 60, "risk_parity": 250, "min_variance": 250, "hrp": 250}
WEIGHING = {"equal", "score_weighted", *WINDOWS}


@dataclass(frozen=True)
class View:
    """What an allocator may look at; `closes` are in the variant that the portfolio earns."""

    universe: list[str]
    signals: dict[str, Signal]
    closes: dict[str, Series]
    market: OracleMarket
    place: dict[date, int] = field(default_factory=dict)
    held_from: dict[str, date | None] = field(default_factory=dict)  # what `market.horizon` holds back; None: for ever

    def has_close(self, name: str, day: date) -> bool:
        """A close of its own on that session."""
        price = self.closes.get(name, {}).get(day)
        return price is not None and not math.isnan(price)

    def has_price(self, name: str, day: date) -> bool:
        """A close at which it can be held: not before the day that `market.horizon` names."""
        since = self.held_from.get(name, day)
        return self.has_close(name, day) and since is not None and day >= since

    def returns(self, name: str, window: int, day: date) -> list[float] | None:
        """Those of the last `window` sessions, None if a close among them is missing."""
        last = self.place[day]
        if last < window:
            return None
        days = self.market.sessions[last - window : last + 1]
        if not all(self.has_close(name, one) for one in days):
            return None
        prices = [self.closes[name][one] for one in days]
        return [prices[i] / prices[i - 1] - 1 for i in range(1, len(prices))]

    def scores(self, by: str, day: date) -> Weights:
        """The values of a score that are known."""
        signal = self.signals[by]
        if signal.single:
            raise OracleError(f"{by} is the signal of a single series and cannot rank")
        return {name: float(values[day]) for name, values in signal.values.items() if day in values}

    def sectors(self, day: date) -> Weights:
        """The benchmark's sectors at the latest month end that is known, by index, 1 in sum (rule 4.4)."""
        late = self.place[day] - PUBLICATION_LAGS["weight"]
        known = [end for end in self.market.sector_weights if late >= 0 and end <= self.market.sessions[late]]
        if not known:
            return {}
        weights: Weights = {}
        latest = self.market.sector_weights[max(known)]
        for sector, percent in latest.items():
            index = self.market.sector_index.get(sector) or "NIFTY 50"
            weights[index] = weights.get(index, 0.0) + percent / math.fsum(latest.values())
        return weights


def of(hold: Hold, view: View) -> list[str]:
    """The names an allocator spreads over or chooses from, in universe order."""
    allowed = hold.get("of") or view.universe
    return [name for name in view.universe if name in allowed]


def fixed_names(hold: Hold) -> list[str]:
    """What may be held whatever the scores: positive fixed weights, tilts and their base, or a `fallback`."""
    if hold["use"] == "fixed":
        return [name for name, weight in hold["weights"].items() if weight > 0 and name != CASH]
    if hold["use"] in {"top", "score_weighted"}:
        fallbacks = [hold.get("fallback"), (hold.get("weigh") or {}).get("fallback")]
        return [name for name in fallbacks if name not in {None, CASH, "equal"}]
    if hold["use"] == "tilt":
        base = list(hold["base"]) if isinstance(hold["base"], dict) else []
        return [name for name in {**dict.fromkeys(base), **(hold.get("over") or {})} if name != CASH]
    return []


def is_ready(hold: Hold, view: View, day: date) -> bool:
    """Whether everything an allocator looks at has history, and all it holds a price (rule 4.8)."""
    if not all(view.has_price(name, day) for name in fixed_names(hold)):
        return False
    if hold["use"] == "top":
        found = candidates(hold, view, day)
        chosen = choose(found, hold, ()) if hold.get("weigh") else ()
        return len(found) >= hold["n"] and all(weighable(hold["weigh"], name, view, day) for name in chosen)
    if hold["use"] == "tilt" and hold["base"] == "benchmark_sectors":
        base = view.sectors(day)
        return bool(base) and all(view.has_price(name, day) for name in base)
    if hold["use"] in WEIGHING or hold.get("base") == "equal":
        return all(view.has_price(name, day) and weighable(hold, name, view, day) for name in of(hold, view))
    return True


def weighable(hold: Hold, name: str, view: View, day: date) -> bool:
    """Whether one name has what it is weighed by."""
    if hold["use"] in WINDOWS:
        return view.returns(name, hold.get("window", WINDOWS[hold["use"]]), day) is not None
    return hold["use"] != "score_weighted" or name in view.scores(hold["by"], day)


def allocate(hold: Hold, view: View, day: date, chosen: Sequence[str]) -> tuple[Weights, tuple[str, ...]]:
    """Weights, CASH possibly missing, and what a ranking chose, given what it chose at its last decision."""
    if hold["use"] == "fixed":
        return {name: float(weight) for name, weight in hold["weights"].items()}, ()
    if hold["use"] == "top":
        return top(hold, view, day, chosen)
    if hold["use"] == "tilt":
        return tilt(hold, view, day), ()
    names = [name for name in of(hold, view) if view.has_price(name, day)]
    return share(hold, names, view, day) if names else {}, ()


def share(hold: Hold, names: Sequence[str], view: View, day: date) -> Weights:
    """The whole over some names, by what is known of each."""
    if hold["use"] == "equal":
        return dict.fromkeys(names, 1 / len(names))
    if hold["use"] == "score_weighted":
        known = view.scores(hold["by"], day)
        scores = {name: known[name] for name in names if known.get(name, 0.0) > 0}
        whole = math.fsum(scores.values())
        return {name: score / whole for name, score in scores.items()} or {hold.get("fallback") or CASH: 1.0}
    try:
        return dict(zip(names, parts_by_risk(hold, names, view, day), strict=True))
    except risk.NoSolutionError as error:
        if hold.get("fallback") == "equal":
            return dict.fromkeys(names, 1 / len(names))
        raise OracleError(f"{hold['use']} finds no parts on {day}: {error}") from error


def parts_by_risk(hold: Hold, names: Sequence[str], view: View, day: date) -> list[float]:
    """Parts by the returns of the last `window` sessions."""
    if len(names) == 1:
        return [1.0]
    returns = [view.returns(name, hold.get("window", WINDOWS[hold["use"]]), day) for name in names]
    known = [one for one in returns if one is not None]
    if len(known) < len(names):
        raise risk.NoSolutionError("a name without all returns")
    if hold["use"] == "inverse_volatility":
        return risk.inverse_volatility(known)
    matrix = risk.covariance(known, hold.get("shrinkage", "ledoit_wolf"))
    if hold["use"] == "min_variance":
        return risk.min_variance(matrix, hold.get("max_weight") or 1.0)
    return risk.risk_parity(matrix) if hold["use"] == "risk_parity" else risk.hrp(matrix)


def candidates(hold: Hold, view: View, day: date) -> Weights:
    """Scores of a ranking, in universe order: of the names with a price and a score at this close (4.11)."""
    known = view.scores(hold["by"], day)
    return {name: known[name] for name in of(hold, view) if name in known and view.has_price(name, day)}


def top(hold: Hold, view: View, day: date, before: Sequence[str]) -> tuple[Weights, tuple[str, ...]]:
    """1/n each, or the chosen's part of the whole by `weigh`; empty slots go to `fallback` (4.11)."""
    size = int(hold["n"])
    chosen = choose(candidates(hold, view, day), hold, before)
    weights = dict.fromkeys(chosen, 1 / size)
    if hold.get("weigh") and chosen:
        weights = {n: w * len(chosen) / size for n, w in share(hold["weigh"], chosen, view, day).items()}
    if len(chosen) < size:
        fallback = hold.get("fallback") or CASH
        weights[fallback] = weights.get(fallback, 0.0) + (size - len(chosen)) / size
    return weights, chosen


def choose(found: Weights, hold: Hold, before: Sequence[str]) -> tuple[str, ...]:
    """Best n, ties in universe order; a name chosen last time stays while ranked within n + buffer (4.11)."""
    size, buffer, least = int(hold["n"]), int(hold.get("buffer") or 0), hold.get("min_score")
    eligible = [name for name in found if least is None or found[name] >= least]
    ranked = sorted(eligible, key=lambda name: -found[name])  # stable: ties keep universe order
    kept = [name for name in ranked[: size + buffer] if name in before]
    fresh = [name for name in ranked if name not in kept]
    return (*kept, *fresh[: size - len(kept)])


def tilt(hold: Hold, view: View, day: date) -> Weights:
    """Base weights, more of some and less of others, paid by or to the rest of the base in proportion."""
    base, most = base_of(hold, view, day), hold.get("max_active", 1.0)
    active = {name: float(points) for name, points in (hold.get("over") or {}).items()}
    active |= {name: -min(points, base.get(name, 0.0)) for name, points in (hold.get("under") or {}).items()}
    due, named = math.fsum(active.values()), hold.get("funded_by", "pro_rata")
    payers = {
        name: part for name, part in base.items() if name not in active and (named == "pro_rata" or name in named)
    }
    paid = spread(abs(due), payers, {name: min(part, most) if due > 0 else most for name, part in payers.items()})
    if due - math.fsum(paid.values()) > ROUNDING:
        raise OracleError(f"a tilt of {due:.2%} on {day} cannot be paid by {sorted(payers)}")
    active |= {name: -math.copysign(amount, due) for name, amount in paid.items()}
    weights = {name: base.get(name, 0.0) + active.get(name, 0.0) for name in base | active}
    return grouped(hold, base, {name: max(weight, 0.0) for name, weight in weights.items()})


def spread(amount: float, parts: Weights, room: Weights) -> Weights:
    """An amount over names in proportion to their parts, round by round, none beyond its room; less if all are full."""
    given = dict.fromkeys(parts, 0.0)
    while amount > ROUNDING:
        free = {name: part for name, part in parts.items() if part > 0 and room[name] - given[name] > ROUNDING}
        if not free:
            break
        whole = math.fsum(free.values())
        steps = {name: min(amount * part / whole, room[name] - given[name]) for name, part in free.items()}
        given |= {name: given[name] + step for name, step in steps.items()}
        amount -= math.fsum(steps.values())
    return given


def base_of(hold: Hold, view: View, day: date) -> Weights:
    """The weights that a tilt starts from."""
    if hold["base"] == "benchmark_sectors":
        return view.sectors(day)
    if hold["base"] == "equal":
        names = [name for name in view.universe if view.has_price(name, day)]
        return dict.fromkeys(names, 1 / len(names))
    return {name: float(weight) for name, weight in hold["base"].items() if name != CASH}


def grouped(hold: Hold, base: Weights, weights: Weights) -> Weights:
    """Groups cut to their limits in proportion; the cut goes to names without a tilt or a group."""
    groups, most = (hold.get("groups") or {}).values(), hold.get("max_active", 1.0)
    tied = {*(hold.get("over") or {}), *(hold.get("under") or {}), *(name for group in groups for name in group["of"])}
    for group in groups:
        members = {name: weights[name] for name in group["of"] if name in weights}
        excess = max(math.fsum(members.values()) - group["most"], 0.0)
        lowest = {name: max(base.get(name, 0.0) - most, 0.0) for name in members}
        cut = spread(excess, members, {name: weight - lowest[name] for name, weight in members.items()})
        if excess - math.fsum(cut.values()) > ROUNDING:
            raise OracleError(f"the group of {sorted(members)} stays above {group['most']:.2%}")
        free = {name: weight for name, weight in weights.items() if name not in tied}
        room = {name: base[name] + most - weight for name, weight in free.items()}
        given = spread(math.fsum(cut.values()), free, room)
        weights = {name: weight - cut.get(name, 0.0) + given.get(name, 0.0) for name, weight in weights.items()}
    return weights
