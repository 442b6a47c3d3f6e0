"""Which sentence of the strategy file earned it: every part's share of the growth over the benchmark.

A coalition of parts (`parts`) is followed like a strategy, at the full strategy's decisions and on its terms, net of
costs and before taxes on gains; without any rule it is the benchmark, free of cost. Its value is its annualised log
growth, ln(final value / capital) / years. A part's share is what it adds to the value, on average over all orders in
which the parts could have been put together: the shares add up to the strategy's value less the benchmark's. Log growth
adds up over days, so every share is a sum of daily ones, which are what is resampled for its interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.accounting import Orders
from engine.attribution import games
from engine.attribution.coalitions import Coalitions
from engine.attribution.intervals import intervals
from engine.attribution.parts import Part, parts_of
from engine.config.models import Config
from engine.errors import StrategyError
from engine.market.market import Market
from engine.metrics import Window
from engine.plan.plan import Plan
from engine.portfolios import portfolios_of, reordered
from engine.simulation import Replay, navs, replay

Floats = NDArray[np.float64]

DIGITS = 12  # of a weight: what differs beyond them is a rounding error, and the same target


@dataclass(frozen=True)
class Drawing:
    """How chance is dealt with: up to `exact` parts every coalition is followed, beyond it `permutations` are drawn.

    `resamples` histories are drawn for an interval of `confidence`, all from `seed`.
    """

    exact: int = 8
    permutations: int = 64
    resamples: int = 1000
    confidence: float = 0.95
    seed: int = 0


@dataclass(frozen=True)
class RuleShares:
    """What every part of the file earned; log growth a year, net of costs, fractions.

    `base` is the benchmark's, `total` the strategy's. `table` has a row for each part: `share`, `low` and `high` of its
    interval (NaN under 60 sessions), `error` (the standard error of sampling, 0 where every coalition was followed;
    the interval allows for it) and `leave_one_out`, what the whole strategy loses without it. `interactions` is parts x
    parts (NaN with itself, and for a pair that was not drawn), `daily` sessions x parts, log returns that sum to the
    strategy's less the benchmark's of the day. `coalitions` were followed, `permutations` drawn (0: none needed);
    `block` is the mean block of the bootstrap in sessions.
    """

    parts: tuple[Part, ...]
    base: float
    total: float
    table: pd.DataFrame
    interactions: pd.DataFrame
    daily: pd.DataFrame
    coalitions: int
    permutations: int
    block: int
    confidence: float

    def uncertain(self, name: str) -> bool:
        """Whether a share cannot be told from zero: its interval spans it, or there is none."""
        low, high = (float(self.table[bound].loc[name]) for bound in ("low", "high"))
        return not (low > 0.0 or high < 0.0)

    def idle(self, name: str) -> bool:
        """Whether a part made no difference in any coalition."""
        return not self.daily[name].to_numpy().any()

    def pairs(self) -> list[tuple[str, str, float]]:
        """Every pair and its interaction, the strongest first; those of which nothing is known are left out."""
        table = self.interactions.to_numpy()
        rows, columns = np.triu_indices(len(table), 1)
        found = [(row, column, float(table[row, column])) for row, column in zip(rows, columns, strict=True)]
        names = [part.name for part in self.parts]
        known = [(names[row], names[column], value) for row, column, value in found if not np.isnan(value)]
        return sorted(known, key=lambda pair: -abs(pair[2]))

    def plain(self) -> dict[str, Any]:
        """For JSON: log growth a year as fractions; an interval that is not known is null."""
        rows = {part.name: self.table.loc[[part.name]].iloc[0].to_dict() for part in self.parts}
        return {
            "base": self.base,
            "total": self.total,
            "confidence": self.confidence,
            "block": self.block,
            "coalitions": self.coalitions,
            "permutations": self.permutations,
            "parts": [
                {"name": part.name, "says": part.says, "place": part.place, **rows[part.name]} for part in self.parts
            ],
            "interactions": [{"parts": [one, other], "value": value} for one, other, value in self.pairs()],
        }


def rule_shapley(
    config: Config,
    market: Market,
    plan: Plan,
    drawing: Drawing = Drawing(),
    check: Callable[[Replay], None] = replay,
) -> RuleShares:
    """The shares of all parts of a strategy whose plan is `plan`; `check` keeps the second book.

    Raises StrategyError or DataError where a coalition cannot be followed, and StrategyError for a window of a single
    session, which has no growth a year.
    """
    parts = parts_of(config)
    players = len(parts)
    exact = players <= drawing.exact
    orders = None if exact else games.antithetic(players, drawing.permutations, drawing.seed)
    game, days = _followed(Coalitions(config, market, plan, parts), games.wanted(players, orders), check)
    years = Window(days[0].date(), days[-1].date(), len(days)).years
    if not years:
        raise StrategyError("the window is a single session: no part of it has a growth a year")
    daily, error, pairs = games.solve(game, players, orders)
    block, low, high = intervals(daily, error, drawing.confidence, drawing.resamples, drawing.seed)
    alone = games.left_out(game, players).sum(axis=0)
    table = {"share": daily.sum(axis=0), "low": low, "high": high, "error": error, "leave_one_out": alone}
    names = [part.name for part in parts]
    return RuleShares(
        parts=parts,
        base=float(game[0].sum()) / years,
        total=float(game[(1 << players) - 1].sum()) / years,
        table=pd.DataFrame(table, index=names) / years,
        interactions=pd.DataFrame(pairs / years, index=names, columns=names),
        daily=pd.DataFrame(daily, index=days, columns=names),
        coalitions=len(game),
        permutations=0 if orders is None else len(orders),
        block=block,
        confidence=drawing.confidence,
    )


def _followed(
    coalitions: Coalitions, wanted: tuple[int, ...], check: Callable[[Replay], None]
) -> tuple[dict[int, Floats], pd.DatetimeIndex]:
    """Daily log returns of every coalition over the window, the first from the capital, and the sessions.

    Coalitions that order the same are one portfolio, so that what makes no difference makes exactly none.
    """
    config, market, plan = coalitions.config, coalitions.market, coalitions.plan
    own, theirs = portfolios_of(config, market, plan)
    variants: list[Orders] = []
    place: dict[tuple[bytes, ...], int] = {}
    where: dict[int, int] = {}
    for coalition in sorted(wanted, reverse=True):  # the full strategy first: its orders are the plan's own
        mine = coalitions.plan_of(coalition)
        if mine is None:
            where[coalition] = -1
            continue
        placed = mine.filled
        key = (mine.weights[placed].round(DIGITS).tobytes(), mine.forced[placed].tobytes(), placed.tobytes())
        if key not in place:
            place[key] = len(variants)
            variants.append(reordered(own, mine))
        where[coalition] = place[key]
    if not np.array_equal(variants[0].weights, own.orders.weights):
        raise AssertionError("the coalition of all parts is not the strategy")
    values = navs(variants, own.exchange, plan.last, check)
    base = navs([theirs.orders], theirs.exchange, plan.last, check)
    first = int(own.orders.filled[0])
    rupees = np.vstack([values, base])[:, first:]
    start = np.full((len(rupees), 1), own.orders.execution.capital)
    logs = np.diff(np.log(np.hstack([start, rupees])), axis=1)
    return {one: logs[where[one]] for one in wanted}, market.sessions[first : plan.last + 1]
