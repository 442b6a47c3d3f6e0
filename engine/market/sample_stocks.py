"""The stocks of the bundled sample market: SIMULATED prices of the symbols in the fact file `themes.csv`.

Nothing about a stock is published here but the day its prices start. Its log price moves with the Nifty 50 of the
sample, times a beta, and by noise of its own, both drawn for the symbol around those of its theme. Prices are rupees.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.market.calendar import Days
from engine.market.sample import (
    OVERNIGHT_SHARE,
    SESSIONS_PER_YEAR,
    Stage,
    date_index,
    facts,
    market_moves,
    stream,
)
from engine.metrics import Floats

if TYPE_CHECKING:
    import pandas as pd

SPREAD_OF_BETAS, SPREAD_OF_VOLATILITIES = (0.75, 1.25), (0.85, 1.15)  # of a stock around the middle one of its theme
FIRST_PRICES = 80.0, 1500.0
LARGEST_MOVE = 0.195  # the exchange stops a stock at 20%; rounding to a paisa must not carry it across


class Middle(NamedTuple):
    """The stock in the middle of a theme: `beta` times the Nifty 50, and `own` volatility apart from it, a year."""

    beta: float
    own: float


# Rounded from the medians of the real stocks in 2017-2025 (tests/golden/sample_statistics.csv).
THEMES = {
    "FERTILISER": Middle(1.08, 0.44), "TEXTILES": Middle(0.95, 0.44), "POWER": Middle(0.85, 0.35),
    "RAILWAYS": Middle(1.1, 0.43), "DEFENCE": Middle(0.97, 0.44), "CHEMICALS": Middle(0.79, 0.32),
    "CAPITAL GOODS": Middle(0.81, 0.34),
}  # fmt: skip


def stock_themes() -> dict[str, str]:
    """The theme of each stock, the first one where it is part of several."""
    themes: dict[str, str] = {}
    for row in facts("themes.csv"):
        themes.setdefault(row["symbol"], row["theme"])
    return themes


def stock_sessions(sessions: Days) -> dict[str, Days]:
    """The sessions on which each stock has a price; a stock without any is not there."""
    starts: dict[str, str] = {}
    for row in facts("themes.csv"):  # a symbol may be part of several themes
        starts[row["symbol"]] = min(row["from"], starts.get(row["symbol"], row["from"]))
    dates = {symbol: sessions[sessions >= np.datetime64(start, "D")] for symbol, start in starts.items()}
    return {symbol: own for symbol, own in dates.items() if own.size}


def sample_stock(symbol: str, theme: str, sessions: Days, stage: Stage) -> pd.DataFrame:
    """Daily `open` and `close` of one stock of a theme, rupees, indexed by `date`, on its `sessions`.

    These are the last of the sample's. No close and no open lies beyond 20% of the previous close. The first open is
    the first close.
    """
    import pandas as pd  # noqa: PLC0415  # the catalogue must not wait for pandas

    draws = stream("stock", symbol)
    middle = THEMES[theme]
    beta = middle.beta * draws.uniform(*SPREAD_OF_BETAS)
    own = middle.own * draws.uniform(*SPREAD_OF_VOLATILITIES) / math.sqrt(SESSIONS_PER_YEAR)
    first = math.log(draws.uniform(*FIRST_PRICES))
    noise = own * np.sqrt(stage.unrest)  # it swells less than the market does, so correlations rise in a storm
    moves = _limited(beta * np.diff(np.log(stage.market)) + (noise * draws.standard_normal(len(noise)))[1:])
    stray = beta * market_moves("open", stage.unrest) + noise * stream("stock open", symbol).standard_normal(len(noise))
    night = OVERNIGHT_SHARE * moves + math.sqrt(OVERNIGHT_SHARE * (1.0 - OVERNIGHT_SHARE)) * stray[1:]
    closes = np.exp(first + np.append(0.0, np.cumsum(moves))).round(2)
    opens = np.append(closes[0], (closes[:-1] * np.exp(_limited(night))).round(2))
    before = len(closes) - len(sessions)
    opens[before] = closes[before]
    return pd.DataFrame({"open": opens[before:], "close": closes[before:]}, index=date_index(sessions))


def _limited(moves: Floats) -> Floats:
    """Log moves within the exchange's limit."""
    return np.clip(moves, math.log(1.0 - LARGEST_MOVE), math.log(1.0 + LARGEST_MOVE))
