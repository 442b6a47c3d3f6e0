"""Series built from stocks, point in time: a stock counts from the first rebalance at which it has a price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import DataError
from engine.market.keys import SeriesKey
from engine.market.market import Market, last_known
from engine.market.registry import explained_moves

Floats = NDArray[np.float64]
Rebalance = Literal["monthly", "quarterly", "yearly", "never"]

BASE = 1000.0
LARGEST_MOVE = 0.25  # beyond it a close-to-close move needs an explanation
_MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
_SHOWN = 12


class Recipe(NamedTuple):
    """What a basket is made of; `moves` explains large moves by (symbol, day) beside the shipped ones."""

    name: str
    members: tuple[str, ...]
    rebalance: Rebalance
    moves: Mapping[tuple[str, date], str]


def basket_bars(market: Market, recipe: Recipe) -> pd.DataFrame:
    """Open and close of a basket on the sessions since its first member had a price, 1000 at the start.

    At the close of each period's last session (by the session calendar) every member with a price then gets an equal
    part, at no cost; between them parts drift. A member without a price is carried at its last one until the next
    rebalance, where it leaves. When a member hands out a business (a demerger), its fall from the last close to the
    next open is taken out: the business left the price, not the holder.
    Raises DataError for a move beyond 25% that nothing explains, and for a rebalance with no member left.
    """
    closes, opens = _members(market, recipe)
    priced = ~np.isnan(closes)
    started = np.flatnonzero(priced.any(axis=1))
    if not len(started):
        raise DataError(f"no stock of the basket {recipe.name} has a price in {market.origin}")
    first = int(started[0])
    carried = last_known(pd.DataFrame(closes))
    before = np.vstack([np.full(closes.shape[1], np.nan), carried[:-1]])
    bought = np.where(np.isnan(opens), before, opens)
    value, worth = np.full(len(closes), np.nan), np.full(len(closes), np.nan)
    value[first], quoted = BASE, np.zeros(len(closes), dtype=bool)
    quoted[first] = True
    turns = [first, *(turn for turn in _turns(market, recipe.rebalance) if turn > first)]
    for place, turn in enumerate(turns):
        end = turns[place + 1] if place + 1 < len(turns) else len(closes) - 1
        there = priced[turn]
        if not there.any():
            raise DataError(f"the basket {recipe.name} has no stock with a price on {market.days[turn]}")
        units = value[turn] / there.sum() / closes[turn, there]
        span = slice(turn + 1, end + 1)
        value[span], quoted[span] = carried[span][:, there] @ units, priced[span][:, there].any(axis=1)
        opened = ~np.isnan(opens[span][:, there]).all(axis=1)
        worth[span] = np.where(opened, bought[span][:, there] @ units, np.nan)
    frame = pd.DataFrame({"open": worth, "close": value}, index=market.sessions)
    return frame.iloc[np.flatnonzero(quoted)]


def _turns(market: Market, rebalance: Rebalance) -> NDArray[np.intp]:
    """Positions of the last session of each period."""
    if rebalance == "never":
        return np.empty(0, dtype=np.intp)
    period = market.calendar.astype("datetime64[M]").astype(np.int64) // _MONTHS[rebalance]
    last = np.append(period[1:] != period[:-1], True)
    return np.flatnonzero(last[: len(market.sessions)])


def _members(market: Market, recipe: Recipe) -> tuple[Floats, Floats]:
    """Closes and opens, sessions x members, with demergers taken out of the prices before them."""
    explained = {**explained_moves(), **recipe.moves}
    closes, opens, strange = [], [], []
    for member in recipe.members:
        bars = market.bars[SeriesKey(member, "stock")]
        close, opened = bars["close"].to_numpy(dtype=float), bars["open"].to_numpy(dtype=float)
        days = pd.DatetimeIndex(bars.index).date
        said = [explained.get((member, day)) for day in days]
        moves = close[1:] / close[:-1] - 1.0
        handed = [day for (symbol, day), kind in recipe.moves.items() if symbol == member and kind == "demerger"]
        if idle := [day for day in sorted({*handed} - {*days}) if len(days) and days[0] < day < days[-1]]:
            raise DataError(f"the basket {recipe.name} has a demerger of {member} on {idle[0]}, when it has no price")
        for place in (np.flatnonzero(np.abs(moves) > LARGEST_MOVE) + 1).tolist():
            if said[place] is None:
                strange.append(f"{member} {moves[place - 1]:+.0%} on {days[place]}")
        scale = np.ones(len(bars))
        for place in (place for place, kind in enumerate(said) if kind == "demerger" and place > 0):
            # The opening auction prices the company without the business; from there on moves are the holder's own.
            first = close[place] if np.isnan(opened[place]) else opened[place]
            scale[:place] *= first / close[place - 1]
        closes.append(market.align(pd.Series(close * scale, bars.index)))
        opens.append(market.align(pd.Series(opened * scale, bars.index)))
    if strange:
        raise DataError(_refusal(recipe.name, strange))
    return np.column_stack(closes), np.column_stack(opens)


def _refusal(name: str, strange: list[str]) -> str:
    more = f" and {len(strange) - _SHOWN} more" if len(strange) > _SHOWN else ""
    return (
        f"the basket {name} has moves beyond {LARGEST_MOVE:.0%} that no recorded action explains: "
        f"{', '.join(strange[:_SHOWN])}{more}. Say under the basket's `moves` what each one was, such as "
        f"{{{strange[0].split()[0]}: {{{strange[0].split()[-1]}: market}}}} (a move its holders earned or lost) or "
        "demerger (a business handed out, no loss), or leave the stock out"
    )


def with_baskets(market: Market, recipes: Iterable[Recipe]) -> Market:
    """The market with every basket as a series of its own, the same in both variants: stocks know no dividends."""
    made = {recipe.name: basket_bars(market, recipe) for recipe in recipes}
    if not made:
        return market
    bars = {SeriesKey(name, variant): frame for name, frame in made.items() for variant in ("price", "total")}
    return Market.of(
        market.benchmark,
        {**market.bars, **bars},
        market.calendar,
        origin=market.origin,
        simulated=market.simulated,
        readings=market.readings,
        findings=market.findings,
    )
