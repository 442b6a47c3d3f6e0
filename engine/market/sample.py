"""The indices of the bundled sample market: SIMULATED daily histories through published index levels.

It stands in while the store is empty. On each date of the fact file `index_anchor_levels.csv` an index closes
exactly at the published level given there. In between, its log level is a Brownian bridge (Glasserman, Monte
Carlo Methods in Financial Engineering, 2004, section 3.1) of correlated moves whose volatility comes in
clusters; nothing in between ever happened. The same seed makes the same market in every process. Prices are
index points, dividend yields are per cent a year as NSE prints them. What else the sample market tells is simulated
in `sample_readings` and `sample_stocks`, and `sample_series` serves all of it.
"""

from __future__ import annotations

import csv
import math
from datetime import date
from importlib.resources import files
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

import numpy as np

from engine.market.calendar import Days, nse_sessions
from engine.metrics import DAYS_PER_YEAR, Floats

if TYPE_CHECKING:
    import pandas as pd

SAMPLE_SEED = 20250917
MARKET = "NIFTY 50"
YIELD_WITHOUT_ROW = MARKET  # an index the yield table lacks (the Sensex) accrues the yield of this one

SESSIONS_PER_YEAR = 248
MARKET_VOLATILITY = 0.15  # of the Nifty 50, a fraction a year
DAILY_VOLATILITY = MARKET_VOLATILITY / math.sqrt(SESSIONS_PER_YEAR)
UNREST_MEMORY, UNREST_SPREAD = 0.97, 0.30  # of log volatility: half forgotten in a month; its deviation
OVERNIGHT_SHARE = 1 / 3  # of a day's variance comes before the open; 0.2 to 0.38 in Indian indices


class Risk(NamedTuple):
    """How an index moves: `beta` times the Nifty 50, and apart from it (volatilities, per cent a year).

    `size`, `banks` and `state` are what smaller companies, lenders, and state-owned and energy companies
    share; `own` is the index's alone.
    """

    beta: float
    size: float = 0.0
    banks: float = 0.0
    state: float = 0.0
    own: float = 0.0


# Assumptions, rounded from how these indices moved in 2017-2025. Banks are a third of the Nifty 50, so at a
# given Nifty what is no bank leans the other way; the Next 50, midcaps and smallcaps move together beyond it.
RISKS = {
    "NIFTY 50": Risk(1.0),
    "NIFTY BANK": Risk(1.2, banks=9.5, own=2),
    "NIFTY NEXT 50": Risk(0.9, size=8, state=2.5, own=5),
    "NIFTY 500": Risk(0.97, size=3.2, own=0.8),
    "NIFTY MIDCAP 100": Risk(0.95, size=10, own=3.5),
    "NIFTY SMALLCAP 100": Risk(0.95, size=12, own=7),
    "NIFTY AUTO": Risk(1.05, size=5, own=12),
    "NIFTY IT": Risk(0.8, size=-2, banks=-7, state=-3, own=14.5),
    "NIFTY FMCG": Risk(0.65, banks=-3, own=11),
    "NIFTY PHARMA": Risk(0.6, size=5.5, banks=-4, own=15),
    "NIFTY METAL": Risk(1.2, size=9, state=4, own=17),
    "NIFTY REALTY": Risk(1.2, size=12, own=18),
    "NIFTY MEDIA": Risk(0.95, size=11, own=20),
    "NIFTY ENERGY": Risk(1.0, size=5, banks=-3, state=8.5, own=9),
    "NIFTY INFRASTRUCTURE": Risk(1.0, size=5, banks=-2, state=3.5, own=6),
    "NIFTY COMMODITIES": Risk(1.05, size=5, banks=-2, state=5, own=5),
    "NIFTY INDIA CONSUMPTION": Risk(0.8, size=3, banks=-2, own=3.5),
    "NIFTY PSU BANK": Risk(1.25, size=10, banks=10, state=4, own=20),
    "NIFTY PRIVATE BANK": Risk(1.2, banks=10, own=3),
    "NIFTY FINANCIAL SERVICES": Risk(1.2, size=-1, banks=8, own=3.5),
    "NIFTY PSE": Risk(0.95, size=8.5, state=12.5, own=5),
    "NIFTY CPSE": Risk(0.9, size=7.5, state=14, own=7),
    "NIFTY INDIA DEFENCE": Risk(0.75, size=16, state=5.5, own=18),
    "BSE SENSEX": Risk(1.0, size=-0.7, own=1.4),
}

# Broad themes hold whole sectors: they take part in these indices' own moves.
PARTS = {
    "NIFTY COMMODITIES": {"NIFTY METAL": 0.3, "NIFTY ENERGY": 0.3},
    "NIFTY INDIA CONSUMPTION": {"NIFTY FMCG": 0.45, "NIFTY AUTO": 0.3},
}


class Stage(NamedTuple):
    """What every series is drawn on: T sessions, the published closes, the finished path of the Nifty 50."""

    sessions: Days
    published: dict[str, Floats]  # by index: T closes, NaN where none is published
    unrest: Floats  # T: the session's volatility over the usual one
    market: Floats  # T: the Nifty 50's closes

    @property
    def years(self) -> Floats:
        """Calendar years since the first session."""
        days: Floats = (self.sessions - self.sessions[0]).astype(np.float64)
        return days / DAYS_PER_YEAR


def sample_bars() -> dict[tuple[str, str], pd.DataFrame]:
    """Daily `open` and `close`, indexed by `date`, by (index name, "price" or "total").

    A price series opens at its previous close times a simulated overnight move, and on its first day at its
    close. A total-return series has no open (NaN), starts at the price level and grows by the price index's
    move and the dividend yield, which accrues by the calendar day. No close is missing.
    """
    import pandas as pd  # noqa: PLC0415  # the catalogue must not wait for pandas

    stage = sample_stage()
    closes = _closes(stage)
    opens = _opens(stage, closes)
    yields = {row["index"]: float(row["yield_pct"]) / 100.0 for row in facts("dividend_yields.csv")}
    bars = {}
    for column, name in enumerate(RISKS):
        alive = ~np.isnan(closes[:, column])
        days, close, years = date_index(stage.sessions[alive]), closes[alive, column], stage.years[alive]
        total = close * np.exp(yields.get(name, yields[YIELD_WITHOUT_ROW]) * (years - years[0]))
        bars[name, "price"] = pd.DataFrame({"open": opens[alive, column], "close": close}, index=days)
        bars[name, "total"] = pd.DataFrame({"open": np.nan, "close": total.round(2)}, index=days)
    return bars


def sample_stage() -> Stage:
    """What every series is drawn on; some milliseconds."""
    sessions = sample_sessions()
    published = published_closes(sessions)
    unrest = _unrest(published[MARKET])
    market = _bridged(np.cumsum(market_moves("close", unrest)), unrest, published[MARKET])
    return Stage(sessions, published, unrest, market)


def _closes(stage: Stage) -> Floats:
    """Closing levels (T x N, in the order of RISKS); NaN before an index's first published level."""
    walks = np.outer(np.log(stage.market), _betas()) + np.cumsum(_moves_apart("close", stage.unrest), axis=0)
    paths = zip(walks.T, RISKS, strict=True)
    return np.column_stack([_bridged(walk, stage.unrest, stage.published[name]) for walk, name in paths])


def _opens(stage: Stage, closes: Floats) -> Floats:
    """Opens (T x N) on the log bridge from one close to the next, OVERNIGHT_SHARE of the way along."""
    stray = np.outer(market_moves("open", stage.unrest), _betas()) + _moves_apart("open", stage.unrest)
    whole_day = np.diff(np.log(closes), axis=0)
    night = OVERNIGHT_SHARE * whole_day + math.sqrt(OVERNIGHT_SHARE * (1.0 - OVERNIGHT_SHARE)) * stray[1:]
    opens = np.vstack([closes[:1], (closes[:-1] * np.exp(night)).round(2)])
    return np.where(np.isnan(opens), closes, opens)


def _bridged(walk: Floats, unrest: Floats, levels: Floats) -> Floats:
    """Closes, to 0.01 point, of the log `walk` bent so that it meets every published level (NaN: none).

    Levels are published to 0.01 point as well, so rounding meets them to the last bit. Between two of them the
    walk is bent in proportion to variance, so most of a crash falls on its wildest days.
    """
    known = np.flatnonzero(~np.isnan(levels))
    clock = np.cumsum(unrest**2)
    bend = np.interp(clock, clock[known], np.log(levels[known]) - walk[known])
    closes: Floats = np.exp(walk + bend).round(2)
    closes[: known[0]] = np.nan
    return closes


def _unrest(market: Floats) -> Floats:
    """Each session's volatility over the usual one, mean square 1: a log AR(1), higher where the market ran.

    `market` holds the published levels. A stretch whose ends lie further apart than its length explains is
    taken to have been rough, by up to two and a half times.
    """
    known = np.flatnonzero(~np.isnan(market))
    length = np.diff(known)
    surprise = np.abs(np.diff(np.log(market[known]))) / (DAILY_VOLATILITY * np.sqrt(length))
    log_unrest = UNREST_SPREAD * persistent("unrest", len(market), UNREST_MEMORY)
    log_unrest[1:] += np.repeat(np.minimum(0.3 * surprise, 0.9), length)
    unrest: Floats = np.exp(log_unrest)
    return unrest / math.sqrt(np.mean(unrest**2))


def market_moves(purpose: str, unrest: Floats) -> Floats:
    """The Nifty 50's daily log moves, for one purpose, before they are bent to the published levels."""
    return DAILY_VOLATILITY * unrest * stream(purpose, MARKET).standard_normal(len(unrest))


def _moves_apart(purpose: str, unrest: Floats) -> Floats:
    """Daily log moves (T x N) that are not the market's. In a storm they swell less, so correlations rise."""
    names = list(RISKS)
    shared = [stream(purpose, factor).standard_normal(len(unrest)) for factor in Risk._fields[1:4]]
    own = [risk.own * stream(purpose, name).standard_normal(len(unrest)) for name, risk in RISKS.items()]
    mixed = np.eye(len(names))
    for theme, parts in PARTS.items():
        mixed[names.index(theme), [names.index(part) for part in parts]] = list(parts.values())
    loadings = np.array([risk[1:4] for risk in RISKS.values()])
    # One product after the other: a library's matrix product adds in an order that depends on the processor.
    percent_a_year = np.zeros((len(unrest), len(names)))
    for drawn, loading in zip((*shared, *own), (*loadings.T, *mixed.T), strict=True):
        percent_a_year += np.outer(drawn, loading)
    moves: Floats = percent_a_year / 100.0 / math.sqrt(SESSIONS_PER_YEAR) * np.sqrt(unrest)[:, None]
    return moves


def _betas() -> Floats:
    return np.array([risk.beta for risk in RISKS.values()])


def persistent(purpose: str, count: int, memory: float) -> Floats:
    """An AR(1) series of mean 0 and variance 1 that keeps `memory` of its last value."""
    news = stream(purpose).standard_normal(count)
    news[1:] *= math.sqrt(1.0 - memory**2)
    return np.array(list(accumulate(news.tolist(), lambda last, new: memory * last + new)))


def stream(*purpose: str) -> np.random.Generator:
    """Random numbers for one purpose alone, so that a new purpose leaves those of all others as they were."""
    key = [SAMPLE_SEED, *(crc32(word.encode()) for word in purpose)]
    return np.random.default_rng(np.random.SeedSequence(key))


def sample_sessions() -> Days:
    """NSE's sessions from the first published date to the last."""
    dates = [date.fromisoformat(row["date"]) for row in facts("index_anchor_levels.csv")]
    return nse_sessions(dates[0], dates[-1])


def published_closes(sessions: Days) -> dict[str, Floats]:
    """The published close of each index on each session, NaN where there is none."""
    rows = facts("index_anchor_levels.csv")
    places = np.searchsorted(sessions, np.array([row["date"] for row in rows], dtype="datetime64[D]"))
    published = {name: np.full(len(sessions), np.nan) for name in RISKS}
    for name, levels in published.items():
        levels[places] = [float(row[name] or "nan") for row in rows]
    return published


def date_index(days: Days) -> pd.DatetimeIndex:
    """Days as every series of the sample has them."""
    import pandas as pd  # noqa: PLC0415  # the catalogue must not wait for pandas

    return pd.DatetimeIndex(days, name="date").as_unit("us")


def facts(file: str) -> list[dict[str, str]]:
    """The rows of a fact file."""
    with (files("engine.market") / "facts" / file).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
