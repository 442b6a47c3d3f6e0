"""The overlays of the reference simulator: they see the plan alone, and the paper portfolio that follows it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from tests.oracle_market import CASH, ROUNDING, OracleMarket, Series, Weights, carried, growth_of_cash, mean, spread_of

Spec = dict[str, Any]


def history_of(overlay: Spec) -> int:
    """Sessions of returns an overlay needs before the first decision (rule 4.8)."""
    return int(overlay.get("window", 60)) if overlay["use"] == "target_volatility" else 0


@dataclass(frozen=True)
class Paper:
    """The plan without overlays: what each decision wants, of what, and when."""

    market: OracleMarket
    closes: dict[str, Series]
    decisions: list[date]
    targets: list[Weights]
    days: list[date]
    execution: Spec

    def nav(self) -> Series:
        """Targets bought at each decision close without cost, drifting at closes; 1 at the first decision."""
        known, growth = self._known(), self._growth()
        wanted = dict(zip(self.decisions, self.targets, strict=True))
        held, nav = {CASH: 1.0}, {}
        for yesterday, day in pairwise([self.decisions[0], *self.days[self.days.index(self.decisions[0]) :]]):
            if day != yesterday:
                held = {
                    name: value * (growth[day] if name == CASH else known[name][day] / known[name][yesterday])
                    for name, value in held.items()
                }
            nav[day] = sum(held.values())
            if day in wanted:
                held = {name: nav[day] * weight for name, weight in wanted[day].items()}
        return nav

    def returns(self) -> Series:
        """Daily returns; up to the first decision those of its targets at constant weights."""
        known, growth, nav = self._known(), self._growth(), self.nav()
        returns = {}
        for yesterday, day in pairwise(self.market.sessions[: self.market.sessions.index(self.days[-1]) + 1]):
            if yesterday in nav:
                returns[day] = nav[day] / nav[yesterday] - 1
                continue
            moves = {name: known[name] for name, weight in self.targets[0].items() if name != CASH and weight > 0}
            if all(yesterday in closes for closes in moves.values()):
                gains = {name: closes[day] / closes[yesterday] - 1 for name, closes in moves.items()} | {
                    CASH: growth[day] - 1
                }
                returns[day] = sum(self.targets[0].get(name, 0.0) * gain for name, gain in gains.items())
        return returns

    def _known(self) -> dict[str, Series]:
        names = {name for target in self.targets for name in target if name != CASH}
        return {name: carried(self.closes[name], self.market.sessions)[0] for name in names}

    def _growth(self) -> dict[date, float]:
        return growth_of_cash(self.market.sessions, self.market, self.execution.get("cash_spread"))


def overlaid(overlay: Spec, paper: Paper, targets: list[Weights]) -> list[Weights]:
    """The targets of every decision once one overlay has changed them, CASH among them."""
    if overlay["use"] == "max_weight":
        return [max_weight(overlay, target) for target in targets]
    if overlay["use"] == "target_volatility":
        return target_volatility(overlay, paper, targets)
    if overlay["use"] == "drawdown_stop":
        return drawdown_stop(overlay, paper, targets)
    return glide(overlay, targets) if overlay["use"] == "glide" else max_turnover(overlay, targets)


def completed(weights: Weights) -> Weights:
    """Weights of names, and the rest as CASH; what rounding leaves of a name is nothing."""
    names = {name: weight for name, weight in weights.items() if name != CASH and weight > ROUNDING}
    return names | {CASH: max(1 - math.fsum(names.values()), 0.0)}


def max_weight(overlay: Spec, target: Weights) -> Weights:
    """Cut at `most`; with `excess: others` the cut goes round by round to names below their limit, in proportion."""
    names = {name: weight for name, weight in target.items() if name != CASH}
    limited = overlay.get("of") or names
    limits = {name: overlay["most"] if name in limited else 1.0 for name in names}
    weights = {name: min(weight, limits[name]) for name, weight in names.items()}
    excess = math.fsum(names.values()) - math.fsum(weights.values())
    while overlay.get("excess", "cash") == "others" and excess > ROUNDING:
        room = {name: weight for name, weight in weights.items() if 0 < weight < limits[name]}
        if not room:
            break
        rise = 1 + excess / math.fsum(room.values())
        weights |= {name: min(weight * rise, limits[name]) for name, weight in room.items()}
        excess = math.fsum(names.values()) - math.fsum(weights.values())
    return completed(weights)


def target_volatility(overlay: Spec, paper: Paper, targets: list[Weights]) -> list[Weights]:
    """Weights times target / volatility where that is below 1, at most `cap` in sum."""
    window, year = overlay.get("window", 60), overlay.get("sessions_per_year", 248)
    returns = paper.returns()
    found = []
    for day, target in zip(paper.decisions, targets, strict=True):
        last = [returns[one] for one in paper.market.sessions if one <= day and one in returns][-window:]
        risk = spread_of(last) * math.sqrt(year)
        names = {name: weight for name, weight in target.items() if name != CASH}
        whole = math.fsum(names.values())
        scale = min(1.0, overlay["target"] / risk) if risk > 0 else 1.0
        scale = min(scale, overlay.get("cap", 1.0) / whole) if whole > 0 else 1.0
        found.append(completed({name: weight * scale for name, weight in names.items()}))
    return found


def drawdown_stop(overlay: Spec, paper: Paper, targets: list[Weights]) -> list[Weights]:
    """Keep a part of the weights from a fall of `limit` until a rise of `recover`."""
    nav = paper.nav()
    chosen = dict(enumerate(paper.decisions))
    found = []
    stopped_at: int | None = None
    peak, low, seen = 0.0, math.inf, 0
    days = list(nav)
    for now, day in chosen.items():
        closes = [nav[one] for one in days[seen : days.index(day) + 1]]
        seen = days.index(day) + 1
        if stopped_at is None:
            peak = max([peak, *closes])
            if nav[day] <= peak * (1 - overlay["limit"]):
                stopped_at, low = now, nav[day]
        else:
            low = min([low, *closes])
            if now - stopped_at >= overlay.get("wait", 1) and nav[day] >= low * (1 + overlay["recover"]):
                stopped_at, peak = None, nav[day]
        keep = 1.0 if stopped_at is None else overlay.get("keep", 0.0)
        found.append(completed({name: weight * keep for name, weight in targets[now].items() if name != CASH}))
    return found


def glide(overlay: Spec, targets: list[Weights]) -> list[Weights]:
    """The mean of the last targets; those of the opening count as having been there before."""
    size = overlay["decisions"]
    earlier = [targets[0]] * (size - 1) + targets
    names = dict.fromkeys(name for target in targets for name in target if name != CASH)
    return [
        completed({name: mean([target.get(name, 0.0) for target in earlier[i : i + size]]) for name in names})
        for i in range(len(targets))
    ]


def max_turnover(overlay: Spec, targets: list[Weights]) -> list[Weights]:
    """At most so far from the target before; half of all changes, CASH among them."""
    found = [targets[0]]
    for target in targets[1:]:
        before = found[-1]
        changes = {name: target.get(name, 0.0) - before.get(name, 0.0) for name in before | target}
        turnover = math.fsum(map(abs, changes.values())) / 2
        step = min(1.0, overlay["most"] / turnover) if turnover > 0 else 1.0
        moved = {name: before.get(name, 0.0) + step * change for name, change in changes.items() if name != CASH}
        found.append(completed(target if step == 1.0 else moved))
    return found
