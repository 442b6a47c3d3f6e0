"""Brinson against the Nifty 50's own sectors, day by day, with a row for everything and nothing left over.

With w and W the weights of strategy and benchmark in a sector at the previous close, R its index's return and B the
benchmark's, a day's active return is the sum of

    allocation  (w - W) (R - B) of each sector, w (R - B) of what is outside the benchmark (Brinson and Fachler 1985)
    selection   what a segment gained beyond w R; a strategy of indices holds the sector's index itself, so that this
                is the gain of units that were traded at an open
    gap         sum W (R - B), less the part of it that the strategy holds as well by holding the benchmark
    cash        w (cash - B)
    costs       each by its name

Published weights are those of the close they are dated; between two of them they drift with the sectors' returns. A
sector that no index stands for is part of the Rest of Nifty, and that moves with the benchmark, as does a sector as
long as its index has no price. The benchmark, where the strategy holds it, is held sector by sector. The indices are
not the benchmark's own stocks (NIFTY PHARMA has more of them, at other weights): what they miss of it is the gap, one
row that is never spread. Weights are read as of their date, not of their publication: attribution looks back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.attribution.active import ActiveLedger
from engine.attribution.linking import Method, link
from engine.market.keys import SeriesKey, Variant
from engine.market.market import Market, last_known
from engine.market.registry import SECTORED, benchmark_sectors
from engine.simulation import Ledger

Floats = NDArray[np.float64]

REST = "Rest of Nifty"
GAP = "sector proxy gap"
UNKNOWN = "no sector weights"
LONGEST_DRIFT = 92
"""Calendar days for which published weights are drifted: a quarter, for months that are missing; then they are unknown.

The benchmark is reviewed every half year, so that a drift passes one review at most.
"""


@dataclass(frozen=True)
class SectorAttribution:
    """Daily effects, fractions of the previous close's value: sessions x (effect, segment).

    Weights are those at the previous close, sessions x segments, fractions; the benchmark's add up to 1, the strategy's
    with its cash. On sessions without published weights (NaN there) what sectors earned, and what holds the benchmark,
    is the segment UNKNOWN.
    `rest` are the sectors that form the Rest of Nifty.
    """

    daily: pd.DataFrame
    own_weights: pd.DataFrame
    benchmark_weights: pd.DataFrame
    active: pd.Series
    portfolio: pd.Series
    benchmark: pd.Series
    rest: tuple[str, ...]

    @property
    def without_weights(self) -> int:
        """Sessions, the first one left out, on whose previous close no sector weights were known."""
        return int(self.benchmark_weights.iloc[1:].isna().all(axis=1).sum())

    @property
    def residual(self) -> float:
        """The largest daily difference between the active return and the sum of its parts."""
        return float((self.active - self.daily.sum(axis=1)).abs().max())

    def over_window(self, method: Method = "carino") -> pd.Series:
        """Linked effects by (effect, segment); they add up to the compounded active return."""
        return link(self.daily, self.portfolio, self.benchmark, method)

    def by_segment(self, method: Method = "carino") -> pd.DataFrame:
        """Mean weights and linked effects of every segment; effects that a segment has not are 0."""
        effects = self.over_window(method).unstack(0, sort=False).fillna(0.0)
        means = {"weight": self.own_weights.iloc[1:].mean(), "benchmark": self.benchmark_weights.iloc[1:].mean()}
        weights = pd.DataFrame(means).reindex(effects.index)
        return pd.concat([weights, effects], axis=1)


def no_sectors(market: Market, sessions: pd.DatetimeIndex) -> str | None:
    """Why there is no attribution by sector over some sessions of the market; None where there is one."""
    if market.benchmark != SECTORED:
        return f"sector weights are known of the {SECTORED} alone, not of the {market.benchmark}"
    if not len(_published(market)):
        return "no sector weights in this store"
    before = market.sessions.get_indexer(sessions)[1:] - 1
    if not (_latest(market)[before] >= 0).any():
        return f"no sector weights in this store between {sessions[0].date()} and {sessions[-1].date()}"
    return None


def sector_attribution(
    active: ActiveLedger, ledger: Ledger, market: Market, variant: Variant
) -> SectorAttribution | None:
    """Take the daily active return of `active` apart by sector; `ledger` is the strategy's, `variant` what is earned.

    None where there are no sector weights; `no_sectors` says why.
    """
    days = pd.DatetimeIndex(ledger.nav.index)
    if no_sectors(market, days) is not None:
        return None
    place = market.sessions.get_indexer(days)
    theirs = _benchmark_weights(market, variant).iloc[place - 1].set_axis(days)
    theirs.iloc[0] = np.nan  # nothing is held yet
    gaps = _moves(market, list(theirs.columns), variant)[place] - active.benchmark.to_numpy()[:, None]
    return _taken_apart(active, ledger, theirs, np.where(theirs > 0.0, gaps, 0.0), _rest(market, variant))


def _taken_apart(
    active: ActiveLedger, ledger: Ledger, theirs: pd.DataFrame, gaps: Floats, rest: tuple[str, ...]
) -> SectorAttribution:
    """`theirs` are the benchmark's weights at the previous close and `gaps` R - B where there is one, by sector."""
    names = {asset: segment_of(asset) for asset in ledger.weights.columns}
    unknown = theirs.isna().any(axis=1)
    unknown.iloc[0] = False  # nothing is held yet, and nothing earned
    segments = list(dict.fromkeys([*theirs.columns, *names.values(), *([UNKNOWN] if unknown.any() else [])]))
    held = ledger.weights.shift(1, fill_value=0.0).rename(columns=names).reindex(columns=segments, fill_value=0.0)
    opened = ledger.traded.div(np.concatenate(([ledger.capital], ledger.nav.to_numpy()[:-1])), axis=0)
    earned = (active.static + active.timing - opened).rename(columns=names).reindex(columns=segments, fill_value=0.0)
    bet = theirs.fillna(0.0).mul(1.0 - held[REST], axis=0) * gaps  # W (R - B), but for what is held as well
    parts = {
        "allocation": _told(earned, theirs.columns, unknown).sub(bet, fill_value=0.0)[segments],
        "selection": opened.rename(columns=names),
        "gap": bet.sum(axis=1).to_frame(GAP),
        "cash": active.cash.to_frame("CASH"),
        "costs": active.costs,
    }
    return SectorAttribution(
        pd.concat(parts, axis=1, names=["effect", "segment"]),
        _spread(held, theirs, unknown),
        theirs.reindex(columns=segments, fill_value=0.0).where(theirs.notna().all(axis=1), np.nan),
        active.active,
        active.portfolio,
        active.benchmark,
        rest,
    )


def _told(earned: pd.DataFrame, sectors: pd.Index, unknown: pd.Series) -> pd.DataFrame:
    """What segments earned, with what the sectors did on sessions without their weights in UNKNOWN."""
    told = earned.copy()
    if unknown.any():
        told.loc[unknown, UNKNOWN] = earned.loc[unknown, list(sectors)].sum(axis=1)
        told.loc[unknown, list(sectors)] = 0.0
    return told


def _spread(held: pd.DataFrame, theirs: pd.DataFrame, unknown: pd.Series) -> pd.DataFrame:
    """The strategy's weights, with what holds the benchmark (in REST) spread over its sectors, or in UNKNOWN."""
    itself, own = held[REST], held.copy()
    own[REST] = 0.0
    own[theirs.columns] += theirs.fillna(0.0).mul(itself, axis=0)
    if unknown.any():
        own[UNKNOWN] = itself.where(unknown, 0.0)
    return own


def segment_of(asset: str) -> str:
    """The sector an index stands for, or a segment of its own; the benchmark moves as the Rest of Nifty does."""
    if asset == SECTORED:
        return REST
    sectors = {index: sector for sector, index in benchmark_sectors().items() if index}
    return sectors.get(asset, f"{asset}, outside the benchmark")


def _benchmark_weights(market: Market, variant: Variant) -> pd.DataFrame:
    """Weights of the benchmark's sectors at every session's close: sessions x (sectors with an index, REST), fractions.

    NaN before the first published weights and more than LONGEST_DRIFT days after the latest. Published weights that add
    up to more than 100% (by rounding) are scaled to it; what is missing to 100% is the Rest of Nifty.
    """
    rest = _rest(market, variant)
    published, latest = _published(market), _latest(market)
    there = published.columns[(published > 0.0).any()]
    sectors = [*(sector for sector in map(str, there) if sector not in rest), REST]
    mine = published.reindex(columns=sectors[:-1]).fillna(0.0).to_numpy() / 100.0
    mine /= np.maximum(np.nansum(published.to_numpy(), axis=1, keepdims=True) / 100.0, 1.0)
    start = np.column_stack([mine, 1.0 - mine.sum(axis=1)])
    growth = np.cumprod(1.0 + np.nan_to_num(_moves(market, sectors, variant)), axis=0)
    since = _sessions_of(market, published)[latest]
    drifted = start[latest] * growth / growth[since]
    weights = drifted / drifted.sum(axis=1, keepdims=True)
    return pd.DataFrame(np.where(latest[:, None] >= 0, weights, np.nan), market.sessions, sectors)


def _rest(market: Market, variant: Variant) -> tuple[str, ...]:
    """Sectors with published weights for which there is no index, or none in this market."""
    indices, published = benchmark_sectors(), _published(market)
    return tuple(
        sector
        for sector in map(str, published.columns[(published > 0.0).any()])
        if not (index := indices.get(sector)) or SeriesKey(index, variant) not in market.bars
    )


def _published(market: Market) -> pd.DataFrame:
    """Weights as published: dates x sectors, per cent; dates on which nothing is known are no rows.

    Dates before the market's first session are left out: what happened since is not known here.
    """
    found = {key.name: values for key, values in market.readings.items() if key.variant == "weight"}
    order = [sector for sector in benchmark_sectors() if sector in found]
    table = pd.DataFrame({sector: found[sector] for sector in [*order, *sorted(set(found) - set(order))]})
    return table[table.index >= market.sessions[0]].dropna(how="all").sort_index() if len(table) else table


def _sessions_of(market: Market, published: pd.DataFrame) -> NDArray[np.intp]:
    """The session at whose close published weights hold: that of their date, or the last one before it."""
    return np.searchsorted(market.days, published.index.to_numpy("datetime64[D]"), side="right") - 1


def _latest(market: Market) -> NDArray[np.intp]:
    """Which published weights each session's close goes by; -1 where there are none, or only old ones."""
    published = _published(market)
    latest = np.searchsorted(_sessions_of(market, published), np.arange(len(market.sessions)), side="right") - 1
    age = (market.days - published.index.to_numpy("datetime64[D]")[latest]).astype(int)
    return np.where(age <= LONGEST_DRIFT, latest, -1)


def _moves(market: Market, sectors: Sequence[str], variant: Variant) -> Floats:
    """Daily return of each sector's index, sessions x sectors; the benchmark's own for REST and where there is none.

    A close that is missing is the one before, as it is for what a portfolio holds; before the first and after the last
    close there is no return.
    """
    moves = np.tile(_change(market.closes([market.benchmark], variant)), (1, len(sectors)))
    for place, sector in enumerate(sectors):
        if sector != REST:
            change = _change(market.closes([str(benchmark_sectors()[sector])], variant))[:, 0]
            moves[:, place] = np.where(np.isnan(change), moves[:, place], change)
    return moves


def _change(closes: pd.DataFrame) -> Floats:
    """Returns between sessions, NaN where there is none."""
    values, change = last_known(closes), np.full(closes.shape, np.nan)
    change[1:] = values[1:] / values[:-1] - 1.0
    over = np.logical_and.accumulate(np.isnan(closes.to_numpy())[::-1])[::-1]
    return np.where(over, np.nan, change)
