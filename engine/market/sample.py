"""The bundled sample market: SIMULATED daily histories through published index levels.

It stands in while the store is empty. On each date of the fact file `index_anchor_levels.csv` an index closes
exactly at the published level given there. In between, its log level is a Brownian bridge (Glasserman, Monte
Carlo Methods in Financial Engineering, 2004, section 3.1) of correlated moves whose volatility comes in
clusters; nothing in between ever happened. The same seed makes the same market in every process. Prices are
index points, money is Rs crore, dividend yields are per cent a year as NSE prints them.
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


def sample_catalogue() -> dict[tuple[str, str], tuple[date, date, int]]:
    """First day, last day and number of closes of every series of `sample_bars`, without making any."""
    sessions = _sessions()
    spans = {}
    for name, levels in _published(sessions).items():
        first, last = np.flatnonzero(~np.isnan(levels))[[0, -1]].tolist()
        span = (sessions[first].item(), sessions[last].item(), last - first + 1)
        spans[name, "price"] = spans[name, "total"] = span
    return spans


def sample_bars() -> dict[tuple[str, str], pd.DataFrame]:
    """Daily `open` and `close`, indexed by `date`, by (index name, "price" or "total").

    A price series opens at its previous close times a simulated overnight move, and on its first day at its
    close. A total-return series has no open (NaN), starts at the price level and grows by the price index's
    move and the dividend yield, which accrues by the calendar day. No close is missing.
    """
    import pandas as pd  # noqa: PLC0415  the catalogue above must not wait for pandas

    stage = _stage()
    closes = _closes(stage)
    opens = _opens(stage, closes)
    yields = {row["index"]: float(row["yield_pct"]) / 100.0 for row in _facts("dividend_yields.csv")}
    bars = {}
    for column, name in enumerate(RISKS):
        alive = ~np.isnan(closes[:, column])
        days, close, years = _days(stage.sessions[alive]), closes[alive, column], stage.years[alive]
        total = close * np.exp(yields.get(name, yields[YIELD_WITHOUT_ROW]) * (years - years[0]))
        bars[name, "price"] = pd.DataFrame({"open": opens[alive, column], "close": close}, index=days)
        bars[name, "total"] = pd.DataFrame({"open": np.nan, "close": total.round(2)}, index=days)
    return bars


def sample_flows() -> pd.DataFrame:
    """Daily `buy`, `sell`, `net` of foreign (`fii_`) and domestic (`dii_`) institutions, Rs crore, by `date`.

    Foreigners buy with the index's move of the day and the day before, and in long waves of sentiment;
    domestic funds take the other side of about half of that and invest savings on top. Amounts grow yearly.
    Size, persistence and correlations are rounded from the provisional cash-market flows of 2017-2025.
    """
    import pandas as pd  # noqa: PLC0415

    stage = _stage()
    count = len(stage.sessions)
    move = np.append(0.0, np.diff(np.log(stage.market))) / (DAILY_VOLATILITY * stage.unrest)
    sentiment = 0.55 * _persistent("fii waves", count, 0.95) + 0.65 * _stream("fii").standard_normal(count)
    savings = 0.50 * _persistent("dii waves", count, 0.95) + 0.33 * _stream("dii").standard_normal(count)
    foreign = 0.32 * move + 0.24 * np.append(0.0, move[:-1]) + sentiment
    usual = 1150.0 * np.exp(0.14 * stage.years)
    columns: dict[str, Floats] = {}
    for who, net, turnover in (("fii", foreign - 0.2, 4.0), ("dii", savings - 0.48 * foreign + 0.35, 2.8)):
        both_ways = turnover * usual * np.exp(0.3 * _persistent(f"{who} turnover", count, 0.8))
        buy = (both_ways + usual * np.maximum(net, 0.0)).round(2)
        sell = (both_ways + usual * np.maximum(-net, 0.0)).round(2)
        columns |= {f"{who}_buy": buy, f"{who}_sell": sell, f"{who}_net": (buy - sell).round(2)}
    return pd.DataFrame(columns, index=_days(stage.sessions))


def sample_valuation() -> pd.DataFrame:
    """`pe` and `pb` (ratios) and `dy` (per cent) of `index` NIFTY 50, by `date`.

    Earnings grow by 12% a year and wander around that path; P/E is the price over them. P/B is P/E times a
    return on equity of 15%, and the yield a payout of 30% over P/E, so that the three never contradict each
    other. The Nifty's real P/E was 17 to 42 in 2017-2025, 24 at its median.
    """
    import pandas as pd  # noqa: PLC0415

    stage = _stage()
    wander = 0.12 * _persistent("earnings", len(stage.sessions), 0.995)
    earnings = stage.market[0] / 23.5 * np.exp(0.12 * stage.years + wander - wander[0])
    pe = (stage.market / earnings).round(2)
    columns = {"index": MARKET, "pe": pe, "pb": (pe * 0.15).round(2), "dy": (30.0 / pe).round(2)}
    return pd.DataFrame(columns, index=_days(stage.sessions))


def _stage() -> Stage:
    sessions = _sessions()
    published = _published(sessions)
    unrest = _unrest(published[MARKET])
    market = _bridged(np.cumsum(_market_moves("close", unrest)), unrest, published[MARKET])
    return Stage(sessions, published, unrest, market)


def _closes(stage: Stage) -> Floats:
    """Closing levels (T x N, in the order of RISKS); NaN before an index's first published level."""
    walks = np.outer(np.log(stage.market), _betas()) + np.cumsum(_moves_apart("close", stage.unrest), axis=0)
    paths = zip(walks.T, RISKS, strict=True)
    return np.column_stack([_bridged(walk, stage.unrest, stage.published[name]) for walk, name in paths])


def _opens(stage: Stage, closes: Floats) -> Floats:
    """Opens (T x N) on the log bridge from one close to the next, OVERNIGHT_SHARE of the way along."""
    stray = np.outer(_market_moves("open", stage.unrest), _betas()) + _moves_apart("open", stage.unrest)
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
    log_unrest = UNREST_SPREAD * _persistent("unrest", len(market), UNREST_MEMORY)
    log_unrest[1:] += np.repeat(np.minimum(0.3 * surprise, 0.9), length)
    unrest: Floats = np.exp(log_unrest)
    return unrest / math.sqrt(np.mean(unrest**2))


def _market_moves(purpose: str, unrest: Floats) -> Floats:
    return DAILY_VOLATILITY * unrest * _stream(purpose, MARKET).standard_normal(len(unrest))


def _moves_apart(purpose: str, unrest: Floats) -> Floats:
    """Daily log moves (T x N) that are not the market's. In a storm they swell less, so correlations rise."""
    names = list(RISKS)
    shared = [_stream(purpose, factor).standard_normal(len(unrest)) for factor in Risk._fields[1:4]]
    own = [risk.own * _stream(purpose, name).standard_normal(len(unrest)) for name, risk in RISKS.items()]
    mixed = np.eye(len(names))
    for theme, parts in PARTS.items():
        mixed[names.index(theme), [names.index(part) for part in parts]] = list(parts.values())
    loadings = np.array([risk[1:4] for risk in RISKS.values()])
    percent_a_year = np.column_stack(shared) @ loadings.T + np.column_stack(own) @ mixed.T
    moves: Floats = percent_a_year / 100.0 / math.sqrt(SESSIONS_PER_YEAR) * np.sqrt(unrest)[:, None]
    return moves


def _betas() -> Floats:
    return np.array([risk.beta for risk in RISKS.values()])


def _persistent(purpose: str, count: int, memory: float) -> Floats:
    """An AR(1) series of mean 0 and variance 1 that keeps `memory` of its last value."""
    news = _stream(purpose).standard_normal(count)
    news[1:] *= math.sqrt(1.0 - memory**2)
    return np.array(list(accumulate(news.tolist(), lambda last, new: memory * last + new)))


def _stream(*purpose: str) -> np.random.Generator:
    """Random numbers for one purpose alone, so that a new purpose leaves those of all others as they were."""
    key = [SAMPLE_SEED, *(crc32(word.encode()) for word in purpose)]
    return np.random.default_rng(np.random.SeedSequence(key))


def _sessions() -> Days:
    """NSE's sessions from the first published date to the last."""
    dates = [date.fromisoformat(row["date"]) for row in _facts("index_anchor_levels.csv")]
    return nse_sessions(dates[0], dates[-1])


def _published(sessions: Days) -> dict[str, Floats]:
    """The published close of each index on each session, NaN where there is none."""
    rows = _facts("index_anchor_levels.csv")
    places = np.searchsorted(sessions, np.array([row["date"] for row in rows], dtype="datetime64[D]"))
    published = {name: np.full(len(sessions), np.nan) for name in RISKS}
    for name, levels in published.items():
        levels[places] = [float(row[name] or "nan") for row in rows]
    return published


def _days(sessions: Days) -> pd.DatetimeIndex:
    import pandas as pd  # noqa: PLC0415

    return pd.DatetimeIndex(sessions, name="date").as_unit("us")


def _facts(file: str) -> list[dict[str, str]]:
    with (files("engine.market") / "facts" / file).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
